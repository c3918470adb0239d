"""A payment by card or wallet on the screen: begun by a key or a code, followed in the database to its last word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from edge.db.tables import Payment
from edge.screens import typed
from edge.screens.parts import CardPayment, Notice, Tone, Words
from edge.screens.state import DeskState, LastDone, Misread, notice
from edge.services import payments, sales, selling
from edge.services.hub import PayByWallet
from edge.services.shop import Shop

RUNNING: Final = ("NEW", "SENT", "IN_PROGRESS")
GOING_BACK: Final = ("REVERSING", "REVERSAL_PENDING")
AskToStop = Callable[[str], None]


def begin(shop: Shop, state: DeskState, text: str) -> DeskState:
    """All that is due, or the part that was typed."""
    part = typed.amount_of(text, shop.settings.currency) if text.strip() else None
    payment = payments.begin(shop, part)
    return replace(
        state, payment_id=payment.payment_id, is_stop_asked=False, notice=None, is_armed=False
    )


def begin_wallet(pay: PayByWallet, state: DeskState, code: str) -> DeskState:
    """All that is due, by the code that the customer's phone shows."""
    payment = pay(code)
    return replace(
        state,
        view="sell",
        payment_id=payment.payment_id,
        is_stop_asked=False,
        notice=None,
        is_armed=False,
    )


def wait(_: Shop, state: DeskState, text: str) -> DeskState:
    """What is typed while the payment terminal works stays in the line, to be entered after it."""
    if text.strip():
        raise Misread("counter.notice.card_first", has_advice=True)
    return state


def wait_wallet(_: Shop, state: DeskState, text: str) -> DeskState:
    """The same while the customer pays by her phone."""
    if text.strip():
        raise Misread("counter.notice.wallet_first", has_advice=True)
    return state


def stopped(shop: Shop, ask: AskToStop, state: DeskState) -> DeskState:
    """A request, not an outcome: whoever takes the money has the last word."""
    view = selling.current(shop)
    payment = view.payment if view else None
    payment_id = payment.payment_id if payment else state.payment_id
    ask(payment_id)
    return replace(state, payment_id=payment_id, is_stop_asked=True)


def reverse(shop: Shop, state: DeskState, text: str) -> DeskState:
    """Gives the basket's newest card payment back; the payment terminal has the last word on this too."""
    del text
    return _reverse(shop, state, "card")


def reverse_wallet(shop: Shop, state: DeskState, text: str) -> DeskState:
    """The same for a wallet; the hub says when it is done."""
    del text
    return _reverse(shop, state, "wallet")


def _reverse(shop: Shop, state: DeskState, kind: str) -> DeskState:
    view = selling.current(shop)
    taken = [tender for tender in view.basket.tenders if tender.kind == kind] if view else []
    if not taken:
        return state
    payment = payments.reverse(shop, taken[-1].payment_id)
    return replace(state, payment_id=payment.payment_id, notice=None, is_armed=False)


def follow(shop: Shop, state: DeskState) -> DeskState:
    """The state once the followed payment has its last word; the same state while it has not."""
    if not state.payment_id:
        return state
    payment = payments.get(shop, state.payment_id)
    if payment.state in selling.UNSETTLED:
        return state
    sale = _sale_of(shop, payment)
    if sale is not None:
        return DeskState(done=sale)
    return DeskState(notice=last_word(payment))


def last_word(payment: Payment) -> Notice:
    if payment.state == "APPROVED":
        fields = (("amount", payment.amount_minor),)
        return notice("good", f"counter.{payment.kind}.approved", fields, money=("amount",))
    tone: Tone = "bad" if payment.state == "DECLINED" else "warn"
    return notice(tone, f"counter.{payment.kind}.{payment.state.lower()}", has_advice=True)


def shown(payment: Payment, *, is_stop_asked: bool) -> CardPayment:
    """A payment that is not settled, in words."""
    if payment.kind == "wallet":
        return _wallet(payment, is_stop_asked=is_stop_asked)
    if payment.state not in RUNNING:
        return _shown(payment, "bad", "unknown")
    return _shown(payment, "busy", "asked_to_stop" if is_stop_asked else "waiting")


def _wallet(payment: Payment, *, is_stop_asked: bool) -> CardPayment:
    if payment.state in GOING_BACK or is_stop_asked:
        return _shown(payment, "warn", "giving_back")
    if payment.state == "UNKNOWN":
        return _shown(payment, "bad", "unknown")
    return _shown(payment, "busy", "waiting" if payment.state == "IN_PROGRESS" else "asking")


def _shown(payment: Payment, tone: Tone, name: str) -> CardPayment:
    key = f"counter.{payment.kind}.{name}"
    means = (("wallet", f"wallet.name.{payment.scheme}"),) if payment.kind == "wallet" else ()
    amount = Words(f"counter.{payment.kind}.amount", means)
    return CardPayment(
        payment.amount_minor, tone, Words(key, means), Words(f"{key}.now", means), amount
    )


def _sale_of(shop: Shop, payment: Payment) -> LastDone | None:
    """The sale that this payment completed, if it did: it is among the newest."""
    for sale in sales.newest(shop, 3):
        found = sales.get(shop, sale.sale_id)
        if any(tender["payment_id"] == payment.payment_id for tender in found["tenders"]):
            return done_of(found)
    return None


def done_of(sale: dict[str, object]) -> LastDone:
    tenders = sale["tenders"]
    assert isinstance(tenders, list)
    return LastDone(
        kind="sale",
        subject_id=str(sale["sale_id"]),
        receipt_number=_int(sale["receipt_number"]),
        total_minor=_int(sale["total_minor"]) + _int(sale["rounding_minor"]),
        tendered_minor=sum(t["tendered_minor"] for t in tenders if t["kind"] == "cash"),
        change_minor=sum(t["change_minor"] for t in tenders),
        tenders=tuple((t["kind"], t["tendered_minor"], t["masked_pan"]) for t in tenders),
        points_earned=_int(sale["points_earned"]),
    )


def _int(value: object) -> int:
    assert isinstance(value, int)
    return value
