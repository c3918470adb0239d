"""One transaction, then the acks: what is stored exactly once, and what is told to the box."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from cloud.db import Database
from cloud.errors import StandMovedError
from cloud.ingest.admission import Admitted, Packet, Rejected, admit
from cloud.ingest.inbox import Inbox, store_stand
from cloud.ingest.intake import PAST_BOOTS, Standing
from cloud.ingest.pressure import Allowance, allowance, widened
from cloud.ingest.tables import Alarm, Edge, Fact, FactAlias, Quarantined, Stream
from contract.envelope import GENESIS, Ack, State
from contract.health import Health
from contract.stream import Stand

ALLOWED = Allowance(8, 0)


@pytest.fixture
def inbox(database: Database, clock) -> Inbox:
    return Inbox(database, clock)


@pytest.fixture
def take(inbox: Inbox) -> Callable[..., list[tuple[str, Ack]]]:
    def take(edge_id: str, *messages: Any) -> list[tuple[str, Ack]]:
        return inbox.commit([Admitted(edge_id, message) for message in messages], ALLOWED)

    return take


def rows(database: Database, table: type[Any]) -> list[dict[str, Any]]:
    with database.read() as session:
        return [row.model_dump() for row in session.exec(select(table)).all()]


def stored(database: Database) -> list[tuple[str, int, str, str]]:
    return [(r["epoch"], r["seq"], r["uid"], r["body"]) for r in rows(database, Fact)]


def expected(box) -> list[tuple[str, int, str, str]]:
    return [(box.epoch, seq, *fact) for seq, fact in enumerate(box.facts, 1)]


def test_facts_are_stored_and_then_acknowledged(database: Database, box, take) -> None:
    for number in range(3):
        box.log({"n": number})
    answers = take(box.edge_id, box.batch())
    assert answers == [(box.edge_id, Ack(epoch="e1", high=3, chain=box.chains[3]))]
    assert stored(database) == expected(box)


def test_a_repeat_and_its_overlap_are_stored_once(database: Database, box, take) -> None:
    for number in range(4):
        box.log({"n": number})
    take(box.edge_id, box.batch(1, 3))
    answers = take(box.edge_id, box.batch(1, 3), box.batch(2, 4))
    assert answers == [(box.edge_id, Ack(epoch="e1", high=4, chain=box.chains[4]))]
    assert stored(database) == expected(box)


def test_a_gap_is_answered_with_where_we_stand(database: Database, box, take) -> None:
    for number in range(3):
        box.log({"n": number})
    take(box.edge_id, box.batch(1, 1))
    answers = take(box.edge_id, box.batch(3, 3))
    assert answers == [(box.edge_id, Ack(epoch="e1", high=1, chain=box.chains[1], nack=True))]
    assert len(stored(database)) == 1


def test_acks_of_one_drain_are_one_a_box(box, make_box, take, inbox: Inbox) -> None:
    other = make_box("maru-hillside-1")
    arrivals = []
    for number in range(3):
        for each in (box, other):
            each.log({"n": number})
            arrivals.append(Admitted(each.edge_id, each.batch(number + 1, number + 1)))
    answers = inbox.commit(arrivals, ALLOWED)
    assert answers == [
        (box.edge_id, Ack(epoch="e1", high=3, chain=box.chains[3])),
        (other.edge_id, Ack(epoch="e1", high=3, chain=other.chains[3])),
    ]


def test_only_a_box_that_got_much_through_at_once_may_have_more_under_way(
    box, make_box, inbox: Inbox
) -> None:
    slow, arrivals = make_box("maru-hillside-1"), []
    for each, count in ((box, 4), (slow, 3)):
        for number in range(count):
            each.log({"n": number})
            arrivals.append(Admitted(each.edge_id, each.batch(number + 1, number + 1)))
    answers = inbox.commit(arrivals, ALLOWED)
    assert answers == [
        (box.edge_id, Ack(epoch="e1", high=4, chain=box.chains[4], window=32)),
        (slow.edge_id, Ack(epoch="e1", high=3, chain=slow.chains[3], window=8)),
    ]


@pytest.mark.parametrize("allowed", [Allowance(4, 0), Allowance(1, 200), Allowance(8, 200)])
def test_no_window_is_widened_under_pressure(allowed: Allowance) -> None:
    assert widened(allowed, 64) == allowed.window


def test_a_fork_is_quarantined_and_freezes_the_epoch(database, box, make_box, take, clock) -> None:
    box.log({"n": 1})
    take(box.edge_id, box.batch())
    gone_back = make_box()
    gone_back.log({"n": "another"})
    gone_back.log({"n": 2})
    answers = take(box.edge_id, gone_back.batch(2, 2))
    assert answers == [(box.edge_id, Ack(epoch="e1", high=1, chain=box.chains[1], fork=True))]
    assert stored(database) == expected(box)
    [parked] = rows(database, Quarantined)
    assert (parked["key"], parked["epoch"], parked["seq"]) == ("wire.fork", "e1", 2)
    assert parked["payload"] == gone_back.batch(2, 2).model_dump_json()
    [alarm] = rows(database, Alarm)
    assert (alarm["edge_id"], alarm["key"], alarm["first_at"]) == (
        box.edge_id,
        "wire.fork",
        clock.at,
    )
    [stream] = rows(database, Stream)
    assert (stream["is_frozen"], stream["is_chain_equal"]) == (True, False)


def test_a_frozen_epoch_takes_nothing_more(database, box, make_box, take) -> None:
    box.log({"n": 1})
    take(box.edge_id, box.batch())
    gone_back = make_box()
    gone_back.log({"n": "another"})
    gone_back.log({"n": 2})
    take(box.edge_id, gone_back.batch(2, 2))
    box.log({"n": 2})
    [(_, ack)] = take(box.edge_id, box.batch(2, 2))
    assert (ack.high, ack.fork) == (1, True)
    assert len(stored(database)) == 1
    assert len(rows(database, Quarantined)) == 1


def test_a_hello_is_answered_with_its_nonce_and_our_stand(database, box, take) -> None:
    box.log({"n": 1})
    take(box.edge_id, box.batch())
    [(_, ack)] = take(box.edge_id, box.hello(nonce=77))
    assert ack == Ack(epoch="e1", high=1, chain=box.chains[1], hello=77)
    [edge] = rows(database, Edge)
    assert (edge["location_id"], edge["box_high"], edge["is_connected"]) == ("maru-office", 1, True)
    assert rows(database, Stream)[0]["is_chain_equal"] is True


def test_a_hello_of_another_chain_shows_as_different(database, box, take) -> None:
    box.log({"n": 1})
    take(box.edge_id, box.batch())
    take(box.edge_id, box.hello(chain=GENESIS))
    assert rows(database, Stream)[0]["is_chain_equal"] is False


def test_a_box_that_went_back_in_time_and_says_so_raises_an_alarm_once(
    database, box, make_box, take
) -> None:
    """A restored card: the box sees in our answer that we know more, and begins a new epoch."""
    for number in range(3):
        box.log({"n": number})
    take(box.edge_id, box.batch())
    restored = make_box()
    restored.log({"n": 0}, box.facts[0].uid)
    take(box.edge_id, restored.hello())
    assert rows(database, Alarm) == []
    again = make_box(epoch="e2")
    again.log(*reversed(restored.facts[0]))
    for nonce in (2, 3):
        take(box.edge_id, again.hello(nonce=nonce, closed_epochs=("e0", "e1")))
    [alarm] = rows(database, Alarm)
    assert (alarm["edge_id"], alarm["key"], alarm["count"], alarm["detail"]) == (
        box.edge_id,
        "wire.fork",
        1,
        "Expected epoch e1 to go on behind 3, heard a new one.",
    )


def test_a_fork_that_was_parked_and_a_box_with_a_fresh_disk_raise_no_second_alarm(
    database, box, make_box, take
) -> None:
    box.log({"n": 1})
    take(box.edge_id, box.batch())
    gone_back = make_box()
    gone_back.log({"n": "another"})
    gone_back.log({"n": 2})
    take(box.edge_id, gone_back.batch(2, 2))
    take(box.edge_id, make_box(epoch="e2").hello(closed_epochs=("e1",)))
    take(box.edge_id, make_box(epoch="e3").hello())
    assert [alarm["count"] for alarm in rows(database, Alarm)] == [1]


def test_a_hello_from_ahead_is_not_compared_before_its_facts_come(database, box, take) -> None:
    box.log({"n": 1})
    take(box.edge_id, box.hello())
    assert rows(database, Stream)[0]["is_chain_equal"] is None
    take(box.edge_id, box.batch())
    assert rows(database, Stream)[0]["is_chain_equal"] is True


def test_a_fact_logged_again_in_a_new_epoch_is_an_alias(database, box, make_box, take) -> None:
    for number in range(3):
        box.log({"n": number})
    take(box.edge_id, box.batch())
    again = make_box(epoch="e2")
    for fact in box.facts[1:]:
        again.log(fact.body, fact.uid)
    again.log({"n": 3})
    [(_, ack)] = take(box.edge_id, again.batch())
    assert (ack.epoch, ack.high, ack.chain) == ("e2", 3, again.chains[3])
    assert stored(database) == [*expected(box), ("e2", 3, *again.facts[2])]
    aliases = [(r["epoch"], r["seq"], r["uid"], r["body"]) for r in rows(database, FactAlias)]
    assert aliases == [("e2", 1, *box.facts[1]), ("e2", 2, *box.facts[2])]
    assert rows(database, Alarm) == []


def test_a_fact_said_again_with_another_body_raises_an_alarm_and_is_kept(
    database, box, make_box, take
) -> None:
    known = box.log({"n": 1})
    take(box.edge_id, box.batch())
    again = make_box(epoch="e2")
    again.log({"n": "changed"}, known)
    take(box.edge_id, again.batch())
    detail = f"Expected fact {known} to say again what it said, got another body."
    [alarm] = rows(database, Alarm)
    assert (alarm["key"], alarm["detail"], alarm["count"]) == ("wire.fork", detail, 1)
    [kept] = rows(database, Quarantined)
    assert (kept["key"], kept["detail"], kept["payload"]) == (
        "wire.fork",
        detail,
        again.facts[0].body,
    )
    assert (kept["epoch"], kept["seq"], kept["uid"], kept["count"]) == ("e2", 1, known, 1)
    assert stored(database) == expected(box)


def test_two_workers_cannot_both_move_one_stream(database, box, take, clock) -> None:
    box.log({"n": 1})
    take(box.edge_id, box.batch())
    with database.read() as session:
        row = session.exec(select(Stream)).one()
        session.expunge(row)
    stale = Standing(row, was=Stand(0, GENESIS))
    with pytest.raises(StandMovedError) as refusal, database.write() as session:
        store_stand(session, stale)
    assert refusal.value.message == (
        "The stream maru-office-1/e1 is no longer at 0: another hub worker has it now."
    )


def test_what_cannot_be_committed_is_not_acknowledged(database, box, take, mocker) -> None:
    box.log({"n": 1})
    mocker.patch("cloud.ingest.inbox.park", side_effect=OSError("disk full"))
    with pytest.raises(OSError, match="disk full"):
        take(box.edge_id, box.batch())
    assert stored(database) == []
    mocker.stopall()
    assert take(box.edge_id, box.batch())[0][1].high == 1
    assert stored(database) == expected(box)


def test_a_rejected_packet_is_kept_counted_and_alarmed(database, inbox: Inbox, clock) -> None:
    refused = admit(Packet("twin1/00/nobody/up/facts", b"?"))
    assert isinstance(refused, Rejected)
    assert inbox.commit([refused], ALLOWED) == []
    clock.jump(60)
    inbox.commit([refused], ALLOWED)
    [parked] = rows(database, Quarantined)
    assert (parked["count"], parked["payload"], parked["last_at"]) == (2, "?", clock.at)
    [alarm] = rows(database, Alarm)
    assert (alarm["count"], alarm["key"], alarm["last_at"]) == (2, "wire.malformed", clock.at)


def test_health_and_state_are_kept_of_the_box(database, box, take, clock) -> None:
    health = Health(at=clock.at, boot="boot-1", uptime_s=1, disk_free_bytes=2, waiting_facts=3)
    take(box.edge_id, box.hello(), health, State(online=False, boot="boot-1"))
    [edge] = rows(database, Edge)
    assert Health.model_validate_json(edge["health"]) == health
    assert (edge["is_connected"], edge["last_seen"]) == (False, clock.at)


def test_what_a_box_can_do_is_kept_as_its_last_hello_said_it(database, box, take) -> None:
    take(box.edge_id, box.hello(capabilities=("verb:print_test", "model:from-the-future")))
    assert rows(database, Edge)[0]["capabilities"] == '["verb:print_test", "model:from-the-future"]'
    take(box.edge_id, box.hello())
    assert rows(database, Edge)[0]["capabilities"] == ""


def test_the_will_of_an_older_boot_does_not_take_a_box_offline(database, box, take) -> None:
    take(box.edge_id, box.hello(), State(online=False, boot="boot-0"))
    assert rows(database, Edge)[0]["is_connected"] is True


def test_two_boxes_that_take_turns_under_one_name_raise_an_alarm_each_turn(
    database, box, take, clock
) -> None:
    """A copied card: each throws the other off the line, and both say hello with their own start."""
    for boot in ("a", "b", "a", "b"):
        online = State(online=True, boot=boot)
        take(box.edge_id, online, box.hello(boot=boot), box.hello(boot=boot, nonce=2))
        clock.jump(60)
    [alarm] = rows(database, Alarm)
    assert (alarm["edge_id"], alarm["key"], alarm["count"], alarm["detail"]) == (
        box.edge_id,
        "wire.two_boxes",
        2,
        "Expected start b to be over since another one came, heard it again.",
    )
    [edge] = rows(database, Edge)
    assert (edge["boot"], edge["past_boots"]) == ("b", '["a"]')
    assert edge["doubled_at"] == alarm["last_at"]


def test_a_box_that_starts_again_and_again_is_one_box(database, box, take) -> None:
    for number in range(PAST_BOOTS + 3):
        boot = f"boot-{number}"
        take(box.edge_id, State(online=True, boot=boot), box.hello(boot=boot))
        take(box.edge_id, box.hello(boot=boot, nonce=2), State(online=False, boot=boot))
        take(box.edge_id, State(online=False, boot=f"boot-{number - 1}"))
    assert rows(database, Alarm) == []
    [edge] = rows(database, Edge)
    assert (edge["doubled_at"], len(json.loads(edge["past_boots"]))) == (None, PAST_BOOTS)


@pytest.mark.parametrize(
    ("drained", "full_before", "allowed"),
    [
        (1, 0, (8, 0)),
        (127, 0, (8, 0)),
        (128, 0, (4, 0)),
        (511, 9, (4, 0)),
        (512, 0, (1, 200)),
        (512, 1, (1, 400)),
        (512, 4, (1, 3_200)),
        (512, 5_000, (1, 3_200)),
    ],
)
def test_a_long_queue_narrows_the_window_and_then_pauses_longer_and_longer(
    drained: int, full_before: int, allowed: tuple[int, int]
) -> None:
    assert allowance(drained, full_before) == allowed


def test_a_raw_nul_in_a_body_stops_no_stream(database: Database, box, take) -> None:
    box.log("\0")
    box.log({"n": 1})
    answers = take(box.edge_id, box.batch())
    assert answers == [(box.edge_id, Ack(epoch="e1", high=2, chain=box.chains[2]))]
    assert [body for *_, body in stored(database)] == ["\\u0000", '{"n": 1}']
