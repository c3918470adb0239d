"""From a basket to an order that is paid. Each function is one transaction of its caller.

    take      holds the goods of an offer: once for each form, however often it is sent
    ask       what a wallet is to pay, while the goods are still held
    finish    nothing is left to pay: what a member spends on it pays all
    give_up   nobody wants it any more

Money is `paying`'s: a provider is never asked inside a transaction.

A browser's own requests queue on its row: two tabs and a double click are one after the other.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from cloud.errors import BasketEmptyError, MalformedError, NotFoundError, PriceChangedError
from cloud.members.spending import Desk
from cloud.orders import service as orders
from cloud.orders import tenders
from cloud.orders.jobs import new_uid
from cloud.orders.offers import COMES
from cloud.orders.service import WantedHold, WantedLine
from cloud.orders.tables import CustomerOrder
from cloud.storefront import benefits, repository
from cloud.storefront.benefits import Choice
from cloud.storefront.tables import ShopOrder, ShopPayment, Shopper
from cloud.storefront.tickets import new_name
from contract.text import PlainText

CHANNEL: Final = "storefront"
BENEFITS: Final = "benefits"
"""Stands for a payment where no wallet paid anything."""


class Wanted(BaseModel):
    """The form. `attempt` is its own: the same form again gives the same order.

    `total_minor` is what the page before said that it costs, `rest_minor` what of it a wallet pays: all, where that
    page knew of nothing else. `coupon` (its hash), `points` and `stored_minor` are what the member spends on it.
    """

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    attempt: str = Field(pattern=r"^[A-Za-z0-9_-]{22}$")
    offer_id: PlainText = Field(max_length=400)
    customer: PlainText = Field(default="", max_length=60)
    note: PlainText = Field(default="", max_length=400)
    total_minor: int = Field(default=0, ge=0)
    coupon: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    points: int = Field(default=0, ge=0)
    stored_minor: int = Field(default=0, ge=0)
    rest_minor: int | None = Field(default=None, ge=0)

    @property
    def choice(self) -> Choice:
        return Choice(self.coupon, self.points, self.stored_minor)

    @property
    def to_pay_minor(self) -> int:
        return self.total_minor if self.rest_minor is None else self.rest_minor


def take(desk: Desk, shopper_id: str, wanted: Wanted, language: str) -> ShopOrder:
    """Raises what `orders.hold` and `benefits.hold` do, BasketEmptyError and PriceChangedError, with nothing held."""
    session, now = desk.session, desk.now
    shopper = repository.locked(session, shopper_id)
    known = repository.order_of_attempt(session, wanted.attempt)
    if known is not None:
        return _own(known, shopper)
    lines = repository.basket(session, shopper_id, language)
    if shopper is None or not lines:
        raise BasketEmptyError
    if not wanted.note and is_brought(wanted.offer_id):
        raise MalformedError(place="note", problem="Expected an address to bring it to, got none")
    for former in repository.held_orders(session, shopper_id):
        orders.release(session, now, former.order_id)
        benefits.release(session, now, former.order_id)
    hold = WantedHold(
        offer_id=wanted.offer_id,
        lines=tuple(WantedLine(sku=it.goods.sku, quantity=it.quantity) for it in lines),
        key=f"{CHANNEL}-{wanted.attempt}",
        customer=wanted.customer,
        member_id=shopper.member_id,
        language=language,
        note=wanted.note,
        channel=CHANNEL,
    )
    held = orders.hold(session, now, hold)
    if held.goods_minor + held.fee_minor != wanted.total_minor:
        raise PriceChangedError(
            seen_minor=wanted.total_minor,
            now_minor=held.goods_minor + held.fee_minor,
            currency=held.currency,
        )
    benefits.hold(
        desk, repository.order_row(session, held.order_id), wanted.choice, wanted.to_pay_minor
    )
    order = ShopOrder(
        link=new_name(),
        order_id=held.order_id,
        attempt=wanted.attempt,
        shopper_id=shopper_id,
        member_id=shopper.member_id,
        made_at=now,
    )
    session.add(order)
    session.flush()
    return order


def is_brought(offer_id: str) -> bool:
    return offer_id.partition("~")[0] not in COMES


def is_held(session: Session, order: ShopOrder) -> bool:
    """Whether it waits to be paid, and still can be."""
    view = session.get(CustomerOrder, order.order_id)
    return view is not None and view.placed_at is None and view.state != "cancelled"


def ask(session: Session, now: datetime, order: ShopOrder) -> ShopPayment:
    """The payment that is open for this order, or a new one. Raises HoldLapsedError, OrderStateError."""
    held = orders.payable(session, now, order.order_id)
    amount_minor = held.goods_minor + held.fee_minor - tenders.held_minor(session, order.order_id)
    known = repository.open_payment(session, order.order_id)
    if known is not None:
        return known
    payment = ShopPayment(
        payment_id=new_uid(now),
        order_id=order.order_id,
        amount_minor=amount_minor,
        currency=held.currency,
        state="open",
        made_at=now,
    )
    session.add(payment)
    session.flush()
    return payment


def finish(session: Session, now: datetime, order: ShopOrder) -> bool:
    """Whether all is paid: then the order stands. Raises HoldLapsedError, OrderStateError."""
    held = orders.payable(session, now, order.order_id)
    if tenders.held_minor(session, order.order_id) < held.goods_minor + held.fee_minor:
        return False
    paid_minor = benefits.commit(session, now, order.order_id)
    orders.place(session, now, order.order_id, paid_minor, f"{BENEFITS}:{order.order_id}")
    repository.empty_basket(session, order.shopper_id)
    return True


def give_up(session: Session, now: datetime, order: ShopOrder) -> None:
    """Before hand-over; where the two cross, the hand-over wins. Raises OrderStateError."""
    for payment in repository.payments(session, order.order_id):
        if payment.state == "open":
            payment.state, payment.reason = "declined", "closed"
            session.add(payment)
    orders.cancel(session, now, order.order_id, "customer")
    if (
        not is_held(session, order)
        and repository.order_row(session, order.order_id).placed_at is None
    ):
        benefits.release(session, now, order.order_id)


def _own(order: ShopOrder, shopper: Shopper | None) -> ShopOrder:
    if shopper is None or order.shopper_id != shopper.shopper_id:
        raise NotFoundError(what="order", name="of this form")
    return order
