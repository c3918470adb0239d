from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cloud.db import Utc


class Shopper(SQLModel, table=True):
    """One browser, from the first thing that it put into its basket on.

    `near` is a location, "" until it chose one. `credential` is that of the member's phone that it is, 0 for none.
    """

    __tablename__ = "shopper"

    shopper_id: str = Field(primary_key=True)
    member_id: str = Field(default="", index=True)
    credential: int = 0
    near: str = ""
    seen_at: datetime = Field(sa_type=Utc)


class BasketLine(SQLModel, table=True):
    """`position` keeps the order in which somebody put things in."""

    __tablename__ = "basket_line"

    shopper_id: str = Field(primary_key=True)
    sku: str = Field(primary_key=True)
    quantity: int
    position: int


class ShopOrder(SQLModel, table=True):
    """Whose order it is, and the link under which its page lies. `attempt` is of the form that made it: once each."""

    __tablename__ = "shop_order"

    link: str = Field(primary_key=True)
    order_id: str = Field(unique=True)
    attempt: str = Field(unique=True)
    shopper_id: str = Field(index=True)
    member_id: str = Field(default="", index=True)
    made_at: datetime = Field(sa_type=Utc)


class ShopPayment(SQLModel, table=True):
    """One try to pay for an order: "open", "asked" (sent to the wallet `provider`), "paid", "declined" (and why).

    Its `payment_id` is the wallet payment's. `look_at` is when the provider is asked again, None for never.
    """

    __tablename__ = "shop_payment"

    payment_id: str = Field(primary_key=True)
    order_id: str = Field(index=True)
    amount_minor: int = Field(sa_type=sa.BigInteger)
    currency: str
    state: str
    provider: str = ""
    reason: str = ""
    made_at: datetime = Field(sa_type=Utc)
    look_at: datetime | None = Field(default=None, sa_type=Utc, index=True)


class ReturnWish(SQLModel, table=True):
    """A customer wants to bring a line of an order back to a shop; `taken_at` is when a shop said that it has it."""

    __tablename__ = "return_wish"

    order_id: str = Field(primary_key=True)
    line: int = Field(primary_key=True)
    location_id: str = Field(index=True)
    reason: str
    asked_at: datetime = Field(sa_type=Utc)
    taken_at: datetime | None = Field(default=None, sa_type=Utc)
