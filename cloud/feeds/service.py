"""Answers to pulls: operations, the repair of what a digest shows to differ, or a reference to a snapshot.

Called by the ingest thread, so nothing here takes long: a snapshot is built beside it, and the pull that wanted it
is answered when it is there.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from sqlmodel import Session, col, select

from cloud.clock import Clock
from cloud.db import Database
from cloud.feeds import cursors, repository
from cloud.feeds.snapshots import Snapshots
from cloud.ingest.tables import Edge
from contract import topics
from contract.envelope import to_json
from contract.feeds import (
    BUCKETS,
    SHARED_FEEDS,
    SHOP_FEEDS,
    Head,
    Operation,
    Ops,
    Pull,
    SnapshotReference,
    bucket_of,
    compress,
    digests,
    shop_of,
)

log = logging.getLogger(__name__)
SNAPSHOT_ABOVE = 5_000  # operations: more than these cost more than the file
OPERATIONS_AN_ANSWER = 4_000
BYTES_AN_ANSWER = 2_000_000  # inflated; half of what a box accepts
LOOK_EVERY_S = 0.5
DIGEST_DIGITS = 8

Row = tuple[str, int, str | None]
"""(key, version, body)"""


class FeedService:
    def __init__(self, database: Database, snapshots: Snapshots, clock: Clock) -> None:
        self._database = database
        self._snapshots = snapshots
        self._clock = clock
        self.on_acknowledged: Callable[[Session, str], None] = _nobody_waits
        self._builder = ThreadPoolExecutor(1, "snapshots")
        self._building: dict[str, Future[SnapshotReference]] = {}
        self._waiting: dict[str, dict[str, Pull]] = {}
        self._seen: tuple[frozenset[int], dict[str, int]] | None = None
        self._announced: dict[str, dict[str, int]] = {}
        self._look_at_s = 0.0
        self._digests: dict[tuple[str, int], list[str]] = {}
        self._noted: dict[tuple[str, str], int] = {}

    def close(self) -> None:
        self._builder.shutdown(wait=True, cancel_futures=True)

    def look_now(self) -> None:
        """The catalogue has changed: do not wait for the next look."""
        self._look_at_s = 0.0

    def head(self, edge_id: str) -> str:
        with self._database.read() as session:
            heads = repository.heads(session)
            own = repository.heads_for(heads, repository.location_of(session, edge_id))
        return to_json(Head(feeds=own))

    def answer(self, edge_id: str, pull: Pull) -> bytes | None:
        self._note(edge_id, pull)
        with self._database.read() as session:
            head = repository.head(session, pull.feed)
            if not _is_for(session, edge_id, pull.feed):
                # Nothing is in a feed that this hub does not know, nor in another shop's.
                return compress(Ops(feed=pull.feed, after=pull.after, through=pull.after))
            if pull.digest is not None and pull.after == head.version:
                return self._repair(session, edge_id, pull)
            if _is_too_far(pull.after, head.version):
                return self._reset(session, edge_id, pull, head.version)
            return self._operations(session, pull, head.version)

    def _note(self, edge_id: str, pull: Pull) -> None:
        """What the pull acknowledges, where that is something new."""
        place = edge_id, pull.feed
        if not cursors.is_kept(pull.feed) or self._noted.get(place) == pull.after:
            return
        with self._database.write() as session:
            cursors.note(session, edge_id, pull.feed, pull.after)
            self.on_acknowledged(session, pull.feed)
        self._noted[place] = pull.after

    def due(self, shards: frozenset[int]) -> list[tuple[str, str | bytes, bool]]:
        messages: list[tuple[str, str | bytes, bool]] = []
        for feed, future in list(self._building.items()):
            if future.done():
                del self._building[feed]
                messages += self._late_answers(feed, future)
        if self._clock.monotonic() >= self._look_at_s:
            self._look_at_s = self._clock.monotonic() + LOOK_EVERY_S
            messages += self._moved_heads(shards)
        return messages

    def _operations(self, session: Session, pull: Pull, head: int) -> bytes:
        rows = [
            (row.key, row.version, row.body)
            for row in repository.operations_after(
                session, pull.feed, pull.after, OPERATIONS_AN_ANSWER + 1
            )
        ]
        fitting = _within_bytes(rows[:OPERATIONS_AN_ANSWER])
        return fit(pull, fitting, head, is_all=len(fitting) == len(rows))

    def _reset(self, session: Session, edge_id: str, pull: Pull, head: int) -> bytes | None:
        reference = self._snapshots.newest(session, pull.feed)
        if reference is None or head - reference.version > SNAPSHOT_ABOVE:
            self._waiting.setdefault(pull.feed, {})[edge_id] = pull
            if pull.feed not in self._building:
                self._building[pull.feed] = self._builder.submit(self._snapshots.build, pull.feed)
            return None
        return compress(
            Ops(
                feed=pull.feed,
                after=pull.after,
                through=reference.version,
                has_more=reference.version < head,
                reset=reference,
            )
        )

    def _repair(self, session: Session, edge_id: str, pull: Pull) -> bytes | None:
        """Raises ValueError for a digest of another length."""
        rows = repository.live_rows(session, pull.feed)
        theirs = split_digest(pull.digest or "")
        ours = self._digest_of(pull.feed, pull.after, rows)
        differing = [bucket for bucket in range(BUCKETS) if theirs[bucket] != ours[bucket]]
        if len(differing) > BUCKETS // 2:
            return self._reset(session, edge_id, pull, pull.after)
        return repair(pull, differing, rows)

    def _digest_of(self, feed: str, version: int, rows: list[tuple[str, int, str]]) -> list[str]:
        if (feed, version) not in self._digests:
            self._digests = {key: value for key, value in self._digests.items() if key[0] != feed}
            self._digests[feed, version] = digests(rows)
        return self._digests[feed, version]

    def _late_answers(
        self, feed: str, future: Future[SnapshotReference]
    ) -> list[tuple[str, str | bytes, bool]]:
        waiting = self._waiting.pop(feed, {})
        error = future.exception()
        if error is not None:
            log.error("The %s snapshot was not built: boxes ask again.", feed, exc_info=error)
            return []
        answers = ((edge_id, self.answer(edge_id, pull)) for edge_id, pull in waiting.items())
        return [
            (topics.down(edge_id, topics.Down.OPS), payload, False)
            for edge_id, payload in answers
            if payload is not None
        ]

    def _moved_heads(self, shards: frozenset[int]) -> list[tuple[str, str | bytes, bool]]:
        """A new head for each box that it concerns."""
        with self._database.read() as session:
            heads = repository.heads(session)
            if self._seen == (shards, heads):
                return []
            boxes = session.exec(
                select(Edge.edge_id, Edge.location_id).where(col(Edge.shard).in_(shards))
            ).all()
        self._seen = shards, heads
        now = {edge_id: repository.heads_for(heads, location_id) for edge_id, location_id in boxes}
        moved = {
            edge_id: own for edge_id, own in now.items() if self._announced.get(edge_id) != own
        }
        self._announced = now
        return [
            (topics.down(edge_id, topics.Down.HEAD), to_json(Head(feeds=own)), True)
            for edge_id, own in moved.items()
        ]


def _nobody_waits(session: Session, feed: str) -> None:
    """For a hub without orders."""


def _is_for(session: Session, edge_id: str, feed: str) -> bool:
    shop = shop_of(feed)
    if not shop:
        return feed in SHARED_FEEDS
    is_known = feed.partition("@")[0] in SHOP_FEEDS
    return is_known and shop == repository.location_of(session, edge_id)


def _is_too_far(after: int, head: int) -> bool:
    """Far behind, where tombstones are forgotten too, or ahead of a hub restored from an older backup."""
    return after > head or head - after > SNAPSHOT_ABOVE


def _within_bytes(rows: Sequence[Row]) -> list[Row]:
    """The first of `rows` that stay under BYTES_AN_ANSWER, one at least."""
    taken: list[Row] = []
    size_bytes = 0
    for row in rows:
        size_bytes += len(row[0]) + len(row[2] or "") + 50
        if taken and size_bytes > BYTES_AN_ANSWER:
            break
        taken.append(row)
    return taken


def fit(pull: Pull, rows: Sequence[Row], head: int, *, is_all: bool) -> bytes:
    """As many of `rows` as `max_bytes` takes, compressed; one at least, so that a pull always gets on."""
    count = len(rows)
    while True:
        is_last = is_all and count == len(rows)
        through = head if is_last else rows[count - 1][1]
        payload = compress(
            Ops(
                feed=pull.feed,
                after=pull.after,
                through=through,
                has_more=not is_last,
                operations=tuple(_operation(row) for row in rows[:count]),
            )
        )
        if len(payload) <= pull.max_bytes or count <= 1:
            return payload
        count = max(1, count * pull.max_bytes * 9 // (len(payload) * 10))


def repair(pull: Pull, differing: Sequence[int], rows: Sequence[tuple[str, int, str]]) -> bytes:
    """The whole content of as many differing buckets as `max_bytes` takes, one at least."""
    by_bucket: dict[int, list[Row]] = {bucket: [] for bucket in differing}
    for row in rows:
        bucket = bucket_of(row[0])
        if bucket in by_bucket:
            by_bucket[bucket].append(row)
    count = len(differing)
    while True:
        chosen = differing[:count]
        payload = compress(
            Ops(
                feed=pull.feed,
                after=pull.after,
                through=pull.after,
                has_more=count < len(differing),
                operations=tuple(_operation(row) for bucket in chosen for row in by_bucket[bucket]),
                repaired_buckets=tuple(chosen),
            )
        )
        if len(payload) <= pull.max_bytes or count <= 1:
            return payload
        count = max(1, count * pull.max_bytes * 9 // (len(payload) * 10))


def split_digest(text: str) -> list[str]:
    if len(text) != BUCKETS * DIGEST_DIGITS:
        raise ValueError(f"Expected {BUCKETS * DIGEST_DIGITS} hex digits, got {len(text)}.")
    return [text[i : i + DIGEST_DIGITS] for i in range(0, len(text), DIGEST_DIGITS)]


def _operation(row: Row) -> Operation:
    key, version, body = row
    return Operation(key=key, version=version, value=None if body is None else json.loads(body))
