from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cloud.db import Utc


class StockEntry(SQLModel, table=True):
    """One signed move: positive into the shop. `uid` is the fact it follows from, `number` its place in it."""

    __tablename__ = "stock_entry"
    __table_args__ = (
        sa.Index("stock_entry_level", "location_id", "sku", "quantity"),
        sa.Index("stock_entry_lot", "sku", "location_id", "lot", "expiry", "quantity"),
    )

    uid: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    edge_id: str
    location_id: str
    sku: str
    lot: str = ""
    expiry: str = Field(default="", sa_column_kwargs={"server_default": ""})
    quantity: int = Field(sa_type=sa.BigInteger)
    reason: str
    reference: str = ""
    occurred_at: datetime = Field(sa_type=Utc)


class SetAsideEntry(SQLModel, table=True):
    """Goods picked for a job: positive; handed over or put back on the shelf: negative."""

    __tablename__ = "set_aside_entry"
    __table_args__ = (
        sa.Index("set_aside_entry_lot", "sku", "location_id", "lot", "expiry", "quantity"),
    )

    uid: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    edge_id: str
    location_id: str
    job_id: str = Field(index=True)
    sku: str
    lot: str
    expiry: str
    quantity: int = Field(sa_type=sa.BigInteger)


class StockOverride(SQLModel, table=True):
    """A customer held goods that were meant for somebody else, and got them. `kind` is "promised" or "set_aside"."""

    __tablename__ = "stock_override"

    uid: str = Field(primary_key=True)
    edge_id: str
    location_id: str = Field(index=True)
    sale_id: str
    sku: str
    kind: str
    quantity: int
    on_hand: int
    set_aside: int
    promised: int
    occurred_at: datetime = Field(sa_type=Utc)


class GoodsReceipt(SQLModel, table=True):
    """That goods came, against which announcement, and what becomes of what is missing; the goods are entries."""

    __tablename__ = "goods_receipt"

    uid: str = Field(primary_key=True)
    edge_id: str
    location_id: str
    receiving_id: str
    arrival_id: str
    source: str
    source_id: str = Field(index=True)
    outcome: str
    rest: str
    cashier: str
    occurred_at: datetime = Field(sa_type=Utc)
