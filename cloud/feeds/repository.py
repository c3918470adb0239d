"""All SQL of the feeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cloud.db import upsert
from cloud.feeds.tables import FeedHead, FeedOperation, FeedSnapshot
from cloud.ingest.tables import Edge
from contract.feeds import SHARED_FEEDS, shop_of

KEYS_A_QUERY = 500


def heads(session: Session) -> dict[str, int]:
    """The version of every feed, those of single shops too."""
    stored = {head.feed: head.version for head in session.exec(select(FeedHead)).all()}
    return dict.fromkeys(SHARED_FEEDS, 0) | stored


def heads_for(heads: Mapping[str, int], location_id: str) -> dict[str, int]:
    """What a box at `location_id` may follow."""
    return {feed: version for feed, version in heads.items() if shop_of(feed) in ("", location_id)}


def location_of(session: Session, edge_id: str) -> str:
    """Where a box stands, "" where it has not said so yet."""
    edge = session.get(Edge, edge_id)
    return edge.location_id if edge else ""


def head(session: Session, feed: str) -> FeedHead:
    return session.get(FeedHead, feed) or FeedHead(feed=feed)


def write_operations(session: Session, feed: str, bodies: Mapping[str, str | None]) -> set[str]:
    """Logs what really changes, each under its own version, and gives the keys that did."""
    known = bodies_of(session, feed, list(bodies))
    changed = {key: body for key, body in bodies.items() if _differs(known, key, body)}
    top = session.get(FeedHead, feed, with_for_update=True) or FeedHead(feed=feed)
    versions = count(top.version + 1)
    rows = [
        {"feed": feed, "key": key, "version": next(versions), "body": body}
        for key, body in changed.items()
    ]
    upsert(session, FeedOperation, ["feed", "key"], rows)
    top.version += len(rows)
    session.add(top)
    return set(changed)


def forget_tombstones(session: Session, feed: str, behind: int) -> None:
    """Those at least `behind` operations old."""
    session.connection().execute(
        sa.delete(FeedOperation).where(
            col(FeedOperation.feed) == feed,
            col(FeedOperation.version) <= head(session, feed).version - behind,
            col(FeedOperation.body).is_(None),
        )
    )


def operations_after(
    session: Session, feed: str, after: int, limit: int
) -> Sequence[FeedOperation]:
    """Oldest first. A box with nothing yet needs no tombstones."""
    query = (
        select(FeedOperation)
        .where(FeedOperation.feed == feed, FeedOperation.version > after)
        .order_by(col(FeedOperation.version))
        .limit(limit)
    )
    if after == 0:
        query = query.where(col(FeedOperation.body).is_not(None))
    return session.exec(query).all()


def live_rows(session: Session, feed: str) -> list[tuple[str, int, str]]:
    """Every (key, version, body) of a feed, by key."""
    query = (
        select(FeedOperation.key, FeedOperation.version, FeedOperation.body)
        .where(FeedOperation.feed == feed, col(FeedOperation.body).is_not(None))
        .order_by(col(FeedOperation.key))
    )
    return [(key, version, body or "") for key, version, body in session.exec(query)]


def bodies_of(session: Session, feed: str, keys: Sequence[str]) -> dict[str, str | None]:
    """What is known under each of the keys, None for one that was deleted."""
    found: dict[str, str | None] = {}
    for start in range(0, len(keys), KEYS_A_QUERY):
        part = keys[start : start + KEYS_A_QUERY]
        query = select(FeedOperation.key, FeedOperation.body).where(
            FeedOperation.feed == feed, col(FeedOperation.key).in_(part)
        )
        found.update(session.exec(query).all())
    return found


def version_of(session: Session, feed: str, key: str) -> int:
    """Under which version the key was last logged, 0 where it never was."""
    row = session.get(FeedOperation, (feed, key), populate_existing=True)
    return row.version if row else 0


def newest_snapshot(session: Session, feed: str) -> FeedSnapshot | None:
    query = select(FeedSnapshot).where(FeedSnapshot.feed == feed)
    return session.exec(query.order_by(col(FeedSnapshot.version).desc())).first()


def snapshots(session: Session, feed: str) -> Sequence[FeedSnapshot]:
    """Newest first."""
    query = select(FeedSnapshot).where(FeedSnapshot.feed == feed)
    return session.exec(query.order_by(col(FeedSnapshot.version).desc())).all()


def _differs(known: Mapping[str, str | None], key: str, body: str | None) -> bool:
    """A key that was never there needs no tombstone."""
    return known.get(key) != body
