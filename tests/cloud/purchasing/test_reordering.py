"""How much to order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.purchasing.reordering import Need, Terms, need

STEADY = [4] * 28


def test_a_steady_demand_needs_no_safety_stock() -> None:
    assert need(STEADY, 3, Terms(pack_size=6, lead_days=2)) == Need(12, 12, 400, is_capped=False)


def test_what_varies_has_a_safety_stock() -> None:
    daily = [0, 8] * 14
    assert need(daily, 0, Terms(1, 3)) == Need(30, 30, 400, is_capped=False)


@pytest.mark.parametrize("position", [12, 40])
def test_enough_is_enough(position: int) -> None:
    assert need(STEADY, position, Terms(6, 2)).quantity == 0


def test_what_nobody_asks_for_is_not_ordered() -> None:
    assert need([0] * 28, 0, Terms(6, 2)) == Need(0, 0, 0, is_capped=False)
    assert need([], 0, Terms(6, 2)) == Need(0, 0, 0, is_capped=False)


def test_what_spoils_is_not_ordered_beyond_its_life() -> None:
    assert need([0, 8] * 14, 0, Terms(2, 6, shelf_days=3)) == Need(12, 46, 400, is_capped=True)
    assert need([1] * 28, 0, Terms(6, 6, shelf_days=2)) == Need(6, 7, 100, is_capped=True)
    assert need([1] * 28, 1, Terms(6, 6, shelf_days=2)) == Need(0, 7, 100, is_capped=True)


@given(
    st.lists(st.integers(0, 50), min_size=2, max_size=28),
    st.integers(-20, 200),
    st.builds(Terms, st.integers(1, 24), st.integers(0, 10), st.integers(0, 10)),
)
def test_whole_packs_and_never_more_than_a_pack_beyond_the_level(
    daily: list[int], position: int, terms: Terms
) -> None:
    found = need(daily, position, terms)
    assert found.quantity % terms.pack_size == 0
    assert found.quantity >= 0
    if found.quantity:
        assert position + found.quantity < found.level + terms.pack_size
