"""Promise, hold, place, cancel: what a customer's side asks of the hub. Each function is one transaction of its caller.

    quote    reads only; an offer's id holds for ten minutes
    hold     keeps the goods for a quarter of an hour: nobody else is promised them
    place    paid, or to be paid at hand-over: the shops hear of it
    cancel   before hand-over; where the two cross, the hand-over wins

After a transaction that placed or cancelled, call the hub's `orders_changed`, so that boxes hear of it at once.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlmodel import Session

from cloud.errors import (
    DoubledKeyError,
    GoodsGoneError,
    HoldLapsedError,
    NotFoundError,
    OrderStateError,
)
from cloud.orders import following, jobs, offers, quoting, repository
from cloud.orders.offers import Offer
from cloud.orders.quoting import Ledger, Line, Shop, Way
from cloud.orders.tables import CustomerOrder, OrderLine
from contract import handover

HOLD_LASTS = timedelta(minutes=15)
NUMBER_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is taken for another
NUMBER_LENGTH = 7
MOST_LINES = 100
MOST_SUBSTITUTES = 5


class WantedLine(BaseModel):
    """`substitutes` are SKUs that the customer takes instead, the one she likes best first."""

    model_config = ConfigDict(frozen=True)

    sku: str = Field(min_length=1, max_length=100)
    quantity: int = Field(ge=1, le=10_000)
    substitutes: tuple[str, ...] = Field(default=(), max_length=MOST_SUBSTITUTES)


class WantedHold(BaseModel):
    """`key` is the request's own (the question's id, or Idempotency-Key): the same again gives the same order.

    `customer` is what to call out, `note` where to bring it. `channel` says who asks ("counter", "storefront").
    """

    model_config = ConfigDict(frozen=True)

    offer_id: str = Field(max_length=400)
    lines: tuple[WantedLine, ...] = Field(min_length=1, max_length=MOST_LINES)
    key: str = Field(min_length=1, max_length=100)
    customer: str = Field(default="", max_length=60)
    member_id: str = Field(default="", max_length=60)
    language: str = Field(default="", max_length=8)
    note: str = Field(default="", max_length=400)
    channel: str = Field(default="", max_length=20)


class Held(BaseModel):
    """`paper_code` goes on the receipt as a QR symbol, "" where a parcel is sent."""

    order_id: str
    number: str
    hold_until: AwareDatetime
    paper_code: str
    goods_minor: int
    fee_minor: int
    currency: str


def quote(
    session: Session, now: datetime, lines: Iterable[WantedLine], near: str, language: str
) -> list[Offer]:
    """Every way to get `lines`, soonest first. Empty where no shop can promise all of them.

    `near` is a location_id, "latitude,longitude" or "". Raises NotFoundError for goods that are not in the catalogue.
    """
    basket = together(lines)
    goods = _goods(session, basket)
    facts = repository.facts(session, now, [it.sku for it in basket], None)
    found = quoting.ways(facts, basket, near, now)
    total = sum(goods[it.sku][1].amount_minor * it.quantity for it in basket)
    currency = goods[basket[0].sku][1].currency
    return offers.offers(found, total, currency, near, language, now)


def together(lines: Iterable[WantedLine]) -> list[Line]:
    """One line for each SKU, in the order in which they came."""
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.sku] = sums.get(line.sku, 0) + line.quantity
    return [Line(sku, quantity) for sku, quantity in sums.items()]


def _goods(session: Session, basket: Sequence[Line]) -> dict[str, Any]:
    found = repository.goods(session, [line.sku for line in basket])
    missing = [line.sku for line in basket if line.sku not in found]
    if missing:
        raise NotFoundError(what="product with a price", name=missing[0])
    return found


def hold(session: Session, now: datetime, wanted: WantedHold) -> Held:
    """Keeps the goods of an offer for HOLD_LASTS.

    Raises OfferExpiredError, OfferChangedError or GoodsGoneError with nothing held; DoubledKeyError where the key was
    used for another request.
    """
    known = repository.by_key(session, wanted.key)
    if known is not None:
        return _again(known, wanted)
    choice = offers.parse(wanted.offer_id, now)
    basket = together(wanted.lines)
    places = {choice.location_id, choice.source_id} | {choice.near}
    repository.lock_shops(session, places)
    facts = repository.facts(session, now, [it.sku for it in basket], places)
    way = offers.check(choice, quoting.possible(facts, choice.near, now))
    way = quoting.promised_until(way, choice.end)
    check_left(Ledger(facts), way, basket)
    order = _new_order(session, now, wanted, basket, way)
    order.near = choice.near
    jobs.keep_back(session, order, basket)
    repository.add_event(session, order.order_id, now, "held", {"until": order.hold_until})
    return held(order)


def _again(order: CustomerOrder, wanted: WantedHold) -> Held:
    if order.ask_digest != _digest(wanted):
        raise DoubledKeyError(number=order.number)
    return held(order)


def _digest(wanted: WantedHold) -> str:
    return hashlib.sha256(wanted.model_dump_json().encode()).hexdigest()


def held(order: CustomerOrder) -> Held:
    return Held(
        order_id=order.order_id,
        number=order.number,
        hold_until=order.hold_until,
        paper_code=code(order, handover.PAPER),
        goods_minor=order.goods_minor,
        fee_minor=order.fee_minor,
        currency=order.currency,
    )


def code(order: CustomerOrder, step: int) -> str:
    """The hand-over code of a 30-second step, "" where nobody hands it to the customer."""
    if order.kind == "shipping":
        return ""
    return handover.code(order.secret, order.number, order.location_id, step)


def check_left(ledger: Ledger, way: Way, basket: Sequence[Line]) -> None:
    """Raises GoodsGoneError."""
    source_id = way.source.location_id
    for line in basket:
        left = ledger.left(source_id, line.sku, way.keeps_until)
        if left < line.quantity:
            raise GoodsGoneError(
                location_id=source_id, sku=line.sku, quantity=line.quantity, left=max(0, left)
            )


def _new_order(
    session: Session, now: datetime, wanted: WantedHold, basket: Sequence[Line], way: Way
) -> CustomerOrder:
    instead = {line.sku: line.substitutes for line in wanted.lines}
    goods = _goods(session, basket)
    taken_for = {
        sku: _goods(session, [Line(other, 1) for other in others])
        for sku, others in instead.items()
        if others
    }
    order_id = jobs.new_uid(now)
    lines = [
        OrderLine(
            order_id=order_id,
            line=number,
            sku=line.sku,
            names=goods[line.sku][0].names,
            quantity=line.quantity,
            unit_price_minor=goods[line.sku][1].amount_minor,
            substitutes=_priced(instead[line.sku], taken_for.get(line.sku, {})),
        )
        for number, line in enumerate(basket, 1)
    ]
    order = CustomerOrder(
        order_id=order_id,
        number=_free_number(session),
        ask_key=wanted.key,
        ask_digest=_digest(wanted),
        state="held",
        promise="quoted",
        kind=way.kind,
        location_id=way.shop.location_id,
        source_id=way.source.location_id,
        channel=wanted.channel,
        language=wanted.language,
        customer=wanted.customer,
        member_id=wanted.member_id,
        note=wanted.note,
        secret=secrets.token_hex(20),
        currency=goods[basket[0].sku][1].currency,
        goods_minor=sum(line.unit_price_minor * line.quantity for line in lines),
        fee_minor=way.fee_minor,
        window_start=offers.whole(way.start),
        window_end=way.end,
        confidence_bp=quoting.confidence_bp(way, now),
        held_at=now,
        hold_until=now + HOLD_LASTS,
        due_at=now + HOLD_LASTS,
    )
    session.add_all([order, *lines])
    session.flush()
    return order


def _priced(substitutes: Sequence[str], goods: dict[str, Any]) -> str:
    return json.dumps({sku: goods[sku][1].amount_minor for sku in substitutes})


def _free_number(session: Session) -> str:
    while True:
        number = "".join(secrets.choice(NUMBER_SIGNS) for _ in range(NUMBER_LENGTH))
        if repository.by_number(session, number) is None:
            return number


def payable(session: Session, now: datetime, order_id: str) -> Held:
    """Ask this before money is taken. Raises HoldLapsedError where the goods are no longer held."""
    order = _order(session, order_id)
    if order.state == "lapsed" or (order.state == "held" and now >= order.hold_until):
        raise HoldLapsedError(number=order.number, hold_until=order.hold_until.isoformat())
    if order.state != "held":
        raise OrderStateError(number=order.number, state=order.state, wanted="paid")
    return held(order)


def place(
    session: Session, now: datetime, order_id: str, paid_minor: int = 0, payment: str = ""
) -> dict[str, Any]:
    """The order stands; `paid_minor` 0 is paid at hand-over. A second time changes nothing.

    What is paid is placed even when its hold has lapsed, and promised anew if the goods are gone. Raises
    HoldLapsedError for an unpaid one, OrderStateError for a cancelled one that nobody has paid.
    """
    order = _order(session, order_id)
    if order.state in ("held", "lapsed"):
        if not paid_minor:
            payable(session, now, order_id)
        following.place(session, now, order, paid_minor, payment)
    elif order.state == "cancelled" and not order.placed_at:
        if not paid_minor:
            raise OrderStateError(number=order.number, state=order.state, wanted="placed")
        following.paid_in_vain(session, now, order, paid_minor, payment)
    return order_view(session, now, order_id)


def release(session: Session, now: datetime, order_id: str) -> dict[str, Any]:
    """Gives a hold up. One that was placed already stays placed: cancel it."""
    order = _order(session, order_id)
    if order.state == "held":
        following.give_up(session, now, order)
    return order_view(session, now, order_id)


def cancel(session: Session, now: datetime, order_id: str, reason: str = "") -> dict[str, Any]:
    """Asks the shops to stop; it is cancelled when they have said so. A second time changes nothing.

    Raises OrderStateError where it has been handed over.
    """
    order = _order(session, order_id)
    if order.state in following.HANDED:
        raise OrderStateError(number=order.number, state=order.state, wanted="cancelled")
    if order.state in ("held", "lapsed"):
        following.give_up(session, now, order)
    elif order.state not in following.OVER and order.state != "cancelling":
        following.stop(session, now, order, reason)
    return order_view(session, now, order_id)


def rotating_code(session: Session, now: datetime, order_id: str) -> dict[str, Any]:
    """The code for the customer's phone; ask again after `changes_in_s`."""
    order = _order(session, order_id)
    left_s = handover.STEP_S - int(now.timestamp()) % handover.STEP_S
    return {"code": code(order, handover.step_at(now)), "changes_in_s": left_s}


def listed(
    session: Session,
    now: datetime,
    limit: int,
    location_id: str = "",
    member_id: str = "",
    state: str = "",
) -> list[dict[str, Any]]:
    """Newest first, without lines, jobs and story."""
    shops = repository.shops(session)
    found = repository.orders(session, limit, location_id, member_id, state)
    return [_head(order, shops, now) | _times(order) for order in found]


def _order(session: Session, order_id: str) -> CustomerOrder:
    order = repository.locked(session, order_id)
    if order is None:
        raise NotFoundError(what="order", name=order_id)
    return order


def order_view(session: Session, now: datetime, order_id: str) -> dict[str, Any]:
    """The whole order as its customer and head office may see it; plain JSON values.

    `state`: held, lapsed, placed, accepted, in_progress, ready, partly_handed, completed, cancelling, cancelled,
    at_risk, broken, partly_returned, returned. `promise`: quoted, accepted, at_risk, re_promised, kept, broken, void.
    """
    order = session.get(CustomerOrder, order_id)
    if order is None:
        raise NotFoundError(what="order", name=order_id)
    shops = repository.shops(session, {order.location_id, order.source_id})
    return (
        _head(order, shops, now)
        | _times(order)
        | {
            "lines": [_line_view(line) for line in repository.lines(session, order_id)],
            "jobs": [_job_view(job) for job in repository.jobs(session, order_id)],
            "story": [_event_view(event) for event in repository.story(session, order_id)],
            "credits": [
                credit.model_dump(mode="json", exclude={"order_id"})
                for credit in repository.credits_of(session, order_id)
            ],
        }
    )


def _head(order: CustomerOrder, shops: dict[str, Shop], now: datetime) -> dict[str, Any]:
    shop = shops.get(order.location_id)
    is_open = order.state not in following.OVER and order.state != "cancelling"
    names = ("order_id", "number", "state", "promise", "kind", "location_id", "source_id")
    amounts = ("goods_minor", "fee_minor", "paid_minor", "currency", "confidence_bp")
    more = ("channel", "customer", "member_id", "payment", "promises_made")
    return {name: getattr(order, name) for name in (*names, *amounts, *more)} | {
        "location_name": shop.name(order.language) if shop else order.location_id,
        "due_minor": jobs.due_minor(order),
        "can_cancel": is_open,
        "is_hold_lapsed": order.state == "lapsed"
        or (order.state == "held" and now >= order.hold_until),
        "plan_b": json.loads(order.plan_b) if order.plan_b else None,
    }


def _times(order: CustomerOrder) -> dict[str, Any]:
    moments = ("held_at", "hold_until", "placed_at", "completed_at")
    return {name: _iso(getattr(order, name)) for name in moments} | {
        "window": {"start": _iso(order.window_start), "end": _iso(order.window_end)}
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _line_view(line: OrderLine) -> dict[str, Any]:
    shown = line.model_dump(exclude={"order_id", "names", "substitutes"})
    return shown | {
        "substitutes": list(json.loads(line.substitutes)),
        "names": json.loads(line.names),
        "amount_minor": line.unit_price_minor * line.quantity,
    }


def _job_view(job: Any) -> dict[str, Any]:
    shown: dict[str, Any] = job.model_dump(mode="json", exclude={"order_id"})
    return shown


def _event_view(event: Any) -> dict[str, Any]:
    return {"at": _iso(event.at), "what": event.what, "fields": json.loads(event.fields)}
