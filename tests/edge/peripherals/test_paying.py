"""Card payments: journalled, sent once, resolved after any loss; the payment terminal's ledger is the oracle."""

from collections import deque
from dataclasses import dataclass, field

import pytest

from drivers.errors import Timeout, Unavailable, UnknownOutcome
from drivers.events import PaymentOutcome, PaymentResult
from edge.db.tables import Payment
from edge.domain.basket import EnteredCode
from edge.domain.errors import DiskFull, PaymentUnknown
from edge.peripherals.conditions import Condition, State
from edge.peripherals.paying import DIAGNOSE_EVERY_S, PAY_S, PaymentDesk, TerminalWork
from edge.peripherals.resolver import GIVE_BACK_AFTER_S, recover
from edge.services import payments, selling

LOST = UnknownOutcome(reference="x", detail="the line broke")


@dataclass
class FakeTerminal:
    """Keeps its own ledger, and loses what it is told to lose: before or after the host's approval."""

    faults: deque = field(default_factory=deque)
    ledger: dict[str, PaymentOutcome] = field(default_factory=dict)
    reversed: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    is_reachable: bool = True
    is_paying: bool = False

    def pay(self, reference, amount_minor, currency, deadline_s):
        self.calls.append(("pay", reference))
        assert deadline_s == PAY_S
        fault = self.faults.popleft() if self.faults else ""
        if fault == "nothing sent":
            raise Unavailable(address="terminal", detail="it takes no bytes")
        if fault == "before approval":
            raise LOST
        if fault == "decline":
            outcome = PaymentOutcome(PaymentResult.DECLINED, reference, error_condition="Refusal")
        else:
            outcome = PaymentOutcome(
                PaymentResult.APPROVED,
                reference,
                amount_minor,
                currency,
                terminal_transaction_id=f"T-{reference}",
                terminal_timestamp="2026-11-23T09:00:00Z",
                auth_code="123456",
                scheme="visa",
                masked_pan="411111******1111",
            )
        self.ledger[reference] = outcome
        if fault == "after approval":
            raise LOST
        return outcome

    def query(self, reference, currency, deadline_s):
        assert reference, "asked about nothing"
        self.calls.append(("query", reference))
        if not self.is_reachable:
            raise Timeout(address="terminal", deadline_s=deadline_s)
        if self.is_paying:
            return PaymentOutcome(PaymentResult.IN_PROGRESS, reference)
        if reference in self.reversed:
            return PaymentOutcome(PaymentResult.APPROVED, reference)
        return self.ledger.get(reference, PaymentOutcome(PaymentResult.NOT_FOUND, reference))

    def reverse(self, reference, original, deadline_s):
        self.calls.append(("reverse", reference))
        fault = self.faults.popleft() if self.faults else ""
        if fault == "reversal refused":
            return PaymentOutcome(PaymentResult.DECLINED, reference, error_condition="Busy")
        if fault == "reversal under way":
            return PaymentOutcome(PaymentResult.IN_PROGRESS, reference)
        if fault != "reversal lost before":
            assert reference not in self.reversed, "given back twice"
            self.reversed[reference] = original.terminal_transaction_id
        if fault.startswith("reversal lost"):
            raise LOST
        return PaymentOutcome(PaymentResult.APPROVED, reference)

    def diagnose(self, deadline_s):
        self.calls.append(("diagnose", ""))
        if not self.is_reachable:
            raise Timeout(address="terminal", deadline_s=deadline_s)

    def abort(self, reference):
        self.calls.append(("abort", reference))

    @property
    def charged(self) -> int:
        """Approvals that nobody gave back."""
        given_back = set(self.reversed.values())
        approved = [it for it in self.ledger.values() if it.result is PaymentResult.APPROVED]
        return sum(it.terminal_transaction_id not in given_back for it in approved)


class FakeOwner:
    def __init__(self, clock) -> None:
        self.condition = Condition("terminal", "payment_terminal", State.READY, clock.now())

    def busy(self, *, is_busy):
        pass


@pytest.fixture
def terminal():
    return FakeTerminal()


@pytest.fixture
def make_desk(terminal, clock, notices):
    def make(shop) -> PaymentDesk:
        work = TerminalWork(terminal, clock)
        return PaymentDesk(shop, terminal, FakeOwner(clock), work, clock, notices)

    return make


@pytest.fixture
def desk(shop, make_desk):
    return make_desk(shop)


def begin(shop):
    selling.add_scan(shop, EnteredCode("9501101530003"))
    return payments.begin(shop)


def state_of(shop, payment):
    return payments.get(shop, payment.payment_id).state


def sales(shop) -> int:
    with shop.read() as reader:
        return reader.sql("SELECT count(*) FROM sale").fetchone()[0]


def test_an_approval_completes_the_sale(shop, desk, terminal):
    payment = begin(shop)
    desk.step()
    assert (state_of(shop, payment), sales(shop), terminal.charged) == ("APPROVED", 1, 1)
    desk.step()
    assert [call for call, _ in terminal.calls] == ["pay"]


def test_an_approval_that_a_full_disk_did_not_take_is_asked_for_and_charged_once(
    shop, desk, terminal, clock, mocker
):
    payment = begin(shop)
    full = mocker.patch.object(payments, "settle", side_effect=DiskFull)
    with pytest.raises(DiskFull):
        desk.step()
    mocker.stop(full)
    assert state_of(shop, payment) == "SENT"
    desk.step()
    assert state_of(shop, payment) == "UNKNOWN"
    clock.pass_s(2)
    desk.step()
    assert (state_of(shop, payment), sales(shop), terminal.charged) == ("APPROVED", 1, 1)


def test_a_decline_is_a_result_and_the_basket_stays(shop, desk, terminal):
    terminal.faults.append("decline")
    payment = begin(shop)
    desk.step()
    assert (state_of(shop, payment), sales(shop)) == ("DECLINED", 0)
    assert selling.current(shop).due_minor == 12_000


def test_the_intent_is_on_the_disk_before_the_first_byte(shop, desk, terminal, mocker):
    payment = begin(shop)
    seen = []
    pay = terminal.pay
    mocker.patch.object(
        terminal, "pay", side_effect=lambda *a: (seen.append(state_of(shop, payment)), pay(*a))[1]
    )
    desk.step()
    assert seen == ["SENT"]


def test_nothing_sent_is_nothing_charged(shop, desk, terminal, notices):
    terminal.faults.append("nothing sent")
    payment = begin(shop)
    assert desk._step_safely() > 0
    assert (state_of(shop, payment), terminal.charged) == ("CANCELLED", 0)
    with pytest.raises(Unavailable, match="its line was lost"):
        desk._work.once()


def test_a_terminal_that_is_not_there_is_said_at_once(shop, desk, terminal, notices):
    desk._owner.condition = Condition(
        "terminal", "payment_terminal", State.ABSENT, shop.clock.now()
    )
    payment = begin(shop)
    desk.step()
    assert (state_of(shop, payment), terminal.calls) == ("CANCELLED", [])
    assert notices.newest.key == "payment.unreachable"
    assert notices.newest.message == (
        "The payment terminal cannot be reached: nothing was charged."
    )


def test_unknown_is_asked_after_2_5_10_and_30_seconds(shop, desk, terminal, clock):
    terminal.faults.append("after approval")
    terminal.is_reachable = False
    payment = begin(shop)
    asked_at = []
    start = clock.monotonic()
    desk._step_safely()
    while clock.monotonic() - start < 95:
        clock.pass_s(0.5)
        before = len(terminal.calls)
        desk._step_safely()
        if len(terminal.calls) > before:
            asked_at.append(clock.monotonic() - start)
    assert asked_at == [2.0, 5.0, 10.0, 30.0, 60.0, 90.0]
    assert (
        state_of(shop, payment) == "UNKNOWN"
    )  # nothing is given back before the five minutes are over


def test_unknown_takes_no_other_money(shop, desk, terminal):
    terminal.faults.append("after approval")
    begin(shop)
    desk.step()
    with pytest.raises(PaymentUnknown):
        selling.tender_cash(shop, 12_000)
    with pytest.raises(PaymentUnknown):
        payments.begin(shop)


@pytest.mark.parametrize(
    ("fault", "state", "sold", "key"),
    [
        ("after approval", "APPROVED", 1, "payment.found_approved"),
        ("before approval", "CANCELLED", 0, "payment.found_unpaid"),
    ],
)
def test_the_status_query_says_what_happened(
    shop, desk, terminal, clock, notices, fault, state, sold, key
):
    terminal.faults.append(fault)
    payment = begin(shop)
    desk.step()
    assert (state_of(shop, payment), notices.newest.key) == ("UNKNOWN", "payment.unknown")
    clock.pass_s(2)
    desk.step()
    assert (state_of(shop, payment), sales(shop), terminal.charged) == (state, sold, sold)
    assert notices.newest.key == key


@pytest.mark.parametrize(("fault", "charged"), [("after approval", 1), ("before approval", 0)])
def test_a_crash_while_the_terminal_works_ends_in_one_tender_or_none(
    shop, reopen, make_desk, terminal, clock, fault, charged
):
    terminal.faults.append(fault)
    payment = begin(shop)
    payments.send(shop, payment.payment_id)
    with pytest.raises(UnknownOutcome):
        terminal.pay(payment.reference, 12_000, "KRW", PAY_S)
    again = reopen()
    recover(again)
    assert state_of(again, payment) == "UNKNOWN"
    desk = make_desk(again)
    desk.step()
    clock.pass_s(2)
    desk.step()
    assert (sales(again), terminal.charged) == (charged, charged)
    assert [call for call, _ in terminal.calls].count("pay") == 1


def test_killed_before_it_was_sent_is_cancelled_and_never_sent(shop, reopen, make_desk, terminal):
    payment = begin(shop)
    again = reopen()
    recover(again)
    make_desk(again).step()
    assert (state_of(again, payment), terminal.calls) == ("CANCELLED", [])


def test_no_word_for_five_minutes_gives_the_money_back(shop, desk, terminal, clock, notices, facts):
    terminal.faults.append("after approval")
    terminal.is_reachable = False
    payment = begin(shop)
    start = clock.monotonic()
    desk._step_safely()
    desk._step_safely()
    while clock.monotonic() - start < GIVE_BACK_AFTER_S + 31:
        clock.pass_s(10)
        desk._step_safely()
    assert state_of(shop, payment) == "REVERSING"
    terminal.is_reachable = True
    clock.pass_s(30)
    desk.step()
    assert (state_of(shop, payment), terminal.charged, sales(shop)) == ("REVERSED", 0, 0)
    assert notices.newest.key == "payment.given_back"
    assert [fact["outcome"] for fact in facts(shop, "payment.settled")] == ["reversed"]
    assert selling.current(shop).due_minor == 12_000


def lose_and_wait(shop, desk, terminal, clock, fault) -> Payment:
    """A payment to be given back, because nobody said for five minutes what became of it."""
    terminal.faults.append(fault)
    terminal.is_reachable = False
    payment = begin(shop)
    while state_of(shop, payment) != "REVERSING":
        desk._step_safely()
        clock.pass_s(10)
    terminal.is_reachable = True
    return payment


def test_what_the_terminal_never_heard_of_needs_no_reversal(shop, desk, terminal, clock):
    payment = lose_and_wait(shop, desk, terminal, clock, "before approval")
    clock.pass_s(30)
    desk.step()
    assert (state_of(shop, payment), terminal.reversed) == ("REVERSED", {})
    assert [call for call, _ in terminal.calls].count("reverse") == 0


def test_what_is_still_under_way_is_given_back_once_it_has_ended(shop, desk, terminal, clock):
    payment = lose_and_wait(shop, desk, terminal, clock, "after approval")
    terminal.is_paying = True
    clock.pass_s(30)
    desk.step()
    assert (state_of(shop, payment), terminal.reversed) == ("REVERSING", {})
    terminal.is_paying = False
    clock.pass_s(30)
    desk.step()
    assert (state_of(shop, payment), terminal.charged, sales(shop)) == ("REVERSED", 0, 0)


@pytest.mark.parametrize("fault", ["reversal lost before", "reversal lost after"])
def test_a_lost_reversal_is_asked_about_and_never_done_twice(shop, desk, terminal, clock, fault):
    payment = begin_and_keep_open(shop, desk)
    terminal.faults.append(fault)
    payments.reverse(shop, payment.payment_id)
    desk._step_safely()
    assert state_of(shop, payment) == "REVERSAL_PENDING"
    clock.pass_s(60)
    desk.step()
    assert (state_of(shop, payment), terminal.charged) == ("REVERSED", 0)
    assert len(terminal.reversed) == 1


@pytest.mark.parametrize(
    ("fault", "is_another"), [("reversal refused", True), ("reversal under way", False)]
)
def test_a_refused_reversal_is_tried_again_under_a_reference_of_its_own(
    shop, desk, terminal, clock, fault, is_another
):
    payment = begin_and_keep_open(shop, desk)
    terminal.faults.append(fault)
    payments.reverse(shop, payment.payment_id)
    desk.step()
    assert state_of(shop, payment) == "REVERSAL_PENDING"
    clock.pass_s(60)
    desk.step()
    assert (state_of(shop, payment), terminal.charged) == ("REVERSED", 0)
    first, second = (reference for call, reference in terminal.calls if call == "reverse")
    assert (first != second) is is_another


def test_a_pending_reversal_survives_a_crash(shop, reopen, make_desk, terminal, clock):
    payment = begin_and_keep_open(shop, make_desk(shop))
    payments.reverse(shop, payment.payment_id)
    terminal.reverse(
        payments.get(shop, payment.payment_id).reversal_reference,
        payments.outcome_of(payments.get(shop, payment.payment_id)),
        1.0,
    )
    again = reopen()
    recover(again)
    assert state_of(again, payment) == "REVERSAL_PENDING"
    make_desk(again).step()
    assert (state_of(again, payment), terminal.charged) == ("REVERSED", 0)
    assert [call for call, _ in terminal.calls].count("reverse") == 1


def begin_and_keep_open(shop, desk):
    """Half of the basket by card, so that the basket stays open."""
    selling.add_scan(shop, EnteredCode("9501101530003"))
    payment = payments.begin(shop, 6_000)
    desk.step()
    assert state_of(shop, payment) == "APPROVED"
    return payment


def test_abort_is_a_request_and_not_an_outcome(shop, desk, terminal):
    payment = begin(shop)
    desk.abort(payment.payment_id)
    assert terminal.calls == [("abort", payment.reference)]
    assert state_of(shop, payment) == "NEW"


def test_the_terminal_is_looked_at_between_payments(terminal, clock, mocker):
    work = TerminalWork(terminal, clock)
    mocker.patch.object(work._failed, "wait", return_value=False)
    work.opened()
    work.once()
    assert terminal.calls == []
    clock.pass_s(DIAGNOSE_EVERY_S)
    work.once()
    assert terminal.calls == [("diagnose", "")]
    work.exchange(is_running=True)
    clock.pass_s(DIAGNOSE_EVERY_S)
    work.once()
    assert terminal.calls == [("diagnose", "")]
