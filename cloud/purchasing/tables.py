from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cloud.db import Utc


class SupplierTerm(SQLModel, table=True):
    """From whom a product comes, and how. `shelf_days` is 0 for what does not spoil."""

    __tablename__ = "supplier_term"

    sku: str = Field(primary_key=True)
    supplier: str = Field(index=True)
    unit_cost_minor: int = Field(sa_type=sa.BigInteger)
    pack_size: int
    lead_days: int
    shelf_days: int


class PurchaseOrder(SQLModel, table=True):
    """`state` is "sent", "closed" or "cancelled"; how much has come follows from the shops' facts."""

    __tablename__ = "purchase_order"

    purchase_id: str = Field(primary_key=True)
    number: str = Field(unique=True)
    location_id: str = Field(index=True)
    supplier: str
    state: str = Field(index=True)
    ordered_at: datetime = Field(sa_type=Utc)
    due: str
    currency: str


class PurchaseLine(SQLModel, table=True):
    """`unit_cost_minor` is frozen when the order is sent."""

    __tablename__ = "purchase_line"

    purchase_id: str = Field(primary_key=True)
    line: int = Field(primary_key=True)
    sku: str = Field(index=True)
    quantity: int
    unit_cost_minor: int = Field(sa_type=sa.BigInteger)
