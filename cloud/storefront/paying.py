"""Paying an order by the customer's wallet, on her provider's own page, and everything that goes back the same way.

    send      the address of the provider's page; the same payment again leads to the same order there
    look      asks the provider what became of it: paid, the order is placed; else the order waits until its hold ends
    let_go    the order is given up: what was sent to a wallet is closed there, and given back if it was too late
    noticed   a provider says by itself that something was paid
    watch     looks again at what is open, and gives back what is owed; called by a thread of the hub's own

The provider is never asked inside a transaction: each step is written down before it is heard of outside. A payment
that was closed is never taken: money that comes all the same goes back by itself (`cloud.payments`).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from sqlmodel import Session

from cloud.clock import Clock
from cloud.db import Database
from cloud.errors import (
    AlreadySettledError,
    HoldLapsedError,
    NotFoundError,
    OrderStateError,
    WalletNotSetUpError,
    WalletRefundError,
)
from cloud.ingest.quarantine import raise_alarm
from cloud.orders import repository as orders_repository
from cloud.orders import service as orders
from cloud.orders import tenders
from cloud.orders.splitting import WALLET
from cloud.orders.tenders import Paid
from cloud.payments.providers import Errand
from cloud.payments.service import WalletService
from cloud.questions import Asker
from cloud.storefront import benefits, buying, refunding, repository
from cloud.storefront.refunding import Debt
from cloud.storefront.tables import ShopPayment
from contract.wallets import PaymentAsk, PaymentTold, RefundAsk

NOBODY: Final = Asker("", "", "")  # no box asks here, but the hub's own shop
LEAST_S: Final = 60  # that a provider's page may last
LOOK_AGAIN: Final = timedelta(seconds=5)
LONGEST_PAUSE: Final = timedelta(minutes=2)
NOTICES: Final = "/api/payments/notices"
CLOSED: Final = "closed"  # by us, before anything was paid
PAID_TWICE: Final = "orders.paid_back_twice"
AT_ONCE: Final = 50  # payments that one round looks at


class Paying:
    """`address` is where providers and browsers reach this hub; `on_change` tells of orders that were placed."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        wallets: WalletService,
        address: str,
        on_change: Callable[[], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._wallets = wallets
        self._address = address
        self._on_change = on_change

    @property
    def names(self) -> list[str]:
        """The wallets that customers can pay with."""
        return self._wallets.names

    def send(self, payment_id: str, provider: str) -> str:
        """The page's address; "" where there is nothing to be paid any more, which the order's page explains.

        Raises WalletNotSetUpError, HoldLapsedError and OrderStateError, with nothing taken.
        """
        if provider not in self.names:
            raise WalletNotSetUpError(provider=provider)
        if self._is_at_another(payment_id, provider):
            payment_id = self._change(payment_id)
        payment = self._note_asked(payment_id, provider) if payment_id else None
        if payment is None:
            return ""
        told, url = self._wallets.open(NOBODY, _ask(payment), self._errand(payment))
        self._hear(payment.payment_id, told)
        return url

    def look(self, payment_id: str) -> None:
        payment = self._payment(payment_id)
        if payment.state != "asked":
            return
        told = self._wallets.query(NOBODY, _ask(payment))
        self._hear(payment_id, told)
        if told.state in ("waiting", "unknown", "missing") and not self._is_payable(payment):
            self._close(payment)

    def let_go(self, order_id: str) -> None:
        """After it nothing of the order is open at a wallet: it is paid, or it never will be."""
        with self._database.read() as session:
            open_ids = [it.payment_id for it in repository.payments(session, order_id)]
        for payment_id in open_ids:
            self.look(payment_id)
            payment = self._payment(payment_id)
            if payment.state == "asked":
                self._close(payment)

    def noticed(self, provider: str, body: bytes) -> bytes:
        """What the provider wants to hear. Raises what `WalletService.noticed` raises."""
        payment_id, thanks = self._wallets.noticed(provider, body)
        self.look(payment_id)
        return thanks

    def watch(self) -> None:
        with self._database.read() as session:
            due = repository.to_look_at(session, self._clock.now(), AT_ONCE)
            has_held = bool(benefits.to_release(session))
        for payment_id in due:
            self.look(payment_id)
        if has_held:
            with self._database.write() as session:
                benefits.release_all(session, self._clock.now())
        self.give_back()

    def give_back(self) -> None:
        """Every refund and compensation that is owed for what was paid here; what no wallet takes stays owed.

        The wallet's share goes first, and the rest with the word that it went: a member's ledger moves once.
        """
        with self._database.read() as session:
            owed = refunding.owed(session)
            session.expunge_all()
        for debt in owed:
            if debt.payment is None or self._refund(debt, debt.payment):
                self._settle(debt)

    # -- inside --------------------------------------------------------------------------------

    def _payment(self, payment_id: str) -> ShopPayment:
        with self._database.read() as session:
            payment = session.get_one(ShopPayment, payment_id)
            session.expunge_all()
        return payment

    def _errand(self, payment: ShopPayment) -> Errand:
        """The page takes the money no longer than the goods are held."""
        with self._database.read() as session:
            held = repository.order_row(session, payment.order_id)
            lasts_s = int((held.hold_until - self._clock.now()).total_seconds())
        return Errand(
            notify_url=f"{self._address}{NOTICES}/{payment.provider}",
            return_url=f"{self._address}/shop/pay/{payment.payment_id}/back",
            lasts_s=max(LEAST_S, lasts_s),
        )

    def _is_at_another(self, payment_id: str, provider: str) -> bool:
        payment = self._payment(payment_id)
        return payment.state == "asked" and payment.provider != provider

    def _change(self, payment_id: str) -> str:
        """Another wallet is wanted: the first is closed before the second is asked. "" where the first has paid."""
        order_id = self._payment(payment_id).order_id
        self.let_go(order_id)
        if self._payment(payment_id).state == "paid":
            return ""
        with self._database.write() as session:
            order = repository.order_of(session, order_id)
            return buying.ask(session, self._clock.now(), order).payment_id

    def _note_asked(self, payment_id: str, provider: str) -> ShopPayment | None:
        """Written before the provider hears of it. None for a payment that is over."""
        now = self._clock.now()
        with self._database.write() as session:
            payment = repository.locked_payment(session, payment_id)
            if payment.state not in ("open", "asked"):
                return None
            orders.payable(session, now, payment.order_id)
            payment.state, payment.provider, payment.look_at = "asked", provider, now + LOOK_AGAIN
            session.add(payment)
        return payment

    def _is_payable(self, payment: ShopPayment) -> bool:
        with self._database.write() as session:
            try:
                orders.payable(session, self._clock.now(), payment.order_id)
            except (HoldLapsedError, OrderStateError):
                return False
        return True

    def _close(self, payment: ShopPayment) -> None:
        """Nothing of it will be with us: the wallets' own watch sees to that, however late it is answered."""
        told = self._wallets.reverse(NOBODY, _ask(payment))
        self._hear(payment.payment_id, told)

    def _hear(self, payment_id: str, told: PaymentTold) -> None:
        now = self._clock.now()
        with self._database.write() as session:
            payment = repository.locked_payment(session, payment_id)
            if payment.state != "asked":
                return
            if told.state == "approved":
                _place(session, payment, self._clock)
            elif told.state in ("declined", "reversing", "reversed"):
                payment.state = "declined"
                payment.reason = told.reason if told.state == "declined" else CLOSED
            payment.look_at = (
                now + _pause(now - payment.made_at) if payment.state == "asked" else None
            )
            session.add(payment)
        if told.state == "approved":
            self._on_change()

    def _refund(self, debt: Debt, payment: ShopPayment) -> bool:
        ask = RefundAsk(
            refund_id=refund_id(debt.order_id, debt.number),
            payment_id=payment.payment_id,
            amount_minor=debt.wallet_minor,
            currency=payment.currency,
        )
        try:
            return self._wallets.refund(NOBODY, ask).state == "done"
        except WalletRefundError:
            return False  # more than was paid: a compensation after a whole refund

    def _settle(self, debt: Debt) -> None:
        """Where somebody else has paid it meanwhile, or it was withdrawn, head office hears that it went out twice."""
        with self._database.write() as session:
            try:
                refunding.settle(session, self._clock.now(), debt)
            except (NotFoundError, AlreadySettledError) as error:
                if debt.payment is not None:
                    raise_alarm(session, "", PAID_TWICE, error.message, self._clock.now())
        self._on_change()


def _place(session: Session, payment: ShopPayment, clock: Clock) -> None:
    """The order stands, also after its hold: `orders.place` promises it anew, or owes the money back.

    What a member spends on it is spent with it; where the order was given up before, it is hers again already.
    """
    now = clock.now()
    payment.state = "paid"
    session.add(payment)
    order = repository.order_of(session, payment.order_id)
    row = orders_repository.locked(session, payment.order_id)
    assert row is not None  # nothing deletes one
    paid_minor = payment.amount_minor
    if row.state in ("held", "lapsed"):
        paid_minor += benefits.commit(session, now, payment.order_id)
    tender = Paid(WALLET, payment.amount_minor, payment.payment_id, "paid")
    tenders.add(session, now, payment.order_id, tender)
    orders.place(session, now, payment.order_id, paid_minor, payment.payment_id)
    repository.empty_basket(session, order.shopper_id)


def _ask(payment: ShopPayment) -> PaymentAsk:
    return PaymentAsk.model_validate(
        {
            "payment_id": payment.payment_id,
            "provider": payment.provider,
            "amount_minor": payment.amount_minor,
            "currency": payment.currency,
        }
    )


def _pause(age: timedelta) -> timedelta:
    """Often while she is at the page, more seldom the longer she is away."""
    return min(max(LOOK_AGAIN, age / 4), LONGEST_PAUSE)


def refund_id(order_id: str, number: int) -> str:
    """The same for the same debt, so that it is given back once."""
    return str(uuid.uuid5(uuid.UUID(order_id), f"refund {number}"))
