from collections.abc import Callable
from typing import Any

import pytest

from contract.feeds import Operation, Ops
from contract.sales import SaleCompleted
from drivers.events import PaymentOutcome, PaymentResult
from drivers.interfaces import QrSymbol
from edge.domain import receipt_code
from edge.domain.errors import (
    CardRefundImpossible,
    Malformed,
    NotEnoughCash,
    NotFound,
    ReceiptForged,
    ReceiptHasNoLines,
    ReceiptUnknownKey,
    RefundAbovePaid,
    WrongCurrency,
)
from edge.domain.returns import Wanted
from edge.domain.sale import Sold
from edge.domain.tax import TaxTotal
from edge.keys import verify
from edge.services import (
    catalogue,
    documents,
    feeds,
    payments,
    printing,
    returns,
    selling,
    shifts,
    stock,
)
from edge.services.retention import forget_old
from edge.services.returns import Receipt
from edge.services.selling import BasketView, Ordered
from edge.services.shop import Shop

Facts = Callable[[Shop], list[dict[str, Any]]]
Rows = Callable[[Shop, str], list[tuple[Any, ...]]]
Scan = Callable[..., BasketView]


def code_of(shop: Shop) -> str:
    """The code on the receipt that is about to be printed."""
    job = printing.oldest_waiting(shop)
    assert job is not None
    [symbol] = [e for e in documents.from_text(job.document).elements if isinstance(e, QrSymbol)]
    return symbol.data


def sold_by_card(scan: Scan, shop: Shop, *codes: str) -> SaleCompleted:
    scan(*codes)
    payment = payments.send(shop, payments.begin(shop).payment_id)
    approval = PaymentOutcome(
        PaymentResult.APPROVED, payment.reference, payment.amount_minor, "KRW", "T1"
    )
    sale = payments.settle(shop, payment.payment_id, approval).sale
    assert sale is not None
    return sale


def test_goods_come_back_against_the_receipts_code(shop: Shop, facts: Facts, rows: Rows) -> None:
    sale = selling.sell(shop, [Ordered("BREAD", 2), Ordered("MILK")], 20_000)
    receipt = Receipt(code=code_of(shop))
    found = returns.look_up(shop, receipt)
    assert (found.sold.sale_id, found.left, found.refunded_minor) == (sale.sale_id, {1: 2, 2: 1}, 0)
    back = returns.take_back(shop, receipt, [Wanted(1, 1)], "모양이 무너짐", "cash")
    assert (back.total_minor, back.receipt_number, back.original_sale_id) == (
        4_500,
        2,
        sale.sale_id,
    )
    assert [(line.name, line.amount_minor, line.tax_minor) for line in back.lines] == [
        ("우유 식빵", 4_500, 409)
    ]
    assert facts(shop)[-1] == back.model_dump(mode="json")
    assert stock.level(shop, "BREAD") == -1
    assert rows(shop, "SELECT cause FROM drawer_opening ORDER BY opening_id") == [
        ("sale",),
        ("return",),
    ]
    assert returns.look_up(shop, receipt).left == {1: 1, 2: 1}
    assert returns.get(shop, back.return_id)["total_minor"] == 4_500


def test_each_line_comes_back_at_the_rate_it_was_sold_at(scan: Scan, shop: Shop) -> None:
    """The group's rate changed while the basket was open: bread at 10 %, cake at 12 %."""
    scan("BREAD")
    cake = {"sku": "CAKE", "gtins": ["8801234500036"], "names": {"ko": "딸기 케이크"}}
    taxed = cake | {"tax_group": "standard", "tax_rate_bp": 1_200}
    change = Operation(key="CAKE", version=2, value=taxed)
    new = Ops(feed="catalogue", after=1, through=2, operations=(change,))
    assert catalogue.apply(shop.database, new)
    scan("CAKE")
    sale = selling.tender_cash(shop, 40_000)
    assert isinstance(sale, SaleCompleted)
    rates = [(1, "standard", 1_000, 409), (2, "standard", 1_200, 3_571)]
    assert [(it.line, it.tax_group, it.rate_bp, it.tax_minor) for it in sale.lines] == rates
    receipt = Receipt(code=code_of(shop))
    sold = receipt_code.decode(
        receipt.code, {receipt_code.key_id_of(shop.key.public): shop.key.public}, verify
    )
    assert [(it.line, it.tax_group, it.rate_bp, it.tax_minor) for it in sold.lines] == rates
    back = returns.take_back(shop, receipt, [Wanted(1, 1)], "stale", "cash")
    assert [(it.line, it.tax_group, it.rate_bp, it.tax_minor) for it in back.lines] == rates[:1]
    assert shifts.x(shop).figures.tax == (
        TaxTotal("standard", 1_000, 0, 0),
        TaxTotal("standard", 1_200, 33_333, 3_571),
    )


def test_a_receipt_of_a_sister_shop_is_enough_without_its_sale(
    make_shop: Callable[..., Shop], rows: Rows
) -> None:
    seller = make_shop("seller", edge_id="maru-hillside-1")
    shifts.open_shift(seller, "Park", 0)
    sale = selling.sell(seller, [Ordered("BREAD", 3)], 20_000)
    code = code_of(seller)
    here = make_shop("here")
    shifts.open_shift(here, "Kim", 50_000)
    with pytest.raises(ReceiptUnknownKey):
        returns.look_up(here, Receipt(code=code))
    here = make_shop("here", receipt_keys=(seller.key.public,))
    back = returns.take_back(here, Receipt(code=code), [Wanted(1, 2)], "too many", "cash")
    assert (back.original_edge_id, back.original_sale_id) == ("maru-hillside-1", sale.sale_id)
    assert (back.lines[0].name, back.total_minor) == ("우유 식빵", 9_000)
    with pytest.raises(RefundAbovePaid):
        returns.take_back(here, Receipt(code=code), [Wanted(1, 2)], "again", "cash")
    assert rows(here, "SELECT count(*) FROM goods_return") == [(1,)]


def test_refunds_of_one_receipt_never_exceed_what_was_paid(
    shop: Shop, facts: Facts, rows: Rows
) -> None:
    sale = selling.sell(shop, [Ordered("CAKE", 3)], 100_000)
    receipt = Receipt(sale_id=sale.sale_id)
    given = [returns.take_back(shop, receipt, [Wanted(1, 1)], "stale", "cash") for _ in range(3)]
    logged = facts(shop)
    with pytest.raises(RefundAbovePaid) as caught:
        returns.take_back(shop, receipt, [Wanted(1, 1)], "once more", "cash")
    assert (
        caught.value.message
        == "Line 1: 1 were to come back, but only 0 of 3 sold are left to return."
    )
    assert facts(shop) == logged
    assert rows(shop, "SELECT count(*) FROM goods_return") == [(3,)]
    assert sum(back.total_minor for back in given) == sale.total_minor == 99_999
    paid = sale.total_minor + sale.rounding_minor
    assert sum(back.tenders[0].amount_minor for back in given) <= paid


def test_a_tampered_receipt_gives_nothing_back(shop: Shop, facts: Facts, rows: Rows) -> None:
    selling.sell(shop, [Ordered("BREAD")], 5_000)
    code = code_of(shop)
    middle = len(code) // 2
    tampered = code[:middle] + ("A" if code[middle] != "A" else "B") + code[middle + 1 :]
    logged = facts(shop)
    for attempt in (
        lambda: returns.look_up(shop, Receipt(code=tampered)),
        lambda: returns.take_back(shop, Receipt(code=tampered), [Wanted(1, 1)], "x", "cash"),
    ):
        with pytest.raises(ReceiptForged) as caught:
            attempt()
        assert caught.value.message == (
            "The receipt's code was changed after it was printed: its signature does not fit."
        )
    assert facts(shop) == logged
    assert rows(shop, "SELECT count(*) FROM goods_return") == [(0,)]


def test_a_long_receipt_needs_the_box_that_sold_it(shop: Shop) -> None:
    sold = Sold("01a209a3-5c0e-7621-a962-976bba360528", "other", 9, "2026-11-01", "KRW", 100, 0, ())
    code = receipt_code.encode(sold, shop.key.public, shop.key.sign)
    with pytest.raises(ReceiptHasNoLines) as caught:
        returns.look_up(shop, Receipt(code=code))
    assert caught.value.message == (
        "Receipt 9 of other was too long to hold its lines, and its sale is not in this box."
    )


def test_another_currency_stays_away(shop: Shop) -> None:
    sold = Sold("01a209a3-5c0e-7621-a962-976bba360528", "other", 9, "2026-11-01", "CNY", 100, 0, ())
    code = receipt_code.encode(sold, shop.key.public, shop.key.sign)
    with pytest.raises(WrongCurrency) as caught:
        returns.look_up(shop, Receipt(code=code))
    assert caught.value.message == "The receipt is in CNY; this drawer holds KRW."


def test_a_whole_card_payment_goes_back_to_the_card(scan: Scan, shop: Shop, rows: Rows) -> None:
    sale = sold_by_card(scan, shop, "BREAD", "MILK")
    back = returns.take_back(
        shop, Receipt(sale_id=sale.sale_id), [Wanted(1, 1), Wanted(2, 1)], "changed mind", "card"
    )
    assert back.tenders[0].model_dump(exclude_defaults=True) == {
        "kind": "card",
        "amount_minor": 7_300,
        "tendered_minor": 7_300,
        "payment_id": sale.tenders[0].payment_id,
    }
    [payment] = payments.in_state(shop, "REVERSING")
    assert payment.payment_id == sale.tenders[0].payment_id
    assert payments.reversed_(shop, payment.payment_id).state == "REVERSED"
    assert rows(shop, "SELECT count(*) FROM sale") == [(1,)]


def test_a_card_gets_its_money_back_also_after_the_basket_was_forgotten(
    scan: Scan, shop: Shop, clock: Any
) -> None:
    sale = sold_by_card(scan, shop, "BREAD")
    clock.jump(days=36)
    forget_old(shop)
    returns.take_back(shop, Receipt(sale_id=sale.sale_id), [Wanted(1, 1)], "stale", "card")
    [payment] = payments.in_state(shop, "REVERSING")
    assert payments.reversed_(shop, payment.payment_id).state == "REVERSED"


@pytest.mark.parametrize(
    ("by_card", "why"),
    [
        (True, "only a whole card payment can be reversed"),
        (False, "no card of this box paid for it"),
    ],
)
def test_what_a_terminal_cannot_reverse_goes_back_in_cash(
    scan: Scan, shop: Shop, rows: Rows, by_card: bool, why: str
) -> None:
    sale = (
        sold_by_card(scan, shop, "BREAD", "MILK")
        if by_card
        else selling.sell(shop, [Ordered("BREAD"), Ordered("MILK")])
    )
    with pytest.raises(CardRefundImpossible) as caught:
        returns.take_back(shop, Receipt(sale_id=sale.sale_id), [Wanted(2, 1)], "sour", "card")
    assert caught.value.message == f"2,800 KRW cannot go back to the card: {why}."
    assert caught.value.what_now == "Give the money back in cash."
    assert rows(shop, "SELECT count(*) FROM goods_return") == [(0,)]
    assert payments.in_state(shop, "REVERSING") == []
    returns.take_back(shop, Receipt(sale_id=sale.sale_id), [Wanted(2, 1)], "sour", "cash")


def test_a_drawer_cannot_give_what_it_does_not_hold(scan: Scan, shop: Shop, rows: Rows) -> None:
    selling.sell(shop, [Ordered("MILK")])
    sale = sold_by_card(scan, shop, "CAKE", "CAKE")
    with pytest.raises(NotEnoughCash) as caught:
        returns.take_back(shop, Receipt(sale_id=sale.sale_id), [Wanted(1, 2)], "x", "cash")
    assert caught.value.message == "The drawer holds 52,800 KRW, 66,660 KRW cannot be taken out."
    assert rows(shop, "SELECT count(*) FROM goods_return") == [(0,)]


def test_a_return_says_why_and_names_a_sale(shop: Shop) -> None:
    sale = selling.sell(shop, [Ordered("MILK")])
    with pytest.raises(Malformed) as caught:
        returns.take_back(shop, Receipt(sale_id=sale.sale_id), [Wanted(1, 1)], "  ", "cash")
    assert caught.value.message == "Expected a reason for the return, got none."
    with pytest.raises(NotFound) as missing:
        returns.look_up(shop, Receipt(sale_id="nope"))
    assert missing.value.message == "There is no sale nope here."
    with pytest.raises(NotFound):
        returns.get(shop, "nope")


def learn_keys(shop: Shop, after: int, **values: dict[str, Any] | None) -> None:
    """What the hub says under `keys`, as the line brings it; None takes a key away."""
    operations = tuple(
        Operation(key=f"box:{name}", version=after + n, value=value)
        for n, (name, value) in enumerate(values.items(), 1)
    )
    through = after + len(operations)
    ops = Ops(feed="keys", after=after, through=through, operations=operations)
    with shop.write() as work:
        assert feeds.apply(work.unit, feeds.RowStore("keys"), ops) is not None


def receipts_key(shop: Shop) -> dict[str, Any]:
    return {"use": "receipts", "public_key": shop.key.public, "location_id": "maru-hillside"}


@pytest.fixture
def sister(make_shop: Callable[..., Shop]) -> Shop:
    seller = make_shop("seller", edge_id="maru-hillside-1", location_id="maru-hillside")
    shifts.open_shift(seller, "Park", 0)
    return seller


def test_goods_come_back_at_any_shop_of_the_chain_as_soon_as_its_key_is_known(
    shop: Shop, sister: Shop, facts: Facts
) -> None:
    sale = selling.sell(sister, [Ordered("BREAD", 3)], 20_000)
    receipt = Receipt(code=code_of(sister))
    with pytest.raises(ReceiptUnknownKey):
        returns.look_up(shop, receipt)
    learn_keys(shop, 0, hillside=receipts_key(sister))
    back = returns.take_back(shop, receipt, [Wanted(1, 2)], "too many", "cash")
    assert (back.original_edge_id, back.original_sale_id) == ("maru-hillside-1", sale.sale_id)
    assert facts(shop)[-1] == back.model_dump(mode="json")
    assert facts(shop)[-1]["original_edge_id"] == "maru-hillside-1"
    with pytest.raises(RefundAbovePaid):
        returns.take_back(shop, receipt, [Wanted(1, 2)], "again", "cash")


def test_a_tampered_receipt_of_a_sister_shop_gives_nothing_back(
    shop: Shop, sister: Shop, rows: Rows
) -> None:
    selling.sell(sister, [Ordered("BREAD", 3)], 20_000)
    learn_keys(shop, 0, hillside=receipts_key(sister))
    code = code_of(sister)
    last = code[-8]
    tampered = code[:-8] + ("A" if last != "A" else "B") + code[-7:]
    with pytest.raises(ReceiptForged):
        returns.take_back(shop, Receipt(code=tampered), [Wanted(1, 1)], "x", "cash")
    assert rows(shop, "SELECT count(*) FROM goods_return") == [(0,)]


def test_receipts_of_a_key_that_was_withdrawn_are_honoured_no_more(
    shop: Shop, sister: Shop, rows: Rows
) -> None:
    selling.sell(sister, [Ordered("BREAD", 3)], 20_000)
    receipt = Receipt(code=code_of(sister))
    learn_keys(shop, 0, hillside=receipts_key(sister))
    assert returns.look_up(shop, receipt).left == {1: 3}
    learn_keys(shop, 1, hillside=None)
    with pytest.raises(ReceiptUnknownKey):
        returns.take_back(shop, receipt, [Wanted(1, 1)], "x", "cash")
    assert rows(shop, "SELECT count(*) FROM goods_return") == [(0,)]


@pytest.mark.parametrize(
    "change",
    [{"use": "members"}, {"public_key": "no key"}, {"public_key": "AB" * 32}],
    ids=["for another use", "no hex", "another spelling"],
)
def test_only_a_key_for_receipts_is_one(shop: Shop, sister: Shop, change: dict[str, Any]) -> None:
    selling.sell(sister, [Ordered("BREAD")], 20_000)
    selling.sell(shop, [Ordered("BREAD")], 20_000)
    learn_keys(shop, 0, hillside=receipts_key(sister) | change)
    with pytest.raises(ReceiptUnknownKey):
        returns.look_up(shop, Receipt(code=code_of(sister)))
    assert returns.look_up(shop, Receipt(code=code_of(shop))).left == {1: 1}
