"""A turn of the ingest: packets in, one commit, acks out; projection and feeds while it is quiet."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlmodel import select

from cloud.db import Database
from cloud.ingest.admission import Packet
from cloud.ingest.inbox import Inbox
from cloud.ingest.leases import Leases
from cloud.ingest.pressure import MAX_DRAINED
from cloud.ingest.tables import Fact, Quarantined
from cloud.ingest.worker import BULK_FACTS, BULK_PAUSE_S, Worker
from contract import topics
from contract.envelope import Ack, to_json
from contract.feeds import Pull

FACTS = topics.up("maru-office-1", topics.Up.FACTS)
ACK = topics.down("maru-office-1", topics.Down.ACK)


@dataclass
class FakeWire:
    waiting: list[Packet] = field(default_factory=list)
    sent: list[tuple[str, Any, bool]] = field(default_factory=list)
    shards: frozenset[int] = frozenset()
    is_open: bool = True

    def receive(self, limit: int, timeout_s: float) -> list[Packet]:
        taken, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return taken

    def publish(self, topic: str, payload: str | bytes, *, retain: bool = False) -> None:
        self.sent.append((topic, payload, retain))

    def subscribe(self, shards: frozenset[int]) -> None:
        self.shards = shards

    def wake(self) -> None:
        """There is no wait to end."""

    def close(self) -> None:
        self.is_open = False


@dataclass
class FakeFeeds:
    waiting: list[tuple[str, str | bytes, bool]] = field(default_factory=list)

    def answer(self, edge_id: str, pull: Pull) -> bytes | None:
        if pull.digest == "short":
            raise ValueError("Expected 8192 hex digits, got 5.")
        return b"ops" if pull.after == 0 else None

    def head(self, edge_id: str) -> str:
        assert edge_id
        return '{"feeds":{}}'

    def due(self, shards: frozenset[int]) -> list[tuple[str, str | bytes, bool]]:
        taken, self.waiting = self.waiting, []
        return taken


@dataclass
class FakeCommands:
    """One request, sent to a box whenever it says hello."""

    greeted_boxes: list[str] = field(default_factory=list)

    def greeted(self, edge_id: str) -> None:
        self.greeted_boxes.append(edge_id)

    def due(self, shards: frozenset[int]) -> list[tuple[str, str | bytes, bool]]:
        fresh, self.greeted_boxes = self.greeted_boxes, []
        return [(topics.down(edge_id, topics.Down.COMMAND), "{}", False) for edge_id in fresh]


@dataclass
class FakeProjector:
    left: int = 0
    steps: int = 0

    def step(self, shards: frozenset[int]) -> bool:
        self.steps += 1
        self.left -= 1
        return self.left > 0


@pytest.fixture
def wire() -> FakeWire:
    return FakeWire()


@pytest.fixture
def projector() -> FakeProjector:
    return FakeProjector()


@pytest.fixture
def feeds() -> FakeFeeds:
    return FakeFeeds()


@pytest.fixture
def worker(database: Database, clock, wire, projector, feeds) -> Worker:
    inbox, leases = Inbox(database, clock), Leases(database, clock, "w")
    return Worker(wire, inbox, leases, feeds, projector, clock)


def facts_packet(batch: Any) -> Packet:
    return Packet(FACTS, batch.model_dump_json().encode())


def count(database: Database, table: type[Any]) -> int:
    with database.read() as session:
        return len(session.exec(select(table)).all())


def test_a_worker_listens_to_the_shards_it_leases(worker, wire) -> None:
    worker.turn()
    assert wire.shards == worker.shards == frozenset(range(topics.SHARDS))


def test_malformed_and_oversized_packets_stop_nothing(database, worker, wire, box) -> None:
    box.log({"n": 1})
    wire.waiting = [
        Packet(FACTS, b"{"),
        Packet(FACTS, b"x" * 1_000_001),
        Packet("twin1/hub/nonsense", b""),
        facts_packet(box.batch()),
    ]
    worker.turn()
    assert wire.sent == [(ACK, to_json(Ack(epoch="e1", high=1, chain=box.chains[1])), False)]
    assert (count(database, Fact), count(database, Quarantined)) == (1, 3)


def test_one_message_that_the_database_cannot_take_goes_alone(
    database, worker, wire, box, make_box
) -> None:
    box.log({"n": 1})
    strange = make_box("maru-hillside-1")
    huge = topics.up(strange.edge_id, topics.Up.HELLO)
    wire.waiting = [
        Packet(huge, to_json(strange.hello(high=10**30)).encode()),
        facts_packet(box.batch()),
    ]
    worker.turn()
    assert wire.sent == [(ACK, to_json(Ack(epoch="e1", high=1, chain=box.chains[1])), False)]
    with database.read() as session:
        [parked] = session.exec(select(Quarantined)).all()
    assert (parked.edge_id, parked.key) == ("maru-hillside-1", "wire.malformed")
    assert parked.detail.startswith("Expected values that the database takes, got: ")


def test_projection_waits_for_quiet_and_then_runs_to_its_end(worker, wire, projector, box) -> None:
    box.log({"n": 1})
    projector.left = 3
    wire.waiting = [facts_packet(box.batch())]
    worker.turn()
    assert projector.steps == 0
    for _ in range(5):
        worker.turn()
    assert (projector.steps, projector.left) == (3, 0)


def test_projection_waits_while_a_box_empties_its_backlog(
    worker, wire, projector, box, clock
) -> None:
    for number in range(BULK_FACTS):
        box.log({"n": number})
    wire.waiting = [facts_packet(box.batch())]
    worker.turn()
    worker.turn()
    assert projector.steps == 0
    clock.jump(BULK_PAUSE_S)
    worker.turn()
    assert projector.steps == 1


def test_a_hello_is_answered_with_ack_and_heads(worker, wire, box) -> None:
    hello = topics.up(box.edge_id, topics.Up.HELLO)
    wire.waiting = [Packet(hello, to_json(box.hello(nonce=5)).encode())]
    worker.turn()
    head = topics.down(box.edge_id, topics.Down.HEAD)
    ack = to_json(Ack(epoch="e1", high=0, chain=box.chains[0], hello=5))
    assert wire.sent == [(ACK, ack, False), (head, '{"feeds":{}}', True)]


def test_a_box_that_says_hello_is_sent_its_commands_after_the_answer(worker, wire, box) -> None:
    worker.commands = FakeCommands()
    hello = topics.up(box.edge_id, topics.Up.HELLO)
    wire.waiting = [Packet(hello, to_json(box.hello(nonce=5)).encode())]
    worker.turn()
    command = topics.down(box.edge_id, topics.Down.COMMAND)
    assert [topic for topic, _, _ in wire.sent[:1]] == [ACK]
    assert wire.sent[2:] == [(command, "{}", False)]


def test_a_pull_is_answered_now_or_later(worker, wire, feeds, box) -> None:
    pull, ops = topics.up(box.edge_id, topics.Up.PULL), topics.down(box.edge_id, topics.Down.OPS)
    wire.waiting = [
        Packet(pull, b'{"feed":"prices","after":0}'),
        Packet(pull, b'{"feed":"prices","after":9}'),
    ]
    worker.turn()
    assert wire.sent == [(ops, b"ops", False)]
    feeds.waiting = [(ops, b"later", False)]
    worker.turn()
    assert wire.sent[1:] == [(ops, b"later", False)]


def test_a_digest_of_another_length_is_parked(database, worker, wire, box) -> None:
    pull = topics.up(box.edge_id, topics.Up.PULL)
    wire.waiting = [Packet(pull, b'{"feed":"prices","after":0,"digest":"short"}')]
    worker.turn()
    with database.read() as session:
        [parked] = session.exec(select(Quarantined)).all()
    assert parked.detail == "Expected 8192 hex digits, got 5."


def test_a_hub_that_stays_full_asks_for_longer_and_longer_pauses(worker, wire, box) -> None:
    hello = topics.up(box.edge_id, topics.Up.HELLO)
    pauses = []
    for turn in range(1, 5):
        full = [Packet("nonsense", b"")] * (MAX_DRAINED - 1 if turn < 4 else 0)
        wire.waiting = [*full, Packet(hello, to_json(box.hello(nonce=turn)).encode())]
        worker.turn()
        asked = [Ack.model_validate_json(text) for topic, text, _ in wire.sent if topic == ACK]
        pauses.append((asked[-1].window, asked[-1].pause_ms))
    assert pauses == [(1, 200), (1, 400), (1, 800), (8, 0)]


def test_a_worker_that_is_stopped_gives_its_shards_back(worker, wire) -> None:
    worker.turn()
    worker.stop()
    worker.run()
    assert (worker.shards, wire.is_open) == (frozenset(), False)
