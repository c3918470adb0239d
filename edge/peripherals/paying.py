"""Card payments at one payment terminal: one at a time, journalled before the first byte.

A person begins a payment (`payments.begin`, state NEW); this thread sends it once. No answer in time, or a line that
breaks after the first byte, makes it UNKNOWN, and from then on it belongs to the resolver. Card data is never seen
here: the payment terminal keeps it.
"""

from __future__ import annotations

import logging
import threading
from typing import Final, Protocol

from drivers.errors import PeripheralError, Unavailable, UnknownOutcome
from drivers.events import PaymentOutcome, PaymentResult
from drivers.interfaces import PaymentTerminal
from edge.clock import Clock
from edge.db.tables import Payment
from edge.domain.errors import ShopError
from edge.peripherals.conditions import Condition, State
from edge.peripherals.owner import Readiness
from edge.peripherals.resolver import Resolver
from edge.services import payments
from edge.services.notices import Notices
from edge.services.shop import Shop

log = logging.getLogger(__name__)

# Nexo Retailer 3.0: a payment terminal answers a payment within 120 s; after that, its status is asked.
PAY_S: Final = 120.0
DIAGNOSE_EVERY_S: Final = 15.0
DIAGNOSE_S: Final = 5.0
LISTEN_S: Final = 1.0
AFTER_REFUSAL_S: Final = 2.0


class TerminalOwner(Protocol):
    @property
    def condition(self) -> Condition: ...
    def busy(self, *, is_busy: bool) -> None: ...


class TerminalWork:
    """What the owner's thread does with the payment terminal between payments: see that it is still there."""

    def __init__(self, terminal: PaymentTerminal, clock: Clock) -> None:
        self._terminal = terminal
        self._clock = clock
        self._asked_at_s = clock.monotonic()
        self._is_busy = False
        self._failed = threading.Event()

    def opened(self) -> Readiness:
        self._failed.clear()
        self._asked_at_s = self._clock.monotonic()
        return Readiness()

    def exchange(self, *, is_running: bool) -> None:
        """No diagnosis is asked for while a customer pays."""
        self._is_busy = is_running
        self._asked_at_s = self._clock.monotonic()

    def fail(self) -> None:
        """The line was lost in an exchange: the owner opens it again."""
        self._failed.set()

    def once(self) -> Readiness:
        if self._failed.wait(LISTEN_S):
            self._failed.clear()
            raise Unavailable(address="the payment terminal", detail="its line was lost")
        now_s = self._clock.monotonic()
        if not self._is_busy and now_s - self._asked_at_s >= DIAGNOSE_EVERY_S:
            self._asked_at_s = now_s
            self._terminal.diagnose(DIAGNOSE_S)
        return Readiness()


class PaymentDesk:
    """`step` sends a payment or asks a question; `run` is the thread around it."""

    def __init__(
        self,
        shop: Shop,
        terminal: PaymentTerminal,
        owner: TerminalOwner,
        work: TerminalWork,
        clock: Clock,
        notices: Notices,
    ) -> None:
        self._shop = shop
        self._terminal = terminal
        self._owner = owner
        self._work = work
        self._notices = notices
        self._under_way = ""
        self._resolver = Resolver(shop, terminal, clock, notices)
        self._woken = threading.Event()

    def wake(self) -> None:
        self._woken.set()

    def run(self, stopping: threading.Event) -> None:
        while not stopping.is_set():
            self._woken.clear()
            wait_s = self._step_safely()
            self._woken.wait(wait_s)

    def step(self) -> float:
        """The seconds until there is something to do without being woken."""
        self._own_up()
        for payment in payments.of_kind(self._shop, "card", "NEW"):
            self._begin(payment)
        if not self._owner.condition.is_well:
            return AFTER_REFUSAL_S
        return self._resolve()

    def abort(self, payment_id: str) -> None:
        """Asks the payment terminal to stop; it has the last word on the payment, not this request."""
        self._terminal.abort(payments.get(self._shop, payment_id).reference)

    def _step_safely(self) -> float:
        try:
            return self.step()
        except ShopError as error:
            log.warning("Payments wait: %s", error)
        except PeripheralError as error:
            log.warning("The payment terminal failed: %s", error)
            self._work.fail()
        return AFTER_REFUSAL_S

    def _begin(self, payment: Payment) -> None:
        if self._owner.condition.state is not State.READY:
            payments.cancel(self._shop, payment.payment_id, "unreachable")
            self._notices.tell(
                "bad",
                "payment.unreachable",
                "The payment terminal cannot be reached: nothing was charged.",
                "Check that it is on and its cable is in, or take cash.",
            )
            return
        payments.send(self._shop, payment.payment_id)
        self._under_way = payment.payment_id
        self._owner.busy(is_busy=True)
        self._work.exchange(is_running=True)
        try:
            self._pay(payment)
        finally:
            self._work.exchange(is_running=False)
            self._owner.busy(is_busy=False)

    def _own_up(self) -> None:
        """An outcome that could not be written down (a full disk) is not known: the resolver asks for it."""
        if not self._under_way:
            return
        payment = payments.get(self._shop, self._under_way)
        if payment.state in ("SENT", "IN_PROGRESS"):
            self._lose(payment, "its outcome was not written down")
        self._under_way = ""

    def _pay(self, payment: Payment) -> None:
        try:
            outcome = self._terminal.pay(
                payment.reference, payment.amount_minor, payment.currency, PAY_S
            )
        except UnknownOutcome as error:
            self._work.fail()
            self._lose(payment, str(error.fields["detail"]))
            return
        except PeripheralError as error:
            # Not one byte left (from the first on it is UnknownOutcome), so nothing can have been charged.
            never_sent = PaymentOutcome(
                PaymentResult.CANCELLED, payment.reference, error_condition=error.key
            )
            payments.settle(self._shop, payment.payment_id, never_sent)
            raise
        if outcome.result is PaymentResult.IN_PROGRESS:
            self._lose(payment, "still in progress")
            return
        payments.settle(self._shop, payment.payment_id, outcome)

    def _lose(self, payment: Payment, why: str) -> None:
        payments.lose(self._shop, payment.payment_id, why)
        self._notices.tell(
            "bad",
            "payment.unknown",
            "It is not known whether the card was charged. The payment terminal is being asked.",
            "Do not take the money a second time.",
        )

    def _resolve(self) -> float:
        self._work.exchange(is_running=True)
        try:
            return self._resolver.step()
        finally:
            self._work.exchange(is_running=False)
