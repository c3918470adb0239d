"""The tables as the program sees them. The SQL of `migrations/` makes them; a test keeps the two equal.

What a column means stands beside it in the migrations. Rows are read as these classes and never changed in place:
there is no ORM session in the box, a use case says what it writes.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Select, Table
from sqlalchemy import select as select_columns
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class BoxTable(SQLModel, registry=registry()):
    """Base of every table here, with a registry of the box's own: a hub has tables of the same names."""


class Counter(BoxTable, table=True):
    name: str = Field(primary_key=True)
    value: int


class Stream(BoxTable, table=True):
    position: int | None = Field(default=None, primary_key=True)
    epoch: str
    state: str
    acked: int = 0
    high: int = 0
    chain: str


class Outbox(BoxTable, table=True):
    epoch: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    uid: str
    body: str
    chain: str


class FeedCursor(BoxTable, table=True):
    __tablename__: ClassVar[Any] = "feed_cursor"
    feed: str = Field(primary_key=True)
    version: int


class FeedRow(BoxTable, table=True):
    """`body` is canonical JSON text."""

    __tablename__: ClassVar[Any] = "feed_row"
    feed: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    version: int
    body: str


class Product(BoxTable, table=True):
    key: str = Field(primary_key=True)
    version: int
    body: str
    sku: str
    names: str
    tax_group: str
    tax_rate_bp: int
    unit: str
    category: str
    is_quick: bool


class ProductCode(BoxTable, table=True):
    __tablename__: ClassVar[Any] = "product_code"
    code: str = Field(primary_key=True)
    sku: str


class Price(BoxTable, table=True):
    key: str = Field(primary_key=True)
    version: int
    body: str
    sku: str
    currency: str
    amount_minor: int
    is_free: bool


class Shift(BoxTable, table=True):
    shift_id: str = Field(primary_key=True)
    number: int
    state: str
    cashier: str
    business_date: str
    currency: str
    float_minor: int
    opened_at: str
    closed_at: str = ""
    z: str = ""


class CashMovement(BoxTable, table=True):
    __tablename__: ClassVar[Any] = "cash_movement"
    movement_id: str = Field(primary_key=True)
    shift_id: str
    direction: str
    amount_minor: int
    reason: str
    moved_at: str


class BasketRow(BoxTable, table=True):
    """`body` is the domain's Basket as JSON."""

    __tablename__: ClassVar[Any] = "basket"
    basket_id: str = Field(primary_key=True)
    shift_id: str
    state: str
    updated_at: str
    body: str


class Sale(BoxTable, table=True):
    sale_id: str = Field(primary_key=True)
    receipt_number: int
    shift_id: str
    cashier: str
    business_date: str
    completed_at: str
    currency: str
    total_minor: int
    discount_minor: int
    rounding_minor: int
    member_id: str = ""
    points_earned: int = 0


class SaleLine(BoxTable, table=True):
    __tablename__: ClassVar[Any] = "sale_line"
    sale_id: str = Field(primary_key=True)
    line: int = Field(primary_key=True)
    sku: str
    gtin: str
    name: str
    quantity: int
    unit_price_minor: int
    discount_minor: int
    amount_minor: int
    tax_group: str
    rate_bp: int
    tax_minor: int
    entry_method: str
    price_version: int
    lot: str
    expiry: str = ""
    order_id: str = ""
    discount_reason: str = ""


class SaleTax(BoxTable, table=True):
    __tablename__: ClassVar[Any] = "sale_tax"
    sale_id: str = Field(primary_key=True)
    tax_group: str = Field(primary_key=True)
    rate_bp: int = Field(primary_key=True)
    gross_minor: int
    tax_minor: int


class SaleTender(BoxTable, table=True):
    __tablename__: ClassVar[Any] = "sale_tender"
    sale_id: str = Field(primary_key=True)
    position: int = Field(primary_key=True)
    kind: str
    amount_minor: int
    tendered_minor: int
    change_minor: int
    payment_id: str
    masked_pan: str
    scheme: str
    auth_code: str


class GoodsReturn(BoxTable, table=True):
    __tablename__: ClassVar[Any] = "goods_return"
    return_id: str = Field(primary_key=True)
    original_sale_id: str
    original_edge_id: str
    receipt_number: int
    shift_id: str
    cashier: str
    business_date: str
    completed_at: str
    currency: str
    reason: str
    total_minor: int
    rounding_minor: int


class GoodsReturnLine(BoxTable, table=True):
    __tablename__: ClassVar[Any] = "goods_return_line"
    return_id: str = Field(primary_key=True)
    line: int = Field(primary_key=True)
    original_line: int
    sku: str
    name: str
    quantity: int
    amount_minor: int
    tax_group: str
    rate_bp: int
    tax_minor: int
    is_restocked: bool


class GoodsReturnTender(BoxTable, table=True):
    __tablename__: ClassVar[Any] = "goods_return_tender"
    return_id: str = Field(primary_key=True)
    position: int = Field(primary_key=True)
    kind: str
    amount_minor: int
    payment_id: str


class StockMove(BoxTable, table=True):
    __tablename__: ClassVar[Any] = "stock_move"
    move_id: int | None = Field(default=None, primary_key=True)
    sku: str
    quantity: int
    lot: str
    cause: str
    cause_id: str
    expiry: str = ""


class Payment(BoxTable, table=True):
    """By card or wallet. Of a wallet, `scheme` names the provider; the customer's code is never here."""

    payment_id: str = Field(primary_key=True)
    kind: str = "card"
    reference: str
    reversal_reference: str = ""
    basket_id: str
    shift_id: str
    state: str
    was_unknown: bool = False
    amount_minor: int
    currency: str
    terminal_transaction_id: str = ""
    terminal_timestamp: str = ""
    auth_code: str = ""
    scheme: str = ""
    masked_pan: str = ""
    error_condition: str = ""
    created_at: str
    updated_at: str


class PrintJob(BoxTable, table=True):
    __tablename__: ClassVar[Any] = "print_job"
    job_id: int | None = Field(default=None, primary_key=True)
    kind: str
    subject_id: str
    copy_of: int | None = None
    state: str
    process_id: str = ""
    reason: str = ""
    document: str
    created_at: str
    updated_at: str


class DrawerOpening(BoxTable, table=True):
    __tablename__: ClassVar[Any] = "drawer_opening"
    opening_id: int | None = Field(default=None, primary_key=True)
    shift_id: str
    cause: str
    requested_at: str


class CommandResult(BoxTable, table=True):
    __tablename__: ClassVar[Any] = "command_result"
    command_id: str = Field(primary_key=True)
    verb: str
    outcome: str
    detail: str
    finished_at: str


class UnknownScan(BoxTable, table=True):
    __tablename__: ClassVar[Any] = "unknown_scan"
    code: str = Field(primary_key=True)
    count: int
    last_at: str


def table_of(model: type[SQLModel]) -> Table:
    return BoxTable.metadata.tables[str(model.__tablename__)]


def rows_of(model: type[SQLModel]) -> Select[Any]:
    """SELECT of whole rows, for `Reader.all` and `Reader.first`."""
    return select_columns(table_of(model))
