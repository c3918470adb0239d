from collections.abc import Callable
from typing import Any

import pytest

from drivers.interfaces import TextLine
from edge.domain.errors import (
    DrawerTaken,
    Malformed,
    NoShift,
    NotEnoughCash,
    NotFound,
    ShiftHasBasket,
    ShiftIsOpen,
)
from edge.domain.returns import Wanted
from edge.services import documents, printing, returns, selling, shifts
from edge.services.returns import Receipt
from edge.services.selling import BasketView, Ordered
from edge.services.shop import Shop

Facts = Callable[[Shop], list[dict[str, Any]]]
Rows = Callable[[Shop, str], list[tuple[Any, ...]]]
Scan = Callable[..., BasketView]


def test_a_shift_opens_with_its_float_and_its_date(closed_shop: Shop, facts: Facts) -> None:
    shift = shifts.open_shift(closed_shop, "  Kim   Minji ", 50_000)
    assert (shift.number, shift.cashier, shift.business_date, shift.float_minor) == (
        1, "Kim Minji", "2026-11-23", 50_000,
    )  # fmt: skip
    [opened] = facts(closed_shop)
    assert (opened["type"], opened["shift_id"], opened["float_minor"]) == (
        "shift.opened", shift.shift_id, 50_000,
    )  # fmt: skip
    assert shifts.current(closed_shop) == shift == shifts.last(closed_shop)


def test_two_cashiers_cannot_share_one_drawer(shop: Shop, facts: Facts) -> None:
    before = (shifts.current(shop), facts(shop))
    with pytest.raises(DrawerTaken) as caught:
        shifts.open_shift(shop, "Lee", 30_000)
    assert (
        caught.value.message
        == "The drawer belongs to Kim, whose shift 1 is open; Lee cannot share it."
    )
    assert caught.value.what_now == "Let Kim count the cash and close the shift first."
    with pytest.raises(ShiftIsOpen) as again:
        shifts.open_shift(shop, "Kim", 30_000)
    assert again.value.message == "Your shift 1 is already open, Kim."
    assert (shifts.current(shop), facts(shop)) == before


@pytest.mark.parametrize(
    ("cashier", "float_minor", "message"),
    [
        (" ", 0, "Expected a cashier's name of 1 to 40 letters, got ' '."),
        ("K\0m", 0, r"Expected a cashier's name of 1 to 40 letters, got 'K\x00m'."),
        ("x" * 41, 0, f"Expected a cashier's name of 1 to 40 letters, got '{'x' * 41}'."),
        ("Kim", -1, "Expected a float of zero and more, got -1."),
    ],
)
def test_a_shift_wants_a_name_and_a_float(
    closed_shop: Shop, cashier: str, float_minor: int, message: str
) -> None:
    with pytest.raises(Malformed) as caught:
        shifts.open_shift(closed_shop, cashier, float_minor)
    assert caught.value.message == message


def test_a_z_report_adds_up_everything_that_happened(shop: Shop, facts: Facts) -> None:
    selling.sell(shop, [Ordered("BREAD", 2), Ordered("MILK")], 20_000)
    sale = selling.sell(shop, [Ordered("CAKE")], 40_000)
    returns.take_back(shop, Receipt(sale_id=sale.sale_id), [Wanted(1, 1)], "stale", "cash")
    shifts.move_cash(shop, "in", 5_000, "coins")
    shifts.move_cash(shop, "out", 2_000, "stamps")
    z = shifts.close(shop, 64_700)
    assert facts(shop)[-1] == z.model_dump(mode="json")
    told = z.model_dump(mode="json", exclude={"occurred_at", "hlc", "shift_id"})
    assert told == {
        "type": "shift.closed", "version": 1, "business_date": "2026-11-23",
        "location_id": "maru-office-tower", "workstation_id": "till-1",
        "number": 1, "cashier": "Kim", "currency": "KRW",
        "sale_count": 2, "return_count": 1,
        "gross_minor": 45_133, "refund_minor": 33_333, "discount_minor": 0, "rounding_minor": 0,
        "tax": [
            {"tax_group": "free", "rate_bp": 0, "gross_minor": 2_800, "tax_minor": 0},
            {"tax_group": "standard", "rate_bp": 1000, "gross_minor": 9_000, "tax_minor": 818},
        ],
        "tenders": [{"kind": "cash", "count": 2, "amount_minor": 45_130}],
        "refunds": [{"kind": "cash", "count": 1, "amount_minor": 33_330}],
        "cash_in_minor": 5_000, "cash_out_minor": 2_000, "float_minor": 50_000,
        "expected_cash_minor": 64_800, "counted_cash_minor": 64_700, "variance_minor": -100,
        "first_receipt_number": 1, "last_receipt_number": 3,
    }  # fmt: skip
    assert shifts.z_of(shop, z.shift_id) == z
    assert shifts.current(shop) is None


def test_x_looks_and_closes_nothing(shop: Shop) -> None:
    selling.sell(shop, [Ordered("MILK")])
    found = shifts.x(shop)
    assert (found.figures.gross_minor, found.figures.expected_cash_minor) == (2_800, 52_800)
    assert shifts.print_x(shop) == found
    assert shifts.current(shop) == found.shift
    newest = printing.recent(shop)[0]
    assert (newest.kind, newest.subject_id) == ("x", found.shift.shift_id)


def test_a_shift_counts_only_its_own_sales(shop: Shop) -> None:
    selling.sell(shop, [Ordered("BREAD")])
    shifts.close(shop, 54_500)
    shifts.open_shift(shop, "Lee", 10_000)
    selling.sell(shop, [Ordered("MILK")])
    z = shifts.close(shop, 12_800)
    assert (z.number, z.sale_count, z.gross_minor, z.variance_minor) == (2, 1, 2_800, 0)
    assert (z.first_receipt_number, z.last_receipt_number) == (2, 2)


@pytest.mark.parametrize("is_suspended", [False, True])
def test_goods_that_are_undecided_keep_the_shift_open(
    scan: Scan, shop: Shop, is_suspended: bool
) -> None:
    scan("BREAD")
    if is_suspended:
        selling.suspend(shop)
    with pytest.raises(ShiftHasBasket) as caught:
        shifts.close(shop, 50_000)
    assert caught.value.message == "1 baskets with goods are still open or suspended."
    assert shifts.current(shop) is not None


def test_an_empty_basket_keeps_nobody_from_going_home(scan: Scan, shop: Shop, rows: Rows) -> None:
    scan("BREAD")
    selling.void_line(shop, 1)
    assert shifts.close(shop, 50_000).variance_minor == 0
    assert rows(shop, "SELECT state FROM basket") == [("voided",)]


def test_cash_out_is_at_most_what_the_drawer_holds(shop: Shop, rows: Rows) -> None:
    with pytest.raises(NotEnoughCash) as caught:
        shifts.move_cash(shop, "out", 50_001, "bank")
    assert caught.value.message == "The drawer holds 50,000 KRW, 50,001 KRW cannot be taken out."
    for amount in (0, -5):
        with pytest.raises(Malformed):
            shifts.move_cash(shop, "in", amount, "x")
    assert rows(shop, "SELECT count(*) FROM cash_movement") == [(0,)]
    moved = shifts.move_cash(shop, "out", 50_000, "bank")
    assert (moved.direction, moved.amount_minor) == ("out", 50_000)
    assert rows(shop, "SELECT cause FROM drawer_opening") == [("cash_out",)]


def test_without_a_shift_there_is_nothing_to_close(closed_shop: Shop) -> None:
    for use in (
        lambda: shifts.x(closed_shop),
        lambda: shifts.print_x(closed_shop),
        lambda: shifts.close(closed_shop, 0),
        lambda: shifts.move_cash(closed_shop, "in", 1, "x"),
    ):
        with pytest.raises(NoShift):
            use()
    with pytest.raises(NotFound):
        shifts.z_of(closed_shop, "nope")


def test_a_z_report_of_an_open_shift_does_not_exist(shop: Shop) -> None:
    shift = shifts.current(shop)
    assert shift is not None
    with pytest.raises(NotFound) as caught:
        shifts.z_of(shop, shift.shift_id)
    assert caught.value.message == f"There is no Z report of shift {shift.shift_id} here."
    with pytest.raises(Malformed):
        shifts.close(shop, -1)


def test_the_z_report_is_printed_with_its_variance(shop: Shop) -> None:
    z = shifts.close(shop, 49_000)
    job = printing.oldest_waiting(shop)
    assert job is not None
    assert (job.kind, job.subject_id) == ("z", z.shift_id)
    texts = {
        (element.left, element.right)
        for element in documents.from_text(job.document).elements
        if isinstance(element, TextLine)
    }
    assert {
        ("마감 정산 Z", ""),
        ("현금 계산액", "50,000"),
        ("현금 실사액", "49,000"),
        ("과부족", "-1,000 KRW"),
    } <= texts
