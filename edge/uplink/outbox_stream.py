"""The open stream of this box, as the relay needs it, in the box's database."""

from __future__ import annotations

from edge.clock import Clock, SystemClock
from edge.db import outbox
from edge.db.unit_of_work import Database


class OutboxStream:
    """One epoch. `start_epoch` gives the next one; this object is of no use afterwards."""

    def __init__(self, database: Database, head: outbox.Head, clock: Clock) -> None:
        self.epoch = head.epoch
        self.log = outbox.OutboxLog(database, head.epoch)
        self._database = database
        self._clock = clock
        self._acked = head.acked

    @classmethod
    def open(cls, database: Database, clock: Clock | None = None) -> OutboxStream:
        """The stream as it stands, begun where the box has none yet."""
        with database.write() as work:
            return cls(database, outbox.ensure_epoch(work), clock or SystemClock())

    @property
    def acked(self) -> int:
        return self._acked

    @property
    def closed_epochs(self) -> tuple[str, ...]:
        with self._database.read() as reader:
            return tuple(outbox.closed_epochs(reader))

    def store_acked(self, acked: int) -> None:
        with self._database.write() as work:
            outbox.store_acked(work, self.epoch, acked, self._clock.now().isoformat())
        self._acked = acked

    def start_epoch(self, relog_after: int) -> OutboxStream:
        with self._database.write() as work:
            fresh = outbox.start_epoch(work, relog_after)
            return OutboxStream(self._database, fresh, self._clock)
