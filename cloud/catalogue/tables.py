from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


class CatalogueProduct(SQLModel, table=True):
    """`names` and `gtins` are JSON text, as they came."""

    __tablename__ = "product"

    sku: str = Field(primary_key=True)
    names: str
    gtins: str
    tax_group: str
    tax_rate_bp: int
    unit: str
    category: str
    is_quick: bool


class CataloguePrice(SQLModel, table=True):
    __tablename__ = "price"

    sku: str = Field(primary_key=True)
    currency: str
    amount_minor: int = Field(sa_type=sa.BigInteger)
    is_free: bool


class ProductKey(SQLModel, table=True):
    """One key by which a product is found (`cloud.catalogue.searching`)."""

    __tablename__ = "product_key"

    key: str = Field(primary_key=True)
    sku: str = Field(primary_key=True, index=True)
