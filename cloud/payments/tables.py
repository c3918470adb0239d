from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cloud.db import Utc

# SQLite counts a primary key by itself only where it is spelt INTEGER.
Position = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class WalletPayment(SQLModel, table=True):
    """One payment that a box asked for, or the online shop (`is_page`, no box); the customer's code is never here.

    `check_at` is when the provider is asked again about a payment that was given back (`watch`), None for never.
    """

    __tablename__ = "wallet_payment"

    payment_id: str = Field(primary_key=True)
    edge_id: str = Field(index=True)
    location_id: str
    provider: str
    order_number: str = Field(unique=True)
    state: str
    is_page: bool = False
    amount_minor: int = Field(sa_type=sa.BigInteger)
    currency: str
    transaction_id: str = ""
    reason: str = ""
    asked_at: datetime = Field(sa_type=Utc)
    changed_at: datetime = Field(sa_type=Utc)
    checks: int = 0
    check_at: datetime | None = Field(default=None, sa_type=Utc, index=True)


class WalletRefund(SQLModel, table=True):
    """Money of a payment given back with goods; `refund_id` is the box's, by which it is done once."""

    __tablename__ = "wallet_refund"

    refund_id: str = Field(primary_key=True)
    payment_id: str = Field(index=True)
    edge_id: str
    state: str
    amount_minor: int = Field(sa_type=sa.BigInteger)
    currency: str
    reason: str = ""
    asked_at: datetime = Field(sa_type=Utc)
    changed_at: datetime = Field(sa_type=Utc)


class WalletCall(SQLModel, table=True):
    """What a provider was asked and said, in order, only ever added to."""

    __tablename__ = "wallet_call"

    position: int | None = Field(default=None, primary_key=True, sa_type=Position)
    at: datetime = Field(sa_type=Utc)
    payment_id: str = Field(index=True)
    provider: str
    operation: str
    refund_id: str = ""
    amount_minor: int = Field(sa_type=sa.BigInteger)
    said: str
    reason: str = ""
    transaction_id: str = ""
