"""A payment terminal that speaks nexo Retailer 3.0 in JSON over TCP, and its faults.

    TerminalUnit       the unit: a customer with a card, a host that approves, a ledger, a memory
    NexoInterface      its bytes: 4-byte length, JSON, exchanges

A customer follows a script: each payment takes its next step ("approve", "decline", "pin", "cancel", "timeout",
"wait" = until somebody presses a button), and the last step repeats. Faults are armed by name for the next payment or
reversal; `FAULTS` says what each does.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from hardware_sim.payment_terminals.ledger import Entry, Ledger
from hardware_sim.wire import Unplugged

CARD_S: Final = 0.6  # a card on the reader
PIN_S: Final = 2.5  # and a PIN
TIMEOUT_S: Final = 60.0  # nobody came
REBOOT_S: Final = 3.0
LATE_S: Final = 5.0
EXPONENTS: Final = {"KRW": 0, "JPY": 0, "VND": 0}
# A card number that passes its check (ISO/IEC 7812) and belongs to nobody: what a leaking terminal would send.
LEAKED_PAN: Final = "4111111111111111"

FAULTS: Final = {
    "drop_before_host": "the line breaks before the host is asked: no money moves",
    "drop_after_host": "the host approves, then the line breaks before the answer",
    "drop_before_ack": "the line breaks as soon as the request has come: it was never heard",
    "half_message": "the line breaks in the middle of the answer",
    "late_answer": "the answer comes, but late",
    "duplicate_response": "the answer comes twice",
    "reboot": "the host approves, then the terminal restarts",
    "query_only": "no answer ever; a status query tells the result",
    "in_progress": "no answer; the next two status queries say InProgress",
    "not_found": "the request gets lost inside: no answer, and a status query does not know it",
    "reversal_lost": "a reversal gets lost inside: no answer, no money",
    "reversal_answer_lost": "a reversal is done, its answer gets lost",
    "other_till": "an answer for another till comes before ours",
    "notification": "a notification comes in the same packet before the answer",
    "single_bytes": "the answer comes one byte at a time",
    "leak": "the answer carries the whole card number and its track",
    "garbage": "the answer is not JSON",
}

STEPS: Final = ("approve", "decline", "pin", "cancel", "timeout", "wait")
DURATION_S: Final = {
    "approve": CARD_S,
    "decline": CARD_S,
    "pin": PIN_S,
    "cancel": CARD_S,
    "timeout": TIMEOUT_S,
}
# nexo Result and ErrorCondition of each way in which a payment can end.
ENDINGS: Final = {
    "approve": ("approved", ""),
    "pin": ("approved", ""),
    "decline": ("declined", "Refusal"),
    "cancel": ("cancelled", "Cancel"),
    "timeout": ("cancelled", "Cancel"),
    "abort": ("cancelled", "Aborted"),
}


@dataclass(slots=True)
class Payment:
    """One at the terminal. `remaining_s` is None while it waits for somebody's hand."""

    header: dict[str, Any]
    amount_minor: int
    currency: str
    step: str
    remaining_s: float | None
    fault: str = ""


@dataclass(slots=True)
class Outgoing:
    """Bytes due in `delay_s`; None breaks the line there."""

    data: bytes | None
    delay_s: float = 0.0


@dataclass(slots=True)
class TerminalUnit:
    """State and physics. `speed` makes cards faster for impatient tests; 1 is a customer's pace."""

    ledger: Ledger = field(default_factory=Ledger)
    script: deque[str] = field(default_factory=lambda: deque(["approve"]))
    faults: deque[str] = field(default_factory=deque)
    speed: float = 1.0
    current: Payment | None = None
    rebooting_s: float = 0.0
    in_progress_left: int = 0
    transactions: int = 0

    def next_step(self) -> str:
        return self.script.popleft() if len(self.script) > 1 else self.script[0]

    def set_script(self, steps: list[str]) -> None:
        unknown = [it for it in steps if it not in STEPS]
        if unknown or not steps:
            raise ValueError(
                f"Expected steps of {', '.join(STEPS)}, got {', '.join(unknown) or 'none'}."
            )
        self.script = deque(steps)

    def arm(self, name: str) -> None:
        if name not in FAULTS:
            raise ValueError(f"Expected one of {', '.join(FAULTS)}, got {name}.")
        self.faults.append(name)

    def take_fault(self, *names: str) -> str:
        """The next armed fault, where it is one of these."""
        return self.faults.popleft() if self.faults and self.faults[0] in names else ""

    def press(self, button: str) -> bool:
        """approve, decline or cancel, whatever the script said; False where nobody is paying."""
        if button not in {"approve", "decline", "cancel"}:
            raise ValueError(f"Expected approve, decline or cancel, got {button}.")
        if self.current is None:
            return False
        self.current.step, self.current.remaining_s = button, 0.0
        return True

    def fresh_id(self) -> str:
        self.transactions = max(self.transactions, len(self.ledger.entries)) + 1
        return f"TX{self.transactions:08d}.SIM"


class NexoInterface:
    """The terminal's end of the line. A payment goes on when the line breaks; only its answer has nowhere to go."""

    def __init__(self, unit: TerminalUnit) -> None:
        self.unit = unit
        self.conversation: list[tuple[str, Any]] = []
        self._held = b""
        self._outgoing: deque[Outgoing] = deque()
        self._is_connected = False

    # -- the wire --

    def connected(self) -> None:
        self._is_connected = True
        self._held = b""
        self._outgoing.clear()
        if self.unit.rebooting_s > 0:
            self._outgoing.append(Outgoing(None))

    def disconnected(self) -> None:
        self._is_connected = False
        self._held = b""
        self._outgoing.clear()

    def take(self, data: bytes) -> int:
        self._held += data
        while len(self._held) >= 4:
            length = int.from_bytes(self._held[:4], "big")
            if len(self._held) < 4 + length:
                break
            message, self._held = self._held[4 : 4 + length], self._held[4 + length :]
            self._on_message(json.loads(message)["SaleToPOIRequest"])
        return len(data)

    def give(self, max_bytes: int) -> bytes:
        if not self._outgoing or self._outgoing[0].delay_s > 0:
            return b""
        due = self._outgoing.popleft()
        if due.data is None:
            raise Unplugged
        if len(due.data) > max_bytes:
            self._outgoing.appendleft(Outgoing(due.data[max_bytes:]))
        return due.data[:max_bytes]

    def step(self, dt_s: float) -> float | None:
        self.unit.rebooting_s = max(0.0, self.unit.rebooting_s - dt_s)
        if self._outgoing:
            self._outgoing[0].delay_s = max(0.0, self._outgoing[0].delay_s - dt_s)
        self._step_payment(dt_s)
        return self._next_s()

    def _step_payment(self, dt_s: float) -> None:
        payment = self.unit.current
        if payment is None or payment.remaining_s is None:
            return
        payment.remaining_s -= dt_s * self.unit.speed
        if payment.remaining_s <= 0:
            self._end_payment(payment)

    def _next_s(self) -> float | None:
        waits = [it.delay_s for it in list(self._outgoing)[:1]]
        if self.unit.current and self.unit.current.remaining_s is not None:
            waits.append(self.unit.current.remaining_s / self.unit.speed)
        if self.unit.rebooting_s > 0:
            waits.append(self.unit.rebooting_s)
        return min(waits, default=None)

    # -- messages --

    def _on_message(self, request: dict[str, Any]) -> None:
        self.conversation.append(("<", request))
        header = request["MessageHeader"]
        body = request.get(f"{header['MessageCategory']}Request") or {}
        if self.unit.rebooting_s > 0:
            return
        match header["MessageCategory"]:
            case "Payment":
                self._start_payment(header, body)
            case "TransactionStatus":
                self._answer_status(header, body)
            case "Reversal":
                self._reverse(header, body)
            case "Abort":
                self._abort(body)
            case "Login" | "Logout" | "Diagnosis":
                self._send(header, {"Response": {"Result": "Success"}})
            case _:
                self._send(header, failure("NotAllowed"))

    def _start_payment(self, header: dict[str, Any], body: dict[str, Any]) -> None:
        if self.unit.current is not None:
            self._send(header, failure("Busy"))
            return
        fault = self.unit.take_fault(*(it for it in FAULTS if not it.startswith("reversal")))
        if fault == "drop_before_ack":
            self._break()
            return
        if fault == "not_found":
            return
        amounts = body["PaymentTransaction"]["AmountsReq"]
        step = self.unit.next_step()
        self.unit.in_progress_left = 2 if fault == "in_progress" else 0
        self.unit.current = Payment(
            header,
            minor_of(amounts["RequestedAmount"], amounts["Currency"]),
            amounts["Currency"],
            step,
            DURATION_S.get(step),
            fault,
        )

    def _end_payment(self, payment: Payment) -> None:
        self.unit.current = None
        if payment.fault == "drop_before_host":
            self._close_entry(payment, "cancelled", "Aborted")
            self._break()
            return
        entry = self._close_entry(payment, *ENDINGS[payment.step])
        self._answer_payment(payment, entry)

    def _close_entry(self, payment: Payment, result: str, condition: str) -> Entry:
        is_approved = result == "approved"
        entry = Entry(
            service_id=payment.header["ServiceID"],
            category="Payment",
            result=result,
            condition=condition,
            amount_minor=payment.amount_minor if is_approved else 0,
            currency=payment.currency,
            transaction_id=self.unit.fresh_id() if is_approved else "",
            timestamp=stamp() if is_approved else "",
        )
        self.unit.ledger.write(entry)
        return entry

    def _answer_payment(self, payment: Payment, entry: Entry) -> None:
        answer = response_of(entry)
        match payment.fault:
            case "drop_after_host":
                self._break()
            case "reboot":
                self.unit.rebooting_s = REBOOT_S
                self._break()
            case "query_only" | "in_progress":
                return
            case "half_message":
                message = encoded(payment.header, answer)
                self._push(message[: len(message) // 2])
                self._break()
            case "late_answer":
                self._send(payment.header, answer, LATE_S)
            case "duplicate_response":
                self._send(payment.header, answer)
                self._send(payment.header, answer)
            case _:
                self._answer_oddly(payment, answer)

    def _answer_oddly(self, payment: Payment, answer: dict[str, Any]) -> None:
        message = encoded(payment.header, answer)
        match payment.fault:
            case "other_till":
                other = {**payment.header, "SaleID": "SOMEBODY-ELSE"}
                self._push(encoded(other, answer) + message)
            case "notification":
                self._push(notification(payment.header) + message)
            case "single_bytes":
                for byte in message:
                    self._push(bytes([byte]))
            case "leak":
                self._push(encoded(payment.header, leaking(answer)))
            case "garbage":
                self._push(len(message).to_bytes(4, "big") + b"x" * len(message))
            case _:
                self._send(payment.header, answer)

    def _answer_status(self, header: dict[str, Any], body: dict[str, Any]) -> None:
        service_id = body.get("MessageReference", {}).get("ServiceID", "")
        current = self.unit.current
        if current is not None and current.header["ServiceID"] == service_id:
            self._send(header, failure("InProgress"))
            return
        entry = self.unit.ledger.answer_to(service_id)
        if entry is None:
            self._send(header, failure("NotFound"))
        elif self.unit.in_progress_left:
            self.unit.in_progress_left -= 1
            self._send(header, failure("InProgress"))
        else:
            repeated = {
                "MessageHeader": {"ServiceID": service_id, "MessageCategory": entry.category},
                "RepeatedResponseMessageBody": {f"{entry.category}Response": response_of(entry)},
            }
            self._send(
                header, {"Response": {"Result": "Success"}, "RepeatedMessageResponse": repeated}
            )

    def _reverse(self, header: dict[str, Any], body: dict[str, Any]) -> None:
        fault = self.unit.take_fault("reversal_lost", "reversal_answer_lost")
        if fault == "reversal_lost":
            return
        original_id = body["OriginalPOITransaction"]["POITransactionID"]["TransactionID"]
        entry = self._reversal_entry(header["ServiceID"], original_id, body.get("ReversedAmount"))
        self.unit.ledger.write(entry)
        if fault != "reversal_answer_lost":
            self._send(header, response_of(entry))

    def _reversal_entry(self, service_id: str, original_id: str, amount: Any) -> Entry:
        """A payment can be given back once, in parts or whole, and never more than it was."""
        paid = self.unit.ledger.approved(original_id)
        if paid is None:
            return Entry(service_id, "Reversal", "declined", "NotFound")
        left = self.unit.ledger.net_minor(original_id)
        back = left if amount is None else minor_of(amount, paid.currency)
        if not 0 < back <= left:
            return Entry(service_id, "Reversal", "declined", "NotAllowed")
        transaction_id = self.unit.fresh_id()
        return Entry(
            service_id, "Reversal", "approved", "", -back, paid.currency, transaction_id, stamp(), original_id
        )  # fmt: skip

    def _abort(self, body: dict[str, Any]) -> None:
        """Works only until the card has been read; the payment's own answer tells."""
        current = self.unit.current
        wanted = body.get("MessageReference", {}).get("ServiceID")
        if current is not None and current.header["ServiceID"] == wanted:
            current.step, current.remaining_s = "abort", 0.0

    # -- sending --

    def _send(self, header: dict[str, Any], body: dict[str, Any], delay_s: float = 0.0) -> None:
        self.conversation.append((">", body))
        self._push(encoded(header, body), delay_s)

    def _push(self, data: bytes, delay_s: float = 0.0) -> None:
        if self._is_connected:
            self._outgoing.append(Outgoing(data, delay_s))

    def _break(self) -> None:
        if self._is_connected:
            self._outgoing.append(Outgoing(None))


# -- bodies ----------------------------------------------------------------------------------------------------------


def encoded(header: dict[str, Any], body: dict[str, Any]) -> bytes:
    category = header["MessageCategory"]
    envelope = {"MessageHeader": {**header, "MessageType": "Response"}, f"{category}Response": body}
    message = json.dumps({"SaleToPOIResponse": envelope}).encode()
    return len(message).to_bytes(4, "big") + message


def notification(header: dict[str, Any]) -> bytes:
    event = {"MessageHeader": {**header, "MessageClass": "Event", "MessageCategory": "Event"}}
    message = json.dumps({"SaleToPOIRequest": event}).encode()
    return len(message).to_bytes(4, "big") + message


def failure(condition: str) -> dict[str, Any]:
    return {"Response": {"Result": "Failure", "ErrorCondition": condition}}


def response_of(entry: Entry) -> dict[str, Any]:
    """PaymentResponse or ReversalResponse as it stands in the terminal's memory."""
    if entry.result != "approved":
        return failure(entry.condition)
    transaction = {"TransactionID": entry.transaction_id, "TimeStamp": entry.timestamp}
    answer: dict[str, Any] = {
        "Response": {"Result": "Success"},
        "POIData": {"POITransactionID": transaction},
    }
    if entry.category == "Payment":
        answer["PaymentResult"] = payment_result(entry)
    return answer


def payment_result(entry: Entry) -> dict[str, Any]:
    amount = Decimal(entry.amount_minor).scaleb(-EXPONENTS.get(entry.currency, 2))
    card = {"PaymentBrand": "visa", "MaskedPan": "411111******1111", "EntryMode": ["Contactless"]}
    return {
        "PaymentType": "Normal",
        "PaymentInstrumentData": {"PaymentInstrumentType": "Card", "CardData": card},
        "AmountsResp": {
            "Currency": entry.currency,
            "AuthorizedAmount": int(amount) if amount == int(amount) else float(amount),
        },
        "OnlineFlag": True,
        "PaymentAcquirerData": {"ApprovalCode": entry.transaction_id[4:10]},
    }


def leaking(answer: dict[str, Any]) -> dict[str, Any]:
    """The same answer from a terminal that says too much."""
    answer["PaymentResult"]["PaymentInstrumentData"]["CardData"] |= {
        "MaskedPan": LEAKED_PAN,
        "SensitiveCardData": {
            "PAN": LEAKED_PAN,
            "TrackData": [{"TrackValue": f"{LEAKED_PAN}=29122010000000000000"}],
        },
    }
    answer["Response"]["AdditionalResponse"] = f"pan={LEAKED_PAN}&cvv=123"
    answer["PaymentResult"]["PaymentAcquirerData"]["AcquirerID"] = LEAKED_PAN
    return answer


def minor_of(amount: float, currency: str) -> int:
    return int(Decimal(str(amount)).scaleb(EXPONENTS.get(currency, 2)))


def stamp() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
