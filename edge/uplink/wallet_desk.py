"""The thread that asks the hub about wallets: pays, queries, reverses and gives back, one question after the other.

A person begins a payment (`wallets.begin`, state NEW) and hands its code over here, where it stays in memory until
the one question that carries it is sent. No answer makes the payment UNKNOWN; then it is asked about, and given back
when its wallet's time is over. What is to be given back is asked for until the hub has proved it.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from contract.envelope import make_uid
from contract.wallets import PaymentTold, RefundTold
from edge.clock import Clock
from edge.db.tables import Payment
from edge.db.wallet_tables import WalletRefund
from edge.domain.errors import HubRefused, HubSilent, HubUnreachable, ShopError, WalletOffline
from edge.domain.money import spelled
from edge.services import payments, wallets
from edge.services.hub import AskHub
from edge.services.notices import Notices
from edge.services.shop import Shop
from edge.services.wallets import KIND, PACES

log = logging.getLogger(__name__)

# The hub waits up to 8 s for a provider, and a reversal is two questions to it.
ANSWER_S: Final = 20.0
RETRY_S: Final = (2.0, 5.0, 10.0, 30.0)
IDLE_S: Final = 30.0
AFTER_REFUSAL_S: Final = 2.0
OPEN: Final = ("SENT", "IN_PROGRESS", "UNKNOWN", "REVERSING", "REVERSAL_PENDING")
Told = TypeVar("Told", PaymentTold, RefundTold)
NOTHING_LEFT: Final = "hub.wallet_refund"
NOT_DONE: Final = frozenset({"hub.expired", "hub.unknown_verb"})


@dataclass(slots=True)
class Course:
    """How a payment goes: since when, when it is asked about next (monotonic seconds), how often nobody answered."""

    since_s: float
    due_s: float
    silent: int = 0
    is_answered: bool = False
    is_unwanted: bool = False


class WalletDesk:
    """`pay` and `stop` may be called from any thread; `step` asks, `run` is the thread around it."""

    def __init__(
        self,
        shop: Shop,
        ask_hub: AskHub,
        is_online: Callable[[], bool],
        clock: Clock,
        notices: Notices,
    ) -> None:
        self._shop = shop
        self._ask_hub = ask_hub
        self._is_online = is_online
        self._clock = clock
        self._notices = notices
        self._lock = threading.Lock()
        self._codes: dict[str, str] = {}
        self._unwanted: set[str] = set()
        self._courses: dict[str, Course] = {}
        self._woken = threading.Event()

    # -- what people do --

    def pay(self, code: str, amount_minor: int | None = None) -> Payment:
        """Begins a payment by the code that was scanned. Raises what `wallets.begin` refuses."""
        with self._lock:
            payment = wallets.begin(
                self._shop, code, is_online=self._is_online(), amount_minor=amount_minor
            )
            self._codes[payment.payment_id] = code
        self.wake()
        return payment

    def stop(self, payment_id: str) -> None:
        """Asks for an end; the wallet has the last word on what was paid, and that goes back."""
        with self._lock:
            self._unwanted.add(payment_id)
        self.wake()

    # -- the thread --

    def wake(self) -> None:
        self._woken.set()

    def run(self, stopping: threading.Event) -> None:
        while not stopping.is_set():
            self._woken.clear()
            wait_s = self._step_safely()
            self._woken.wait(wait_s)

    def step(self) -> float:
        """The seconds until there is something to do without being woken."""
        for payment in payments.of_kind(self._shop, KIND, "NEW"):
            self._begin(payment)
        open_payments = payments.of_kind(self._shop, KIND, *OPEN)
        refunds = wallets.pending_refunds(self._shop)
        known = {it.payment_id for it in open_payments} | {it.refund_id for it in refunds}
        self._forget(known)
        for payment in open_payments:
            self._go_on(payment)
        for refund in refunds:
            self._go_on_refund(refund)
        return self._until_next_s()

    def _step_safely(self) -> float:
        try:
            return self.step()
        except ShopError as error:
            log.warning("Wallets wait: %s", error.key)
            return AFTER_REFUSAL_S

    def _until_next_s(self) -> float:
        now_s = self._clock.monotonic()
        return max(
            0.0, min((it.due_s for it in self._courses.values()), default=now_s + IDLE_S) - now_s
        )

    def _forget(self, kept: set[str]) -> None:
        for name in set(self._courses) - kept:
            del self._courses[name]
        with self._lock:
            self._unwanted &= kept

    def _course(self, name: str, first_s: float = 0.0) -> Course:
        now_s = self._clock.monotonic()
        return self._courses.setdefault(name, Course(now_s, now_s + first_s))

    # -- a payment --

    def _begin(self, payment: Payment) -> None:
        with self._lock:
            code = self._codes.pop(payment.payment_id, "")
            is_unwanted = payment.payment_id in self._unwanted
        if not code or is_unwanted:
            payments.cancel(self._shop, payment.payment_id, "given up before it was sent")
            return
        payments.send(self._shop, payment.payment_id)
        course = self._course(payment.payment_id, PACES[payment.scheme].query_s)
        try:
            told = self._ask("pay", payment, code=code)
        except HubUnreachable:
            # Not one byte left, so nothing can have been charged; and it is never sent later.
            payments.cancel(self._shop, payment.payment_id, "hub.unreachable")
            self._notices.refused(WalletOffline())
            return
        except HubSilent:
            wallets.lose(self._shop, payments.get(self._shop, payment.payment_id), "hub.silent")
            return
        except HubRefused as error:
            self._refused(payment, error)
            return
        course.due_s = self._clock.monotonic() + PACES[payment.scheme].query_s
        self._heard(payment, told)

    def _refused(self, payment: Payment, error: HubRefused) -> None:
        """The hub's own no to a payment: it was not sent on."""
        reason = error.hub_key
        if reason in NOT_DONE:
            payments.cancel(self._shop, payment.payment_id, reason)
        else:
            told = PaymentTold(state="declined", reason=reason)
            wallets.settle(self._shop, payment.payment_id, told)
        self._notices.tell("bad", reason, error.message, error.what_now, **error.fields)

    def _go_on(self, payment: Payment) -> None:
        """Asks about a payment, or for its reversal, when that is due."""
        if payment.state == "SENT":
            # This thread sends, and it is not sending: what it heard could not be written down (a full disk).
            payment = wallets.lose(self._shop, payment, "its outcome was not written down")
        course = self._course(payment.payment_id)
        self._notice_unwanted(payment, course)
        now_s = self._clock.monotonic()
        if now_s < course.due_s:
            return
        deed = wallets.deed_of(
            payment,
            now_s - course.since_s,
            is_answered=course.is_answered,
            is_unwanted=course.is_unwanted,
        )
        if deed == "reverse":
            self._reverse(payment, course)
        elif deed == "query":
            self._query(payment, course)
        else:
            course.due_s = course.since_s + PACES[payment.scheme].reverse_after_s

    def _notice_unwanted(self, payment: Payment, course: Course) -> None:
        with self._lock:
            is_stopped = payment.payment_id in self._unwanted
        if is_stopped and not course.is_unwanted:
            course.is_unwanted, course.due_s = True, self._clock.monotonic()

    def _query(self, payment: Payment, course: Course) -> None:
        try:
            told = self._ask("query", payment)
        except (HubUnreachable, HubSilent, HubRefused) as error:
            self._put_off(course)
            log.info("The wallet payment %s is still unknown: %s", payment.reference, error.key)
            return
        course.silent = 0
        course.is_answered = True
        course.due_s = self._clock.monotonic() + PACES[payment.scheme].query_s
        self._heard(payment, told)

    def _heard(self, payment: Payment, told: PaymentTold) -> None:
        before = payments.get(self._shop, payment.payment_id)
        if told.state in ("reversing", "reversed", "missing"):
            # The hub never heard of it, or has given it back already: from here on it can only go back.
            course = self._course(payment.payment_id)
            course.is_unwanted, course.due_s = True, self._clock.monotonic()
            wallets.lose(self._shop, before, told.state)
            return
        after = wallets.settle(self._shop, payment.payment_id, told)
        if before.state == "UNKNOWN" and after.state in ("APPROVED", "DECLINED"):
            self._tell_found(after)

    def _reverse(self, payment: Payment, course: Course) -> None:
        if payment.state in ("IN_PROGRESS", "UNKNOWN", "REVERSAL_PENDING"):
            payment = wallets.give_up(self._shop, payment, "given up")
        try:
            told = self._ask("reverse", payment)
        except (HubUnreachable, HubSilent, HubRefused) as error:
            self._reversal_waits(payment, course, error.key)
            return
        if told.state not in ("reversed", "declined"):
            self._reversal_waits(payment, course, told.reason or told.state)
            return
        payments.reversed_(self._shop, payment.payment_id)
        amount = spelled(payment.amount_minor, payment.currency)
        self._notices.tell(
            "warn",
            "wallet.given_back",
            f"The wallet payment over {amount} was given up; the customer is not charged.",
            "Let the customer show a fresh code, or take a card or cash.",
            amount=amount,
        )

    def _reversal_waits(self, payment: Payment, course: Course, why: str) -> None:
        payments.reversal_pending(self._shop, payment.payment_id, why)
        self._put_off(course)

    def _put_off(self, course: Course) -> None:
        pause_s = RETRY_S[min(course.silent, len(RETRY_S) - 1)]
        course.silent += 1
        course.due_s = self._clock.monotonic() + pause_s

    def _ask(self, verb: str, payment: Payment, **more: str) -> PaymentTold:
        arguments: dict[str, Any] = {
            "payment_id": payment.payment_id,
            "provider": payment.scheme,
            "amount_minor": payment.amount_minor,
            "currency": payment.currency,
            **more,
        }
        return _read(PaymentTold, self._asked(f"wallet.{verb}", arguments))

    def _asked(self, verb: str, arguments: dict[str, Any]) -> dict[str, Any]:
        ask_id = make_uid(int(self._clock.now().timestamp() * 1000), os.urandom)
        return self._ask_hub(verb, arguments, ask_id=ask_id, timeout_s=ANSWER_S)

    def _tell_found(self, payment: Payment) -> None:
        amount = spelled(payment.amount_minor, payment.currency)
        if payment.state == "APPROVED":
            self._notices.tell(
                "good",
                "wallet.found_approved",
                f"The wallet payment over {amount} was approved after all.",
                "It counts for its basket; do not take the money again.",
                amount=amount,
            )
            return
        self._notices.tell(
            "warn",
            "wallet.found_unpaid",
            f"The wallet payment over {amount} did not happen.",
            "Let the customer show a fresh code, or take a card or cash.",
            amount=amount,
        )

    # -- money back with goods --

    def _go_on_refund(self, refund: WalletRefund) -> None:
        course = self._course(refund.refund_id)
        if self._clock.monotonic() < course.due_s:
            return
        arguments = {
            "refund_id": refund.refund_id,
            "payment_id": refund.payment_id,
            "amount_minor": refund.amount_minor,
            "currency": refund.currency,
        }
        try:
            told = _read(RefundTold, self._asked("wallet.refund", arguments))
        except HubRefused as error:
            self._refund_refused(refund, course, error)
            return
        except (HubUnreachable, HubSilent) as error:
            self._refund_waits(refund, course, error.key)
            return
        if told.state == "done":
            wallets.refund_done(self._shop, refund.refund_id)
            return
        self._refund_waits(refund, course, told.reason or told.state)

    def _refund_refused(self, refund: WalletRefund, course: Course, error: HubRefused) -> None:
        """Where the payment has nothing left it is over: the same goods came back at two shops."""
        if error.hub_key != NOTHING_LEFT:
            self._refund_waits(refund, course, error.key)
            return
        wallets.refund_refused(self._shop, refund.refund_id, error.hub_key)
        amount = spelled(refund.amount_minor, refund.currency)
        self._notices.tell(
            "bad",
            "wallet.refund_refused",
            f"{amount} did not go back to the wallet: what it paid has gone back already.",
            "Look whether another shop has taken the same goods back. The customer has her money.",
            amount=amount,
        )

    def _refund_waits(self, refund: WalletRefund, course: Course, why: str) -> None:
        wallets.refund_waits(self._shop, refund.refund_id, why)
        if course.silent == 0:
            amount = spelled(refund.amount_minor, refund.currency)
            self._notices.tell(
                "warn",
                "wallet.refund_waits",
                f"{amount} has not gone back to the wallet yet; it is asked for again until it has.",
                "Tell the customer that it may take a while; do not give cash as well.",
                amount=amount,
            )
        self._put_off(course)


def _read(model: type[Told], body: dict[str, Any]) -> Told:
    """An answer that says nothing we understand is none."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise HubSilent(timeout_s=round(ANSWER_S)) from error
