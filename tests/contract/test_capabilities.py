"""What a box says it can do: words that a newer box may add to and an older hub may not understand."""

from __future__ import annotations

from contract.capabilities import KINDS, Capabilities, spoken
from contract.envelope import FactBody
from contract.frozen import messages

TILL = Capabilities(
    verbs=frozenset({"resync_feed", "print_test"}),
    feeds=frozenset({"prices", "catalogue"}),
    peripherals=frozenset({"receipt_printer:escpos"}),
    messages=frozenset({"sale.completed.v1"}),
)
WORDS = (
    "verb:print_test",
    "verb:resync_feed",
    "feed:catalogue",
    "feed:prices",
    "peripheral:receipt_printer:escpos",
    "message:sale.completed.v1",
)


def test_the_words_are_sorted_and_read_back() -> None:
    assert TILL.words() == WORDS
    assert Capabilities.of(WORDS) == TILL


def test_every_field_has_its_kind() -> None:
    assert [f"{kind}s" for kind in KINDS] == list(Capabilities.__dataclass_fields__)


def test_words_that_this_version_does_not_know_are_passed_over() -> None:
    assert Capabilities.of((*WORDS, "snapshots", "model:face-mesh:3", ":", "")) == TILL


def test_a_box_that_says_nothing_can_be_told_from_one_that_can_nothing_of_a_kind() -> None:
    assert Capabilities.of(()) == Capabilities()
    assert Capabilities.of(()).words() == ()


def test_every_fact_and_what_travels_beside_them_is_spoken() -> None:
    facts = {name for name, model in messages().items() if issubclass(model, FactBody)}
    up = {"hello.v1", "batch.v1", "pull.v1", "health.v1", "state.v1", "ask.v1"}
    down = {"ack.v1", "ops.v1", "command.v1", "head.v1", "answer.v1"}
    assert spoken() == facts | up | down
