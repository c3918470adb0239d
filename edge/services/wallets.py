"""Payments by the customer's wallet: begun by her code, settled by the hub's word, given back through the hub.

The code goes from the scan to the question and is written nowhere: not in the payment's row, not in a fact, not in a
log. Whatever was not sent when the box stops was not charged.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import ValidationError
from sqlalchemy import bindparam
from sqlmodel import col, func, select, update

from contract.envelope import make_uid
from contract.wallets import CODES, PaidTold, PaymentTold
from drivers.events import PaymentOutcome, PaymentResult
from edge.db.tables import Payment, rows_of
from edge.db.unit_of_work import Reader
from edge.db.wallet_tables import WalletRefund
from edge.domain.errors import (
    HubSilent,
    HubUnreachable,
    WalletNotTaken,
    WalletOffline,
    WalletRefundImpossible,
    WalletRefundOffline,
    WalletScanned,
)
from edge.domain.money import spelled
from edge.domain.sale import Sold
from edge.domain.wallet_code import NAMES, wallet_of
from edge.services import payments, sales, selling
from edge.services.hub import AskHub
from edge.services.payments import Means
from edge.services.shop import Shop, Work

KIND: Final = "wallet"
PAID_S: Final = 5.0  # what a person at the counter waits for before a refund
_RESULTS: Final = {
    "approved": PaymentResult.APPROVED,
    "declined": PaymentResult.DECLINED,
    "waiting": PaymentResult.IN_PROGRESS,
}
_PENDING = (
    rows_of(WalletRefund)
    .where(col(WalletRefund.state) == "PENDING")
    .order_by(col(WalletRefund.refund_id))
)
_GIVEN_BACK = select(func.coalesce(func.sum(WalletRefund.amount_minor), 0)).where(
    col(WalletRefund.payment_id) == bindparam("payment_id")
)


@dataclass(frozen=True, slots=True)
class Pace:
    """How a provider wants to be asked, in seconds from the payment's own question (its public documents).

    Every `query_s` what became of it; after `give_up_s` the money is given back, but not before `reverse_after_s`.
    """

    query_s: float
    give_up_s: float
    reverse_after_s: float


PACES: Final = {
    "wechat_pay": Pace(query_s=5.0, give_up_s=30.0, reverse_after_s=15.0),
    "alipay": Pace(query_s=3.0, give_up_s=60.0, reverse_after_s=0.0),
}


def begin(shop: Shop, code: str, *, is_online: bool, amount_minor: int | None = None) -> Payment:
    """Journals the intent to take the wallet's money; refused at once while the line is down, never kept for later.

    The caller has the code and hands it to `edge.uplink.wallet_desk`; here it is only looked at.
    """
    wallet = wallet_of(code)
    name = NAMES.get(wallet, "")
    view = selling.current(shop)
    if view is None or not view.basket.live_lines:
        raise WalletScanned(name=name)
    if wallet not in CODES:
        raise WalletNotTaken(name=name)
    if not is_online:
        raise WalletOffline
    return payments.begin(shop, amount_minor, Means(KIND, wallet))


def settle(shop: Shop, payment_id: str, told: PaymentTold) -> Payment:
    """Takes the hub's word where it is a last one or says that the customer is busy; any other leaves it unknown."""
    payment = payments.get(shop, payment_id)
    if told.state not in _RESULTS:
        return lose(shop, payment, told.reason or told.state)
    outcome = PaymentOutcome(
        result=_RESULTS[told.state],
        reference=payment.reference,
        amount_minor=told.amount_minor,
        currency=payment.currency,
        terminal_transaction_id=told.transaction_id,
        scheme=payment.scheme,
        error_condition=told.reason,
    )
    return payments.settle(shop, payment_id, outcome).payment


def lose(shop: Shop, payment: Payment, why: str) -> Payment:
    """Nobody knows what became of it, as long as it lasts."""
    if payment.state not in ("SENT", "IN_PROGRESS"):
        return payment
    return payments.lose(shop, payment.payment_id, why)


def give_up(shop: Shop, payment: Payment, why: str) -> Payment:
    """Journals that the money goes back, whatever has become of it."""
    lose(shop, payment, why)
    return payments.reverse(shop, payment.payment_id)


Deed = Literal["query", "reverse", "wait"]


def deed_of(payment: Payment, age_s: float, *, is_answered: bool, is_unwanted: bool) -> Deed:
    """What is due for a payment now.

    `is_answered`: the hub has said something of it; `is_unwanted`: a person gave it up, or the hub never heard of it.
    Without a word of the hub nothing is given up: the line may be down for an hour, and the money may be ours.
    """
    pace = PACES[payment.scheme]
    if payment.state in ("REVERSING", "REVERSAL_PENDING"):
        return "reverse"
    if is_unwanted:
        return "reverse" if age_s >= pace.reverse_after_s else "wait"
    if age_s >= pace.give_up_s and is_answered:
        return "reverse"
    return "query"


# -- money back with goods ----------------------------------------------------------------------


def refuse_offline_refund(*, is_online: bool) -> None:
    if not is_online:
        raise WalletRefundOffline


@dataclass(frozen=True, slots=True)
class Paid:
    """One wallet payment of a sale; `left_minor` of it has not gone back yet. `scheme` names its provider."""

    payment_id: str
    scheme: str
    left_minor: int


def paid_elsewhere(shop: Shop, ask_hub: AskHub, sold: Sold) -> tuple[Paid, ...]:
    """What wallets paid for a sale of another box, nothing for one of this box: it knows that itself.

    Raises WalletRefundOffline, HubSilent, HubRefused.
    """
    if sold.edge_id == shop.settings.edge_id:
        return ()
    ask_id = make_uid(int(shop.clock.now().timestamp() * 1000), os.urandom)
    try:
        body = ask_hub("wallet.paid", {"sale_id": sold.sale_id}, ask_id=ask_id, timeout_s=PAID_S)
        told = PaidTold.model_validate(body)
    except HubUnreachable as error:
        raise WalletRefundOffline from error
    except ValidationError as error:
        raise HubSilent(timeout_s=round(PAID_S)) from error
    return tuple(Paid(it.payment_id, it.provider, it.left_minor) for it in told.payments)


def begin_refund(
    work: Work, sale_id: str, total_minor: int, currency: str, elsewhere: Sequence[Paid]
) -> Paid:
    """Journals that this much goes back to the wallet that paid for the sale; gives the payment.

    `elsewhere` is what the hub says of a sale that this box did not make.
    """
    paid = [*paid_here(work.unit, sale_id), *elsewhere]
    enough = [it for it in paid if it.left_minor >= total_minor]
    if not enough:
        raise WalletRefundImpossible(
            amount=spelled(total_minor, currency),
            left=spelled(max((it.left_minor for it in paid), default=0), currency),
        )
    row = {
        "refund_id": work.new_id(),
        "payment_id": enough[0].payment_id,
        "state": "PENDING",
        "amount_minor": total_minor,
        "currency": currency,
        "error_condition": "",
        "created_at": work.stamp,
        "updated_at": work.stamp,
    }
    work.unit.insert(WalletRefund, [row])
    return enough[0]


def paid_here(reader: Reader, sale_id: str) -> list[Paid]:
    """The wallet payments of a sale of this box."""
    return [
        Paid(
            tender.payment_id,
            tender.scheme,
            tender.amount_minor - int(reader.scalar(_GIVEN_BACK, payment_id=tender.payment_id)),
        )
        for tender in sales.tenders_of(reader, sale_id)
        if tender.kind == KIND
    ]


def pending_refunds(shop: Shop) -> Sequence[WalletRefund]:
    with shop.read() as reader:
        return reader.all(WalletRefund, _PENDING)


def refund_done(shop: Shop, refund_id: str) -> None:
    _note_refund(shop, refund_id, state="DONE", error_condition="")


def refund_refused(shop: Shop, refund_id: str, why: str) -> None:
    """The hub has proved that nothing is left of the payment."""
    _note_refund(shop, refund_id, state="REFUSED", error_condition=why)


def refund_waits(shop: Shop, refund_id: str, why: str) -> None:
    """Not proved yet; it is asked for again, under the same id, until it is."""
    _note_refund(shop, refund_id, error_condition=why)


def _note_refund(shop: Shop, refund_id: str, **values: Any) -> None:
    with shop.write() as work:
        work.unit.execute(
            update(WalletRefund)
            .where(col(WalletRefund.refund_id) == refund_id)
            .values(**values, updated_at=work.stamp)
        )
