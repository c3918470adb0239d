"""The one thread that owns the wire and writes: take in, acknowledge, answer pulls, and project while it is quiet.

Projection never competes with ingest: it runs in small steps, and only after the wire has been silent for a moment.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from sqlalchemy.exc import OperationalError

from cloud.clock import Clock
from cloud.errors import StandMovedError
from cloud.ingest.admission import Admitted, Packet, Rejected, admit, reject
from cloud.ingest.inbox import Inbox
from cloud.ingest.leases import Leases
from cloud.ingest.pressure import MAX_DRAINED, Allowance, allowance
from contract import topics
from contract.asks import Ask
from contract.envelope import Ack, Batch, Hello, to_json
from contract.errors import WireError
from contract.feeds import Pull

log = logging.getLogger(__name__)
QUIET_S = 0.02
# A box that empties a backlog sends batch after batch: until it pauses, everything goes to ingest.
BULK_FACTS = 64
BULK_PAUSE_S = 0.3
PATIENCE_S = 1.0
PAUSE_AFTER_FAILURE_S = 1.0


class Wire(Protocol):
    def receive(self, limit: int, timeout_s: float) -> list[Packet]: ...

    def publish(self, topic: str, payload: str | bytes, *, retain: bool = False) -> None: ...

    def subscribe(self, shards: frozenset[int]) -> None: ...

    def wake(self) -> None: ...

    def close(self) -> None: ...


class Projector(Protocol):
    def step(self, shards: frozenset[int]) -> bool:
        """Projects a few facts; False where there is nothing left to do."""
        ...


class Feeds(Protocol):
    """What comes down. Messages are (topic, payload, retain)."""

    def answer(self, edge_id: str, pull: Pull) -> bytes | None:
        """The payload for dn/ops; None where it follows from `due` later. ValueError for a bad digest."""
        ...

    def head(self, edge_id: str) -> str:
        """The payload for the box's dn/head."""
        ...

    def due(self, shards: frozenset[int]) -> list[tuple[str, str | bytes, bool]]:
        """Heads that have moved and answers that have become ready since the last call."""
        ...


class Commands(Protocol):
    """Requests to boxes, sent until their results have come. Messages as those of `Feeds`."""

    def greeted(self, edge_id: str) -> None:
        """The box has just come: what was sent to it before may be lost."""
        ...

    def due(self, shards: frozenset[int]) -> list[tuple[str, str | bytes, bool]]: ...


class NoCommands:
    """Nobody asks a box for anything."""

    def greeted(self, edge_id: str) -> None:
        del edge_id

    def due(self, shards: frozenset[int]) -> list[tuple[str, str | bytes, bool]]:
        del shards
        return []


class Questions(Protocol):
    """What boxes ask and wait for. Messages as those of `Feeds`."""

    def take(self, edge_id: str, ask: Ask) -> None:
        """Begins to answer, in another thread; `due` has the answer once it is there."""
        ...

    def due(self) -> list[tuple[str, str | bytes, bool]]: ...


class NoQuestions:
    """This hub answers nothing: a box that asks waits in vain, and says so."""

    def take(self, edge_id: str, ask: Ask) -> None:
        del edge_id, ask

    def due(self) -> list[tuple[str, str | bytes, bool]]:
        return []


class Keeper(Protocol):
    """What follows from the facts that were projected, and from the time."""

    def step(self) -> bool:
        """Does a little of it; False where there was nothing to do."""
        ...


class NoKeeper:
    """Nothing follows."""

    def step(self) -> bool:
        return False


class Worker:
    def __init__(
        self,
        wire: Wire,
        inbox: Inbox,
        leases: Leases,
        feeds: Feeds,
        projector: Projector,
        clock: Clock,
    ) -> None:
        self.wire = wire
        self._clock = clock
        self._bulk_until_s = 0.0
        self._full_before = 0
        self._inbox = inbox
        self._leases = leases
        self._feeds = feeds
        self._projector = projector
        self._has_work = True
        self._stopping = threading.Event()
        self.on_change: Callable[[], None] = _nothing
        self.commands: Commands = NoCommands()
        self.questions: Questions = NoQuestions()
        self.keeper: Keeper = NoKeeper()

    @property
    def shards(self) -> frozenset[int]:
        """The shards this worker listens to."""
        return self._leases.shards

    def run(self) -> None:
        """Until `stop`. Any thread may start it; that thread then owns the wire."""
        while not self._stopping.is_set():
            try:
                self.turn()
            except StandMovedError as error:
                log.info("%s %s", error.message, error.what_now)
            except OperationalError:
                log.exception(
                    "The database cannot be written: nothing is acknowledged, boxes wait."
                )
                self._stopping.wait(PAUSE_AFTER_FAILURE_S)
            except Exception:
                # The hub's only ear: whatever went wrong was not acknowledged and comes again.
                log.exception("A turn of the ingest failed: what it held was not acknowledged.")
                self._stopping.wait(PAUSE_AFTER_FAILURE_S)
        self._leases.give_back()
        self.wire.close()

    def stop(self) -> None:
        self._stopping.set()
        self.wire.wake()

    def turn(self) -> None:
        if self._leases.is_due():
            self.wire.subscribe(self._leases.renew())
        packets = self.wire.receive(MAX_DRAINED, QUIET_S if self._has_work else PATIENCE_S)
        if packets:
            self._has_work = True
            self._take(packets)
        elif self._has_work and self._clock.monotonic() >= self._bulk_until_s:
            self._has_work = self._projector.step(self._leases.shards)
            self.on_change()
        if not packets:
            self.keeper.step()
        shards = self._leases.shards
        due = self.questions.due() + self._feeds.due(shards) + self.commands.due(shards)
        for topic, payload, retain in due:
            self.wire.publish(topic, payload, retain=retain)

    def _take(self, packets: Sequence[Packet]) -> None:
        arrivals = [admit(packet) for packet in packets]
        if fact_count(arrivals) >= BULK_FACTS:
            self._bulk_until_s = self._clock.monotonic() + BULK_PAUSE_S
        for edge_id, ack in self._commit(packets, arrivals):
            self.wire.publish(topics.down(edge_id, topics.Down.ACK), to_json(ack))
        for packet, arrival in zip(packets, arrivals, strict=True):
            if isinstance(arrival, Admitted):
                self._answer(packet, arrival)
        self.on_change()

    def _commit(
        self, packets: Sequence[Packet], arrivals: list[Admitted | Rejected]
    ) -> list[tuple[str, Ack]]:
        """Afterwards `arrivals` says of each packet what became of it."""
        allowed = allowance(len(packets), self._full_before)
        self._full_before = self._full_before + 1 if len(packets) >= MAX_DRAINED else 0
        try:
            return self._inbox.commit(arrivals, allowed)
        except (OperationalError, StandMovedError):
            raise
        except Exception:
            # One message that the database cannot take must not take the others with it.
            log.exception("A transaction was refused: its messages are tried one by one.")
            answers: list[tuple[str, Ack]] = []
            for index, packet in enumerate(packets):
                arrivals[index], own = self._commit_alone(packet, arrivals[index], allowed)
                answers += own
            return answers

    def _commit_alone(
        self, packet: Packet, arrival: Admitted | Rejected, allowed: Allowance
    ) -> tuple[Admitted | Rejected, list[tuple[str, Ack]]]:
        try:
            return arrival, self._inbox.commit([arrival], allowed)
        except (OperationalError, StandMovedError):
            raise
        except Exception as error:  # noqa: BLE001 - the offender itself: kept, counted, never acknowledged
            detail = f"Expected values that the database takes, got: {error}"[:500]
            refused = reject(packet, arrival.edge_id, WireError.MALFORMED, detail)
            return refused, self._inbox.commit([refused], allowed)

    def _answer(self, packet: Packet, arrival: Admitted) -> None:
        if isinstance(arrival.message, Hello):
            topic = topics.down(arrival.edge_id, topics.Down.HEAD)
            self.wire.publish(topic, self._feeds.head(arrival.edge_id), retain=True)
            self.commands.greeted(arrival.edge_id)
        if isinstance(arrival.message, Ask):
            self.questions.take(arrival.edge_id, arrival.message)
        if not isinstance(arrival.message, Pull):
            return
        try:
            payload = self._feeds.answer(arrival.edge_id, arrival.message)
        except ValueError as error:
            refused = reject(packet, arrival.edge_id, WireError.MALFORMED, str(error))
            self._inbox.commit([refused], allowance(1))
            return
        if payload is not None:
            self.wire.publish(topics.down(arrival.edge_id, topics.Down.OPS), payload)


class WorkerThread(threading.Thread):
    """Runs a worker; its name is in the log's lines."""

    def __init__(self, worker: Worker) -> None:
        super().__init__(name="ingest", daemon=True)
        self.worker = worker

    def run(self) -> None:
        self.worker.run()

    def stop(self, timeout_s: float) -> None:
        self.worker.stop()
        self.join(timeout_s)


def fact_count(arrivals: Sequence[Admitted | Rejected]) -> int:
    messages = (arrival.message for arrival in arrivals if isinstance(arrival, Admitted))
    return sum(len(message.facts) for message in messages if isinstance(message, Batch))


def _nothing() -> None:
    """Nobody watches."""
