"""The box's copy of what comes down: operations, snapshots and digests, whatever the feed holds.

A feed that is looked into by its own columns has tables and a `Store` of its own (`edge.services.catalogue`); every
other is rows of `feed_row`. Operations and cursor are one transaction, and so is what a feed's rows lead to.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import bindparam
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select

from contract import feeds
from edge.db.tables import FeedCursor, FeedRow
from edge.db.unit_of_work import Reader, UnitOfWork
from edge.services.shop import Work

Row = tuple[str, int, str]
"""(key, version, canonical body)"""

_CURSOR = select(col(FeedCursor.version)).where(col(FeedCursor.feed) == bindparam("feed"))


class Store(Protocol):
    """Where the rows of one feed are. Raises ValueError for a value that is not of the feed."""

    def rows(self, reader: Reader) -> list[Row]: ...

    def replace(self, unit: UnitOfWork, operations: Mapping[str, feeds.Operation]) -> None:
        """By key; an operation without a value deletes."""
        ...

    def load(self, unit: UnitOfWork) -> None:
        """Everything anew, from the table `snapshot.row`."""
        ...

    def taken(self, work: Work, keys: frozenset[str] | None) -> None:
        """What follows from these keys (None: from all), in the same transaction."""
        ...


@dataclass(frozen=True, slots=True)
class RowStore:
    """A feed without tables of its own. `follow` is called with what has changed, in the same transaction."""

    feed: str
    follow: Callable[[Work, frozenset[str] | None], None] | None = None

    def rows(self, reader: Reader) -> list[Row]:
        return reader.sql(
            "SELECT key, version, body FROM feed_row WHERE feed = ?", (self.feed,)
        ).fetchall()

    def replace(self, unit: UnitOfWork, operations: Mapping[str, feeds.Operation]) -> None:
        keys = json.dumps(list(operations))
        unit.sql(
            "DELETE FROM feed_row WHERE feed = ? AND key IN (SELECT value FROM json_each(?))",
            (self.feed, keys),
        )
        rows = [
            {
                "feed": self.feed,
                "key": key,
                "version": operation.version,
                "body": feeds.canonical(operation.value),
            }
            for key, operation in operations.items()
            if operation.value is not None
        ]
        unit.insert(FeedRow, rows)

    def load(self, unit: UnitOfWork) -> None:
        unit.sql("DELETE FROM feed_row WHERE feed = ?", (self.feed,))
        unit.sql(
            "INSERT INTO feed_row (feed, key, version, body)"
            " SELECT ?, key, version, body FROM snapshot.row",
            (self.feed,),
        )

    def taken(self, work: Work, keys: frozenset[str] | None) -> None:
        if self.follow is not None:
            self.follow(work, keys)


def value(reader: Reader, feed: str, key: str) -> dict[str, Any] | None:
    """One row of a feed without tables of its own."""
    row = reader.sql("SELECT body FROM feed_row WHERE feed = ? AND key = ?", (feed, key)).fetchone()
    return None if row is None else json.loads(row[0])


def values(reader: Reader, feed: str, keys: frozenset[str] | None = None) -> dict[str, Any]:
    """The rows of a feed without tables of its own, by key; with `keys` those of them that there are."""
    named = None if keys is None else json.dumps(sorted(keys))
    rows = reader.sql(
        "SELECT key, body FROM feed_row WHERE feed = :feed"
        " AND (:keys IS NULL OR key IN (SELECT value FROM json_each(:keys))) ORDER BY key",
        {"feed": feed, "keys": named},  # type: ignore[dict-item]
    )
    return {key: json.loads(body) for key, body in rows}


def cursor(reader: Reader, feed: str) -> int:
    """How far the feed has come, 0 before anything came."""
    return int(reader.scalar(_CURSOR, feed=feed) or 0)


def apply(unit: UnitOfWork, store: Store, ops: feeds.Ops) -> frozenset[str] | None:
    """Applies a pull's answer and moves the cursor; gives the keys that it touched.

    None, and nothing is touched, where the answer does not continue from the cursor: it is a repeat or late.
    Raises ValueError for an operation that is not of the feed; nothing of the answer may stay then.
    """
    if ops.after != cursor(unit, ops.feed):
        return None
    latest = {operation.key: operation for operation in ops.operations}
    if ops.repaired_buckets is not None:
        repaired = frozenset(ops.repaired_buckets)
        for key, version, _ in store.rows(unit):
            if feeds.bucket_of(key) in repaired:
                gone = feeds.Operation(key=key, version=version)
                latest.setdefault(key, gone)
    store.replace(unit, latest)
    set_cursor(unit, ops.feed, ops.through)
    return frozenset(latest)


def digest(rows: Sequence[Row]) -> str:
    """The bucket digests of a feed's rows, joined as `contract.feeds.Pull.digest` wants them."""
    return "".join(feeds.digests([(key, version, body) for key, version, body in rows]))


def set_cursor(unit: UnitOfWork, feed: str, version: int) -> None:
    unit.sql(
        "INSERT INTO feed_cursor (feed, version) VALUES (?, ?)"
        " ON CONFLICT (feed) DO UPDATE SET version = excluded.version",
        (feed, version),
    )


@contextmanager
def fitting() -> Iterator[None]:
    """What the disk refuses has left as Broken by now: what SQLite still refuses is the content."""
    try:
        yield
    except (sqlite3.Error, DBAPIError, OverflowError) as error:
        why = error.orig if isinstance(error, DBAPIError) else error
        raise ValueError(f"expected rows that fit the box's tables, got {why}") from error
