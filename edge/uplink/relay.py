"""Facts from the outbox to the hub: a thin shell around `contract.stream.Sender`.

The sender decides, this file carries: it wakes at once when a sale commits, reads ahead from the outbox, hands
batches to the line, and stores how far the hub has acknowledged. That number is stored seldom and lazily: a lower
one after a crash costs a repeat, which the hub recognises.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from pydantic import ValidationError

from contract.capabilities import Capabilities
from contract.envelope import Ack, Clockface, Fact, Hello, to_json
from contract.stream import Log, SayHello, SendBatch, Sender, Verdict
from contract.topics import Up, up
from edge.changes import LINE, NOTICES, Changes
from edge.clock import Clock
from edge.uplink.pressure import Asked
from edge.uplink.wire import Outgoing, Wire

log = logging.getLogger(__name__)

MAX_INBOX: Final = 256  # acks are cumulative: losing an old one of these costs nothing
STORE_EVERY_S: Final = 1.0
BUSY_WAIT_S: Final = 0.25
IDLE_WAIT_S: Final = 5.0
LINGER_S: Final = 0.02  # a sale and its drawer travel together, and the receipt goes first
READ_AHEAD_FACTS: Final = 2_000
READ_AHEAD_BYTES: Final = 1_000_000
FACT_FRAME_BYTES: Final = 44  # a UUID and the punctuation of ["…","…"],
BURST: Final = 64  # batches sent before acks are looked at again; the widest window


class Stream(Protocol):
    """The open stream of this box in its database."""

    @property
    def epoch(self) -> str: ...
    @property
    def acked(self) -> int: ...
    @property
    def log(self) -> Log: ...
    @property
    def closed_epochs(self) -> tuple[str, ...]: ...
    def store_acked(self, acked: int) -> None: ...
    def start_epoch(self, relog_after: int) -> Stream:
        """A new epoch that begins with everything after `relog_after` of this one."""
        ...


@dataclass(frozen=True, slots=True)
class About:
    """What a hello says of this box; what it `can` is asked for with the first one."""

    edge_id: str
    location_id: str
    boot: str
    software: str
    public_key: str
    location_name: Mapping[str, str]
    can: Callable[[], Capabilities]


class LineTruth(NamedTuple):
    """How far this box and the hub agree, for the screens."""

    is_online: bool
    epoch: str
    high: int
    acked: int
    chain: str
    forks: int

    @property
    def waiting(self) -> int:
        return self.high - self.acked


class ReadAhead:
    """A Log that reads many facts at once: one query for ten batches instead of one for each.

    Facts are immutable once committed, so what is held here can be old only by missing the newest.
    """

    def __init__(self, inner: Log) -> None:
        self._inner = inner
        self._first = 0
        self._facts: Sequence[Fact] = ()
        self._sizes_bytes: Sequence[int] = ()

    @property
    def first(self) -> int:
        return self._inner.first

    @property
    def high(self) -> int:
        return self._inner.high

    def chain_at(self, seq: int) -> str | None:
        return self._inner.chain_at(seq)

    def read(self, first: int, max_facts: int, max_bytes: int) -> Sequence[Fact]:
        if not self._first <= first < self._first + len(self._facts):
            self._facts = self._inner.read(first, READ_AHEAD_FACTS, READ_AHEAD_BYTES)
            self._sizes_bytes = [travel_bytes(fact) for fact in self._facts]
            self._first = first
        return self._take(first - self._first, max_facts, max_bytes)

    def _take(self, start: int, max_facts: int, max_bytes: int) -> Sequence[Fact]:
        total_bytes, end = 0, start
        for size_bytes in self._sizes_bytes[start : start + max_facts]:
            total_bytes += size_bytes
            if total_bytes > max_bytes and end > start:
                break
            end += 1
        return self._facts[start:end]


def travel_bytes(fact: Fact) -> int:
    """What a fact takes in a batch: UTF-8 (three bytes a Korean letter), quotes and backslashes escaped once more."""
    escapes = fact.body.count('"') + fact.body.count("\\")
    return len(fact.body.encode()) + escapes + FACT_FRAME_BYTES


class Relay:
    """Runs in its own thread; `wake`, `connected`, `disconnected` and `take_ack` may be called from any."""

    def __init__(
        self, wire: Wire, stream: Stream, about: About, clock: Clock, changes: Changes
    ) -> None:
        self.forks = 0
        self.refused = 0
        self._wire = wire
        self._about = about
        self._clock = clock
        self._changes = changes
        self._use(stream)
        self._inbox: deque[bytes] = deque(maxlen=MAX_INBOX)
        self._connections: deque[bool] = deque()
        self._woken = threading.Event()
        self._stored_at_s = clock.monotonic()
        self._is_hub_online = True
        self._asked = Asked()
        self._truth = self._look()

    # --- from other threads ---

    def wake(self) -> None:
        self._woken.set()

    def connected(self) -> None:
        self._connections.append(True)
        self.wake()

    def disconnected(self) -> None:
        self._connections.append(False)
        self.wake()

    def take_ack(self, payload: bytes) -> None:
        self._inbox.append(payload)
        self.wake()

    def hub_is(self, *, online: bool, is_fresh: bool) -> None:
        """What the hub's retained state says: a broker without a hub behind it is no line.

        A fresh hub was not there to hear what we said last: it is greeted at once, not after the time limit.
        """
        self._is_hub_online = online
        if online and is_fresh:
            self._connections.append(True)
        self.wake()

    @property
    def truth(self) -> LineTruth:
        return self._truth

    @property
    def asked(self) -> Asked:
        """What the hub asked for in its last ack."""
        return self._asked

    # --- in the relay's thread ---

    def run(self, stopping: threading.Event) -> None:
        while not stopping.is_set():
            wait_s = self.step()
            is_at_rest = self._is_at_rest
            if self._woken.wait(wait_s) and is_at_rest:
                stopping.wait(LINGER_S)
            self._woken.clear()
        self._store(self._clock.monotonic())

    def step(self) -> float:
        """Takes what came, sends what may go; gives the seconds until the next look is due."""
        now_s = self._clock.monotonic()
        while self._connections:
            self._line_changed(is_up=self._connections.popleft())
        while self._inbox:
            self._acknowledged(self._inbox.popleft(), now_s)
        self._send_all(now_s)
        if now_s - self._stored_at_s >= STORE_EVERY_S:
            self._store(now_s)
        self._tell()
        is_settled = self._is_at_rest and self._sender.acked == self._stored
        return IDLE_WAIT_S if is_settled else BUSY_WAIT_S

    @property
    def _is_at_rest(self) -> bool:
        """Whether the hub has all that was sent: what comes next is a new fact, not an answer that more waits for."""
        return self._sender.is_greeted and self._sender.next_seq <= self._sender.acked + 1

    def _use(self, stream: Stream) -> None:
        self._stream = stream
        self._stored = stream.acked
        self._sender = Sender(ReadAhead(stream.log), stream.epoch, stream.acked)

    def _line_changed(self, *, is_up: bool) -> None:
        if is_up:
            self._sender.connected()
        else:
            self._sender.disconnected()

    def _acknowledged(self, payload: bytes, now_s: float) -> None:
        try:
            ack = Ack.model_validate_json(payload)
        except ValidationError as error:
            self.refused += 1
            log.warning("Refused an ack that is none: %s", error.errors()[0]["msg"])
            return
        verdict = self._sender.acknowledged(ack, now_s)
        if verdict is not Verdict.IGNORED:
            self._asked = Asked(ack.window, ack.pause_ms, now_s)
        if verdict is Verdict.FORKED:
            self._fork(ack)

    def _fork(self, ack: Ack) -> None:
        """This disk went back in time, or a clone sells under our name: go on in a new epoch, and say so."""
        self.forks += 1
        log.error(
            "Epoch %s was continued elsewhere: the hub holds %s facts, we hold %s. A new epoch begins.",
            self._stream.epoch,
            ack.high,
            self._stream.log.high,
        )
        self._use(self._stream.start_epoch(self._sender.relog_after))
        self._sender.connected()
        self._changes.bump(NOTICES)

    def _send_all(self, now_s: float) -> None:
        for _ in range(BURST):
            action = self._sender.poll(now_s)
            if action is None:
                return
            outgoing = self._outgoing(action)
            # A line that refuses is down or full; the sender repeats after its own time.
            if not self._wire.send(outgoing):
                return

    def _outgoing(self, action: SayHello | SendBatch) -> Outgoing:
        edge_id = self._about.edge_id
        if isinstance(action, SendBatch):
            return Outgoing(up(edge_id, Up.FACTS), action.batch.model_dump_json(), 1)
        hello = self._hello(action.nonce, self._clock.now())
        return Outgoing(up(edge_id, Up.HELLO), to_json(hello), 1)

    def _hello(self, nonce: int, now: datetime) -> Hello:
        high = self._stream.log.high
        return Hello(
            nonce=nonce,
            boot=self._about.boot,
            epoch=self._stream.epoch,
            high=high,
            acked=self._sender.acked,
            chain=self._stream.log.chain_at(high) or "",
            software=self._about.software,
            location_id=self._about.location_id,
            location_name=dict(self._about.location_name),
            public_key=self._about.public_key,
            capabilities=self._about.can().words(),
            clock=Clockface(wall=now, monotonic_s=self._clock.monotonic()),
            closed_epochs=self._stream.closed_epochs,
        )

    def _store(self, now_s: float) -> None:
        self._stored_at_s = now_s
        if self._sender.acked != self._stored:
            self._stream.store_acked(self._sender.acked)
            self._stored = self._sender.acked

    def _tell(self) -> None:
        truth = self._look()
        if truth != self._truth:
            self._truth = truth
            self._changes.bump(LINE)

    def _look(self) -> LineTruth:
        high = self._stream.log.high
        return LineTruth(
            is_online=self._sender.is_greeted and self._is_hub_online,
            epoch=self._stream.epoch,
            high=high,
            acked=self._sender.acked,
            chain=self._stream.log.chain_at(high) or "",
            forks=self.forks,
        )
