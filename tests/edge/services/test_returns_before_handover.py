"""What was ordered, paid at a till and not handed over yet is taken back: its money comes back, its goods stay."""

import pytest

from contract.sales import SaleCompleted
from edge.domain import receipt_code
from edge.domain.returns import Wanted
from edge.keys import verify
from edge.services import handover, jobs, ordering, returns, sales, selling, stock
from edge.services.handover import ByPerson
from edge.services.jobs import Picked
from edge.services.returns import Receipt
from edge.services.shop import Shop
from edge.services.stock import Move
from tests.edge.services.test_jobs import FRESH, JOB, ORDER, changed, told
from tests.edge.services.test_ordering import jobs_line


@pytest.fixture
def ordered(shop: Shop) -> str:
    """A sale of two cakes that lie ready to be collected here."""
    stock.move(shop, "opening", [Move("CAKE", 3, "L3", FRESH)])
    told(shop, changed(due_minor=60_000, lines=(jobs_line(30_000),)))
    jobs.pick(shop, JOB, [Picked(1, 2)])
    jobs.ready(shop, JOB, "Fridge 2")
    ordering.take_due(shop, JOB)
    sale = selling.tender_cash(shop, 60_000)
    assert isinstance(sale, SaleCompleted)
    return sale.sale_id


def test_goods_of_an_order_that_was_never_handed_over_do_not_come_in_twice(
    shop: Shop, ordered: str
) -> None:
    """They have never left: seen to fail where the box restocks them as it does what it sold."""
    before = stock.level(shop, "CAKE")
    assert returns.look_up(shop, Receipt(sale_id=ordered)).away == {1}
    back = returns.take_back(
        shop, Receipt(sale_id=ordered), [Wanted(1, 2)], "changed her mind", "cash"
    )
    assert [line.is_restocked for line in back.lines] == [False]
    assert stock.level(shop, "CAKE") == before


def test_a_cashier_who_holds_such_goods_says_so(shop: Shop, ordered: str) -> None:
    """Another shop has handed them over, of which this box has not heard."""
    before = stock.level(shop, "CAKE")
    wanted = Wanted(1, 1, is_sellable=True)
    returns.take_back(shop, Receipt(sale_id=ordered), [wanted], "too sweet", "cash")
    assert stock.level(shop, "CAKE") == before + 1


def test_goods_of_an_order_that_was_handed_over_here_come_in(shop: Shop, ordered: str) -> None:
    handover.hand_over(shop, ByPerson(JOB, "passport"))
    before = stock.level(shop, "CAKE")
    back = returns.take_back(shop, Receipt(sale_id=ordered), [Wanted(1, 1)], "too sweet", "cash")
    assert [line.is_restocked for line in back.lines] == [True]
    assert stock.level(shop, "CAKE") == before + 1


def test_a_receipt_says_of_a_line_by_which_order_its_goods_come(shop: Shop, ordered: str) -> None:
    """Another shop of the chain knows by it that nothing has left yet."""
    with shop.read() as reader:
        sold = sales.find_sold(reader, ordered, shop.settings.edge_id)
    assert sold is not None
    code = receipt_code.encode(sold, shop.key.public, shop.key.sign)
    keys = {receipt_code.key_id_of(shop.key.public): shop.key.public}
    assert [it.order_id for it in receipt_code.decode(code, keys, verify).lines] == [ORDER]
