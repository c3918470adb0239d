from collections import Counter
from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain import returns
from edge.domain.errors import BadQuantity, NoSuchReceiptLine, NothingToReturn, RefundAbovePaid
from edge.domain.returns import Refund, Wanted
from edge.domain.sale import MemberPart, Sold, SoldLine, receipt_label

LINES = (
    SoldLine(1, "BREAD", 3, 10_000, "standard", 1000, 909, "우유 식빵"),
    SoldLine(2, "MILK", 1, 2_800, "free", 0, 0, "우유"),
)


def sold(lines: tuple[SoldLine, ...] = LINES, rounding_minor: int = 0) -> Sold:
    total = sum(line.amount_minor for line in lines)
    return Sold("s", "box-1", 7, "2026-11-23", "KRW", total, rounding_minor, lines)


def test_a_part_of_a_line_gives_back_its_part_and_the_last_part_the_rest() -> None:
    first = returns.take_back(sold(), {}, [Wanted(1, 1)])
    second = returns.take_back(sold(), {1: 1}, [Wanted(1, 2)])
    assert [(line.amount_minor, line.tax_minor) for line in (*first, *second)] == [
        (3_333, 303),
        (6_667, 606),
    ]


def test_a_line_named_twice_is_one_line() -> None:
    [line] = returns.take_back(sold(), {}, [Wanted(1, 1), Wanted(1, 2)])
    assert (line.line, line.quantity, line.amount_minor) == (1, 3, 10_000)


def test_more_than_is_left_is_refused_with_what_is_left() -> None:
    with pytest.raises(RefundAbovePaid) as caught:
        returns.take_back(sold(), {1: 2}, [Wanted(1, 2)])
    assert (
        caught.value.message
        == "Line 1: 2 were to come back, but only 1 of 3 sold are left to return."
    )
    assert caught.value.what_now == (
        "Return at most what is left; earlier returns of this receipt are counted."
    )


def test_the_same_line_twice_in_one_return_does_not_get_round_the_limit() -> None:
    with pytest.raises(RefundAbovePaid):
        returns.take_back(sold(), {}, [Wanted(1, 2), Wanted(1, 2)])


def test_a_return_names_lines_of_the_receipt_and_at_least_one_piece() -> None:
    with pytest.raises(NothingToReturn):
        returns.take_back(sold(), {}, [])
    with pytest.raises(NoSuchReceiptLine) as caught:
        returns.take_back(sold(), {}, [Wanted(9, 1)])
    assert caught.value.message == "The receipt has no line 9."
    with pytest.raises(BadQuantity) as bad:
        returns.take_back(sold(), {}, [Wanted(1, 0)])
    assert bad.value.message == "Expected a quantity of 1 to 3, got 0."


def test_what_is_left_is_counted_by_line() -> None:
    assert returns.left_to_return(sold(), {1: 2}) == {1: 1, 2: 1}


def test_a_cash_refund_is_rounded_to_the_smallest_coin() -> None:
    assert returns.cash_refund(3_333, 10, sold(), 0) == Refund(3_330, -3)
    assert returns.cash_refund(3_336, 10, sold(), 0) == Refund(3_340, 4)
    assert returns.cash_refund(3_336, 0, sold(), 0) == Refund(3_336, 0)


def test_rounding_never_gives_back_more_than_was_paid() -> None:
    # Paid by card without rounding: 1,236. In cash 1,240 would be 4 too many.
    by_card = sold((SoldLine(1, "A", 1, 1_236, "standard", 1000, 112),))
    assert returns.cash_refund(1_236, 10, by_card, 0) == Refund(1_230, -6)


@given(
    st.lists(st.tuples(st.integers(1, 12), st.integers(0, 10**6)), min_size=1, max_size=6),
    st.sampled_from([0, 10, 100]),
    st.sampled_from([-4, 0, 5]),
    st.data(),
)
def test_however_a_receipt_is_returned_its_refunds_never_exceed_what_was_paid(
    lines: list[tuple[int, int]], step: int, rounding: int, data: st.DataObject
) -> None:
    sale = sold(
        tuple(
            SoldLine(number, "X", quantity, amount, "A", 1000, amount // 11)
            for number, (quantity, amount) in enumerate(lines, 1)
        ),
        rounding if sum(amount for _, amount in lines) > 4 else 0,
    )
    returned: dict[int, int] = {}
    refunded = amounts = taxes = 0
    while any(left := returns.left_to_return(sale, returned).values()) and any(left):
        line = data.draw(
            st.sampled_from([n for n, k in returns.left_to_return(sale, returned).items() if k])
        )
        quantity = data.draw(st.integers(1, returns.left_to_return(sale, returned)[line]))
        [back] = returns.take_back(sale, returned, [Wanted(line, quantity)])
        refunded += returns.cash_refund(back.amount_minor, step, sale, refunded).amount_minor
        assert refunded <= sale.paid_minor
        amounts, taxes = amounts + back.amount_minor, taxes + back.tax_minor
        returned[line] = returned.get(line, 0) + quantity
    assert amounts == sale.total_minor
    assert taxes == sum(line.tax_minor for line in sale.lines)


def test_a_receipt_number_is_read_out_with_its_workstation() -> None:
    assert receipt_label("till-1", 123) == "till-1-000123"


PARTS = st.lists(
    st.tuples(st.sampled_from(("points", "stored_value", "coupon")), st.integers(1, 500)),
    max_size=4,
)


@given(PARTS, st.integers(0, 2_000), st.lists(st.integers(1, 400), max_size=12))
def test_however_goods_come_back_each_part_goes_back_whole_and_never_as_money(
    paid: list[tuple[Literal["points", "stored_value", "coupon"], int]],
    in_money: int,
    returns_minor: list[int],
) -> None:
    parts = tuple(MemberPart(kind, amount, f"{at}") for at, (kind, amount) in enumerate(paid))
    total = in_money + sum(part.amount_minor for part in parts)
    sale = Sold("s", "b", 1, "2026-11-23", "KRW", total, 0, LINES, parts)
    back, returned = Counter[str](), 0
    for wanted in (*returns_minor, total):
        amount = min(wanted, total - returned)
        given_back = returns.back_to_member(sale, returned, amount)
        assert sum(part.amount_minor for part in given_back) <= amount
        for part in given_back:
            back[part.reference] += part.amount_minor
        returned += amount
    assert back == Counter({part.reference: part.amount_minor for part in parts})


def test_what_goes_back_to_the_member_is_its_share_and_coupons_come_first() -> None:
    parts = (MemberPart("points", 2_000, "spend"), MemberPart("coupon", 1_000, "hash"))
    sale = replace(sold(), of_member=parts)
    assert returns.back_to_member(sale, 0, 6_400) == (
        MemberPart("coupon", 1_000, "hash"),
        MemberPart("points", 500, "spend"),
    )
    assert returns.back_to_member(sale, 6_400, 6_400) == (MemberPart("points", 1_500, "spend"),)
