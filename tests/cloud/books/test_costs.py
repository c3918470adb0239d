"""What goods had cost: a moving average that loses nothing to rounding."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cloud.books.costs import TRANSFER_ENDED, Costing, Moved, Worth
from cloud.books.journal import Occasion, balances

OFFICE = Occasion("2026-11-28", "office", "KRW", "018f")
HILLSIDE = OFFICE._replace(location_id="hillside")


def booked(
    *moves: Moved, known: dict[str, int] | None = None
) -> tuple[dict[str, int], list[Worth]]:
    costing = Costing(known or {})
    sums = balances(costing.entries(moves))
    return {account: amount for (account, _), amount in sums.items()}, costing.worth()


def test_what_is_sold_takes_the_average_of_what_came_in() -> None:
    sums, worth = booked(
        Moved(OFFICE, "CAKE", 2, "received", 10_000),
        Moved(OFFICE, "CAKE", 1, "received", 13_000),
        Moved(OFFICE, "CAKE", -2, "sold"),
    )
    assert sums == {
        "Assets:Inventory:Office": 11_000,
        "Expenses:Cost-Of-Goods:Office": 22_000,
        "Liabilities:Received-Not-Invoiced:Office": -33_000,
    }
    assert worth == [Worth("office", "CAKE", 1, 11_000)]


def test_a_transfer_carries_the_worth_along() -> None:
    sums, worth = booked(
        Moved(OFFICE, "CAKE", 3, "received", 10_001),
        Moved(OFFICE, "CAKE", -1, "transferred_out"),
        Moved(HILLSIDE, "CAKE", 1, "transferred_in"),
        Moved(HILLSIDE, "CAKE", -1, "handed_over"),
    )
    assert sums == {
        "Assets:Inventory:Office": 20_002,
        "Expenses:Cost-Of-Goods:Hillside": 10_001,
        "Liabilities:Received-Not-Invoiced:Office": -30_003,
    }
    assert worth == [Worth("office", "CAKE", 2, 20_002)]


def test_what_is_missing_stays_in_transit_until_the_transfer_is_ended() -> None:
    sums, _ = booked(
        Moved(OFFICE, "CAKE", 3, "received", 10_000),
        Moved(OFFICE, "CAKE", -2, "transferred_out"),
        Moved(HILLSIDE, "CAKE", 1, "transferred_in"),
    )
    assert sums["Assets:Inventory:In-Transit"] == 10_000


def test_what_is_lost_found_or_broken_on_the_way_is_the_senders() -> None:
    way: Any = {"reference": "J"}
    sums, worth = booked(
        Moved(OFFICE, "CAKE", 3, "received", 10_000),
        Moved(OFFICE, "CAKE", -3, "transferred_out", **way),
        Moved(HILLSIDE, "CAKE", 2, "transferred_in", **way),
        Moved(HILLSIDE, "CAKE", -1, "damaged", **way),
        Moved(HILLSIDE, "", 0, TRANSFER_ENDED, **way),
    )
    assert sums == {
        "Assets:Inventory:Hillside": 10_000,
        "Expenses:Shrinkage:Office": 20_000,
        "Liabilities:Received-Not-Invoiced:Office": -30_000,
    }
    assert worth == [Worth("hillside", "CAKE", 1, 10_000)]


def test_a_sender_who_is_heard_after_the_end_bears_the_difference_too() -> None:
    way: Any = {"reference": "J"}
    sums, _ = booked(
        Moved(OFFICE, "CAKE", 3, "received", 10_000),
        Moved(HILLSIDE, "CAKE", 1, "transferred_in", **way),
        Moved(HILLSIDE, "", 0, TRANSFER_ENDED, **way),
        Moved(OFFICE, "CAKE", -3, "transferred_out", **way),
        known={"CAKE": 10_000},
    )
    assert sums == {
        "Assets:Inventory:Hillside": 10_000,
        "Expenses:Shrinkage:Office": 20_000,
        "Liabilities:Received-Not-Invoiced:Office": -30_000,
    }


def test_what_should_not_be_there_takes_the_cost_that_is_known() -> None:
    sums, worth = booked(Moved(OFFICE, "CAKE", -2, "sold"), known={"CAKE": 9_000})
    assert sums == {"Assets:Inventory:Office": -18_000, "Expenses:Cost-Of-Goods:Office": 18_000}
    assert worth == [Worth("office", "CAKE", -2, -18_000)]


def test_a_count_and_what_spoils_are_shrinkage() -> None:
    sums, _ = booked(
        Moved(OFFICE, "CAKE", 5, "opening", 100),
        Moved(OFFICE, "CAKE", -1, "damaged"),
        Moved(OFFICE, "CAKE", -1, "counted"),
        Moved(OFFICE, "CAKE", 1, "counted"),
    )
    assert sums == {
        "Assets:Inventory:Office": 400,
        "Equity:Opening-Inventory:Office": -500,
        "Expenses:Shrinkage:Office": 100,
    }


@given(st.lists(st.tuples(st.integers(-20, 20).filter(bool), st.integers(0, 10_000)), max_size=30))
def test_an_empty_shelf_is_worth_nothing_and_nothing_is_lost(moves: list[tuple[int, int]]) -> None:
    held, made = 0, []
    for quantity, cost in moves:
        kept = max(quantity, -held)
        if kept:
            reason = "received" if kept > 0 else "sold"
            made.append(Moved(OFFICE, "CAKE", kept, reason, cost if kept > 0 else None))
            held += kept
    if held:
        made.append(Moved(OFFICE, "CAKE", -held, "sold"))
    sums, worth = booked(*made)
    assert sums.get("Assets:Inventory:Office", 0) == 0
    assert worth == []
    bought = sum(it.quantity * (it.unit_cost_minor or 0) for it in made if it.quantity > 0)
    assert sums.get("Expenses:Cost-Of-Goods:Office", 0) == bought
