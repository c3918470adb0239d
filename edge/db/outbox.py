"""The outbox: what the hub must learn, in order, tied together by the chain, in the transaction that made it true.

A row is never changed once it is committed; only what the hub has acknowledged is pruned, and not before 35 days.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel

from contract.envelope import GENESIS, Fact, chain, make_uid, to_json
from edge.db.tables import Outbox, Stream
from edge.db.unit_of_work import Database, Reader, UnitOfWork

KEEP_MS = 35 * 24 * 3600 * 1000
EPOCH_BYTES = 8

_HEAD = "SELECT epoch, high, chain, acked FROM stream WHERE state = 'open'"
_READ = "SELECT uid, body FROM outbox WHERE epoch = ? AND seq >= ? ORDER BY seq LIMIT ?"

_NOW_KNOWN = tuple(
    f"UPDATE {table} SET known_at = ? WHERE state = 'sold' AND known_at = ''"  # noqa: S608 - our own names
    for table in ("points_use", "coupon_use")
)


class Head(NamedTuple):
    """Where the open stream stands; `first` is the lowest seq still kept."""

    epoch: str
    high: int
    chain: str
    acked: int

    @property
    def waiting(self) -> int:
        return max(0, self.high - self.acked)


def append(work: UnitOfWork, unix_ms: int, facts: Sequence[BaseModel]) -> list[str]:
    """Logs facts in their order; gives their uids. `unix_ms` stamps the uids and never falls (hybrid clock)."""
    return append_bodies(work, [(make_uid(unix_ms, os.urandom), to_json(fact)) for fact in facts])


def append_bodies(work: UnitOfWork, bodies: Sequence[tuple[str, str]]) -> list[str]:
    """As `append`, for (uid, body) pairs that are already made."""
    stand = head(work) or _open_epoch(work)
    link = stand.chain
    rows = []
    for seq, (uid, body) in enumerate(bodies, stand.high + 1):
        link = chain(link, uid, body)
        rows.append({"epoch": stand.epoch, "seq": seq, "uid": uid, "body": body, "chain": link})
    work.insert(Outbox, rows)
    work.sql(
        "UPDATE stream SET high = ?, chain = ? WHERE epoch = ?",
        (stand.high + len(rows), link, stand.epoch),
    )
    return [uid for uid, _ in bodies]


def head(reader: Reader) -> Head | None:
    """The open stream, None before the first fact."""
    row = reader.sql(_HEAD).fetchone()
    return None if row is None else Head(*row)


def ensure_epoch(work: UnitOfWork) -> Head:
    """The open stream, begun where there is none."""
    return head(work) or _open_epoch(work)


def closed_epochs(reader: Reader) -> list[str]:
    found = reader.sql("SELECT epoch FROM stream WHERE state = 'closed' ORDER BY position")
    return [row[0] for row in found]


def start_epoch(work: UnitOfWork, relog_after: int) -> Head:
    """Closes the stream of a box that went back in time and begins a new one.

    Everything behind `relog_after` is logged again under its own uid, so that the hub can see what it has twice.
    """
    old = ensure_epoch(work)
    work.sql("UPDATE stream SET state = 'closed' WHERE epoch = ?", (old.epoch,))
    _open_epoch(work)
    found = work.sql(
        "SELECT uid, body FROM outbox WHERE epoch = ? AND seq > ? ORDER BY seq",
        (old.epoch, relog_after),
    )
    append_bodies(work, [(row[0], row[1]) for row in found])
    return ensure_epoch(work)


def store_acked(work: UnitOfWork, epoch: str, acked: int, stamp: str = "") -> None:
    """What the hub holds of `epoch`; it falls only where the hub itself lost what it had acknowledged.

    Where that is everything, what was taken of members and of coupons until now is known to the hub from `stamp` on.
    """
    work.sql("UPDATE stream SET acked = ? WHERE epoch = ?", (acked, epoch))
    stand = head(work)
    if stamp and stand and stand.epoch == epoch and acked >= stand.high:
        for statement in _NOW_KNOWN:
            work.sql(statement, (stamp,))


def prune(work: UnitOfWork, now_ms: int) -> int:
    """Deletes acknowledged facts older than 35 days; gives how many.

    The last acknowledged fact stays: the next batch is tied to it. Its uid's first 48 bits are its time (UUIDv7).
    """
    stand = head(work)
    if stand is None:
        return 0
    oldest_kept = make_uid(max(0, now_ms - KEEP_MS), bytes)
    found = work.sql(
        "DELETE FROM outbox WHERE uid < ? AND (epoch <> ? OR seq < ?)",
        (oldest_kept, stand.epoch, stand.acked),
    )
    return int(found.rowcount)


def last_ms(reader: Reader) -> int:
    """The time of the newest fact's uid, 0 before the first: the clock's floor after a restart."""
    found = reader.sql(
        "SELECT uid FROM outbox JOIN stream USING (epoch) ORDER BY position DESC, seq DESC LIMIT 1"
    ).fetchone()
    return 0 if found is None else int(found[0][:13].replace("-", ""), 16)


def _open_epoch(work: UnitOfWork) -> Head:
    """Epoch names are random: a box that went back in time must not choose the same one again."""
    epoch = secrets.token_hex(EPOCH_BYTES)
    work.insert(
        Stream, [{"epoch": epoch, "state": "open", "acked": 0, "high": 0, "chain": GENESIS}]
    )
    return Head(epoch=epoch, high=0, chain=GENESIS, acked=0)


class OutboxLog:
    """The outbox of one epoch as `contract.stream.Log`: reads the database, never a copy in memory."""

    def __init__(self, database: Database, epoch: str) -> None:
        self.database = database
        self.epoch = epoch

    @property
    def first(self) -> int:
        lowest = self._scalar("SELECT min(seq) FROM outbox WHERE epoch = ?")
        return self.high + 1 if lowest is None else int(lowest)

    @property
    def high(self) -> int:
        return int(self._scalar("SELECT high FROM stream WHERE epoch = ?") or 0)

    def chain_at(self, seq: int) -> str | None:
        if seq == 0:
            return GENESIS
        found = self._scalar("SELECT chain FROM outbox WHERE epoch = ? AND seq = ?", seq)
        return None if found is None else str(found)

    def read(self, first: int, max_facts: int, max_bytes: int) -> Sequence[Fact]:
        """Facts from `first` on, as many as fit; always one where there is one, however large."""
        with self.database.read() as reader:
            rows = reader.sql(_READ, (self.epoch, first, max_facts)).fetchall()
        facts: list[Fact] = []
        size = 0
        for uid, body in rows:
            size += len(uid) + len(body.encode())
            if facts and size > max_bytes:
                break
            facts.append(Fact(uid, body))
        return facts

    def _scalar(self, sql: str, *parameters: int) -> Any:
        with self.database.read() as reader:
            row = reader.sql(sql, (self.epoch, *parameters)).fetchone()
        return None if row is None else row[0]
