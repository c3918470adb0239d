"""What the hub knows of members.

What follows from facts of the shops (`MemberEntry`, `CouponUse`) is made anew whenever facts are projected anew; what
was asked of the hub (`MemberAct`, `PointsHold`) stands by itself. A balance is the sum of both.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cloud.db import Utc

# SQLite counts a primary key by itself only where it is spelt INTEGER.
Counted = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class Member(SQLModel, table=True):
    """An account. `merged_into` names the account that it has become part of, never one that was merged itself.

    An erased one keeps its id and its number, so that neither is ever given to somebody else. `tier` is the one that
    was last computed.
    """

    __tablename__ = "member"

    member_id: str = Field(primary_key=True)
    number: str = Field(unique=True)
    made_at: datetime = Field(sa_type=Utc)
    merged_into: str = Field(default="", index=True)
    erased_at: datetime | None = Field(default=None, sa_type=Utc)
    tier: int = 0


class MemberField(SQLModel, table=True):
    """One field of a profile; the write with the highest hybrid logical clock `hlc` is the last one."""

    __tablename__ = "member_field"

    member_id: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    value: str
    hlc: str


class ConsentStatement(SQLModel, table=True):
    """What was once said about a purpose. `is_confirmed` where the member said it to the hub in person."""

    __tablename__ = "consent_statement"

    member_id: str = Field(primary_key=True)
    purpose: str = Field(primary_key=True)
    hlc: str = Field(primary_key=True)
    is_granted: bool
    is_confirmed: bool
    channel: str
    said_at: datetime = Field(sa_type=Utc)


class Credential(SQLModel, table=True):
    """A phone: its number is its bit in the status list."""

    __tablename__ = "member_credential"

    credential: int | None = Field(default=None, primary_key=True, sa_type=Counted)
    member_id: str = Field(index=True)
    issued_at: datetime = Field(sa_type=Utc)
    revoked_at: datetime | None = Field(default=None, sa_type=Utc)


class Sighting(SQLModel, table=True):
    """Where a credential was last shown to the hub."""

    __tablename__ = "member_sighting"

    credential: int = Field(
        primary_key=True, sa_type=sa.BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    location_id: str
    seen_at: datetime = Field(sa_type=Utc)


class MemberEntry(SQLModel, table=True):
    """A move of the ledger that follows from a fact. `unit` is "points" or "stored_value" (minor units).

    `kind`: earned, taken_back (of what was earned), spent, given_back (of what was spent). `entry_id` is made of the
    fact's own ids, so that the same move is there once.
    """

    __tablename__ = "member_entry"

    entry_id: str = Field(primary_key=True)
    member_id: str = Field(index=True)
    unit: str
    kind: str
    amount: int = Field(sa_type=sa.BigInteger)
    sale_id: str = Field(index=True)
    return_id: str
    line: int
    location_id: str
    occurred_at: datetime = Field(sa_type=Utc)


class MemberAct(SQLModel, table=True):
    """A move of the ledger that was asked of the hub, idempotent by `act_id`.

    `kind`: top_up, compensation, spent, given_back, gift, written_off, expired; earned and taken_back for orders of the
    online shop, and points that were spent there. `reference` is the sale or order, or the act that is undone.
    """

    __tablename__ = "member_act"

    act_id: str = Field(primary_key=True)
    member_id: str = Field(index=True)
    unit: str
    kind: str
    amount: int = Field(sa_type=sa.BigInteger)
    location_id: str
    reference: str = Field(index=True)
    done_at: datetime = Field(sa_type=Utc)


class PointsHold(SQLModel, table=True):
    """Points kept for one sale: over with the sale that names `spend_id`, when it is given back, or at `until`."""

    __tablename__ = "points_hold"

    spend_id: str = Field(primary_key=True)
    member_id: str = Field(index=True)
    points: int = Field(sa_type=sa.BigInteger)
    location_id: str
    until: datetime = Field(sa_type=Utc)
    is_released: bool = False


class ProgrammeVersion(SQLModel, table=True):
    """What members get since `since`; `body` is the JSON text of `contract.members.Programme`.

    Who has acknowledged `feed_version` of the feed of offers has heard of it.
    """

    __tablename__ = "programme_version"

    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    since: datetime = Field(sa_type=Utc)
    body: str
    feed_version: int = Field(sa_type=sa.BigInteger)


class CouponRow(SQLModel, table=True):
    """`code` is what the customer shows, "" once it is used; `body` the JSON text of `contract.members.Coupon`."""

    __tablename__ = "coupon"

    hashed: str = Field(primary_key=True)
    code: str
    member_id: str = Field(default="", index=True)
    is_single: bool
    body: str
    made_at: datetime = Field(sa_type=Utc)


class CouponHold(SQLModel, table=True):
    """A coupon that the hub has given to one basket, `reference`, until `until`."""

    __tablename__ = "coupon_hold"

    hashed: str = Field(primary_key=True)
    reference: str = Field(primary_key=True)
    location_id: str
    until: datetime = Field(sa_type=Utc)


class CouponUse(SQLModel, table=True):
    """A coupon in a completed sale. The second use of a single coupon is a loss: both sales stand."""

    __tablename__ = "coupon_use"

    sale_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    hashed: str = Field(index=True)
    amount_minor: int = Field(sa_type=sa.BigInteger)
    currency: str
    location_id: str
    occurred_at: datetime = Field(sa_type=Utc)


class CouponSpend(SQLModel, table=True):
    """A coupon in an order of the online shop: "held" until it is paid or `until`, "used", or "free" again.

    `reference` is that of the claim (`CouponHold`) by which the shop got it.
    """

    __tablename__ = "coupon_spend"

    order_id: str = Field(primary_key=True)
    hashed: str = Field(index=True)
    reference: str
    amount_minor: int = Field(sa_type=sa.BigInteger)
    currency: str
    state: str
    until: datetime = Field(sa_type=Utc)
    done_at: datetime = Field(sa_type=Utc)
