"""The sync's two ends as pure state machines: no I/O, no clock of their own, the same code in box, hub and proof.

Sender (box). Rules:
 1. Nothing is acknowledged but by an Ack of the same epoch. A broker's PUBACK means nothing here.
 2. `acked` falls only by the first answer to the question that is being asked (a hub restored from an older backup).
    A late or repeated answer, or one to an earlier boot, means nothing; before the answer, nothing else means anything.
 3. Go-back-N: on a nack, an answered hello or a late ack, sending starts again behind what is acknowledged.
 4. What the hub asks for is given: no more batches at once than its window, small ones where that is narrow, a pause.
    Facts are sent later then; none is ever left out.
 5. An ack beyond our own log, or whose chain differs from ours, proves that this disk went back in time (restored
    card, clone): FORKED. The shell then starts a new epoch and logs there again everything that it still keeps: where
    the two histories parted is unknown, and the hub stores a uid that it has already as an alias.

What the sender asks of the wire: a message of a hub from before its database was restored never arrives after the
restored hub's answer to a hello. One broker with clean sessions keeps that: what it says to a box stays in order.

Receiver (hub). Rules:
 1. Facts are accepted only gapless behind the stand, tied to it by the chain; the overlap of a repeat is checked too.
 2. A contradiction freezes the epoch: nothing more of it is accepted, and the box is told so.
 3. The shell commits the new stand and the facts in one transaction before it sends the ack.
"""

from __future__ import annotations

import enum
import secrets
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

from contract.envelope import (
    FULL_WINDOW,
    GENESIS,
    MAX_BATCH_BYTES,
    MAX_BATCH_FACTS,
    Ack,
    Batch,
    Fact,
    chain,
)

HELLO_TIMEOUT_S = 3.0
ACK_TIMEOUT_S = 1.5  # at 0.6 ms a round trip this is already a lost ack, not a slow one
BACKOFF_LIMIT = 16


class BatchLimit(NamedTuple):
    facts: int
    size_bytes: int


def batch_limit(window: int) -> BatchLimit:
    """How much one batch may hold at `window`: a hub with no room for many batches has none for large ones.

    >>> batch_limit(8), batch_limit(1)
    (BatchLimit(facts=200, size_bytes=64000), BatchLimit(facts=25, size_bytes=8000))
    """
    share = min(window, FULL_WINDOW)
    return BatchLimit(
        MAX_BATCH_FACTS * share // FULL_WINDOW, MAX_BATCH_BYTES * share // FULL_WINDOW
    )


class Log(Protocol):
    """The outbox of one epoch, as the sender sees it. Sequence numbers start at 1."""

    @property
    def first(self) -> int:
        """Lowest sequence number still kept; `high + 1` where none is."""
        ...

    @property
    def high(self) -> int: ...

    def chain_at(self, seq: int) -> str | None:
        """The chain behind `seq`, GENESIS at 0, None where it is pruned or does not exist.

        That of the last acknowledged fact is never pruned: the next batch may have to begin there.
        """
        ...

    def read(self, first: int, max_facts: int, max_bytes: int) -> Sequence[Fact]: ...


class Verdict(enum.Enum):
    IGNORED = "ignored"
    ADVANCED = "advanced"
    UNCHANGED = "unchanged"
    REWOUND = "rewound"
    FORKED = "forked"


@dataclass(frozen=True, slots=True)
class SayHello:
    nonce: int


@dataclass(frozen=True, slots=True)
class SendBatch:
    batch: Batch


class Sender:
    """Decides what the box sends next. The shell owns the wire and the disk; `now_s` is monotonic.

    Hellos are numbered from behind `nonce`, drawn at random where None: an answer to the boot before must not be
    taken for ours.
    """

    def __init__(self, log: Log, epoch: str, acked: int, nonce: int | None = None) -> None:
        self.log = log
        self.epoch = epoch
        self.acked = acked
        self.next_seq = acked + 1
        self.window = 1
        self.relog_after = 0
        self.is_greeted = False
        self._is_connected = False
        self._nonce = secrets.randbits(48) if nonce is None else nonce
        self._hello_at_s: float | None = None
        self._in_flight: deque[int] = deque()
        self._heard_at_s = 0.0
        self._backoff = 1
        self._paused_until_s = 0.0
        self._nacked_high: int | None = None

    def connected(self) -> None:
        self._is_connected = True
        self.ask_again()

    def disconnected(self) -> None:
        self._is_connected = False
        self.ask_again()

    def ask_again(self) -> None:
        """Forgets where the hub stands: the next thing sent is a hello, and only its answers count."""
        self.is_greeted = False
        self._nonce += 1
        self._hello_at_s = None
        self._nacked_high = None
        self._in_flight.clear()

    def poll(self, now_s: float) -> SayHello | SendBatch | None:
        """What to send now, None where there is nothing to do but wait."""
        if not self._is_connected:
            return None
        if not self.is_greeted:
            return self._greet(now_s)
        if self._in_flight and now_s - self._heard_at_s > ACK_TIMEOUT_S * self._backoff:
            self._backoff = min(2 * self._backoff, BACKOFF_LIMIT)
            self._heard_at_s = now_s
            self._nacked_high = None
            self._rewind(self.acked)
        if now_s < self._paused_until_s or len(self._in_flight) >= self.window:
            return None
        return self._next_batch(now_s)

    def acknowledged(self, ack: Ack, now_s: float) -> Verdict:
        """Takes the hub's word. On ADVANCED and REWOUND the shell stores `acked`.

        On FORKED it starts a new epoch with every fact behind `relog_after`, and a new sender for it.
        """
        if ack.epoch != self.epoch or not self._is_connected:
            return Verdict.IGNORED
        if ack.hello != (None if self.is_greeted else self._nonce):
            return Verdict.IGNORED
        if self._contradicts(ack):
            self.relog_after = self.log.first - 1
            return Verdict.FORKED
        self.window = ack.window
        self._paused_until_s = now_s + ack.pause_ms / 1000
        if ack.hello is not None:
            return self._greeted(ack, now_s)
        if ack.nack:
            return self._nacked(ack, now_s)
        return self._advance(ack.high, now_s)

    def _greet(self, now_s: float) -> SayHello | None:
        """The same question as often as it takes: on a line slower than the time-out, any answer to it will do."""
        if self._hello_at_s is not None and now_s - self._hello_at_s < HELLO_TIMEOUT_S:
            return None
        self._hello_at_s = now_s
        return SayHello(self._nonce)

    def _next_batch(self, now_s: float) -> SendBatch | None:
        if self.next_seq > self.log.high:
            return None
        facts = self.log.read(self.next_seq, *batch_limit(self.window))
        previous = self.log.chain_at(self.next_seq - 1)
        if not facts or previous is None:
            return None
        batch = Batch.model_construct(
            v=1, epoch=self.epoch, first=self.next_seq, prev=previous, facts=tuple(facts)
        )
        if not self._in_flight:
            self._heard_at_s = now_s
        self.next_seq += len(facts)
        self._in_flight.append(self.next_seq - 1)
        return SendBatch(batch)

    def _contradicts(self, ack: Ack) -> bool:
        if ack.fork or ack.high > self.log.high:
            return True
        own = self.log.chain_at(ack.high)
        if own is not None:
            return own != ack.chain
        # Pruned here. Harmless in a late ack; but a hub that stands there now can never be gapless again.
        return ack.hello is not None and ack.high < self.log.high

    def _greeted(self, ack: Ack, now_s: float) -> Verdict:
        fell = ack.high < self.acked
        rose = ack.high > self.acked
        self.is_greeted = True
        self.acked = ack.high
        self._rewind(ack.high)
        self._heard(now_s)
        if fell:
            return Verdict.REWOUND
        return Verdict.ADVANCED if rose else Verdict.UNCHANGED

    def _nacked(self, ack: Ack, now_s: float) -> Verdict:
        if ack.high < self.acked:
            self.ask_again()
            return Verdict.UNCHANGED
        verdict = self._advance(ack.high, now_s)
        # One lost batch earns a nack from every batch behind it: go back once for them all.
        if self._nacked_high != ack.high:
            self._nacked_high = ack.high
            self._rewind(ack.high)
        return verdict

    def _advance(self, high: int, now_s: float) -> Verdict:
        if high <= self.acked:
            return Verdict.UNCHANGED
        self.acked = high
        self.next_seq = max(self.next_seq, high + 1)
        while self._in_flight and self._in_flight[0] <= high:
            self._in_flight.popleft()
        self._heard(now_s)
        return Verdict.ADVANCED

    def _heard(self, now_s: float) -> None:
        self._heard_at_s = now_s
        self._backoff = 1
        self._nacked_high = None

    def _rewind(self, high: int) -> None:
        self.next_seq = high + 1
        self._in_flight.clear()


@dataclass(frozen=True, slots=True)
class Stand:
    """What the hub holds of one stream (edge id, epoch)."""

    high: int = 0
    chain: str = GENESIS
    is_frozen: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """One accepted fact with the place it takes in its stream."""

    seq: int
    uid: str
    body: str


@dataclass(frozen=True, slots=True)
class Reception:
    """What one batch means: the stand to commit, the facts to store with it, and how to answer."""

    stand: Stand
    accepted: tuple[Stored, ...] = ()
    is_gap: bool = False
    is_fork: bool = False

    def ack(self, epoch: str, window: int = FULL_WINDOW, pause_ms: int = 0) -> Ack:
        return Ack(
            epoch=epoch,
            high=self.stand.high,
            chain=self.stand.chain,
            window=window,
            pause_ms=pause_ms,
            nack=self.is_gap,
            fork=self.stand.is_frozen,
        )


class Receiver:
    """Decides what the hub accepts. Holds nothing itself: the stand goes in and comes out."""

    def receive(self, stand: Stand, batch: Batch) -> Reception:
        if stand.is_frozen:
            return Reception(stand)
        if batch.first > stand.high + 1:
            return Reception(stand, is_gap=True)
        link = batch.prev
        accepted: list[Stored] = []
        for seq, (uid, body) in enumerate(batch.facts, batch.first):
            if seq == stand.high + 1 and link != stand.chain:
                return Reception(replace(stand, is_frozen=True), is_fork=True)
            link = chain(link, uid, body)
            if seq > stand.high:
                accepted.append(Stored(seq, uid, body))
        if not accepted:
            return self._repeated(stand, batch, link)
        return Reception(Stand(accepted[-1].seq, link), tuple(accepted))

    def _repeated(self, stand: Stand, batch: Batch, link: str) -> Reception:
        """A whole repeat: its end can be compared only where it is the head itself; the ack shows the rest."""
        is_head = batch.first + len(batch.facts) - 1 == stand.high
        if is_head and link != stand.chain:
            return Reception(replace(stand, is_frozen=True), is_fork=True)
        return Reception(stand)

    def greet(
        self, stand: Stand, epoch: str, nonce: int, window: int = FULL_WINDOW, pause_ms: int = 0
    ) -> Ack:
        return Ack(
            epoch=epoch,
            high=stand.high,
            chain=stand.chain,
            window=window,
            pause_ms=pause_ms,
            fork=stand.is_frozen,
            hello=nonce,
        )
