"""What is wrong and what to do, in words, for every peripheral and every reason."""

import pytest

from drivers.events import Reason
from edge.peripherals.conditions import Advice, Condition, State, advice_of, on_the_wire, sentences

KINDS = ("scanner", "receipt_printer", "cash_drawer", "payment_terminal")


def condition(clock, state, *reasons, kind="receipt_printer", **more):
    return Condition("printer", kind, state, clock.now(), reasons, **more)


def test_paper_out_in_words(clock):
    assert condition(clock, State.NOT_READY, "paper_out").advice == Advice(
        "peripherals.receipt_printer.paper_out",
        "The receipt printer has no paper.",
        "Put a new roll in and close the cover. It prints on by itself.",
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("word", [*Reason, "absent", "faulted"])
def test_every_reason_has_words_of_its_own_or_general_ones(kind, word):
    advice = advice_of(kind, word)
    assert advice.key in sentences()
    assert advice.what.endswith(".")
    assert advice.what_now.endswith(".")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("word", ["absent", "faulted"])
def test_presence_and_set_up_have_words_of_the_kind(kind, word):
    assert advice_of(kind, word).key == f"peripherals.{kind}.{word}"


@pytest.mark.parametrize("word", sorted(set(Reason) - {Reason.DRAWER_OPEN}))
def test_every_reason_of_a_printer_has_words_of_its_own(word):
    assert advice_of("receipt_printer", word).key == f"peripherals.receipt_printer.{word}"


@pytest.mark.parametrize("state", [State.READY, State.BUSY, State.OPENING, State.PRESENT])
def test_nothing_is_said_where_all_is_well_or_under_way(clock, state):
    assert condition(clock, state).advice is None


def test_low_paper_is_said_while_it_prints(clock):
    low = condition(clock, State.READY, is_paper_low=True).advice
    assert low is not None
    assert low.key == "peripherals.receipt_printer.paper_low"


def test_low_paper_is_a_reason_on_the_wire(clock):
    health = on_the_wire(condition(clock, State.READY, is_paper_low=True), {})
    assert (health.state, health.reasons) == ("ready", ("paper_low",))


def test_taking_turns_between_ready_and_busy_is_no_news(clock):
    ready, busy = condition(clock, State.READY), condition(clock, State.BUSY)
    assert not busy.is_news_after(ready)
    assert condition(clock, State.NOT_READY).is_news_after(busy)
    assert condition(clock, State.READY, is_paper_low=True).is_news_after(ready)


def test_health_on_the_wire(clock):
    health = on_the_wire(condition(clock, State.PRESENT), {"PaperCutCount": 3})
    assert (health.state, health.counters, health.since) == (
        "opening",
        {"PaperCutCount": 3},
        clock.now(),
    )
