"""Orders that came to nothing leave nothing in the books: what was paid back by hand is booked when it was paid."""

from zoneinfo import ZoneInfo

from cloud.books import service
from cloud.books.journal import balances
from cloud.books.repository import Days
from cloud.books.service import Books
from cloud.orders import settling
from cloud.orders.settling import PaidBack
from tests.cloud.orders.test_returns import HARBOUR, OFFICE, back, bought

ZONE = ZoneInfo("Asia/Seoul")


def left(chain) -> dict[str, int]:
    with chain.database.read() as session:
        found = service.entries(Books(session, ZONE, "KRW"), Days("2026-11-01", "2026-12-31"))
    return {account: amount for (account, _), amount in balances(found).items()}


def test_an_order_that_was_paid_back_leaves_nothing_owed(chain, jobs) -> None:
    """The shop could not keep it: head office paid cash for the goods, and the compensation by bank."""
    chain.allow(HARBOUR, cap=0)
    order_id, _, job = bought(chain, jobs)
    assert left(chain)["Liabilities:Orders-Undelivered"] < 0
    chain.tell(OFFICE, jobs.of(job, "declined", reason="damaged"))
    for number, by in ((1, "cash"), (2, "bank")):
        with chain.database.write() as session:
            paid = PaidBack.model_validate({"by": by, "reference": "A-1"})
            settling.pay_back(session, chain.clock.now(), order_id, number, paid)
    books = left(chain)
    assert (books["Assets:Safe"], books["Assets:Bank"]) == (-60_000, -3_000)
    assert books["Expenses:Compensation"] == 3_000
    assert not [name for name in books if "Undelivered" in name or "VAT" in name]


def test_goods_that_were_never_handed_over_are_no_return_of_sales(chain, jobs) -> None:
    _, sale, _ = bought(chain, jobs)
    chain.tell(HARBOUR, back(jobs, chain, sale, quantity=2))
    books = left(chain)
    assert not [name for name in books if "Returns" in name]
