"""What the page says of each command: where it waits, how it ended, and whether anything was done."""

from datetime import UTC, datetime, timedelta

import pytest

from cloud.console.asked import Offer, Told, offers, tell
from cloud.fleet.commands import Asked, State
from cloud.fleet.tables import BoxCommand, FinishedCommand

NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
UNTIL = NOON + timedelta(minutes=15)
THEN = NOON + timedelta(minutes=2)


def asked(state: State, verb: str = "print_test", feed: str = "", **more: bool) -> Asked:
    command = BoxCommand(
        command_id="c",
        edge_id="e",
        verb=verb,
        arguments=f'{{"feed":"{feed}"}}' if feed else "{}",
        asked_at=NOON,
        not_after=UNTIL,
        sent_at=NOON if more.get("is_sent") else None,
    )
    fact = FinishedCommand(
        uid="u",
        command_id="c",
        edge_id="e",
        verb=verb,
        outcome=state.value,
        detail="why",
        occurred_at=THEN,
    )
    return Asked(command, fact if more.get("is_answered") else None, state)


@pytest.mark.parametrize(
    ("one", "is_connected", "key", "tone", "at"),
    [
        (asked(State.WAITING), False, "asked.waiting", "off", UNTIL),
        (asked(State.SENT, is_sent=True), False, "asked.waiting", "off", UNTIL),
        (asked(State.WAITING), True, "asked.sent", "busy", UNTIL),
        (asked(State.SENT, is_sent=True), True, "asked.sent", "busy", UNTIL),
        (asked(State.DONE, is_answered=True), True, "asked.done.print_test", "good", THEN),
        (asked(State.FAILED, is_answered=True), True, "asked.failed", "bad", UNTIL),
        (asked(State.UNKNOWN_VERB, is_answered=True), True, "asked.unknown_verb", "bad", UNTIL),
        (asked(State.EXPIRED), False, "asked.never_sent", "warn", UNTIL),
        (asked(State.EXPIRED, is_sent=True), True, "asked.unanswered", "warn", UNTIL),
        (
            asked(State.EXPIRED, is_sent=True, is_answered=True),
            True,
            "asked.expired",
            "warn",
            UNTIL,
        ),
    ],
)
def test_each_end_has_its_own_words(one, is_connected, key, tone, at) -> None:
    why = "why" if one.finished else ""
    assert tell(one, is_connected=is_connected) == Told(
        "command.print_test", "print_test", NOON, key, tone, at, why
    )


def test_a_button_rests_while_the_same_is_open() -> None:
    open_one = asked(State.SENT, "resync_feed", "prices")
    done = asked(State.DONE, is_answered=True)
    assert offers({"print_test", "resync_feed", "reboot"}, [open_one, done]) == [
        Offer("print_test", "", is_open=False),
        Offer("resync_feed", "catalogue", is_open=False),
        Offer("resync_feed", "prices", is_open=True),
    ]


def test_only_what_the_box_knows_has_a_button() -> None:
    assert [offer.key for offer in offers({"print_test"}, [])] == ["command.print_test"]
