import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.money import (
    allocate,
    digits,
    down_to_step,
    half_up,
    scale_of,
    share_so_far,
    spelled,
    to_step,
)

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "money.json").read_text(encoding="utf-8")
)
amounts = st.integers(0, 10**12)
weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=30)


@pytest.mark.parametrize(("total", "parts", "expected"), VECTORS["allocate"])
def test_allocates_as_worked_out_by_hand(total: int, parts: list[int], expected: list[int]) -> None:
    assert allocate(total, parts) == expected


@pytest.mark.parametrize(("amount", "step", "expected"), VECTORS["round"])
def test_rounds_to_the_smallest_coin_as_worked_out_by_hand(
    amount: int, step: int, expected: int
) -> None:
    assert to_step(amount, step) == expected


@pytest.mark.parametrize(("amount", "currency", "expected"), VECTORS["spelled"])
def test_spells_amounts_with_their_currency(amount: int, currency: str, expected: str) -> None:
    assert spelled(amount, currency) == expected


def test_won_has_no_minor_digits_and_yuan_has_two() -> None:
    assert (scale_of("KRW"), scale_of("CNY")) == (0, 2)
    assert (digits(1250, "KRW"), digits(1250, "CNY")) == ("1,250", "12.50")


def test_an_amount_cannot_be_allocated_to_nothing() -> None:
    with pytest.raises(ValueError) as caught:
        allocate(5, [0, 0])
    assert str(caught.value) == "Expected a weight to allocate 5 to, got none."


@given(amounts, weights)
def test_parts_sum_to_the_total_and_are_within_one_of_their_share(
    total: int, parts: list[int]
) -> None:
    if sum(parts) == 0:
        total = 0
    given_out = allocate(total, parts)
    assert sum(given_out) == total
    whole = sum(parts) or 1
    for part, weight in zip(given_out, parts, strict=True):
        assert 0 <= part - total * weight // whole <= 1


@given(amounts, weights)
def test_a_part_is_never_more_than_its_weight_where_the_total_is_not(
    total: int, parts: list[int]
) -> None:
    total = min(total, sum(parts))
    assert all(part <= weight for part, weight in zip(allocate(total, parts), parts, strict=True))


@given(amounts, st.integers(1, 10_000))
def test_rounding_moves_by_at_most_half_a_step(amount: int, step: int) -> None:
    assert abs(to_step(amount, step) - amount) * 2 <= step
    assert 0 <= amount - down_to_step(amount, step) < step


@given(amounts, st.integers(1, 10**6))
def test_half_up_is_the_nearest_integer(numerator: int, denominator: int) -> None:
    rounded = half_up(numerator, denominator)
    assert -denominator < 2 * (numerator - rounded * denominator) <= denominator or (
        2 * (rounded * denominator - numerator) == denominator
    )


@given(amounts, st.lists(st.integers(1, 50), min_size=1, max_size=10))
def test_however_a_line_is_cut_its_shares_sum_to_it(amount: int, pieces: list[int]) -> None:
    whole, before, total = sum(pieces), 0, 0
    for count in pieces:
        share = share_so_far(amount, before + count, whole) - share_so_far(amount, before, whole)
        assert share >= 0
        total, before = total + share, before + count
    assert total == amount
