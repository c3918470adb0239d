from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cloud.db import Utc

# SQLite counts a primary key by itself only where it is spelt INTEGER.
Position = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class Sale(SQLModel, table=True):
    """`position` is the order of arrival at the hub, the cursor of the API."""

    __tablename__ = "sale"

    position: int | None = Field(default=None, primary_key=True, sa_type=Position)
    sale_id: str = Field(unique=True)
    uid: str
    edge_id: str = Field(index=True)
    seq: int = Field(sa_type=sa.BigInteger)
    location_id: str = Field(index=True)
    workstation_id: str
    shift_id: str = Field(index=True)
    cashier: str
    receipt_number: int = Field(sa_type=sa.BigInteger)
    business_date: str = Field(index=True)
    occurred_at: datetime = Field(sa_type=Utc, index=True)
    currency: str
    total_minor: int = Field(sa_type=sa.BigInteger)
    discount_minor: int = Field(sa_type=sa.BigInteger)
    rounding_minor: int = Field(sa_type=sa.BigInteger)
    member_id: str = Field(default="", index=True, sa_column_kwargs={"server_default": ""})
    points_earned: int = Field(
        default=0, sa_type=sa.BigInteger, sa_column_kwargs={"server_default": "0"}
    )


class SaleLineRow(SQLModel, table=True):
    __tablename__ = "sale_line"

    sale_id: str = Field(primary_key=True)
    line: int = Field(primary_key=True)
    sku: str = Field(index=True)
    gtin: str
    name: str
    quantity: int
    unit_price_minor: int = Field(sa_type=sa.BigInteger)
    discount_minor: int = Field(sa_type=sa.BigInteger)
    amount_minor: int = Field(sa_type=sa.BigInteger)
    tax_group: str
    rate_bp: int
    tax_minor: int = Field(sa_type=sa.BigInteger)
    entry_method: str
    price_version: int = Field(sa_type=sa.BigInteger)
    lot: str
    expiry: str = Field(default="", sa_column_kwargs={"server_default": ""})
    order_id: str = Field(default="", index=True, sa_column_kwargs={"server_default": ""})


class SaleTax(SQLModel, table=True):
    """A group whose rate changed while a basket was open is there twice."""

    __tablename__ = "sale_tax"

    sale_id: str = Field(primary_key=True)
    tax_group: str = Field(primary_key=True)
    rate_bp: int = Field(primary_key=True)
    gross_minor: int = Field(sa_type=sa.BigInteger)
    tax_minor: int = Field(sa_type=sa.BigInteger)


class SaleTender(SQLModel, table=True):
    __tablename__ = "sale_tender"

    sale_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    kind: str
    amount_minor: int = Field(sa_type=sa.BigInteger)
    tendered_minor: int = Field(sa_type=sa.BigInteger)
    change_minor: int = Field(sa_type=sa.BigInteger)
    payment_id: str
    masked_pan: str
    scheme: str
    auth_code: str


class Return(SQLModel, table=True):
    __tablename__ = "goods_return"

    position: int | None = Field(default=None, primary_key=True, sa_type=Position)
    return_id: str = Field(unique=True)
    original_sale_id: str = Field(index=True)
    original_edge_id: str
    uid: str
    edge_id: str = Field(index=True)
    seq: int = Field(sa_type=sa.BigInteger)
    location_id: str
    workstation_id: str
    shift_id: str = Field(index=True)
    cashier: str
    receipt_number: int = Field(sa_type=sa.BigInteger)
    business_date: str
    occurred_at: datetime = Field(sa_type=Utc)
    currency: str
    reason: str
    total_minor: int = Field(sa_type=sa.BigInteger)
    rounding_minor: int = Field(sa_type=sa.BigInteger)


class ReturnLineRow(SQLModel, table=True):
    __tablename__ = "return_line"

    return_id: str = Field(primary_key=True)
    line: int = Field(primary_key=True)
    original_line: int
    sku: str
    name: str
    quantity: int
    amount_minor: int = Field(sa_type=sa.BigInteger)
    tax_group: str
    rate_bp: int
    tax_minor: int = Field(sa_type=sa.BigInteger)
    is_restocked: bool


class ReturnTender(SQLModel, table=True):
    __tablename__ = "return_tender"

    return_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    kind: str
    amount_minor: int = Field(sa_type=sa.BigInteger)
    payment_id: str
    scheme: str = Field(default="", sa_column_kwargs={"server_default": ""})


class VoidedBasket(SQLModel, table=True):
    __tablename__ = "voided_basket"

    basket_id: str = Field(primary_key=True)
    edge_id: str = Field(index=True)
    location_id: str
    cashier: str
    occurred_at: datetime = Field(sa_type=Utc)
    currency: str
    line_count: int
    total_minor: int = Field(sa_type=sa.BigInteger)
