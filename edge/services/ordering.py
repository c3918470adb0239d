"""Ordering for a customer at the counter: every way to get what is in the basket, and the one that is chosen.

The hub is asked, held to and paid as usual: the sale's lines carry the order, and the sale's fact places it. Where
nobody pays, the hub's hold lapses by itself. Nothing is asked later than now: with the line down there is only what
lies on this shelf.
"""

from __future__ import annotations

import json
import logging
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from contract.envelope import make_uid
from contract.orders import Window
from edge.db.order_tables import CounterOrder
from edge.domain import basket as baskets
from edge.domain.basket import Article, Basket, BasketLine, Discount, EnteredCode
from edge.domain.errors import HubRefused, HubSilent, HubUnreachable, NothingToSell
from edge.domain.money import spelled
from edge.domain.order_errors import DueUnclear, OfferGone, OrderedAlready, OrderedTwice
from edge.services import catalogue, job_rows, placing, selling
from edge.services.hub import AskHub
from edge.services.job_rows import Kept
from edge.services.selling import BasketView
from edge.services.shop import Shop, Work

log = logging.getLogger(__name__)

QUOTE_S: Final = 4.0
HOLD_S: Final = 5.0
RELEASE_S: Final = 1.5
COMES: Final = frozenset({"pickup", "transfer_pickup"})
BEST: Final = ("soonest", "cheapest", "surest")
FEE_SKU: Final = "ORDER-FEE"
_MADE = "SELECT number, body ->> 'hold_id', hold_until FROM counter_order WHERE order_id = ?"
_FEE = "SELECT hold_until, body ->> 'fee_line' FROM counter_order WHERE order_id = ?"


class PlanB(BaseModel):
    """What happens if the way fails: another way, or the money back."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: str = "refund"
    location_name: str = ""
    window_end: AwareDatetime | None = None


class Offer(BaseModel):
    """One way, as the hub offers it. `hold_id` makes it safe to ask twice for it; `best` says what it is best in."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    offer_id: str = Field(min_length=1)
    kind: str
    location_id: str
    location_name: str
    window: Window
    cutoff: AwareDatetime | None = None
    fee_minor: int = Field(default=0, ge=0)
    fee_sku: str = ""
    confidence_bp: int = Field(default=0, ge=0, le=10_000)
    samples: int = 0
    data_age_s: int = 0
    plan_b: PlanB = PlanB()
    expires_at: AwareDatetime
    hold_id: str = ""
    best: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """What the customer says beside the way: a first name to call out, where to bring it."""

    customer: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Ordered:
    """The order that now has the basket's goods."""

    order_id: str
    number: str
    view: BasketView


@dataclass(frozen=True, slots=True)
class Found:
    """The best first. `near` has the names, by language, of the place that the hub understood; empty for this shop."""

    offers: tuple[Offer, ...]
    near: Mapping[str, str]


def offers(shop: Shop, ask_hub: AskHub, near: str = "", language: str = "") -> Found:
    """Every way to get the open basket. Raises HubUnreachable, HubSilent or HubRefused.

    `near` is a location_id, "latitude,longitude", or a shop or district by its name; "" is this shop.
    """
    lines = _lines(_orderable(shop))
    now = shop.clock.now()
    asked = {"lines": lines, "near": near, "language": language or shop.settings.language}
    found = ask_hub("orders.quote", asked, ask_id=_new_id(shop), timeout_s=QUOTE_S)
    read = [_offer(shop, value) for value in found.get("offers", ())]
    ways = ranked([one for one in read if one is not None and one.expires_at > now])
    return Found(tuple(ways), {str(k): str(v) for k, v in dict(found.get("near") or {}).items()})


def ranked(found: Sequence[Offer]) -> list[Offer]:
    """The soonest, the cheapest and the surest stand first and say so; then the others by when they are there."""
    if not found:
        return []
    by_end = sorted(found, key=lambda it: it.window.end)
    champions = {
        "soonest": by_end[0].offer_id,
        "cheapest": min(by_end, key=lambda it: it.fee_minor).offer_id,
        "surest": max(by_end, key=lambda it: it.confidence_bp).offer_id,
    }
    named = [
        one.model_copy(
            update={"best": tuple(word for word in BEST if champions[word] == one.offer_id)}
        )
        for one in by_end
    ]
    return sorted(named, key=lambda it: BEST.index(it.best[0]) if it.best else len(BEST))


def hold(shop: Shop, ask_hub: AskHub, offer: Offer, choice: Choice = Choice()) -> Ordered:
    """The hub keeps the goods for a while, and the basket's lines now belong to the order.

    Safe to repeat with the same offer: its `hold_id` is the question's own. Raises OrderedTwice where it was taken
    with another basket.
    """
    again = _held_still(shop, offer)
    if again is not None:
        return again
    basket = _orderable(shop)
    member = basket.member.member_id if basket.member else ""
    asked = {
        "offer_id": offer.offer_id,
        "lines": _lines(basket),
        "customer": choice.customer,
        "member_id": member,
        "note": choice.note,
        "language": shop.settings.language,
    }
    hold_id = offer.hold_id or _new_id(shop)
    held = ask_hub("orders.hold", asked, ask_id=hold_id, timeout_s=HOLD_S)
    with shop.write() as work:
        return _take(work, basket, offer, held, hold_id)


def release(shop: Shop, ask_hub: AskHub, order_ids: Iterable[str]) -> None:
    """Tells the hub that nobody will pay. It need not hear it: the hold lapses by itself."""
    for order_id in order_ids:
        with suppress(HubUnreachable, HubSilent, HubRefused):
            asked = {"order_id": order_id}
            ask_hub("orders.release", asked, ask_id=_new_id(shop), timeout_s=RELEASE_S)


def take_due(shop: Shop, job_id: str) -> BasketView:
    """Puts the goods of an order that is paid at hand-over into a basket, for what is due."""

    def use_case(work: Work) -> BasketView:
        kept = job_rows.get(work.unit, job_id)
        basket = selling.begin_basket(work, work.shift())
        for line in kept.wish.lines:
            basket = _with_line(work, basket, kept, line.sku, line.quantity, line.unit_price_minor)
        basket = _for_what_is_due(basket, kept)
        selling.insert_basket(work, basket)
        return BasketView("open", basket, baskets.price(basket))

    return shop.run(use_case)


def _for_what_is_due(basket: Basket, kept: Kept) -> Basket:
    total_minor = baskets.price(basket).total_minor
    if total_minor < kept.due_minor:
        raise DueUnclear(
            number=kept.wish.number,
            due=spelled(kept.due_minor, kept.wish.currency),
            price=spelled(total_minor, kept.wish.currency),
        )
    off = Discount(amount_minor=total_minor - kept.due_minor)
    return baskets.discount_basket(basket, off) if off.amount_minor else basket


def _with_line(
    work: Work, basket: Basket, kept: Kept, sku: str, quantity: int, price_minor: int
) -> Basket:
    article = replace(_article(work, sku), unit_price_minor=price_minor)
    return _added(basket, article, quantity, kept.wish.order_id)


def _added(basket: Basket, article: Article, quantity: int, order_id: str) -> Basket:
    number = len(basket.lines) + 1
    line = BasketLine(number, article, quantity, "keyed", order_id=order_id)
    return replace(basket, lines=(*basket.lines, line))


def _held_still(shop: Shop, offer: Offer) -> Ordered | None:
    """The order that the open basket's lines belong to, where it is this offer's."""
    with shop.read() as reader:
        basket = selling.find_open(reader)
        lines = basket.live_lines if basket else ()
        order_id = next((line.order_id for line in lines if line.order_id), "")
        row = reader.sql(_MADE, (order_id,)).fetchone() if order_id else None
        if basket is None or row is None or not offer.hold_id or row[1] != offer.hold_id:
            return None
        if placing.is_lapsed(row[2], shop.clock.now()):
            return None
        return Ordered(order_id, row[0], selling.view_of(reader, basket))


def _orderable(shop: Shop) -> Basket:
    """The open basket. What an order held whose time is over may be ordered anew."""
    view = selling.current(shop)
    if view is None or not view.basket.live_lines:
        raise NothingToSell
    ordered = [line for line in view.basket.live_lines if line.order_id]
    if not ordered:
        return view.basket
    with shop.write() as work:
        return _without_lapsed(work, selling.open_basket(work))


def _without_lapsed(work: Work, basket: Basket) -> Basket:
    """The basket without what has lapsed of it: its lines are anybody's, its fee is gone. Raises OrderedAlready."""
    selling.refuse_while_paying(work.unit, basket)
    lines = tuple(_let_go(work, basket, line) if line.order_id else line for line in basket.lines)
    free = replace(basket, lines=lines)
    selling.store(work, free)
    return free


def _let_go(work: Work, basket: Basket, line: BasketLine) -> BasketLine:
    row = work.unit.sql(_FEE, (line.order_id,)).fetchone()
    if basket.tenders or row is None or not placing.is_lapsed(row[0], work.now):
        raise OrderedAlready(line=line.line)
    return replace(line, order_id="", is_void=line.is_void or line.line == row[1])


def _take(
    work: Work, asked: Basket, offer: Offer, held: Mapping[str, Any], hold_id: str
) -> Ordered:
    """Raises OfferGone where the basket has changed while the hub was asked, OrderedTwice."""
    basket = selling.open_basket(work)
    selling.refuse_while_paying(work.unit, basket)
    if (basket.basket_id, basket.lines) != (asked.basket_id, asked.lines):
        raise OfferGone
    order_id, number = str(held["order_id"]), str(held["number"])
    if work.unit.sql(_MADE, (order_id,)).fetchone() is not None:
        raise OrderedTwice(number=number)
    lines = tuple(
        line if line.is_void else replace(line, order_id=order_id) for line in basket.lines
    )
    fee_minor = int(held.get("fee_minor", offer.fee_minor))
    ordered = _with_fee(work, replace(basket, lines=lines), offer.fee_sku, fee_minor, order_id)
    selling.store(work, ordered)
    body = {
        "kind": offer.kind,
        "place": offer.location_name,
        "until": offer.window.end.isoformat(),
        "paper_code": str(held.get("paper_code", "")),
        "hold_id": hold_id,
        "fee_line": len(ordered.lines) if fee_minor else 0,
    }
    row = {
        "order_id": order_id,
        "number": number,
        "basket_id": basket.basket_id,
        "hold_until": str(held.get("hold_until", "")),
        "created_at": work.stamp,
        "body": json.dumps(body, ensure_ascii=False),
    }
    work.unit.insert(CounterOrder, [row])
    return Ordered(order_id, number, BasketView("open", ordered, baskets.price(ordered)))


def _with_fee(work: Work, basket: Basket, fee_sku: str, fee_minor: int, order_id: str) -> Basket:
    """The fee is a line of its own, sold as the article that the catalogue has for it. Raises UnknownCode."""
    if not fee_minor:
        return basket
    article = replace(_article(work, fee_sku or FEE_SKU), unit_price_minor=fee_minor)
    return _added(basket, article, 1, order_id)


def _article(work: Work, sku: str) -> Article:
    settings = work.shop.settings
    entered = EnteredCode(sku, entry_method="keyed")
    return catalogue.find(work.unit, entered, settings.currency, settings.language).article


def _lines(basket: Basket) -> list[dict[str, Any]]:
    pieces: Counter[str] = Counter()
    for line in basket.live_lines:
        pieces[line.article.sku] += line.quantity
    return [{"sku": sku, "quantity": quantity} for sku, quantity in pieces.items()]


def _offer(shop: Shop, value: Any) -> Offer | None:
    """None for a way that a newer hub knows and this box cannot read: the others are still offered."""
    try:
        offer = Offer.model_validate(value)
    except ValidationError as error:
        log.warning("An offer of the hub is not readable: %s", error.errors()[0]["msg"])
        return None
    return offer.model_copy(update={"hold_id": _new_id(shop)})


def _new_id(shop: Shop) -> str:
    return make_uid(int(shop.clock.now().timestamp() * 1000), os.urandom)
