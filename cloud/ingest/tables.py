"""What ingest writes: the inbox, the streams' stands, and what could not be taken in.

`Fact` holds every fact once, as the very text the box committed. A place in a stream whose fact is already known
from another stream (a box that logged again after a restored card) is a `FactAlias`: the stream stays gapless, and
nothing is counted twice.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cloud.db import Utc


class Fact(SQLModel, table=True):
    __tablename__ = "fact"

    edge_id: str = Field(primary_key=True)
    epoch: str = Field(primary_key=True)
    seq: int = Field(primary_key=True, sa_type=sa.BigInteger)
    uid: str = Field(unique=True)
    body: str
    received_ms: int = Field(sa_type=sa.BigInteger)


class FactAlias(SQLModel, table=True):
    """`body` is what this stream said; where it is not the fact's, the box contradicts itself (see `Quarantined`)."""

    __tablename__ = "fact_alias"

    edge_id: str = Field(primary_key=True)
    epoch: str = Field(primary_key=True)
    seq: int = Field(primary_key=True, sa_type=sa.BigInteger)
    uid: str = Field(index=True)
    body: str


class Stream(SQLModel, table=True):
    """The stand of one (edge, epoch); `is_chain_equal` is None until the box's chain has been compared."""

    __tablename__ = "stream"

    edge_id: str = Field(primary_key=True)
    epoch: str = Field(primary_key=True)
    shard: int = Field(index=True)
    high: int = Field(default=0, sa_type=sa.BigInteger)
    chain: str
    is_frozen: bool = False
    is_chain_equal: bool | None = None
    opened_at: datetime = Field(sa_type=Utc)
    moved_at: datetime = Field(sa_type=Utc)


class Edge(SQLModel, table=True):
    """What is known of one box beside its facts. `box_high` is the highest seq it is known to hold.

    `location_name` (names by language), `capabilities` (words of `contract.capabilities`, as the last hello said
    them) and `health` are JSON text, "" where the box has said nothing. `past_boots` are the starts that a later one
    has replaced, as JSON, newest last. `doubled_at` is when one of them last spoke again: then two boxes use one name.
    """

    __tablename__ = "edge"

    edge_id: str = Field(primary_key=True)
    shard: int = Field(index=True)
    location_id: str = ""
    location_name: str = ""
    software: str = ""
    public_key: str = ""
    capabilities: str = ""
    epoch: str = ""
    boot: str = ""
    past_boots: str = ""
    doubled_at: datetime | None = Field(default=None, sa_type=Utc)
    box_high: int = Field(default=0, sa_type=sa.BigInteger)
    is_connected: bool = False
    connected_at: datetime | None = Field(default=None, sa_type=Utc)
    last_seen: datetime = Field(sa_type=Utc)
    clock_skew_s: float | None = None
    health: str = ""
    health_at: datetime | None = Field(default=None, sa_type=Utc)


class Quarantined(SQLModel, table=True):
    """A message or a fact that could not be taken in. The same one again only counts up.

    `payload` holds at most its first 4 kB; of a fact the inbox has the whole.
    """

    __tablename__ = "quarantined"

    digest: str = Field(primary_key=True)
    edge_id: str = Field(index=True)
    key: str
    detail: str
    epoch: str = ""
    seq: int = Field(default=0, sa_type=sa.BigInteger)
    uid: str = ""
    topic: str = ""
    payload: str = ""
    size_bytes: int = 0
    count: int = 1
    first_at: datetime = Field(sa_type=Utc)
    last_at: datetime = Field(sa_type=Utc)


class Alarm(SQLModel, table=True):
    """Something a person must look at; the same again counts up and moves `last_at`."""

    __tablename__ = "alarm"

    edge_id: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    detail: str
    count: int = 1
    first_at: datetime = Field(sa_type=Utc)
    last_at: datetime = Field(sa_type=Utc)


class ShardLease(SQLModel, table=True):
    """Which worker subscribes to which shard, until when (seconds since 1970)."""

    __tablename__ = "shard_lease"

    shard: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    worker: str
    until_s: float


class HubWorker(SQLModel, table=True):
    __tablename__ = "hub_worker"

    worker: str = Field(primary_key=True)
    seen_until_s: float


class ProjectionCursor(SQLModel, table=True):
    """How far the facts of one stream have been turned into sales, stock and money."""

    __tablename__ = "projection_cursor"

    edge_id: str = Field(primary_key=True)
    epoch: str = Field(primary_key=True)
    seq: int = Field(default=0, sa_type=sa.BigInteger)
