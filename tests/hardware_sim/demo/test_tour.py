"""The tour follows what is really so."""

from dataclasses import replace

import pytest

from hardware_sim.demo.state import Basket, Counter, Head, Till
from hardware_sim.demo.tour import STEPS, Tour, advance

TILL = Till(is_online=True, waiting=0, high=10, basket=None, last_sale="first", has_shift=True)
EVEN = Head(is_online=True, box_high=10, hub_high=10, is_chain_equal=True)


def seen(till: Till, head: Head | None = EVEN) -> Counter:
    return Counter(till=till, head=head, sim_answers=True)


SCANNED = seen(replace(TILL, basket=Basket(lines=1, total_minor=4800)))
PAID = seen(replace(TILL, last_sale="second", high=11), replace(EVEN, hub_high=11))
PULLED = seen(replace(PAID.till or TILL, is_online=False))
SOLD_ON = seen(replace(PULLED.till or TILL, last_sale="third", waiting=1, high=12))
BACK_EARLY = seen(replace(SOLD_ON.till or TILL, is_online=True))
BACK = seen(replace(BACK_EARLY.till or TILL, waiting=0), replace(EVEN, hub_high=12))


def after(*counters: Counter) -> Tour:
    tour = Tour()
    for counter in counters:
        tour = advance(tour, counter)
    return tour


def test_the_whole_tour() -> None:
    tour = after(seen(TILL), SCANNED, PAID, PULLED, SOLD_ON, BACK_EARLY, BACK)
    assert tour.is_over
    assert tour.current == ""
    assert [tour.is_done(step) for step in STEPS] == [True] * 5


@pytest.mark.parametrize(
    ("counters", "current"),
    [
        ((), "scan"),
        ((seen(TILL),), "scan"),
        ((seen(TILL), SCANNED), "pay"),
        ((seen(TILL), SCANNED, SCANNED), "pay"),
        ((seen(TILL), SCANNED, PAID), "pull"),
        ((seen(TILL), SCANNED, PAID, PULLED), "sell"),
        ((seen(TILL), SCANNED, PAID, PULLED, PULLED), "sell"),
        ((seen(TILL), SCANNED, PAID, PULLED, SOLD_ON), "back"),
        ((seen(TILL), SCANNED, PAID, PULLED, SOLD_ON, BACK_EARLY), "back"),
    ],
)
def test_a_step_waits_for_what_it_is_about(counters: tuple[Counter, ...], current: str) -> None:
    assert after(*counters).current == current


def test_a_sale_made_elsewhere_counts() -> None:
    assert after(seen(TILL), PAID).current == "pay"


def test_a_sale_before_the_tour_does_not() -> None:
    assert after(PAID, PAID).current == "scan"


def test_nothing_moves_while_the_box_does_not_answer() -> None:
    assert after(seen(TILL), SCANNED, Counter()) == after(seen(TILL), SCANNED)


def test_numbers_that_are_equal_with_unequal_chains_do_not_meet() -> None:
    apart = seen(BACK.till or TILL, replace(EVEN, hub_high=12, is_chain_equal=False))
    assert after(seen(TILL), SCANNED, PAID, PULLED, SOLD_ON, apart).current == "back"


def test_a_tour_that_is_over_stays_over() -> None:
    over = after(seen(TILL), SCANNED, PAID, PULLED, SOLD_ON, BACK)
    assert advance(over, seen(TILL)) == over
