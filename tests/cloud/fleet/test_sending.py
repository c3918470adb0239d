"""Commands on their way down: to connected boxes, again on a hello and after a while, until the box has answered."""

import json

import pytest

from cloud.fleet.commands import of_box
from cloud.fleet.repository import note_sent
from cloud.fleet.sending import LOOK_EVERY_S, REPEAT_AFTER_S, CommandSender
from contract import topics
from contract.topics import SHARDS, shard_of

EVERY_SHARD = frozenset(range(SHARDS))


@pytest.fixture
def announced() -> list[str]:
    return []


@pytest.fixture
def sender(database, clock, announced) -> CommandSender:
    return CommandSender(database, clock, lambda: announced.append("sent"))


@pytest.fixture
def sent(sender, clock):
    """The ids of what goes down at the next look."""

    def sent(shards: frozenset[int] = EVERY_SHARD) -> list[str]:
        clock.jump(LOOK_EVERY_S)
        return [json.loads(payload)["id"] for _, payload, _ in sender.due(shards)]

    return sent


def test_a_command_goes_to_its_box_alone_and_is_not_retained(
    sender, come, asked, clock, box
) -> None:
    come()
    command = asked().command
    [(topic, payload, retain)] = sender.due(EVERY_SHARD)
    assert (topic, retain) == (topics.down(box.edge_id, topics.Down.COMMAND), False)
    assert json.loads(payload)["id"] == command.command_id


def test_a_command_that_has_gone_says_so_once(
    database, come, asked, sent, announced, clock, box
) -> None:
    come()
    asked()
    sent()
    first_at = clock.now()
    clock.jump(REPEAT_AFTER_S)
    assert len(sent()) == 1
    with database.read() as session:
        [told] = of_box(session, box.edge_id, clock.now(), 10)
    assert (told.state, told.command.sent_at) == ("sent", first_at)
    assert announced == ["sent"]


def test_a_box_that_is_away_is_sent_nothing_until_it_comes(come, go, asked, sent) -> None:
    come()
    go()
    command_id = asked().command.command_id
    assert sent() == []
    come()
    assert sent() == [command_id]


def test_a_command_is_repeated_after_a_while_and_no_sooner(come, asked, sent, clock) -> None:
    come()
    command_id = asked().command.command_id
    assert sent() == [command_id]
    clock.jump(REPEAT_AFTER_S - 2 * LOOK_EVERY_S)
    assert sent() == []
    assert sent() == [command_id]
    assert sent() == []


def test_a_hello_repeats_what_its_box_has_not_answered(come, asked, sent, sender, box) -> None:
    come()
    command_id = asked().command.command_id
    assert sent() == [command_id]
    sender.greeted("maru-hillside-1")
    assert sent() == []
    sender.greeted(box.edge_id)
    assert sent() == [command_id]
    assert sent() == []


def test_what_the_box_has_answered_is_never_sent_again(
    come, asked, finish, sent, sender, box
) -> None:
    come()
    command_id = asked().command.command_id
    assert sent() == [command_id]
    finish(command_id)
    sender.greeted(box.edge_id)
    assert sent() == []


def test_another_boxs_word_about_it_does_not_stop_it(
    come, asked, hear, sent, make_box, bodies
) -> None:
    come()
    command_id = asked().command.command_id
    stranger = make_box("maru-hillside-1")
    stranger.log(bodies.finished(command_id))
    hear(stranger.edge_id, stranger.batch())
    assert sent() == [command_id]


def test_of_two_workers_that_both_sent_it_the_first_is_kept(database, come, asked, clock) -> None:
    come()
    command = asked().command
    first_at = clock.now()
    for _ in range(2):
        with database.write() as session:
            note_sent(session, [command.command_id], clock.now())
        clock.jump(1)
    with database.read() as session:
        [told] = of_box(session, command.edge_id, clock.now(), 10)
    assert told.command.sent_at == first_at


def test_what_is_too_late_is_never_sent(come, go, asked, sent, clock) -> None:
    come()
    go()
    asked(not_after_s=60)
    clock.jump(61)
    come()
    assert sent() == []


def test_only_the_boxes_of_our_shards_are_sent_to(come, asked, sent, box) -> None:
    come()
    command_id = asked().command.command_id
    assert sent(EVERY_SHARD - {shard_of(box.edge_id)}) == []
    assert sent(frozenset({shard_of(box.edge_id)})) == [command_id]


def test_commands_go_in_the_order_in_which_they_were_asked(come, asked, sent, clock) -> None:
    come()
    first = asked("resync_feed", arguments={"feed": "prices"}).command.command_id
    clock.jump(1)
    second = asked().command.command_id
    assert sent() == [first, second]


def test_between_two_looks_only_a_fresh_request_is_looked_for(come, asked, sender, sent) -> None:
    come()
    assert sent() == []
    asked()
    assert sender.due(EVERY_SHARD) == []
    sender.look_now()
    assert len(sender.due(EVERY_SHARD)) == 1
