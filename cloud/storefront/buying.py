"""From a basket to an order that is paid. Each function is one transaction of its caller.

    take      holds the goods of an offer: once for each form, however often it is sent
    ask       what is to be paid, while the goods are still held
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
from cloud.orders import service as orders
from cloud.orders.jobs import new_uid
from cloud.orders.offers import COMES
from cloud.orders.service import WantedHold, WantedLine
from cloud.orders.tables import CustomerOrder
from cloud.storefront import repository
from cloud.storefront.tables import ShopOrder, ShopPayment, Shopper
from cloud.storefront.tickets import new_name

CHANNEL: Final = "storefront"


class Wanted(BaseModel):
    """What the form says. `attempt` is the form's own: the same form again gives the same order.

    `total_minor` is what the page before said that it costs.
    """

    model_config = ConfigDict(frozen=True)

    attempt: str = Field(pattern=r"^[A-Za-z0-9_-]{22}$")
    offer_id: str = Field(max_length=400)
    customer: str = Field(default="", max_length=60)
    note: str = Field(default="", max_length=400)
    total_minor: int
    language: str = ""


def take(session: Session, now: datetime, shopper_id: str, wanted: Wanted) -> ShopOrder:
    """Raises what `orders.hold` raises, BasketEmptyError and PriceChangedError, with nothing held."""
    shopper = repository.locked(session, shopper_id)
    known = repository.order_of_attempt(session, wanted.attempt)
    if known is not None:
        return _own(known, shopper)
    lines = repository.basket(session, shopper_id, wanted.language)
    if shopper is None or not lines:
        raise BasketEmptyError
    if not wanted.note and is_brought(wanted.offer_id):
        raise MalformedError(place="note", problem="Expected an address to bring it to, got none")
    for former in repository.held_orders(session, shopper_id):
        orders.release(session, now, former.order_id)
    hold = WantedHold(
        offer_id=wanted.offer_id,
        lines=tuple(WantedLine(sku=it.goods.sku, quantity=it.quantity) for it in lines),
        key=f"{CHANNEL}-{wanted.attempt}",
        customer=wanted.customer,
        member_id=shopper.member_id,
        language=wanted.language,
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
    amount_minor = held.goods_minor + held.fee_minor
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


def give_up(session: Session, now: datetime, order: ShopOrder) -> None:
    """Before hand-over; where the two cross, the hand-over wins. Raises OrderStateError."""
    for payment in repository.payments(session, order.order_id):
        if payment.state == "open":
            payment.state, payment.reason = "declined", "closed"
            session.add(payment)
    orders.cancel(session, now, order.order_id, "customer")


def _own(order: ShopOrder, shopper: Shopper | None) -> ShopOrder:
    if shopper is None or order.shopper_id != shopper.shopper_id:
        raise NotFoundError(what="order", name="of this form")
    return order
