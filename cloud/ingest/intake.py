"""What a handful of messages means for the streams and the boxes, before anything is written.

Works on rows read at the start of the transaction and writes nothing itself: the inbox stores what `Intake` holds.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cloud.ingest.admission import KEPT_BYTES, Admitted, Rejected
from cloud.ingest.pressure import Allowance, widened
from cloud.ingest.tables import Edge, Quarantined, Stream
from contract.envelope import GENESIS, Ack, Batch, Hello, State
from contract.errors import WireError
from contract.health import Health
from contract.stream import Receiver, Reception, Stand
from contract.topics import shard_of

PAST_BOOTS = 8  # more than that many copies of one box need no list to be noticed
StreamKey = tuple[str, str]
"""(edge id, epoch)"""


@dataclass
class Standing:
    """One stream on the desk; `was` is the stand that the database must still hold when we commit."""

    row: Stream
    was: Stand | None

    @property
    def stand(self) -> Stand:
        return Stand(self.row.high, self.row.chain, self.row.is_frozen)

    def move(self, stand: Stand, now: datetime) -> None:
        self.row.high = stand.high
        self.row.chain = stand.chain
        self.row.is_frozen = stand.is_frozen
        self.row.moved_at = now


@dataclass
class Intake:
    """Takes message after message; afterwards holds everything that one transaction must store and answer.

    `renewed` names the boxes that came with another key than they had.
    """

    edges: dict[str, Edge]
    streams: dict[StreamKey, Standing]
    now: datetime
    receiver: Receiver = field(default_factory=Receiver)
    facts: list[dict[str, object]] = field(default_factory=list)
    parked: list[Quarantined] = field(default_factory=list)
    touched: dict[StreamKey, Standing] = field(default_factory=dict)
    doubled: list[Edge] = field(default_factory=list)
    forked: list[Stream] = field(default_factory=list)
    renewed: set[str] = field(default_factory=set)
    _batches: Counter[StreamKey] = field(default_factory=Counter)
    _gaps: set[StreamKey] = field(default_factory=set)
    _greetings: dict[str, tuple[str, int]] = field(default_factory=dict)

    def take(self, arrival: Admitted | Rejected) -> None:
        if isinstance(arrival, Rejected):
            self.parked.append(rejected_row(arrival, self.now))
            return
        edge = self._edge(arrival.edge_id)
        match arrival.message:
            case Batch() as batch:
                self._receive(edge, batch)
            case Hello() as hello:
                self._greet(edge, hello)
            case Health() as health:
                edge.health = health.model_dump_json()
                edge.health_at = self.now
            case State() as state:
                self._doubt(edge, is_doubled=note_state(edge, state, self.now))

    @property
    def greeted(self) -> list[Edge]:
        """The boxes that have said hello."""
        return [self.edges[edge_id] for edge_id in self._greetings]

    def answers(self, allowance: Allowance) -> list[tuple[str, Ack]]:
        """One ack a stream, coalesced; the answer to a hello stands for all of its stream."""
        greeted = {(edge_id, epoch) for edge_id, (epoch, _) in self._greetings.items()}
        acks = [(key[0], self._ack(key, allowance)) for key in self.touched if key not in greeted]
        return acks + [
            (edge_id, self._greeting(edge_id, epoch, nonce, allowance))
            for edge_id, (epoch, nonce) in self._greetings.items()
        ]

    def _ack(self, key: StreamKey, allowance: Allowance) -> Ack:
        reception = Reception(self.streams[key].stand, is_gap=key in self._gaps)
        return reception.ack(key[1], widened(allowance, self._batches[key]), allowance.pause_ms)

    def _greeting(self, edge_id: str, epoch: str, nonce: int, allowance: Allowance) -> Ack:
        stand = self.streams[edge_id, epoch].stand
        return self.receiver.greet(stand, epoch, nonce, *allowance)

    def _edge(self, edge_id: str) -> Edge:
        edge = self.edges.get(edge_id)
        if edge is None:
            edge = Edge(edge_id=edge_id, shard=shard_of(edge_id), last_seen=self.now)
            self.edges[edge_id] = edge
        edge.last_seen = self.now
        return edge

    def _standing(self, edge_id: str, epoch: str) -> Standing:
        key = edge_id, epoch
        if key not in self.streams:
            row = Stream(
                edge_id=edge_id,
                epoch=epoch,
                shard=shard_of(edge_id),
                chain=GENESIS,
                opened_at=self.now,
                moved_at=self.now,
            )
            self.streams[key] = Standing(row, was=None)
        self.touched[key] = self.streams[key]
        return self.streams[key]

    def _receive(self, edge: Edge, batch: Batch) -> None:
        standing = self._standing(edge.edge_id, batch.epoch)
        self._batches[edge.edge_id, batch.epoch] += 1
        reception = self.receiver.receive(standing.stand, batch)
        if reception.is_gap:
            self._gaps.add((edge.edge_id, batch.epoch))
        if reception.accepted:
            self._accept(edge.edge_id, batch.epoch, reception)
            standing.row.is_chain_equal = True
        if reception.is_fork:
            standing.row.is_chain_equal = False
            self.parked.append(forked_row(edge.edge_id, batch, standing.stand, self.now))
        standing.move(reception.stand, self.now)
        edge.epoch = edge.epoch or batch.epoch
        if edge.epoch == batch.epoch:
            edge.box_high = max(edge.box_high, batch.first + len(batch.facts) - 1)

    def _accept(self, edge_id: str, epoch: str, reception: Reception) -> None:
        received_ms = int(self.now.timestamp() * 1000)
        self.facts.extend(
            {
                "edge_id": edge_id,
                "epoch": epoch,
                "seq": stored.seq,
                "uid": stored.uid,
                "body": kept(stored.body),
                "received_ms": received_ms,
            }
            for stored in reception.accepted
        )

    def _doubt(self, edge: Edge, *, is_doubled: bool) -> None:
        if is_doubled:
            edge.doubled_at = self.now
            self.doubled.append(edge)

    def _greet(self, edge: Edge, hello: Hello) -> None:
        if (edge.edge_id, hello.epoch) not in self.streams:
            self.forked += self._left_behind(edge.edge_id, hello.closed_epochs)
        standing = self._standing(edge.edge_id, hello.epoch)
        standing.row.is_chain_equal = compare(hello, standing)
        if hello.public_key != edge.public_key:
            self.renewed.add(edge.edge_id)
        self._doubt(edge, is_doubled=note_hello(edge, hello, self.now))
        self._greetings[edge.edge_id] = hello.epoch, hello.nonce

    def _left_behind(self, edge_id: str, closed: Iterable[str]) -> list[Stream]:
        """The stream that a new epoch leaves behind, unless what contradicted it has been parked already."""
        known = [
            self.streams[edge_id, epoch].row for epoch in closed if (edge_id, epoch) in self.streams
        ]
        return [row for row in known[-1:] if not row.is_frozen]


def kept(body: str) -> str:
    r"""The fact's text as the database keeps it: the same, but that a raw NUL, which no JSON holds, is spelt \u0000.

    A box with a broken disk could send one, and its stream must not wait for it for ever. The projection then puts
    the fact into quarantine.
    """
    return body.replace("\0", "\\u0000")


def compare(hello: Hello, standing: Standing) -> bool | None:
    """Are the box's facts and ours the same? None where only the box's next batch can tell."""
    stand = standing.stand
    if stand.is_frozen or hello.high < stand.high:
        return False
    if hello.high == stand.high:
        return hello.chain == stand.chain
    return standing.row.is_chain_equal


def note_hello(edge: Edge, hello: Hello, now: datetime) -> bool:
    """True where the hello shows that two boxes use this name (`note_boot`)."""
    edge.location_id = hello.location_id
    edge.location_name = json.dumps(hello.location_name, ensure_ascii=False)
    edge.software = hello.software
    edge.public_key = hello.public_key
    edge.capabilities = json.dumps(hello.capabilities) if hello.capabilities else ""
    edge.epoch = hello.epoch
    edge.box_high = hello.high
    if not edge.is_connected:
        edge.connected_at = now
    edge.is_connected = True
    if hello.clock is not None:
        edge.clock_skew_s = (hello.clock.wall - now).total_seconds()
    return note_boot(edge, hello.boot)


def note_state(edge: Edge, state: State, now: datetime) -> bool:
    """The Will of a connection that a newer one has replaced says nothing about the newer one.

    True where the state shows that two boxes use this name (`note_boot`).
    """
    if not state.online and state.boot != edge.boot and edge.boot:
        return False
    if state.online and not edge.is_connected:
        edge.connected_at = now
    edge.is_connected = state.online
    return note_boot(edge, state.boot)


def note_boot(edge: Edge, boot: str) -> bool:
    """True where `boot` speaks again after a later start did: starts are named at random, so two boxes are alive."""
    if boot == edge.boot:
        return False
    past = json.loads(edge.past_boots) if edge.past_boots else []
    kept = [it for it in [*past, edge.boot] if it not in ("", boot)]
    edge.past_boots = json.dumps(kept[-PAST_BOOTS:])
    edge.boot = boot
    return boot in past


def rejected_row(rejected: Rejected, now: datetime) -> Quarantined:
    return Quarantined(
        digest=rejected.digest,
        edge_id=rejected.edge_id,
        key=rejected.key.value,
        detail=rejected.detail,
        topic=rejected.topic,
        payload=rejected.kept,
        size_bytes=rejected.size_bytes,
        first_at=now,
        last_at=now,
    )


def forked_row(edge_id: str, batch: Batch, stand: Stand, now: datetime) -> Quarantined:
    """The batch that contradicted us, whole as far as it is kept: it may be all there is of those sales."""
    text = batch.model_dump_json()
    digest = hashlib.blake2b(f"{edge_id}\0{text}".encode(), digest_size=16).hexdigest()
    return Quarantined(
        digest=digest,
        edge_id=edge_id,
        key=WireError.FORK.value,
        detail=f"Expected a batch that continues {stand.chain} behind {stand.high}.",
        epoch=batch.epoch,
        seq=batch.first,
        payload=text[: 16 * KEPT_BYTES],
        size_bytes=len(text),
        first_at=now,
        last_at=now,
    )


def contradicting_row(fact: Mapping[str, object], now: datetime) -> Quarantined:
    """A fact under a known uid with another body: which of the two is true, a person decides."""
    uid, body = str(fact["uid"]), str(fact["body"])
    return Quarantined(
        digest=hashlib.blake2b(f"{uid}\0{body}".encode(), digest_size=16).hexdigest(),
        edge_id=str(fact["edge_id"]),
        key=WireError.FORK.value,
        detail=f"Expected fact {uid} to say again what it said, got another body.",
        epoch=str(fact["epoch"]),
        seq=int(str(fact["seq"])),
        uid=uid,
        payload=body[:KEPT_BYTES],
        size_bytes=len(body.encode()),
        first_at=now,
        last_at=now,
    )


def edge_ids(arrivals: Iterable[Admitted | Rejected]) -> list[str]:
    return sorted({arrival.edge_id for arrival in arrivals if isinstance(arrival, Admitted)})
