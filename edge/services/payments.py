"""Payments by card and wallet as one durable state machine: the intent is on the disk before anybody hears of it.

    NEW -> SENT -> IN_PROGRESS -> APPROVED | DECLINED | CANCELLED        any of the first three -> UNKNOWN
    UNKNOWN -> (query) -> APPROVED | DECLINED | CANCELLED | REVERSING
    APPROVED -> REVERSING -> REVERSED | REVERSAL_PENDING -> REVERSED

UNKNOWN is a state, not an error: as long as it lasts the basket takes no other money and the shift cannot close.
A REVERSAL_PENDING is retried until whoever took the money proves it. What asks differs by kind: a payment terminal
(`edge.peripherals.paying`) or, for a wallet, the hub (`edge.uplink.wallet_desk`).
"""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from sqlalchemy import bindparam
from sqlmodel import col, update

from contract.sales import PaymentSettled, SaleCompleted
from drivers.events import PaymentOutcome, PaymentResult
from edge.db.tables import Payment, rows_of
from edge.domain import basket as baskets
from edge.domain.errors import (
    BadTransition,
    Malformed,
    NotFound,
    NothingToReverse,
    PaymentIsSold,
)
from edge.domain.tender import Tender, card_amount
from edge.services import selling
from edge.services.shop import Shop, Work

NEXT = {
    "NEW": {"SENT", "CANCELLED"},
    "SENT": {"IN_PROGRESS", "APPROVED", "DECLINED", "CANCELLED", "UNKNOWN"},
    "IN_PROGRESS": {"IN_PROGRESS", "APPROVED", "DECLINED", "CANCELLED", "UNKNOWN"},
    "UNKNOWN": {"UNKNOWN", "APPROVED", "DECLINED", "CANCELLED", "REVERSING"},
    "APPROVED": {"REVERSING"},
    "REVERSING": {"REVERSED", "REVERSAL_PENDING"},
    "REVERSAL_PENDING": {"REVERSING", "REVERSED", "REVERSAL_PENDING"},
    "DECLINED": set[str](),
    "CANCELLED": set[str](),
    "REVERSED": set[str](),
}
FACTS = {
    "APPROVED": "approved",
    "DECLINED": "declined",
    "CANCELLED": "cancelled",
    "REVERSED": "reversed",
}
KINDS: dict[str, Literal["card", "wallet"]] = {"card": "card", "wallet": "wallet"}
REFERENCE_BYTES = 5  # 8 characters of Base32; a nexo ServiceID has at most 10

_STATES = {
    PaymentResult.APPROVED: "APPROVED",
    PaymentResult.DECLINED: "DECLINED",
    PaymentResult.CANCELLED: "CANCELLED",
    PaymentResult.IN_PROGRESS: "IN_PROGRESS",
    # Asked about and not known there: it never reached the payment terminal, so no money moved.
    PaymentResult.NOT_FOUND: "CANCELLED",
}
_ONE = rows_of(Payment).where(col(Payment.payment_id) == bindparam("payment_id"))
_IN_STATE = (
    rows_of(Payment)
    .where(col(Payment.state).in_(bindparam("states", expanding=True)))
    .order_by(col(Payment.payment_id))
)
_OF_KIND = _IN_STATE.where(col(Payment.kind) == bindparam("kind"))


@dataclass(frozen=True, slots=True)
class Settled:
    """What an outcome led to: the payment now, and the sale where it was the last thing due."""

    payment: Payment
    sale: SaleCompleted | None = None


class Means(NamedTuple):
    """By what a customer pays: `scheme` is known beforehand of a wallet only."""

    kind: str
    scheme: str = ""


CARD = Means("card")


def begin(shop: Shop, amount_minor: int | None = None, means: Means = CARD) -> Payment:
    """Journals the intent to take money, for all that is due or the named part. Nothing was sent yet."""

    def use_case(work: Work) -> Payment:
        basket = selling.open_basket(work)
        selling.refuse_while_paying(work.unit, basket)
        selling.refuse_unpayable(work, basket)
        amount = card_amount(baskets.due(basket), amount_minor, basket.currency)
        row = _new_row(work, basket.basket_id, basket.shift_id, amount, means)
        work.unit.insert(Payment, [row])
        return Payment(**row)

    return shop.run(use_case)


def get(shop: Shop, payment_id: str) -> Payment:
    with shop.read() as reader:
        payment = reader.first(Payment, _ONE, payment_id=payment_id)
    if payment is None:
        raise NotFound(what="payment", name=payment_id)
    return payment


def in_state(shop: Shop, *states: str) -> Sequence[Payment]:
    """Payments in any of the states, oldest first."""
    with shop.read() as reader:
        return reader.all(Payment, _IN_STATE, states=list(states))


def of_kind(shop: Shop, kind: str, *states: str) -> Sequence[Payment]:
    """Those of one kind: work for the thread that asks its payment terminal, or the hub."""
    with shop.read() as reader:
        return reader.all(Payment, _OF_KIND, kind=kind, states=list(states))


def unsettled(shop: Shop) -> Sequence[Payment]:
    return in_state(shop, *selling.UNSETTLED)


def send(shop: Shop, payment_id: str) -> Payment:
    """To be committed before the first byte leaves for the payment terminal."""
    return _step(shop, payment_id, "SENT")


def cancel(shop: Shop, payment_id: str, why: str = "") -> Payment:
    """Gives up an intent that was never sent."""
    return settle(
        shop,
        payment_id,
        PaymentOutcome(PaymentResult.CANCELLED, "", error_condition=why),
    ).payment


def lose(shop: Shop, payment_id: str, why: str) -> Payment:
    """The first byte left and no final answer came: the outcome is unknown until the payment terminal is asked."""
    return _step(shop, payment_id, "UNKNOWN", error_condition=why, was_unknown=True)


def settle(shop: Shop, payment_id: str, outcome: PaymentOutcome) -> Settled:
    """Takes the payment terminal's word. Approved money becomes a tender, and the last tender completes the sale."""

    def use_case(work: Work) -> Settled:
        payment = _payment(work, payment_id)
        state = _STATES[outcome.result]
        if state == "IN_PROGRESS" and payment.state == "UNKNOWN":
            return Settled(payment)
        after = _advance(work, payment, state, **_told(payment, outcome))
        if state == "APPROVED":
            return Settled(after, _add_tender(work, after))
        return Settled(after)

    return shop.run(use_case)


def reverse(shop: Shop, payment_id: str) -> Payment:
    """Journals the intent to give the money back, under a reference of its own.

    Raises PaymentIsSold once the sale is complete: its money goes back with its goods (`returns.take_back`) only.
    """
    with shop.write() as work:
        payment = _payment(work, payment_id)
        if payment.state == "APPROVED" and selling.unsold_basket(work, payment.basket_id) is None:
            raise PaymentIsSold(reference=payment.reference)
        return begin_reversal(work, payment)


def begin_reversal(work: Work, payment: Payment) -> Payment:
    if "REVERSING" not in NEXT[payment.state]:
        raise NothingToReverse(reference=payment.reference, state=payment.state)
    return _advance(
        work, payment, "REVERSING", reversal_reference=payment.reversal_reference or _reference()
    )


def reversed_(shop: Shop, payment_id: str) -> Payment:
    """The payment terminal proved the reversal: the tender leaves the basket, if the basket is still there."""

    def use_case(work: Work) -> Payment:
        after = _advance(work, _payment(work, payment_id), "REVERSED")
        _remove_tender(work, after)
        return after

    return shop.run(use_case)


def reversal_pending(shop: Shop, payment_id: str, why: str) -> Payment:
    """Not proved yet; somebody asks again until it is."""
    return _step(shop, payment_id, "REVERSAL_PENDING", error_condition=why)


def reversal_refused(shop: Shop, payment_id: str, why: str) -> Payment:
    """The payment terminal said no: the next attempt is another exchange, under a reference of its own.

    Said again under the same one, a payment terminal would repeat its refusal for as long as it remembers it.
    """
    values = {"error_condition": why, "reversal_reference": ""}
    return _step(shop, payment_id, "REVERSAL_PENDING", **values)


def recover(shop: Shop) -> Sequence[Payment]:
    """After a start: what was never sent is cancelled, what was sent is UNKNOWN. Gives all that must be asked about."""
    with shop.write() as work:
        for payment in _in_states(work, "NEW"):
            _advance(work, payment, "CANCELLED", error_condition="restarted before it was sent")
        for payment in _in_states(work, "SENT", "IN_PROGRESS"):
            _advance(work, payment, "UNKNOWN", error_condition="restarted", was_unknown=True)
        for payment in _in_states(work, "REVERSING"):
            _advance(work, payment, "REVERSAL_PENDING", error_condition="restarted")
        return _in_states(work, "UNKNOWN", "REVERSAL_PENDING")


def outcome_of(payment: Payment) -> PaymentOutcome:
    """The approval as a reversal must quote it."""
    return PaymentOutcome(
        result=PaymentResult.APPROVED,
        reference=payment.reference,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        terminal_transaction_id=payment.terminal_transaction_id,
        terminal_timestamp=payment.terminal_timestamp,
        auth_code=payment.auth_code,
        scheme=payment.scheme,
        masked_pan=payment.masked_pan,
    )


def _new_row(
    work: Work, basket_id: str, shift_id: str, amount_minor: int, means: Means
) -> dict[str, Any]:
    return {
        **means._asdict(),
        "payment_id": work.new_id(),
        "reference": _reference(),
        "basket_id": basket_id,
        "shift_id": shift_id,
        "state": "NEW",
        "amount_minor": amount_minor,
        "currency": work.shop.settings.currency,
        "created_at": work.stamp,
        "updated_at": work.stamp,
    }


def _reference() -> str:
    """Random, not counted: a box restored from an older card must not speak of a payment that it forgot."""
    return base64.b32encode(os.urandom(REFERENCE_BYTES)).decode()


def _payment(work: Work, payment_id: str) -> Payment:
    payment = work.unit.first(Payment, _ONE, payment_id=payment_id)
    if payment is None:
        raise NotFound(what="payment", name=payment_id)
    return payment


def _in_states(work: Work, *states: str) -> list[Payment]:
    return work.unit.all(Payment, _IN_STATE, states=list(states))


def _step(shop: Shop, payment_id: str, state: str, **values: Any) -> Payment:
    return shop.run(lambda work: _advance(work, _payment(work, payment_id), state, **values))


def _told(payment: Payment, outcome: PaymentOutcome) -> dict[str, Any]:
    """What the payment terminal said, where it said something."""
    if outcome.currency and outcome.currency != payment.currency:
        raise Malformed(expected=f"an outcome in {payment.currency}", got=outcome.currency)
    told: dict[str, Any] = {
        "terminal_transaction_id": outcome.terminal_transaction_id,
        "terminal_timestamp": outcome.terminal_timestamp,
        "auth_code": outcome.auth_code,
        "scheme": outcome.scheme,
        "masked_pan": outcome.masked_pan,
        "error_condition": outcome.error_condition,
    }
    if outcome.result is PaymentResult.APPROVED and 0 < outcome.amount_minor < payment.amount_minor:
        told["amount_minor"] = outcome.amount_minor  # approved in part: the rest stays due
    return {name: value for name, value in told.items() if value}


def _advance(work: Work, payment: Payment, state: str, **values: Any) -> Payment:
    if state not in NEXT[payment.state]:
        raise BadTransition(
            what="Payment", name=payment.reference, state=payment.state, wanted=state
        )
    changed = {**values, "state": state, "updated_at": work.stamp}
    work.unit.execute(
        update(Payment).where(col(Payment.payment_id) == payment.payment_id).values(**changed)
    )
    after = payment.model_copy(update=changed)
    if state in FACTS:
        work.log(_fact(work, after))
    return after


def _fact(work: Work, payment: Payment) -> PaymentSettled:
    return PaymentSettled(
        **work.header(work.business_date()),
        payment_id=payment.payment_id,
        reference=payment.reference,
        shift_id=payment.shift_id,
        currency=payment.currency,
        amount_minor=payment.amount_minor,
        outcome=FACTS[payment.state],
        was_unknown=payment.was_unknown,
        terminal_transaction_id=payment.terminal_transaction_id,
        kind=KINDS[payment.kind],
        scheme=payment.scheme,
    )


def _add_tender(work: Work, payment: Payment) -> SaleCompleted | None:
    unsold = selling.unsold_basket(work, payment.basket_id)
    assert unsold is not None  # a basket with an unsettled payment is neither sold nor given up
    row, basket = unsold
    paid = replace(basket, tenders=(*basket.tenders, TENDERS[payment.kind](payment)))
    result = selling.settle_or_store(work, row.state, paid)
    return result if isinstance(result, SaleCompleted) else None


def _card_tender(payment: Payment) -> Tender:
    return Tender(
        "card",
        payment.amount_minor,
        payment.amount_minor,
        payment_id=payment.payment_id,
        masked_pan=payment.masked_pan,
        scheme=payment.scheme,
        auth_code=payment.auth_code,
    )


def _wallet_tender(payment: Payment) -> Tender:
    return Tender(
        "wallet",
        payment.amount_minor,
        payment.amount_minor,
        payment_id=payment.payment_id,
        scheme=payment.scheme,
        auth_code=payment.terminal_transaction_id,
    )


TENDERS = {"card": _card_tender, "wallet": _wallet_tender}


def _remove_tender(work: Work, payment: Payment) -> None:
    unsold = selling.unsold_basket(work, payment.basket_id)
    if unsold is None:
        return
    _, basket = unsold
    kept = tuple(tender for tender in basket.tenders if tender.payment_id != payment.payment_id)
    selling.store(work, replace(basket, tenders=kept))
