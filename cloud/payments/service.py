"""Wallet payments of the whole company: each asked for once, queried, reversed and refunded; idempotent by its id.

    asked -> approved | waiting | declined | unknown        approved, declined and reversed are last words
    waiting, unknown -> (query) -> approved | declined      any but declined -> reversing -> reversed

Once a reversal was asked for, a payment is never approved again: a provider that answers after it (`watch`) is asked
to give the money back once more. What is asked is in the database before the provider hears of it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from sqlmodel import Session

from cloud.clock import Clock
from cloud.db import Database
from cloud.errors import NotFoundError, WalletMismatchError, WalletNotSetUpError, WalletRefundError
from cloud.ingest.quarantine import raise_alarm
from cloud.payments import repository
from cloud.payments.providers import Errand, NoAnswer, Order, Provider, Told, Way
from cloud.payments.tables import WalletCall, WalletPayment, WalletRefund
from cloud.questions import Asker
from contract.wallets import (
    PaidAsk,
    PaidTold,
    PayAsk,
    PaymentAsk,
    PaymentTold,
    RefundAsk,
    RefundTold,
)

log = logging.getLogger(__name__)

# A payment that was given back is looked at again after these, for a provider that answers late.
CHECK_AFTER_S: Final = (20, 60, 300, 1800, 21_600)
RETRY_REVERSAL_S: Final = 600  # a box that asked for a reversal and went away
LATE: Final = "payments.answered_after_reversal"
MAX_CHECKED: Final = 50


class WalletService:
    """`providers` by name; those that are not set up are missing. Any thread may call."""

    def __init__(
        self, database: Database, clock: Clock, providers: Mapping[str, Provider], company: str
    ) -> None:
        self._database = database
        self._clock = clock
        self._providers = providers
        self._company = company

    @property
    def names(self) -> list[str]:
        """The providers that the company has a contract with."""
        return sorted(self._providers)

    # -- what boxes ask --

    def pay(self, asker: Asker, ask: PayAsk) -> PaymentTold:
        """Sends the code to its provider, once; asked again, it looks what became of it."""
        provider = self._provider(ask.provider)
        row, is_new = self._begin(asker, ask, "asked")
        if not is_new:
            return self.query(asker, ask)
        told = provider.pay(self._order(row), ask.code.get_secret_value())
        return self._told(self._heard(row.payment_id, "pay", told))

    def query(self, asker: Asker, ask: PaymentAsk) -> PaymentTold:
        with self._database.read() as session:
            row = self._own(session, asker, ask)
        if row is None:
            return PaymentTold(state="missing")
        if row.state in ("asked", "waiting", "unknown"):
            told = self._provider(row.provider).query(self._order(row))
            row = self._heard(row.payment_id, "query", told)
        return self._told(row)

    def open(self, asker: Asker, ask: PaymentAsk, errand: Errand) -> tuple[PaymentTold, str]:
        """The page on which a customer at home pays, "" where she need not or cannot; again: the same payment."""
        provider = self._provider(ask.provider)
        row, _ = self._begin(asker, ask, "asked", is_page=True)
        if row.state not in ("asked", "waiting", "unknown"):
            return self._told(row), ""
        told, url = provider.open(self._order(row), errand)
        return self._told(self._heard(row.payment_id, "open", told)), url

    def noticed(self, provider_name: str, body: bytes) -> tuple[str, bytes]:
        """What a provider said by itself: the payment, and what it wants to hear. Raises NoAnswer for a forged one.

        It is only a reason to ask: what the provider answers to a query counts.
        """
        provider = self._provider(provider_name)
        notice = provider.noticed(body)
        with self._database.read() as session:
            row = repository.by_number(session, provider_name, notice.number)
        if row is None:
            raise NotFoundError(what="wallet payment", name=notice.number)
        if notice[1:] != (row.amount_minor, row.currency):
            raise NoAnswer("differs")
        self._heard(row.payment_id, "notice", provider.query(self._order(row)))
        return row.payment_id, provider.thanks

    def reverse(self, asker: Asker, ask: PaymentAsk) -> PaymentTold:
        """Gives the money back, or sees to it that none is ever taken. To be asked until it says "reversed"."""
        self._provider(ask.provider)
        row, is_new = self._begin(asker, ask, "reversed")
        if is_new or row.state == "declined":
            # The provider never heard of it, and from now on this payment cannot be begun.
            return self._told(row)
        return self._told(self._reverse(row.payment_id))

    def refund(self, asker: Asker, ask: RefundAsk) -> RefundTold:
        row, refund = self._begin_refund(asker, ask)
        if refund.state == "done":
            return RefundTold(state="done")
        provider = self._provider(row.provider)
        told = provider.refund(self._order(row), refund_number(refund), refund.amount_minor)
        state = {"closed": "done", "declined": "refused"}.get(told.said, "asked")
        with self._database.write() as session:
            kept = repository.refund(session, ask.refund_id)
            assert kept is not None
            if kept.state != "done":
                kept.state, kept.reason, kept.changed_at = state, told.reason, self._clock.now()
            self._journal(session, row, "refund", told, refund)
            return RefundTold.model_validate({"state": kept.state, "reason": kept.reason})

    def paid(self, ask: PaidAsk) -> PaidTold:
        """What may go back to wallets for a sale. Raises NotFoundError where the hub has not heard of the sale."""
        with self._database.read() as session:
            rows = repository.of_sale(session, ask.sale_id)
            if not rows and not repository.is_sale(session, ask.sale_id):
                raise NotFoundError(what="sale", name=ask.sale_id)
            parts = [
                {
                    "payment_id": row.payment_id,
                    "provider": row.provider,
                    "currency": row.currency,
                    "left_minor": self._left_minor(session, row),
                }
                for row in rows
            ]
        return PaidTold.model_validate({"payments": parts})

    # -- what the hub does by itself --

    def watch(self) -> int:
        """Asks again about payments that were given back; how many were looked at."""
        with self._database.read() as session:
            due = list(repository.due(session, self._clock.now(), MAX_CHECKED))
        for payment_id in due:
            self._check(payment_id)
        return len(due)

    def _check(self, payment_id: str) -> None:
        with self._database.read() as session:
            row = repository.payment(session, payment_id)
        if row is None or row.provider not in self._providers:
            return
        if row.state == "reversing":
            self._reverse(payment_id)
            return
        told = self._providers[row.provider].query(self._order(row))
        row = self._heard(payment_id, "check", told)
        if row.state == "reversing":
            self._reverse(payment_id)

    # -- inside --

    def _provider(self, name: str) -> Provider:
        if name not in self._providers:
            raise WalletNotSetUpError(provider=name)
        return self._providers[name]

    def _order(self, row: WalletPayment) -> Order:
        way: Way = "page" if row.is_page else "code"
        return Order(row.order_number, row.amount_minor, row.currency, self._company, way)

    def _own(self, session: Session, asker: Asker, ask: PaymentAsk) -> WalletPayment | None:
        """The payment, None where nobody asked for it yet; of another box or over another amount it is refused."""
        row = repository.payment(session, ask.payment_id)
        if row is None:
            return None
        if row.edge_id != asker.edge_id:
            raise NotFoundError(what="wallet payment", name=ask.payment_id)
        theirs = ask.provider, ask.amount_minor, ask.currency
        if theirs != (row.provider, row.amount_minor, row.currency):
            raise WalletMismatchError(payment_id=ask.payment_id)
        return row

    def _begin(
        self, asker: Asker, ask: PaymentAsk, state: str, *, is_page: bool = False
    ) -> tuple[WalletPayment, bool]:
        """The payment's row, made in `state` where there was none."""
        with self._database.write() as session:
            row = self._own(session, asker, ask)
            if row is not None:
                return row, False
            now = self._clock.now()
            row = WalletPayment(
                payment_id=ask.payment_id,
                edge_id=asker.edge_id,
                location_id=asker.location_id,
                provider=ask.provider,
                order_number=ask.payment_id.replace("-", ""),
                state=state,
                is_page=is_page,
                amount_minor=ask.amount_minor,
                currency=ask.currency,
                asked_at=now,
                changed_at=now,
            )
            session.add(row)
            return row, True

    def _heard(self, payment_id: str, operation: str, told: Told) -> WalletPayment:
        """Journals what the provider said and moves the payment on, as far as its last word allows."""
        with self._database.write() as session:
            row = repository.payment(session, payment_id)
            assert row is not None  # nothing deletes one
            self._journal(session, row, operation, told)
            if row.state in ("reversing", "reversed"):
                self._heard_after_reversal(session, row, told)
            elif row.state in ("asked", "waiting", "unknown"):
                self._move(row, after(row.state, told), told)
            session.add(row)
        return row

    def _heard_after_reversal(self, session: Session, row: WalletPayment, told: Told) -> None:
        if told.said == "approved":
            if row.state == "reversed":
                detail = f"{row.provider} took the money of {row.payment_id} after it was reversed."
                raise_alarm(session, row.edge_id, LATE, detail, self._clock.now())
            self._move(row, "reversing", told)
        elif row.state == "reversed":
            self._plan_check(row)

    def _move(self, row: WalletPayment, state: str, told: Told) -> None:
        row.state, row.reason, row.changed_at = state, told.reason, self._clock.now()
        row.transaction_id = told.transaction_id or row.transaction_id
        if state == "reversing":
            row.check_at = self._clock.now() + timedelta(seconds=RETRY_REVERSAL_S)

    def _plan_check(self, row: WalletPayment) -> None:
        now = self._clock.now()
        if row.checks >= len(CHECK_AFTER_S):
            row.check_at = None
            return
        row.check_at = now + timedelta(seconds=CHECK_AFTER_S[row.checks])
        row.checks += 1

    def _reverse(self, payment_id: str) -> WalletPayment:
        """One attempt, proved by a query: an answer alone may come before the money does."""
        row = self._set_reversing(payment_id)
        if row.state == "reversed":
            return row
        provider, order = self._provider(row.provider), self._order(row)
        told = provider.reverse(order)
        row = self._heard(payment_id, "reverse", told)
        if told.said != "closed":
            return row
        proof = provider.query(order)
        row = self._heard(payment_id, "query", proof)
        return row if proof.said in ("approved", "unknown") else self._set_reversed(payment_id)

    def _set_reversing(self, payment_id: str) -> WalletPayment:
        with self._database.write() as session:
            row = repository.payment(session, payment_id)
            assert row is not None
            if row.state not in ("reversing", "reversed"):
                self._move(row, "reversing", Told("unknown", row.reason))
            session.add(row)
        return row

    def _set_reversed(self, payment_id: str) -> WalletPayment:
        with self._database.write() as session:
            row = repository.payment(session, payment_id)
            assert row is not None
            row.state, row.reason, row.changed_at, row.checks = "reversed", "", self._clock.now(), 0
            self._plan_check(row)
            session.add(row)
        return row

    def _begin_refund(self, asker: Asker, ask: RefundAsk) -> tuple[WalletPayment, WalletRefund]:
        with self._database.write() as session:
            row = repository.payment(session, ask.payment_id)
            if row is None or row.currency != ask.currency:
                raise NotFoundError(what="wallet payment", name=ask.payment_id)
            known = repository.refund(session, ask.refund_id)
            if known is not None:
                if (known.payment_id, known.amount_minor) != (ask.payment_id, ask.amount_minor):
                    raise WalletMismatchError(payment_id=ask.payment_id)
                return row, known
            left_minor = self._left_minor(session, row)
            if ask.amount_minor > left_minor:
                raise WalletRefundError(left_minor=left_minor)
            now = self._clock.now()
            refund = WalletRefund(
                refund_id=ask.refund_id,
                payment_id=ask.payment_id,
                edge_id=asker.edge_id,
                state="asked",
                amount_minor=ask.amount_minor,
                currency=ask.currency,
                asked_at=now,
                changed_at=now,
            )
            session.add(refund)
            return row, refund

    def _left_minor(self, session: Session, row: WalletPayment) -> int:
        if row.state != "approved":
            return 0
        return row.amount_minor - repository.refunded_minor(session, row.payment_id)

    def _journal(
        self,
        session: Session,
        row: WalletPayment,
        operation: str,
        told: Told,
        refund: WalletRefund | None = None,
    ) -> None:
        session.add(
            WalletCall(
                at=self._clock.now(),
                payment_id=row.payment_id,
                provider=row.provider,
                operation=operation,
                refund_id=refund.refund_id if refund else "",
                amount_minor=refund.amount_minor if refund else row.amount_minor,
                said=told.said,
                reason=told.reason,
                transaction_id=told.transaction_id,
            )
        )

    def _told(self, row: WalletPayment) -> PaymentTold:
        state = "unknown" if row.state == "asked" else row.state
        return PaymentTold.model_validate(
            {
                "state": state,
                "transaction_id": row.transaction_id,
                "amount_minor": row.amount_minor if state == "approved" else 0,
                "reason": row.reason,
            }
        )


def after(state: str, told: Told) -> str:
    """A payment's state once the provider has spoken.

    An order that is closed, though nobody here asked for it, can never be paid: it was declined. One that is not known
    may still be on its way.

    >>> after("asked", Told("waiting")), after("waiting", Told("unknown")), after("asked", Told("missing"))
    ('waiting', 'waiting', 'unknown')
    """
    if told.said == "closed":
        return "declined"
    if told.said == "missing":
        return "unknown"
    if told.said == "unknown":
        return "unknown" if state == "asked" else state
    return told.said


def refund_number(refund: WalletRefund) -> str:
    return refund.refund_id.replace("-", "")


class WalletWatch:
    """The thread that calls `watches`, one after the other, again and again."""

    EVERY_S: Final = 5.0

    def __init__(self, *watches: Callable[[], object]) -> None:
        self._watches = watches
        self._stopping, self._woken = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="wallet watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Something is owed: it need not wait for the next round."""
        self._woken.set()

    def stop(self, timeout_s: float) -> None:
        self._stopping.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            self._woken.wait(self.EVERY_S)
            if self._stopping.is_set():
                return
            self._woken.clear()
            for watch in self._watches:
                self._look(watch)

    def _look(self, watch: Callable[[], object]) -> None:
        try:
            watch()
        except Exception as error:  # noqa: BLE001 - money that came late must be found by the next round
            # Its text may hold what was sent: the class alone goes to the log.
            log.error("Wallets were not looked at: %s.", type(error).__name__)  # noqa: TRY400 - as said
