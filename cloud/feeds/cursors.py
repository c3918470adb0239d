"""What every box of a shop has of a feed for certain, as its pulls have acknowledged it."""

from __future__ import annotations

from typing import Final

from sqlmodel import Session, col, select

from cloud.feeds.tables import FeedCursor
from cloud.ingest.tables import Edge
from contract.feeds import is_known

KEPT: Final = ("offers", "rights")
"""Feeds of which a bound is stated: by what a box has not heard yet, nothing may be promised or given."""


def is_kept(feed: str) -> bool:
    return feed.partition("@")[0] in KEPT


def note(session: Session, edge_id: str, feed: str, after: int) -> None:
    """Also back: a box whose card was restored has less than it had."""
    session.merge(FeedCursor(edge_id=edge_id, feed=feed, after=after))


def of_shop(session: Session, location_id: str, feed: str) -> list[int]:
    """One for each box of the shop, 0 for one that has pulled nothing yet."""
    boxes = session.exec(select(Edge.edge_id).where(Edge.location_id == location_id)).all()
    query = select(FeedCursor.edge_id, FeedCursor.after).where(
        FeedCursor.feed == feed, col(FeedCursor.edge_id).in_(boxes)
    )
    known = dict(session.exec(query).all())
    return [known.get(edge_id, 0) for edge_id in boxes]


def of_chain(session: Session, feed: str) -> list[int]:
    """As `of_shop`, of every box there is: of a feed that all of them hear."""
    boxes = session.exec(select(Edge.edge_id)).all()
    query = select(FeedCursor.edge_id, FeedCursor.after).where(FeedCursor.feed == feed)
    known = dict(session.exec(query).all())
    return [known.get(edge_id, 0) for edge_id in boxes]


def is_told(session: Session, location_id: str, feed: str, version: int) -> bool:
    """Whether the shop has it, in each of its boxes. One without a box can do nothing by itself."""
    return is_known(of_shop(session, location_id, feed), version)
