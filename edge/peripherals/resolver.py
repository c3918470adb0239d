"""What became of it: asks the payment terminal about every payment whose outcome nobody knows.

    UNKNOWN    ask after 2, 5, 10 and 30 s, then every 30 s: approved money becomes the tender of its basket;
               not found there means that it never arrived; after five minutes without a word it is to be given back
    REVERSING, REVERSAL_PENDING
               first ask whether the reversal has happened, then whether there is anything to reverse, then reverse;
               asked again for as long as it takes

Nothing here charges: a payment is only ever begun by a person (`paying`).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from drivers.errors import PeripheralError
from drivers.events import PaymentOutcome, PaymentResult
from drivers.interfaces import PaymentTerminal
from edge.clock import Clock
from edge.db.tables import Payment
from edge.domain.money import spelled
from edge.services import drawers, payments, printing
from edge.services.notices import Notices
from edge.services.shop import Shop

log = logging.getLogger(__name__)

ASK_AFTER_S: Final = (2.0, 5.0, 10.0, 30.0)
ASK_EVERY_S: Final = 30.0
GIVE_BACK_AFTER_S: Final = 300.0
ANSWER_S: Final = 10.0
REVERSAL_S: Final = 60.0

NO_MONEY: Final = frozenset(
    {PaymentResult.DECLINED, PaymentResult.CANCELLED, PaymentResult.NOT_FOUND}
)


def recover(shop: Shop) -> None:
    """After a start, before anything else works: whatever was under way is of unknown outcome now."""
    for job in printing.recover(shop):
        log.warning(
            "Print job %s (%s): it is not known whether it was printed", job.job_id, job.kind
        )
    for payment in payments.recover(shop):
        log.warning(
            "Payment %s (%s) is %s: it is asked about",
            payment.reference,
            payment.kind,
            payment.state,
        )
    drawers.recover(shop)


@dataclass(slots=True)
class Question:
    """How often a payment was asked about, since when, and when it is asked next (monotonic seconds)."""

    since_s: float
    due_at_s: float
    asked: int = 0

    def put_off(self, now_s: float) -> None:
        self.asked += 1
        self.due_at_s = now_s + wait_s(self.asked)


def wait_s(asked: int) -> float:
    """The pause before question number `asked` + 1: the deadlines are 2, 5, 10 and 30 s after the first doubt.

    >>> [wait_s(asked) for asked in range(6)]
    [2.0, 3.0, 5.0, 20.0, 30.0, 30.0]
    """
    if asked >= len(ASK_AFTER_S):
        return ASK_EVERY_S
    return ASK_AFTER_S[asked] - (ASK_AFTER_S[asked - 1] if asked else 0.0)


class Resolver:
    """`step` asks whatever is due, and gives the seconds until the next question."""

    def __init__(
        self, shop: Shop, terminal: PaymentTerminal, clock: Clock, notices: Notices
    ) -> None:
        self._shop = shop
        self._terminal = terminal
        self._clock = clock
        self._notices = notices
        self._questions: dict[str, Question] = {}

    def step(self) -> float:
        """Raises what the payment terminal raised, after the question was put off: its owner must know."""
        doubtful = payments.of_kind(self._shop, "card", "UNKNOWN", "REVERSING", "REVERSAL_PENDING")
        self._forget({payment.payment_id for payment in doubtful})
        for payment in doubtful:
            question = self._question(payment)
            if self._clock.monotonic() >= question.due_at_s:
                question.put_off(self._clock.monotonic())
                self._resolve(payment, question)
        return self._until_next_s()

    def _until_next_s(self) -> float:
        now_s = self._clock.monotonic()
        due_s = (question.due_at_s for question in self._questions.values())
        return max(0.0, min(due_s, default=now_s + ASK_EVERY_S) - now_s)

    def _question(self, payment: Payment) -> Question:
        now_s = self._clock.monotonic()
        # A reversal is wanted now; a lost payment may still be answered by itself in a moment.
        first_s = now_s + (wait_s(0) if payment.state == "UNKNOWN" else 0.0)
        return self._questions.setdefault(payment.payment_id, Question(now_s, first_s))

    def _forget(self, kept: set[str]) -> None:
        for payment_id in set(self._questions) - kept:
            del self._questions[payment_id]

    def _resolve(self, payment: Payment, question: Question) -> None:
        if payment.state != "UNKNOWN":
            self._reverse(payment)
            return
        try:
            outcome = self._terminal.query(payment.reference, payment.currency, ANSWER_S)
        except PeripheralError:
            self._give_back_if_late(payment, question)
            raise
        if outcome.result is PaymentResult.IN_PROGRESS:
            self._give_back_if_late(payment, question)
            return
        self._settle(payment, outcome)

    def _settle(self, payment: Payment, outcome: PaymentOutcome) -> None:
        settled = payments.settle(self._shop, payment.payment_id, outcome)
        amount = spelled(settled.payment.amount_minor, settled.payment.currency)
        if settled.payment.state == "APPROVED":
            self._notices.tell(
                "good",
                "payment.found_approved",
                f"The card payment over {amount} was approved after all.",
                "It counts for its basket; do not take the money again.",
                amount=amount,
            )
        else:
            self._notices.tell(
                "warn",
                "payment.found_unpaid",
                f"The card payment over {amount} did not happen.",
                "Take the money again, by card or in cash.",
                amount=amount,
            )

    def _give_back_if_late(self, payment: Payment, question: Question) -> None:
        if self._clock.monotonic() - question.since_s < GIVE_BACK_AFTER_S:
            return
        payments.reverse(self._shop, payment.payment_id)
        self._notices.tell(
            "bad",
            "payment.giving_back",
            "The payment terminal has not said what became of a card payment; it is being given back.",
            "Take the money in cash or at another payment terminal once this is settled.",
        )

    # --- reversals ---

    def _reverse(self, payment: Payment) -> None:
        if self._is_reversed(payment) or self._has_nothing_to_reverse(payment):
            payments.reversed_(self._shop, payment.payment_id)
            amount = spelled(payment.amount_minor, payment.currency)
            self._notices.tell(
                "good",
                "payment.given_back",
                f"The card payment over {amount} was given back.",
                amount=amount,
            )

    def _is_reversed(self, payment: Payment) -> bool:
        """Whether an earlier attempt has succeeded: only one that may have left the box is asked about."""
        if payment.state != "REVERSAL_PENDING" or not payment.reversal_reference:
            return False
        outcome = self._terminal.query(payment.reversal_reference, payment.currency, ANSWER_S)
        return outcome.result is PaymentResult.APPROVED

    def _has_nothing_to_reverse(self, payment: Payment) -> bool:
        """True once no money is with us: none was taken, or this call has given it back."""
        original = payments.outcome_of(payment)
        if not original.terminal_transaction_id:
            original = self._terminal.query(payment.reference, payment.currency, ANSWER_S)
            if original.result in NO_MONEY:
                return True
            if original.result is PaymentResult.IN_PROGRESS:
                return False
        return self._send_reversal(payment, original)

    def _send_reversal(self, payment: Payment, original: PaymentOutcome) -> bool:
        if payment.state == "REVERSAL_PENDING":
            payment = payments.reverse(self._shop, payment.payment_id)
        try:
            outcome = self._terminal.reverse(payment.reversal_reference, original, REVERSAL_S)
        except PeripheralError as error:
            payments.reversal_pending(self._shop, payment.payment_id, str(error))
            raise
        if outcome.result is PaymentResult.APPROVED:
            return True
        why = outcome.error_condition or outcome.result.value
        is_final = outcome.result is not PaymentResult.IN_PROGRESS
        note = payments.reversal_refused if is_final else payments.reversal_pending
        note(self._shop, payment.payment_id, why)
        return False
