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


class SaleLot(BoxTable, table=True):
    __tablename__: ClassVar[Any] = "sale_lot"
    sale_id: str = Field(primary_key=True)
    line: int = Field(primary_key=True)
    lot: str = Field(primary_key=True)
    expiry: str = Field(primary_key=True)
    quantity: int


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


class JobHanded(BoxTable, table=True):
    __tablename__: ClassVar[Any] = "job_handed"
    job_id: str = Field(primary_key=True)
    line: int = Field(primary_key=True)
    sku: str = Field(primary_key=True)
    lot: str = Field(default="", primary_key=True)
    expiry: str = Field(default="", primary_key=True)
    quantity: int


class CounterOrder(BoxTable, table=True):
    """`body` is the offer that the customer chose, with the code for the receipt, as JSON."""

    __tablename__: ClassVar[Any] = "counter_order"
    order_id: str = Field(primary_key=True)
    number: str
    basket_id: str
    hold_until: str
    created_at: str
    body: str


class ReceivedLine(BoxTable, table=True):
    __tablename__: ClassVar[Any] = "received_line"
    receiving_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    arrival_id: str
    sku: str
    lot: str
    expiry: str
    expected: int
    received: int
    damaged: int
    rest: str
    received_at: str


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


class WalletRefund(BoxTable, table=True):
    """Money that goes back to a wallet with goods, PENDING until the hub has proved it."""

    __tablename__: ClassVar[Any] = "wallet_refund"

    refund_id: str = Field(primary_key=True)
    payment_id: str
    state: str = "PENDING"
    amount_minor: int
    currency: str
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


class MemberVisit(BoxTable, table=True):
    __tablename__: ClassVar[Any] = "member_visit"
    sale_id: str = Field(primary_key=True)
    member_id: str
    tier_name: str
    balance: int
    as_of: str
    visited_at: str


class PointsUse(BoxTable, table=True):
    __tablename__: ClassVar[Any] = "points_use"
    spend_id: str = Field(primary_key=True)
    basket_id: str
    member_id: str
    what: str
    amount: int
    amount_minor: int
    is_asked: bool
    state: str
    sale_id: str = ""
    made_at: str
    known_at: str = ""


class CouponUse(BoxTable, table=True):
    __tablename__: ClassVar[Any] = "coupon_use"
    hashed: str = Field(primary_key=True)
    basket_id: str = Field(primary_key=True)
    amount_minor: int
    is_foreign: bool
    state: str
    sale_id: str = ""
    made_at: str
    known_at: str = ""


def table_of(model: type[SQLModel]) -> Table:
    return BoxTable.metadata.tables[str(model.__tablename__)]


def rows_of(model: type[SQLModel]) -> Select[Any]:
    """SELECT of whole rows, for `Reader.all` and `Reader.first`."""
    return select_columns(table_of(model))
