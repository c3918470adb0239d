"""The simulated payment terminal and its ledger: the judge must be right itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hardware_sim.payment_terminals.ledger import Entry, Ledger
from hardware_sim.payment_terminals.nexo import FAULTS, NexoInterface, TerminalUnit


def message(category: str, reference: str, body: dict[str, Any]) -> bytes:
    header = {"MessageCategory": category, "ServiceID": reference, "SaleID": "S", "POIID": "P"}
    envelope = {"SaleToPOIRequest": {"MessageHeader": header, f"{category}Request": body}}
    text = json.dumps(envelope).encode()
    return len(text).to_bytes(4, "big") + text


def payment(reference: str, amount: float = 12900) -> bytes:
    amounts = {"Currency": "KRW", "RequestedAmount": amount}
    return message("Payment", reference, {"PaymentTransaction": {"AmountsReq": amounts}})


def reversal(reference: str, transaction_id: str) -> bytes:
    original = {"POITransactionID": {"TransactionID": transaction_id, "TimeStamp": ""}}
    return message("Reversal", reference, {"OriginalPOITransaction": original})


def answers(wire: NexoInterface, seconds: float = 5.0) -> list[dict[str, Any]]:
    wire.step(seconds)
    data = b""
    while more := wire.give(100_000):
        data += more
    found = []
    while data:
        length = int.from_bytes(data[:4], "big")
        found.append(json.loads(data[4 : 4 + length])["SaleToPOIResponse"])
        data = data[4 + length :]
    return found


def connected(unit: TerminalUnit) -> NexoInterface:
    wire = NexoInterface(unit)
    wire.connected()
    return wire


def test_a_card_takes_its_time() -> None:
    wire = connected(TerminalUnit())
    wire.take(payment("A"))
    assert answers(wire, 0.5) == []
    (answer,) = answers(wire, 0.2)
    assert answer["PaymentResponse"]["Response"] == {"Result": "Success"}
    assert answer["MessageHeader"]["ServiceID"] == "A"
    assert answer["MessageHeader"]["MessageType"] == "Response"


def test_sending_a_payment_twice_charges_twice_so_that_the_ledger_shows_it() -> None:
    wire = connected(TerminalUnit())
    for _ in range(2):
        wire.take(payment("A"))
        answers(wire)
    assert wire.unit.ledger.times_charged() == {"A": 2}


def test_two_requests_in_one_read_and_one_in_two() -> None:
    wire = connected(TerminalUnit())
    both = message("Diagnosis", "D1", {}) + message("Diagnosis", "D2", {})
    assert wire.take(both[:7]) == 7
    assert answers(wire) == []
    wire.take(both[7:])
    assert [it["MessageHeader"]["ServiceID"] for it in answers(wire)] == ["D1", "D2"]


def test_the_ledger_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "book" / "ledger.jsonl"
    wire = connected(TerminalUnit(ledger=Ledger(path)))
    wire.take(payment("A"))
    answers(wire)
    with path.open("a", encoding="utf-8") as file:
        file.write('{"service_id": "B", "categ')  # the kill came in the middle of a line
    again = connected(TerminalUnit(ledger=Ledger(path)))
    again.take(message("TransactionStatus", "Q", {"MessageReference": {"ServiceID": "A"}}))
    (answer,) = answers(again)
    body = answer["TransactionStatusResponse"]["RepeatedMessageResponse"][
        "RepeatedResponseMessageBody"
    ]
    assert body["PaymentResponse"]["PaymentResult"]["AmountsResp"] == {
        "Currency": "KRW", "AuthorizedAmount": 12900,
    }  # fmt: skip
    assert again.unit.ledger.moved_minor == 12900


def test_a_line_after_a_broken_one_is_not_glued_to_it(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_text('{"service_id": "B", "categ')
    Ledger(path).write(Entry("C", "Payment", "approved", amount_minor=5))
    assert [it.service_id for it in Ledger(path).entries] == ["C"]


def test_ids_are_not_used_again_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    ids = []
    for reference in "AB":
        wire = connected(TerminalUnit(ledger=Ledger(path)))
        wire.take(payment(reference))
        answers(wire)
        ids.append(wire.unit.ledger.entries[-1].transaction_id)
    assert len(set(ids)) == 2


def test_a_payment_is_given_back_once() -> None:
    wire = connected(TerminalUnit())
    wire.take(payment("A"))
    answers(wire)
    transaction_id = wire.unit.ledger.entries[0].transaction_id
    results = []
    for reference in ("R1", "R2"):
        wire.take(reversal(reference, transaction_id))
        results.append(answers(wire)[0]["ReversalResponse"]["Response"]["Result"])
    assert results == ["Success", "Failure"]
    assert wire.unit.ledger.net_minor(transaction_id) == 0
    wire.take(reversal("R3", "TX-NEVER"))
    assert answers(wire)[0]["ReversalResponse"]["Response"]["ErrorCondition"] == "NotFound"


def test_a_customer_goes_on_when_the_line_breaks() -> None:
    wire = connected(TerminalUnit())
    wire.take(payment("A"))
    wire.disconnected()
    wire.step(5.0)
    assert wire.unit.ledger.times_charged() == {"A": 1}


def test_buttons_overrule_the_script() -> None:
    unit = TerminalUnit()
    unit.set_script(["wait"])
    wire = connected(unit)
    assert unit.press("approve") is False
    wire.take(payment("A"))
    assert answers(wire, 500.0) == []
    assert unit.press("decline") is True
    assert answers(wire, 0.1)[0]["PaymentResponse"]["Response"]["ErrorCondition"] == "Refusal"


def test_the_script_is_followed_and_its_last_step_repeats() -> None:
    unit = TerminalUnit()
    unit.set_script(["decline", "approve"])
    assert [unit.next_step() for _ in range(3)] == ["decline", "approve", "approve"]


@pytest.mark.parametrize("fault", [it for it in FAULTS if not it.startswith("reversal")])
def test_after_every_fault_the_next_payment_is_healthy(fault: str) -> None:
    from hardware_sim.wire import Unplugged

    unit = TerminalUnit()
    unit.arm(fault)
    wire = connected(unit)
    wire.take(payment("A"))
    for _ in range(3):
        wire.step(5.0)
        try:
            while wire.give(100_000):
                pass
        except Unplugged:
            wire.disconnected()
            wire.connected()
    wire.take(payment("B"))
    assert [it["MessageHeader"]["ServiceID"] for it in answers(wire)] == ["B"]
    assert unit.ledger.times_charged()["B"] == 1


@pytest.mark.parametrize(
    ("act", "text"),
    [
        (lambda it: it.arm("coffee"), ", got coffee."),
        (lambda it: it.set_script(["later"]), "wait, got later."),
        (lambda it: it.set_script([]), "wait, got none."),
        (lambda it: it.press("maybe"), "Expected approve, decline or cancel, got maybe."),
    ],
)
def test_what_it_does_not_know_it_says(act: Any, text: str) -> None:
    with pytest.raises(ValueError) as caught:
        act(TerminalUnit())
    assert str(caught.value).endswith(text)
