import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.errors import TenderTooLarge, TenderTooSmall
from edge.domain.tender import Tender, card_amount, cash, due_minor


def test_exact_cash_settles_without_change() -> None:
    assert cash(5_000, 5_000, 10, "KRW") == Tender("cash", 5_000, 5_000)


def test_cash_gives_change_over_the_rounded_amount() -> None:
    assert cash(1_236, 2_000, 10, "KRW") == Tender("cash", 1_240, 2_000, 760, 4)
    assert cash(1_234, 2_000, 10, "KRW") == Tender("cash", 1_230, 2_000, 770, -4)


def test_less_cash_than_is_due_is_a_part_and_is_not_rounded() -> None:
    part = cash(1_236, 1_000, 10, "KRW")
    assert part == Tender("cash", 1_000, 1_000)
    assert due_minor(1_236, [part]) == 236


def test_yuan_without_a_smallest_coin_is_not_rounded() -> None:
    assert cash(1_237, 1_300, 0, "CNY") == Tender("cash", 1_237, 1_300, 63, 0)


def test_what_rounds_to_nothing_is_settled_by_nothing() -> None:
    assert cash(4, 0, 10, "KRW") == Tender("cash", 0, 0, 0, -4)


@pytest.mark.parametrize("given_minor", [0, -1])
def test_no_cash_is_refused_where_something_is_due(given_minor: int) -> None:
    with pytest.raises(TenderTooSmall) as caught:
        cash(1_000, given_minor, 10, "KRW")
    assert caught.value.message == f"Expected an amount above zero, got {given_minor} KRW."
    assert caught.value.what_now == "Type what the customer gave."


def test_a_card_takes_what_is_due_or_a_part_and_never_more() -> None:
    assert card_amount(5_000, None, "KRW") == 5_000
    assert card_amount(5_000, 2_000, "KRW") == 2_000
    with pytest.raises(TenderTooLarge) as caught:
        card_amount(5_000, 5_001, "KRW")
    assert caught.value.message == "A card pays at most the 5,000 KRW that is due, got 5,001 KRW."
    with pytest.raises(TenderTooSmall):
        card_amount(5_000, 0, "KRW")


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.sampled_from([0, 1, 10, 100]))
def test_tenders_always_sum_to_the_total_and_its_rounding(
    due: int, given_minor: int, step: int
) -> None:
    tender = cash(due, given_minor, step, "KRW")
    assert tender.tendered_minor == tender.amount_minor + tender.change_minor
    assert tender.change_minor >= 0
    left = due_minor(due, [tender])
    assert left >= 0
    if left:
        assert (tender.rounding_minor, tender.amount_minor) == (0, given_minor)
