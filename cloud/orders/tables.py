"""What the hub itself decides (shops, rights, orders, their jobs), and what shops said of them (`JobEvent`).

Only `JobEvent` follows from facts alone and is projected anew; everything else here stays as it was decided.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cloud.db import Utc


class JobEvent(SQLModel, table=True):
    """One fact of a shop about a job, in the order in which the shop made them. `body` is the fact's JSON text."""

    __tablename__ = "job_event"

    uid: str = Field(primary_key=True)
    job_id: str = Field(index=True)
    order_id: str = Field(index=True)
    edge_id: str
    location_id: str
    seq: int = Field(sa_type=sa.BigInteger)
    type: str
    revision: int
    occurred_at: datetime = Field(sa_type=Utc)
    body: str


class Place(SQLModel, table=True):
    """One shop as a promise needs it.

    `names`, `opens` ({"mon": "09:00-21:00"}; "{}" is always open) and `travel_min` (minutes by location_id that goods
    take to another shop) are JSON text. A radius of 0 is no delivery, `ship_days` 0 no shipping. The last four are
    measured of the shop's own jobs: how many there are, how many were in time, the lead time that four of five
    keep, and until when they were counted.
    """

    __tablename__ = "place"

    location_id: str = Field(primary_key=True)
    names: str
    latitude: float | None = None
    longitude: float | None = None
    timezone: str
    opens: str = "{}"
    travel_min: str = "{}"
    is_pickup: bool = True
    accept_min: int = 10
    prepare_min: int = 15
    delivery_radius_m: int = 0
    delivery_min: int = 0
    delivery_fee_minor: int = Field(default=0, sa_type=sa.BigInteger)
    ship_days: int = 0
    ship_fee_minor: int = Field(default=0, sa_type=sa.BigInteger)
    samples: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    on_time: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    lead_s: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    measured_at: datetime | None = Field(default=None, sa_type=Utc)


class Right(SQLModel, table=True):
    """How many units of `sku` ("*": of anything else) the hub may promise at a shop, and how many stay for walk-ins.

    The hub counts with `heard_cap`: a cap that was raised holds once every box of the shop has acknowledged `version`
    of its feed, because until then the bound that a box states is that of the lower one.
    """

    __tablename__ = "stock_right"

    location_id: str = Field(primary_key=True)
    sku: str = Field(primary_key=True)
    cap: int
    keep: int
    heard_cap: int = 0
    version: int = Field(default=0, sa_type=sa.BigInteger)


class CustomerOrder(SQLModel, table=True):
    """`state` is derived from the jobs by `following`; `promise` is that of the window.

    `location_id` is where the customer gets it, or which shop brings it; `source_id` where the goods come from.
    `ask_key` makes a doubled request give the first answer, `ask_digest` says whether it was the same request.
    `plan_b` is JSON text. `due_at` is when the order must be looked at again, None for never.
    """

    __tablename__ = "customer_order"

    order_id: str = Field(primary_key=True)
    number: str = Field(unique=True)
    ask_key: str = Field(unique=True)
    ask_digest: str
    state: str = Field(index=True)
    promise: str
    kind: str
    location_id: str = Field(index=True)
    source_id: str
    near: str = ""
    channel: str = ""
    language: str = ""
    customer: str = ""
    member_id: str = Field(default="", index=True)
    note: str = ""
    secret: str
    currency: str
    goods_minor: int = Field(sa_type=sa.BigInteger)
    fee_minor: int = Field(sa_type=sa.BigInteger)
    paid_minor: int = Field(default=0, sa_type=sa.BigInteger)
    payment: str = ""
    window_start: datetime = Field(sa_type=Utc)
    window_end: datetime = Field(sa_type=Utc)
    confidence_bp: int
    plan_b: str = ""
    held_at: datetime = Field(sa_type=Utc)
    hold_until: datetime = Field(sa_type=Utc)
    placed_at: datetime | None = Field(default=None, sa_type=Utc)
    completed_at: datetime | None = Field(default=None, sa_type=Utc)
    promises_made: int = 1
    due_at: datetime | None = Field(default=None, sa_type=Utc, index=True)


class OrderLine(SQLModel, table=True):
    """`names` is JSON text, and so is `substitutes`: what the customer takes instead, with its price then, by SKU.

    `handed` is how many the customer has been given, `returned` how many of those have come back, `paid_back` how many
    of these the hub owes or has paid back: what a till took back against its receipt it has paid itself.
    """

    __tablename__ = "order_line"

    order_id: str = Field(primary_key=True)
    line: int = Field(primary_key=True)
    sku: str
    names: str
    quantity: int
    unit_price_minor: int = Field(sa_type=sa.BigInteger)
    handed: int = 0
    returned: int = 0
    substitutes: str = "{}"
    paid_back: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class OrderBack(SQLModel, table=True):
    """Pieces of one lot that a shop took back for a line of an order: a row of a fact `order.returned`."""

    __tablename__ = "order_back"

    uid: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    return_id: str
    order_id: str = Field(index=True)
    edge_id: str
    location_id: str
    occurred_at: datetime = Field(sa_type=Utc)
    cashier: str
    reason: str
    proof: str
    line: int
    sku: str
    quantity: int
    is_restocked: bool


class OrderJob(SQLModel, table=True):
    """`state` is what the shop said last, `wanted` what the hub wants ("placed", "cancelled").

    `told` is how many of the shop's facts were taken up: a new projection of the same facts is no news.
    """

    __tablename__ = "order_job"

    job_id: str = Field(primary_key=True)
    order_id: str = Field(index=True)
    number: int
    location_id: str = Field(index=True)
    kind: str
    state: str
    wanted: str
    revision: int
    placed_at: datetime = Field(sa_type=Utc)
    accept_by: datetime = Field(sa_type=Utc)
    window_start: datetime = Field(sa_type=Utc)
    window_end: datetime = Field(sa_type=Utc)
    keeps_until: str = ""
    to_location_id: str = ""
    from_job_id: str = ""
    place: str = ""
    reason: str = ""
    accepted_at: datetime | None = Field(default=None, sa_type=Utc)
    ready_at: datetime | None = Field(default=None, sa_type=Utc)
    handed_at: datetime | None = Field(default=None, sa_type=Utc)
    told: int = 0


class PromisedGoods(SQLModel, table=True):
    """Units of a shop that a promise stands on, from the hold until they leave the shop or are free again.

    `job_id` is "" while it is only held, and `until` the end of the hold, None afterwards. `is_set_aside` once the
    shop has laid them aside.
    """

    __tablename__ = "promised_goods"
    __table_args__ = (
        sa.Index("promised_goods_level", "sku", "location_id", "is_set_aside", "until", "quantity"),
    )

    order_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    job_id: str = ""
    location_id: str
    sku: str
    quantity: int
    is_set_aside: bool = False
    until: datetime | None = Field(default=None, sa_type=Utc)


class OrderEvent(SQLModel, table=True):
    """The order's own story, for people. `fields` is JSON text."""

    __tablename__ = "order_event"

    order_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    at: datetime = Field(sa_type=Utc)
    what: str
    fields: str = "{}"


class OrderCredit(SQLModel, table=True):
    """Money that the customer is owed: `kind` is "refund" or "compensation", `settled_by` how it was given back."""

    __tablename__ = "order_credit"

    order_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    kind: str
    amount_minor: int = Field(sa_type=sa.BigInteger)
    currency: str
    reason: str
    owed_at: datetime = Field(sa_type=Utc)
    settled_at: datetime | None = Field(default=None, sa_type=Utc)
    settled_by: str = ""


class OrderTender(SQLModel, table=True):
    """What an order was paid with online: "wallet", "points", "stored_value" or "coupon", each in minor units.

    `state`: "held" until the order is paid, then "paid"; "released" where it never was. `payment_id` is the wallet
    payment's, the spend's in the members' ledger, or the coupon's hash; `points` how many points it was.
    """

    __tablename__ = "order_tender"

    order_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    kind: str
    amount_minor: int = Field(sa_type=sa.BigInteger)
    points: int = Field(default=0, sa_type=sa.BigInteger)
    payment_id: str
    state: str = Field(index=True)
    at: datetime = Field(sa_type=Utc)


class OrderRefund(SQLModel, table=True):
    """What of the credit number `credit` went back to which tender of the order; a compensation is of tender 0."""

    __tablename__ = "order_refund"

    order_id: str = Field(primary_key=True)
    credit: int = Field(primary_key=True)
    number: int = Field(primary_key=True)
    kind: str
    amount_minor: int = Field(sa_type=sa.BigInteger)
    points: int = Field(default=0, sa_type=sa.BigInteger)
    at: datetime = Field(sa_type=Utc)


class OrderTouched(SQLModel, table=True):
    """Orders that new facts speak of: written with the facts' rows, taken away with what follows from them."""

    __tablename__ = "order_touched"

    order_id: str = Field(primary_key=True)
