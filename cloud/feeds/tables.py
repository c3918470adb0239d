"""The feeds' logs, their heads and the snapshots built of them.

A feed's name is that of `contract.feeds`: one shop's own carries its location behind an "@".
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cloud.db import Utc


class FeedOperation(SQLModel, table=True):
    """The newest operation of each key; `body` is canonical JSON text, None for a tombstone.

    A tombstone goes when every box that could miss it is far enough behind to be given a snapshot.
    """

    __tablename__ = "feed_operation"
    __table_args__ = (sa.Index("feed_operation_version", "feed", "version"),)

    feed: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    version: int = Field(sa_type=sa.BigInteger)
    body: str | None = None


class FeedHead(SQLModel, table=True):
    """`version` of the newest operation."""

    __tablename__ = "feed_head"

    feed: str = Field(primary_key=True)
    version: int = Field(default=0, sa_type=sa.BigInteger)


class FeedSnapshot(SQLModel, table=True):
    __tablename__ = "feed_snapshot"

    feed: str = Field(primary_key=True)
    version: int = Field(primary_key=True, sa_type=sa.BigInteger)
    file: str
    size_bytes: int
    sha256: str
    signature: str
    built_at: datetime = Field(sa_type=Utc)


class FeedCursor(SQLModel, table=True):
    """What a box has of a feed for certain: its last pull has acknowledged everything up to `after`."""

    __tablename__ = "feed_cursor"

    edge_id: str = Field(primary_key=True)
    feed: str = Field(primary_key=True)
    after: int = Field(sa_type=sa.BigInteger)
