"""Which shards this worker owns: rows in the database that run out unless they are renewed.

A lease only avoids double work. What is stored stays right even where two clocks disagree, because a stream's stand
moves under a condition (see `inbox`).
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import Session, col, delete, select

from cloud.clock import Clock
from cloud.db import Database, insert_for
from cloud.ingest.tables import HubWorker, ShardLease
from contract.topics import SHARDS

LEASE_S = 10.0
RENEW_EVERY_S = 3.0


def fair_share(workers: int) -> int:
    """How many shards one of `workers` takes at most, so that all are covered."""
    return -(-SHARDS // max(workers, 1))


def choose(leases: Iterable[ShardLease], worker: str, share: int, now_s: float) -> set[int]:
    """The shards `worker` should hold: its own first, then free ones, never more than `share`."""
    taken = {lease.shard: lease for lease in leases if lease.until_s > now_s}
    own = sorted(shard for shard, lease in taken.items() if lease.worker == worker)
    free = [shard for shard in range(SHARDS) if shard not in taken]
    return set((own + free)[:share])


class Leases:
    def __init__(self, database: Database, clock: Clock, worker: str) -> None:
        self._database = database
        self._clock = clock
        self._worker = worker
        self._renew_at_s = 0.0
        self.shards: frozenset[int] = frozenset()

    def is_due(self) -> bool:
        return self._clock.monotonic() >= self._renew_at_s

    def renew(self) -> frozenset[int]:
        """Renews, claims and gives back; afterwards `shards` is what this worker owns."""
        now_s = self._clock.now().timestamp()
        with self._database.write() as session:
            self._announce(session, now_s)
            share = fair_share(_living(session, now_s))
            chosen = choose(session.exec(select(ShardLease)).all(), self._worker, share, now_s)
            self._claim(session, chosen, now_s)
        self.shards = frozenset(chosen)
        self._renew_at_s = self._clock.monotonic() + RENEW_EVERY_S
        return self.shards

    def give_back(self) -> None:
        """So that another worker takes over at once and not after the lease."""
        with self._database.write() as session:
            session.exec(delete(ShardLease).where(col(ShardLease.worker) == self._worker))
            session.exec(delete(HubWorker).where(col(HubWorker.worker) == self._worker))
        self.shards = frozenset()

    def _announce(self, session: Session, now_s: float) -> None:
        until_s = now_s + LEASE_S
        statement = insert_for(session, HubWorker).values(worker=self._worker, seen_until_s=until_s)
        session.connection().execute(
            statement.on_conflict_do_update(
                index_elements=["worker"], set_={"seen_until_s": until_s}
            )
        )

    def _claim(self, session: Session, chosen: set[int], now_s: float) -> None:
        own = delete(ShardLease).where(col(ShardLease.worker) == self._worker)
        session.exec(own.where(col(ShardLease.shard).not_in(chosen)))
        rows = [
            {"shard": shard, "worker": self._worker, "until_s": now_s + LEASE_S}
            for shard in sorted(chosen)
        ]
        if not rows:
            return
        statement = insert_for(session, ShardLease)
        session.connection().execute(
            statement.on_conflict_do_update(
                index_elements=["shard"],
                set_={"worker": statement.excluded.worker, "until_s": statement.excluded.until_s},
                where=(col(ShardLease.until_s) <= now_s) | (col(ShardLease.worker) == self._worker),
            ),
            rows,
        )


def _living(session: Session, now_s: float) -> int:
    return len(session.exec(select(HubWorker).where(col(HubWorker.seen_until_s) > now_s)).all())
