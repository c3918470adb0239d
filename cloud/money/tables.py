from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cloud.db import Utc


class ShiftOpening(SQLModel, table=True):
    __tablename__ = "shift_opening"

    shift_id: str = Field(primary_key=True)
    edge_id: str = Field(index=True)
    location_id: str
    workstation_id: str
    number: int
    cashier: str
    currency: str
    business_date: str
    occurred_at: datetime = Field(sa_type=Utc, index=True)
    float_minor: int = Field(sa_type=sa.BigInteger)


class ShiftClosing(SQLModel, table=True):
    """`reported` is the box's own Z report, as JSON."""

    __tablename__ = "shift_closing"

    shift_id: str = Field(primary_key=True)
    edge_id: str = Field(index=True)
    location_id: str
    workstation_id: str
    number: int
    cashier: str
    currency: str
    business_date: str
    occurred_at: datetime = Field(sa_type=Utc, index=True)
    reported: str


class ShiftComparison(SQLModel, table=True):
    """The Z report that follows from the shift's own facts, and where the box's differs (both JSON)."""

    __tablename__ = "shift_comparison"

    shift_id: str = Field(primary_key=True)
    derived: str
    differences: str
    difference_count: int


class CashMove(SQLModel, table=True):
    __tablename__ = "cash_move"

    movement_id: str = Field(primary_key=True)
    shift_id: str = Field(index=True)
    edge_id: str
    cashier: str
    occurred_at: datetime = Field(sa_type=Utc)
    currency: str
    direction: str
    amount_minor: int = Field(sa_type=sa.BigInteger)
    reason: str


class Payment(SQLModel, table=True):
    """One row a settled word: a payment may be settled again, from unknown to what it really was."""

    __tablename__ = "payment"

    uid: str = Field(primary_key=True)
    payment_id: str = Field(index=True)
    shift_id: str = Field(index=True)
    edge_id: str
    reference: str
    occurred_at: datetime = Field(sa_type=Utc)
    currency: str
    amount_minor: int = Field(sa_type=sa.BigInteger)
    outcome: str
    was_unknown: bool
    terminal_transaction_id: str
    kind: str = Field(default="card", sa_column_kwargs={"server_default": "card"})
    scheme: str = Field(default="", sa_column_kwargs={"server_default": ""})


class DrawerOpening(SQLModel, table=True):
    __tablename__ = "drawer_opening"

    uid: str = Field(primary_key=True)
    shift_id: str = Field(index=True)
    edge_id: str
    cashier: str
    occurred_at: datetime = Field(sa_type=Utc)
    cause: str
    is_proved: bool
