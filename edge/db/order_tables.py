"""Tables of open orders: what this shop is to hand over, and what was ordered at its counter.

Apart from `edge.db.tables`, because the first page is served without them.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlmodel import Field

from edge.db.tables import BoxTable


class ShopJobRow(BoxTable, table=True):
    """`body` is `contract.orders.ShopJob` as JSON."""

    __tablename__: ClassVar[Any] = "shop_job"
    job_id: str = Field(primary_key=True)
    order_id: str
    number: str
    kind: str
    state: str
    revision: int
    window_end: str
    place: str = ""
    packages: int = 0
    heard_at: str
    updated_at: str
    at_risk_at: str = ""
    body: str


class SetAside(BoxTable, table=True):
    """`is_kept`: it has come for the job from another shop and is not picked yet."""

    __tablename__: ClassVar[Any] = "set_aside"
    job_id: str = Field(primary_key=True)
    line: int = Field(primary_key=True)
    sku: str = Field(primary_key=True)
    lot: str = Field(default="", primary_key=True)
    expiry: str = Field(default="", primary_key=True)
    is_kept: bool = Field(default=False, primary_key=True)
    quantity: int


class JobHanded(BoxTable, table=True):
    __tablename__: ClassVar[Any] = "job_handed"
    job_id: str = Field(primary_key=True)
    line: int = Field(primary_key=True)
    sku: str = Field(primary_key=True)
    lot: str = Field(default="", primary_key=True)
    expiry: str = Field(default="", primary_key=True)
    quantity: int


class OrderReturnLine(BoxTable, table=True):
    """Pieces of one lot of an order that was paid online, taken back here."""

    __tablename__: ClassVar[Any] = "order_return_line"
    return_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    order_id: str
    line: int
    sku: str
    quantity: int
    is_restocked: bool
    lot: str = ""
    expiry: str = ""
    taken_at: str


class CounterOrder(BoxTable, table=True):
    """`body` is the offer that the customer chose, with the code for the receipt, as JSON."""

    __tablename__: ClassVar[Any] = "counter_order"
    order_id: str = Field(primary_key=True)
    number: str
    basket_id: str
    hold_until: str
    created_at: str
    body: str
