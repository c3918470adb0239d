"""What becomes of a command: it waits, goes, is answered or comes too late; the box's fact has the last word."""

from datetime import UTC, datetime, timedelta

import pytest

from cloud.errors import CommandError, NotFoundError, UnknownVerbError
from cloud.fleet.commands import Wanted, ask, message, of_box, state_of
from cloud.fleet.tables import BoxCommand, FinishedCommand
from cloud.projection import FactProjector, forget
from contract.commands import Command
from contract.topics import SHARDS

NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.fixture
def told(database, clock, box):
    """(state, detail) of each command of the box, newest first."""

    def told() -> list[tuple[str, str]]:
        with database.read() as session:
            rows = [one.as_dict() for one in of_box(session, box.edge_id, clock.now(), 10)]
        return [(row["state"], row["detail"]) for row in rows]

    return told


def test_a_command_waits_with_everything_that_was_asked(come, asked, box) -> None:
    come()
    row = asked("resync_feed", arguments={"feed": "prices"}, not_after_s=60).as_dict()
    assert row == {
        "command_id": row["command_id"],
        "edge_id": box.edge_id,
        "verb": "resync_feed",
        "arguments": {"feed": "prices"},
        "asked_at": NOON,
        "asked_by": "",
        "not_after": NOON + timedelta(seconds=60),
        "sent_at": None,
        "state": "waiting",
        "detail": "",
        "finished_at": None,
    }


@pytest.mark.parametrize(
    ("verb", "patience_s"), [("print_test", 900), ("resync_feed", 86_400), ("reboot", 3_600)]
)
def test_each_verb_has_its_own_patience(come, asked, verb, patience_s) -> None:
    come()
    command = asked(verb).command
    assert command.not_after - command.asked_at == timedelta(seconds=patience_s)


def test_what_goes_down_is_the_contracts_command(come, asked) -> None:
    come()
    command = asked("resync_feed", arguments={"feed": "prices"}).command
    assert Command.model_validate_json(message(command)) == Command(
        id=command.command_id,
        verb="resync_feed",
        not_after=command.not_after,
        arguments={"feed": "prices"},
    )


@pytest.mark.parametrize("outcome", ["done", "failed", "expired", "unknown_verb"])
def test_the_boxs_fact_says_how_it_ended(come, asked, finish, told, outcome) -> None:
    come()
    finish(asked().command.command_id, outcome, "in its own words")
    assert told() == [(outcome, "in its own words")]


def test_a_command_expires_by_the_clock_alone(come, asked, told, clock) -> None:
    come()
    asked(not_after_s=60)
    clock.jump(60)
    assert told() == [("waiting", "")]
    clock.jump(1)
    assert told() == [("expired", "")]


def test_a_fact_that_comes_after_that_still_puts_it_right(come, asked, finish, told, clock) -> None:
    come()
    command = asked(not_after_s=60).command
    clock.jump(3_600)
    finish(command.command_id)
    assert told() == [("done", "queued")]


def test_another_boxs_fact_says_nothing_of_it(come, asked, hear, told, make_box, bodies) -> None:
    come()
    stranger = make_box("maru-hillside-1")
    stranger.log(bodies.finished(asked().command.command_id))
    hear(stranger.edge_id, stranger.batch())
    assert told() == [("waiting", "")]


def test_the_first_word_of_a_box_that_did_it_twice_stands(come, asked, finish, told) -> None:
    come()
    command_id = asked().command.command_id
    finish(command_id, "failed", "no paper")
    finish(command_id, "done", "queued")
    assert told() == [("failed", "no paper")]


def test_the_same_asked_again_while_it_is_open_is_the_same_command(
    come, asked, finish, told
) -> None:
    come()
    first = asked().command.command_id
    assert asked().command.command_id == first
    others = asked("resync_feed", arguments={"feed": "prices"}), asked("resync_feed")
    assert len({first, *(other.command.command_id for other in others)}) == 3
    finish(first)
    assert asked().command.command_id != first
    assert len(told()) == 4


def test_what_was_asked_outlives_a_new_projection(
    database, clock, come, asked, finish, told
) -> None:
    come()
    finish(asked().command.command_id)
    forget(database)
    assert told() == [("waiting", "")]
    projector = FactProjector(database, clock)
    while projector.step(frozenset(range(SHARDS))):
        pass
    assert told() == [("done", "queued")]


def test_a_box_that_was_never_heard_cannot_be_asked(asked, told) -> None:
    with pytest.raises(NotFoundError, match=r"^There is no box 'maru-office-1' here\.$"):
        asked()
    assert told() == []


@pytest.mark.parametrize(
    ("arguments", "detail"),
    [
        ({"text": "x" * 20_000}, "expected a message of at most 16000 bytes, got "),
        ({"text": "\ud800"}, "expected arguments of plain JSON: "),
        ({"value": float("nan")}, "expected arguments of plain JSON: "),
    ],
)
def test_arguments_that_no_message_can_carry_are_refused(
    database, clock, come, box, told, arguments, detail
) -> None:
    come()
    wanted = Wanted.model_construct(verb="print_test", arguments=arguments, not_after_s=None)
    with pytest.raises(CommandError) as refused:
        ask(database, clock, box.edge_id, wanted)
    assert refused.value.message.startswith(f"The box maru-office-1 was not asked: {detail}")
    assert told() == []


@pytest.mark.parametrize(
    ("is_sent", "outcome", "late_s", "state"),
    [
        (False, "", 0, "waiting"),
        (True, "", 0, "sent"),
        (True, "", 1, "expired"),
        (False, "", 1, "expired"),
        (True, "done", 1, "done"),
    ],
)
def test_the_state_follows_from_fact_clock_and_sending(is_sent, outcome, late_s, state) -> None:
    command = BoxCommand(
        command_id="c", edge_id="e", verb="print_test", arguments="{}", asked_at=NOON,
        not_after=NOON, sent_at=NOON if is_sent else None,
    )  # fmt: skip
    fact = FinishedCommand(
        uid="u", command_id="c", edge_id="e", verb="print_test", outcome=outcome, detail="",
        occurred_at=NOON,
    )  # fmt: skip
    now = NOON + timedelta(seconds=late_s)
    assert state_of(command, fact if outcome else None, now) == state


def test_a_verb_that_the_box_does_not_say_it_knows_is_refused_in_words(come, asked, told) -> None:
    come(capabilities=("verb:print_test", "verb:resync_feed", "feed:prices"))
    with pytest.raises(UnknownVerbError) as refused:
        asked("reboot")
    assert refused.value.fields["known"] == "print_test, resync_feed"
    assert told() == []
