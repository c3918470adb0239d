"""The driver against the simulated terminal and its ledger: money moves once, is known or is asked for."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from drivers.errors import Garbled, Timeout, Unavailable, UnknownOutcome
from drivers.events import PaymentOutcome, PaymentResult
from drivers.payment_terminals.card_data import read_clean
from drivers.payment_terminals.nexo import (
    NexoSettings,
    Request,
    amount_of,
    encode,
    minor_of,
    outcome_of,
)
from hardware_sim.faults import CutAfter, Late, SingleBytes, Wrapped
from hardware_sim.payment_terminals.nexo import failure

At = Callable[..., Any]

KRW = 12_900
VECTORS = tomllib.loads(
    (Path(__file__).parents[2] / "vectors" / "nexo_answers.toml").read_text(encoding="utf-8")
)


def pay(till: Any, reference: str = "P1", deadline_s: float = 30.0) -> PaymentOutcome:
    outcome: PaymentOutcome = till.driver.pay(reference, KRW, "KRW", deadline_s)
    return outcome


def test_an_approved_payment_says_what_a_reversal_and_a_receipt_need(at_till: At) -> None:
    till = at_till()
    outcome = pay(till)
    (entry,) = till.unit.ledger.entries
    assert outcome == PaymentOutcome(
        PaymentResult.APPROVED,
        "P1",
        amount_minor=KRW,
        currency="KRW",
        terminal_transaction_id=entry.transaction_id,
        terminal_timestamp=entry.timestamp,
        auth_code="000001",
        scheme="visa",
        masked_pan="411111******1111",
    )
    assert till.unit.ledger.times_charged() == {"P1": 1}
    assert till.unit.ledger.moved_minor == KRW


def test_a_hundredth_is_exact(at_till: At) -> None:
    till = at_till()
    assert till.driver.pay("P1", 1999, "CNY", 30.0).amount_minor == 1999
    assert till.unit.ledger.moved_minor == 1999


class Unnamed(Wrapped):
    """A terminal that names no currency in its answers: nexo leaves it out where it is the request's."""

    def give(self, max_bytes: int) -> bytes:
        return self.inner.give(max_bytes).replace(b'"Currency"', b'"Currencx"')


@pytest.mark.parametrize(("currency", "amount_minor"), [("KRW", KRW), ("CNY", 1999)])
def test_an_answer_without_a_currency_is_in_the_request_s(
    at_till: At, currency: str, amount_minor: int
) -> None:
    till = at_till()
    till.spoil(Unnamed)
    paid = till.driver.pay("P1", amount_minor, currency, 30.0)
    assert (paid.amount_minor, paid.currency) == (amount_minor, currency)
    assert till.driver.query("P1", currency, 5.0) == paid


@pytest.mark.parametrize(
    ("step", "result", "condition"),
    [
        ("decline", PaymentResult.DECLINED, "Refusal"),
        ("cancel", PaymentResult.CANCELLED, "Cancel"),
        ("pin", PaymentResult.APPROVED, ""),
    ],
)
def test_how_a_payment_ends_is_a_result(
    at_till: At, step: str, result: PaymentResult, condition: str
) -> None:
    outcome = pay(at_till(step))
    assert (outcome.result, outcome.error_condition) == (result, condition)


def test_nobody_comes(at_till: At) -> None:
    till = at_till("timeout")
    assert pay(till, deadline_s=120.0).result is PaymentResult.CANCELLED
    assert till.unit.ledger.moved_minor == 0


def test_our_patience_ends_before_the_terminal_s(at_till: At) -> None:
    till = at_till("wait")
    with pytest.raises(UnknownOutcome) as caught:
        pay(till, deadline_s=5.0)
    assert str(caught.value) == "The outcome of P1 is not known: No answer from generic within 5 s."
    assert till.driver.query("P1", "KRW", 5.0).result is PaymentResult.IN_PROGRESS
    till.unit.press("approve")
    till.time.sleep(1.0)
    assert till.driver.query("P1", "KRW", 5.0).result is PaymentResult.APPROVED


def test_a_second_payment_meanwhile_is_refused_by_the_terminal(at_till: At) -> None:
    till = at_till("wait")
    with pytest.raises(UnknownOutcome):
        pay(till, deadline_s=1.0)
    outcome = pay(till, "P2")
    assert (outcome.result, outcome.error_condition) == (PaymentResult.DECLINED, "Busy")


# Where the fault strikes, and what a status query says afterwards.
UNKNOWN = [
    ("drop_before_host", PaymentResult.CANCELLED, 0),
    ("drop_after_host", PaymentResult.APPROVED, KRW),
    ("drop_before_ack", PaymentResult.NOT_FOUND, 0),
    ("half_message", PaymentResult.APPROVED, KRW),
    ("query_only", PaymentResult.APPROVED, KRW),
    ("not_found", PaymentResult.NOT_FOUND, 0),
    ("garbage", PaymentResult.APPROVED, KRW),
    ("reboot", PaymentResult.APPROVED, KRW),
]


@pytest.mark.parametrize(("fault", "result", "moved_minor"), UNKNOWN)
def test_from_the_first_byte_on_a_failure_is_unknown_and_a_query_resolves_it(
    at_till: At, fault: str, result: PaymentResult, moved_minor: int
) -> None:
    till = at_till()
    till.unit.arm(fault)
    with pytest.raises(UnknownOutcome) as caught:
        pay(till)
    assert caught.value.fields["reference"] == "P1"
    till.time.sleep(10.0)
    till.driver.open()
    assert till.driver.query("P1", "KRW", 5.0).result is result
    assert till.unit.ledger.moved_minor == moved_minor
    assert till.requests().count("Payment") <= 1, "sent again"


def test_a_query_may_have_to_be_asked_again(at_till: At) -> None:
    till = at_till()
    till.unit.arm("in_progress")
    with pytest.raises(UnknownOutcome):
        pay(till, deadline_s=5.0)
    results = [till.driver.query("P1", "KRW", 5.0).result.value for _ in range(3)]
    assert results == ["in_progress", "in_progress", "approved"]


@pytest.mark.parametrize(
    ("answer", "got"),
    [
        (failure("Busy"), "Busy"),
        (failure("LoggedOut"), "LoggedOut"),
        (failure("Cancel"), "Cancel"),
        ({"Response": {"Result": "Success"}}, "no answer to it"),
    ],
)
def test_a_refused_question_is_no_declined_payment(
    at_till: At, monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any], got: str
) -> None:
    """The card was charged: taking the refusal for a decline would take the money twice."""
    till = at_till()
    till.unit.arm("query_only")
    with pytest.raises(UnknownOutcome):
        pay(till, deadline_s=5.0)
    with monkeypatch.context() as patch:
        patch.setattr(
            till.terminal, "_answer_status", lambda header, _: till.terminal._send(header, answer)
        )
        with pytest.raises(Garbled) as caught:
            till.driver.query("P1", "KRW", 5.0)
    assert str(caught.value) == f"Expected what became of the payment, got {got}."
    assert till.driver.query("P1", "KRW", 5.0).result is PaymentResult.APPROVED


def test_a_late_answer_is_not_taken_for_the_next_payment_s(at_till: At) -> None:
    """The first was approved, the second is declined: the late approval must not sell the second."""
    till = at_till("approve", "decline")
    till.unit.arm("late_answer")
    with pytest.raises(UnknownOutcome):
        pay(till, deadline_s=2.0)
    outcome = pay(till, "P2")
    assert (outcome.result, outcome.reference) == (PaymentResult.DECLINED, "P2")
    assert till.counters()["LateAnswerCount"] == 1


@pytest.mark.parametrize(
    ("fault", "counters"),
    [
        ("duplicate_response", {"LateAnswerCount": 1}),
        ("other_till", {"ForeignAnswerCount": 1}),
        ("notification", {}),
        ("single_bytes", {}),
    ],
)
def test_what_stands_beside_our_answer_is_passed_over(
    at_till: At, fault: str, counters: dict[str, int]
) -> None:
    till = at_till()
    till.unit.arm(fault)
    assert pay(till).result is PaymentResult.APPROVED
    assert pay(till, "P2").reference == "P2"
    assert till.counters() == counters
    assert till.unit.ledger.times_charged() == {"P1": 1, "P2": 1}


@pytest.mark.parametrize("count", [1, 4, 5, 100])
def test_a_line_cut_while_we_send_is_unknown(at_till: At, count: int) -> None:
    till = at_till()
    till.spoil(lambda it: CutAfter(it, count, "taken"))
    with pytest.raises(UnknownOutcome):
        pay(till)
    assert till.unit.ledger.moved_minor == 0


@pytest.mark.parametrize("count", [1, 4, 5, 200])
def test_a_line_cut_while_it_answers_is_unknown(at_till: At, count: int) -> None:
    till = at_till()
    till.spoil(lambda it: CutAfter(it, count, "given"))
    with pytest.raises(UnknownOutcome):
        pay(till)
    till.driver.open()
    assert till.driver.query("P1", "KRW", 5.0).result is PaymentResult.APPROVED


def test_before_the_first_byte_it_is_unavailable(at_till: At) -> None:
    till = at_till()
    till.host.unplug()
    with pytest.raises(Unavailable) as caught:
        pay(till)
    assert type(caught.value).__name__ != "UnknownOutcome"
    till.host.replug()
    till.driver.open()
    assert till.driver.query("P1", "KRW", 5.0).result is PaymentResult.NOT_FOUND


def test_a_terminal_that_takes_no_byte_has_not_been_asked(at_till: At) -> None:
    till = at_till()
    till.terminal.take = lambda _: 0
    with pytest.raises(Unavailable) as caught:
        pay(till)
    assert str(caught.value) == "Cannot reach generic: it takes no bytes."
    assert "UnknownOutcomeCount" not in till.counters()


def test_a_terminal_that_stops_taking_in_the_middle_is_unknown(at_till: At) -> None:
    till = at_till()
    room = [20]

    def take(data: bytes) -> int:
        taken = min(room[0], len(data))
        room[0] -= taken
        return taken

    till.terminal.take = take
    with pytest.raises(UnknownOutcome) as caught:
        pay(till)
    assert "it took 20 of " in str(caught.value)
    assert not till.driver.health().is_open


def test_reversal_gives_the_money_back_once(at_till: At) -> None:
    till = at_till()
    paid = pay(till)
    back = till.driver.reverse("V1", paid, 10.0)
    assert back.result is PaymentResult.APPROVED
    assert back.reference == "V1"
    assert till.unit.ledger.moved_minor == 0
    again = till.driver.reverse("V2", paid, 10.0)
    assert (again.result, again.error_condition) == (PaymentResult.DECLINED, "NotAllowed")
    assert till.unit.ledger.moved_minor == 0


def test_a_part_is_given_back_and_never_more_than_was_paid(at_till: At) -> None:
    till = at_till()
    paid = pay(till)
    part = dataclasses.replace(paid, amount_minor=5_000)
    assert till.driver.reverse("V1", part, 10.0).result is PaymentResult.APPROVED
    assert till.unit.ledger.moved_minor == KRW - 5_000
    too_much = dataclasses.replace(paid, amount_minor=KRW)
    assert till.driver.reverse("V2", too_much, 10.0).result is PaymentResult.DECLINED
    assert till.unit.ledger.moved_minor == KRW - 5_000


@pytest.mark.parametrize(
    ("fault", "result", "moved_minor"),
    [
        ("reversal_lost", PaymentResult.NOT_FOUND, KRW),
        ("reversal_answer_lost", PaymentResult.APPROVED, 0),
    ],
)
def test_a_reversal_without_an_answer_is_unknown_until_asked(
    at_till: At, fault: str, result: PaymentResult, moved_minor: int
) -> None:
    till = at_till()
    paid = pay(till)
    till.unit.arm(fault)
    with pytest.raises(UnknownOutcome):
        till.driver.reverse("V1", paid, 5.0)
    assert till.driver.query("V1", "KRW", 5.0).result is result
    assert till.unit.ledger.moved_minor == moved_minor


def test_without_the_terminal_s_own_id_nothing_is_sent(at_till: At) -> None:
    till = at_till()
    with pytest.raises(Garbled) as caught:
        till.driver.reverse("V1", PaymentOutcome(PaymentResult.APPROVED, "P1"), 5.0)
    assert str(caught.value) == "Expected the payment terminal's transaction id, got none."
    assert till.requests() == ["Login"]


@pytest.mark.parametrize("reference", ["", "12345678901"])
def test_a_reference_that_the_protocol_cannot_hold_is_not_sent(at_till: At, reference: str) -> None:
    till = at_till()
    with pytest.raises(Garbled) as caught:
        pay(till, reference)
    assert str(caught.value) == f"Expected a reference of 1 to 10 characters, got {len(reference)}."
    assert till.requests() == ["Login"]


def test_abort_is_a_request_and_the_payment_s_own_answer_tells(at_till: At) -> None:
    till = at_till("wait")
    with pytest.raises(UnknownOutcome):
        pay(till, deadline_s=1.0)
    till.driver.abort("P1")
    till.time.sleep(0.1)
    outcome = till.driver.query("P1", "KRW", 5.0)
    assert (outcome.result, outcome.error_condition) == (PaymentResult.CANCELLED, "Aborted")


def test_diagnosis_of_a_silent_terminal_is_a_timeout_not_an_unknown_outcome(at_till: At) -> None:
    till = at_till()
    till.driver.diagnose(1.0)
    till.unit.rebooting_s = 60.0
    with pytest.raises(Timeout) as caught:
        till.driver.diagnose(1.0)
    assert str(caught.value) == "No answer from generic within 1 s."


@pytest.mark.parametrize(
    "wrap", [SingleBytes, lambda it: Late(it, 3.0)], ids=["single_bytes", "late"]
)
def test_on_a_bad_wire_it_is_slower_and_the_same(at_till: At, wrap: Any) -> None:
    till = at_till()
    till.spoil(wrap)
    assert pay(till).result is PaymentResult.APPROVED
    assert till.driver.query("P1", "KRW", 30.0).amount_minor == KRW


def test_a_length_that_cannot_be_ends_the_connection(at_till: At) -> None:
    till = at_till()
    till.terminal._push(b"\xff\xff\xff\xff")
    with pytest.raises(Garbled) as caught:
        till.driver.diagnose(1.0)
    assert str(caught.value) == "Expected a message behind its length, got another length."
    assert not till.driver.health().is_open


def test_our_own_ids_are_never_used_twice(at_till: At) -> None:
    till = at_till()
    ids = [till.driver._query_id() for _ in range(100)]
    assert len(set(ids)) == 100
    assert {len(it) for it in ids} == {10}


def test_the_bytes_of_a_payment() -> None:
    """Envelope and header as nexo Retailer 3.0 has them."""
    message = encode(Request("Payment", "P1", {"x": 1}), NexoSettings("till-1", "V400m-1"))
    assert int.from_bytes(message[:4], "big") == len(message) - 4
    assert json.loads(message[4:]) == {
        "SaleToPOIRequest": {
            "MessageHeader": {
                "ProtocolVersion": "3.0",
                "MessageClass": "Service",
                "MessageCategory": "Payment",
                "MessageType": "Request",
                "ServiceID": "P1",
                "SaleID": "till-1",
                "POIID": "V400m-1",
            },
            "PaymentRequest": {"x": 1},
        }
    }


@pytest.mark.parametrize("amount_minor", [0, 1, 10, 99, 100, 101, 1_999, 10**13 + 1])
@pytest.mark.parametrize("currency", ["KRW", "CNY", "KWD"])
def test_amounts_go_there_and_back_exactly(amount_minor: int, currency: str) -> None:
    text = json.dumps(amount_of(amount_minor, currency))
    assert minor_of(json.loads(text, parse_float=Decimal), currency) == amount_minor


@pytest.mark.parametrize(
    ("amount", "message"),
    [
        (True, "Expected an amount, got bool."),
        ("12", "Expected an amount, got str."),
        (None, "Expected an amount, got NoneType."),
        (Decimal("1E+999999999"), "Expected an amount, got one of 10 to the 999999999."),
        (Decimal("0.5"), "Expected an amount in KRW's minor unit, got 0.5."),
    ],
)
def test_what_is_no_amount_is_refused(amount: Any, message: str) -> None:
    with pytest.raises(Garbled) as caught:
        minor_of(amount, "KRW")
    assert str(caught.value) == message


@pytest.mark.parametrize("vector", VECTORS["answer"], ids=lambda it: it["name"])
def test_what_answers_mean(vector: dict[str, Any]) -> None:
    clean = read_clean(vector["body"].encode())
    assert clean is not None
    expected = dict(vector["outcome"])
    result = PaymentResult(expected.pop("result"))
    assert outcome_of(clean.content, "P1", vector.get("currency", "")) == PaymentOutcome(
        result, "P1", **expected
    )


@pytest.mark.parametrize("vector", VECTORS["garbled"], ids=lambda it: it["message"])
def test_answers_that_do_not_say_enough(vector: dict[str, Any]) -> None:
    clean = read_clean(vector["body"].encode())
    assert clean is not None
    with pytest.raises(Garbled) as caught:
        outcome_of(clean.content, "P1", vector.get("currency", ""))
    assert str(caught.value) == vector["message"]
