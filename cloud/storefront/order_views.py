"""What the pages from the basket to the order in hand show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from sqlmodel import Session

from cloud.errors import BasketEmptyError, OfferChangedError
from cloud.members.spending import Desk
from cloud.orders import offers, returning, tenders
from cloud.orders import repository as orders_kept
from cloud.orders import service as orders
from cloud.orders.offers import Offer
from cloud.orders.repository import credits_of
from cloud.orders.service import WantedLine
from cloud.orders.splitting import COUPON, POINTS, STORED_VALUE, WALLET
from cloud.orders.tables import OrderCredit, OrderTender
from cloud.storefront import benefits, coming_back, following, repository
from cloud.storefront.benefits import Choice, Purse
from cloud.storefront.symbol import symbol
from cloud.storefront.tables import ShopOrder, ShopPayment
from cloud.storefront.tickets import new_name
from cloud.storefront.views import Scene
from contract import order_returns
from contract.members import kid_of
from contract.order_returns import MAX_CHARACTERS

MOST_DIGITS = 12
RETURN_REASONS = ("changed_mind", "damaged", "wrong", "other")


def ways(scene: Scene, asked: Mapping[str, str]) -> dict[str, Any]:
    """Every way to get what is in the basket, side by side."""
    del asked
    lines = repository.basket(scene.session, scene.shopper_id, scene.language)
    found = _quote(scene) if lines else []
    return {"lines": lines, "offers": [shown_offer(scene, offer) for offer in found]}


def take(scene: Scene, asked: Mapping[str, str]) -> dict[str, Any]:
    """The chosen way as it stands this minute, and what is still to be said. Raises OfferChangedError."""
    lines = repository.basket(scene.session, scene.shopper_id, scene.language)
    if not lines:
        raise BasketEmptyError
    choice = offers.parse(asked.get("offer", ""), scene.now)
    for offer in _quote(scene):
        if (offer.kind, offer.location_id, offer.source_id) == choice[:3]:
            shown = shown_offer(scene, offer)
            paid = _bill(scene, asked, offer)
            return {"lines": lines, "offer": shown, "attempt": new_name(), "name": "", **paid}
    raise OfferChangedError(detail="the shop no longer offers it")


def _bill(scene: Scene, asked: Mapping[str, str], offer: Offer) -> dict[str, Any]:
    """What a member may spend on it and what she chose so far; `purse` is None where nobody is signed in."""
    member = benefits.member_of(scene.session, scene.shopper)
    desk = Desk(scene.session, scene.now, scene.currency)
    own = benefits.purse(desk, member) if member else Purse()
    for former in repository.held_orders(scene.session, scene.shopper_id):
        own = benefits.with_held(scene.session, own, former.order_id)
    choice = Choice(
        asked.get("coupon", ""),
        _number(asked.get("points", "")),
        own.stored_minor if asked.get("stored") else 0,
    )
    goods_minor = offer.total_minor - offer.fee_minor
    most = Choice(choice.coupon, own.points, 0)
    return {
        "purse": own if member else None,
        "bill": benefits.plan(choice, own, goods_minor, offer.fee_minor),
        "most_points": benefits.plan(most, own, goods_minor, offer.fee_minor).points,
        "coupons": [
            (hashed, coupon, benefits.worth_minor(coupon, goods_minor))
            for hashed, coupon in own.coupons
        ],
    }


def _number(text: str) -> int:
    """Digits of a question's field; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else 0


def shown_offer(scene: Scene, offer: Offer) -> dict[str, Any]:
    return {
        **offer.model_dump(),
        "day": following.day(offer.window.start, scene.now, scene.zone),
        "age_min": offer.data_age_s // 60,
    }


def _quote(scene: Scene) -> list[Offer]:
    lines = repository.basket(scene.session, scene.shopper_id, scene.language)
    wanted = [WantedLine(sku=line.goods.sku, quantity=line.quantity) for line in lines]
    return orders.quote(scene.session, scene.now, wanted, scene.spot, scene.language)


def pay(scene: Scene, asked: Mapping[str, str]) -> dict[str, Any]:
    order, payment = repository.own_payment(scene.session, asked["payment_id"], scene.shopper)
    return {
        "payment": payment,
        "link": order.link,
        "order": _view(scene, order),
        "tenders": _tenders(scene, order),
        "wallets": scene.wallets,
    }


def order(scene: Scene, asked: Mapping[str, str]) -> dict[str, Any]:
    """Raises NotFoundError for everybody whose order it is not."""
    own = repository.own_order(scene.session, asked["link"], scene.shopper)
    view = _view(scene, own)
    payments = repository.payments(scene.session, own.order_id)
    return _money(scene, own, view) | {
        "link": own.link,
        "order": view,
        "steps": following.steps(view),
        "tone": following.tone(view),
        "day": following.day(view["window"]["start"], scene.now, scene.zone),
        "symbol": _symbol(scene, own, view),
        "payment": payments[-1] if payments else None,
        "was_late": _was_late(scene, payments),
        "wishes": {it.line: it for it in coming_back.of_order(scene.session, own.order_id)},
        "nearest": scene.near or view["location_id"],
        **_coming_back(scene, own),
        "reasons": RETURN_REASONS,
        "shops": scene.shops,
    }


def _coming_back(scene: Scene, own: ShopOrder) -> dict[str, Any]:
    """Until when goods are taken back, and the code by which any shop knows them, "" where none may come any more."""
    order = orders_kept.named(scene.session, own.order_id)
    code = returning.code(scene.session, scene.now, order) if order else None
    if order is None or code is None or scene.codes is None:
        return {"can_return": False, "back_until": "", "back_symbol": ""}
    keys = scene.codes
    kid = kid_of(keys.public_key)
    text = order_returns.issue(code, kid, lambda words: bytes.fromhex(keys.sign(words)))
    return {
        "can_return": True,
        "back_until": datetime.combine(date.fromisoformat(code.until), time(12), scene.zone),
        "back_symbol": symbol(text, order.number) if len(text) <= MAX_CHARACTERS else "",
    }


def _tenders(scene: Scene, own: ShopOrder) -> list[OrderTender]:
    """What it is paid with; what it was to be paid with before it was given up is nobody's business any more."""
    return [it for it in tenders.of_order(scene.session, own.order_id) if it.state != "released"]


def _money(scene: Scene, own: ShopOrder, view: Mapping[str, Any]) -> dict[str, Any]:
    """How the order is paid, and what went back where; `off_minor` is what its coupon takes off."""
    session, paid = scene.session, _tenders(scene, own)
    off_minor = sum(it.amount_minor for it in paid if it.kind == COUPON)
    held = sum(it.amount_minor for it in paid if it.state == "held")
    wallets = [it.payment_id for it in paid if it.kind == WALLET]
    of_member = sum(
        it.amount_minor
        for it in tenders.refunds(session, own.order_id)
        if it.kind in (POINTS, STORED_VALUE)
    )
    return {
        "tenders": paid if any(it.kind != WALLET for it in paid) else [],
        "off_minor": off_minor,
        "to_pay_minor": view["goods_minor"] + view["fee_minor"] - held,
        "returned_minor": repository.returned_minor(session, wallets) + of_member,
        "debts": [_debt(session, credit) for credit in credits_of(session, own.order_id)],
        "is_coupon_good": bool(off_minor)
        and benefits.is_gone(session, own.order_id, view["state"]),
    }


def _debt(session: Session, credit: OrderCredit) -> dict[str, Any]:
    shares = tenders.shares(session, credit)
    return {
        "credit": credit,
        "payable_minor": tenders.payable_minor(session, credit),
        "shares": shares,
        "is_mixed": any(it.kind in (POINTS, STORED_VALUE) for it in shares),
        "is_stored": credit.settled_by.startswith(f"{STORED_VALUE}:"),
    }


def _was_late(scene: Scene, payments: Sequence[ShopPayment]) -> str:
    """Where a wallet took money after it was closed: "reversing" or "reversed", else nothing."""
    closed = [it.payment_id for it in payments if it.state == "declined"]
    found = repository.wallet_payments(scene.session, closed)
    late = [it.state for it in found if it.transaction_id and it.state.startswith("revers")]
    return late[-1] if late else ""


def _view(scene: Scene, own: ShopOrder) -> dict[str, Any]:
    view = orders.order_view(scene.session, scene.now, own.order_id)
    named = scene.shops.get(view["location_id"], view["location_name"])
    return {**view, "location_name": named}


def _symbol(scene: Scene, own: ShopOrder, view: Mapping[str, Any]) -> Any:
    """The code of this half minute; the page's stream brings the next one."""
    if not following.shows_code(view):
        return ""
    code = orders.rotating_code(scene.session, scene.now, own.order_id)["code"]
    return symbol(code, view["number"]) if code else ""
