"""Payment terminals that speak nexo Retailer 3.0 in JSON over TCP, each message behind its 4-byte big-endian length.

One exchange is a request and the response with the same ServiceID, SaleID and POIID. What terminals do beside that, and
what happens here:

    an answer to an exchange that we gave up    discarded by its ServiceID, counted
    an answer for another till                  discarded by SaleID and POIID, counted
    notifications in between                    discarded
    half a message, two messages in one read    put together, taken apart
    no answer                                   the outcome is unknown; a time limit does not stop the terminal
    card data in the clear                      never read (`card_data`)

Nothing is ever sent twice. Up to the first byte a failure is Unavailable; from there on a payment or a reversal
without a final answer is UnknownOutcome, and whoever journalled it asks with `query`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Final

from drivers.base import LineDriver
from drivers.errors import Garbled, PeripheralError, Timeout, Unavailable, UnknownOutcome
from drivers.events import PaymentOutcome, PaymentResult
from drivers.framing import FrameError, LengthFramer, with_length
from drivers.payment_terminals.card_data import masked, read_clean
from drivers.profiles import Profile
from drivers.transport import Opener, WallClock

PROTOCOL_VERSION: Final = "3.0"
REFERENCE_LENGTH_MAX: Final = 10
MESSAGE_BYTES_MAX: Final = 256 * 1024
READ_BYTES: Final = 4096
SEND_DEADLINE_S: Final = 5.0
AMOUNT_DIGITS_MAX: Final = 15
QUERY_ID_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

UNKNOWN_OUTCOMES: Final = "UnknownOutcomeCount"
LATE_ANSWERS: Final = "LateAnswerCount"
FOREIGN_ANSWERS: Final = "ForeignAnswerCount"
CARD_DATA_DROPPED: Final = "CardDataDroppedCount"

# ISO 4217: currencies whose minor unit is not a hundredth.
EXPONENTS: Final = {"KRW": 0, "JPY": 0, "VND": 0, "CLP": 0, "BHD": 3, "KWD": 3, "JOD": 3, "TND": 3}

# nexo Retailer, ErrorCondition: who ended it. All others are refusals.
RESULT_OF_CONDITION: Final = {
    "Aborted": PaymentResult.CANCELLED,
    "Cancel": PaymentResult.CANCELLED,
    "InProgress": PaymentResult.IN_PROGRESS,
    "NotFound": PaymentResult.NOT_FOUND,
}
# The same, of a TransactionStatus: what it says of the payment that was asked about.
TOLD_OF_PAYMENT: Final = frozenset({"InProgress", "NotFound"})


@dataclass(frozen=True, slots=True)
class NexoSettings:
    """`sale_id` names this till, `poi_id` the payment terminal, as both were told when they were paired."""

    sale_id: str = "TWINSTORE"
    poi_id: str = "POI-1"
    has_login: bool = True
    login_deadline_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Request:
    """One exchange to be: its category, our id of it, and the body under `<category>Request`."""

    category: str
    reference: str
    body: Mapping[str, Any]


# -- encode ----------------------------------------------------------------------------------------------------------


def amount_of(amount_minor: int, currency: str) -> int | float:
    """Nexo's decimal number. Exact: a double holds fifteen digits, and its shortest form is what JSON gets.

    >>> amount_of(1099, "CNY"), amount_of(1099, "KRW")
    (10.99, 1099)
    """
    exponent = EXPONENTS.get(currency, 2)
    return float(Decimal(amount_minor).scaleb(-exponent)) if exponent else amount_minor


def minor_of(amount: Any, currency: str) -> int:
    """Minor units of nexo's number; Garbled where it is none or finer than the currency's minor unit."""
    if isinstance(amount, bool) or not isinstance(amount, (int, Decimal)):
        raise Garbled(expected="an amount", got=type(amount).__name__)
    if Decimal(amount).adjusted() > AMOUNT_DIGITS_MAX:
        raise Garbled(expected="an amount", got=f"one of 10 to the {Decimal(amount).adjusted()}")
    minor = Decimal(amount).scaleb(EXPONENTS.get(currency, 2))
    if minor != minor.to_integral_value():
        raise Garbled(expected=f"an amount in {currency}'s minor unit", got=str(amount))
    return int(minor)


def encode(request: Request, settings: NexoSettings) -> bytes:
    header = {
        "ProtocolVersion": PROTOCOL_VERSION,
        "MessageClass": "Service",
        "MessageCategory": request.category,
        "MessageType": "Request",
        "ServiceID": request.reference,
        "SaleID": settings.sale_id,
        "POIID": settings.poi_id,
    }
    envelope = {"MessageHeader": header, f"{request.category}Request": request.body}
    return with_length(json.dumps({"SaleToPOIRequest": envelope}, separators=(",", ":")).encode())


def payment_body(reference: str, amount_minor: int, currency: str, stamp: str) -> dict[str, Any]:
    amounts = {"Currency": currency, "RequestedAmount": amount_of(amount_minor, currency)}
    return {
        "SaleData": {"SaleTransactionID": {"TransactionID": reference, "TimeStamp": stamp}},
        "PaymentTransaction": {"AmountsReq": amounts},
        "PaymentData": {"PaymentType": "Normal"},
    }


def reversal_body(original: PaymentOutcome) -> dict[str, Any]:
    transaction = {
        "TransactionID": original.terminal_transaction_id,
        "TimeStamp": original.terminal_timestamp,
    }
    return {
        "OriginalPOITransaction": {"POITransactionID": transaction},
        "ReversalReason": "MerchantCancel",
        "ReversedAmount": amount_of(original.amount_minor, original.currency),
    }


# -- decode ----------------------------------------------------------------------------------------------------------


def at(tree: Any, *path: str) -> Any:
    """What stands at `path`, None where the way ends."""
    for name in path:
        if not isinstance(tree, dict) or name not in tree:
            return None
        tree = tree[name]
    return tree


def text_at(tree: Any, *path: str) -> str:
    value = at(tree, *path)
    return value if isinstance(value, str) else ""


def outcome_of(response: Any, reference: str, currency: str) -> PaymentOutcome:
    """A PaymentResponse or ReversalResponse. Garbled where a success does not say what a reversal would need.

    `currency` is the request's, and the answer's too unless that names one.
    """
    result = text_at(response, "Response", "Result")
    condition = text_at(response, "Response", "ErrorCondition")
    if result == "Failure":
        outcome = RESULT_OF_CONDITION.get(condition, PaymentResult.DECLINED)
        return PaymentOutcome(outcome, reference, error_condition=condition)
    if result not in {"Success", "Partial"}:
        raise Garbled(expected="Success, Partial or Failure as the result", got=result or "none")
    return _approved(response, reference, currency)


def outcome_not_repeated(answer: Any, reference: str) -> PaymentOutcome:
    """A TransactionStatusResponse that repeats no response.

    Only the conditions of `TOLD_OF_PAYMENT` speak of the payment. All others ("Busy", "LoggedOut") refuse the question,
    and a refused question is no declined payment: Garbled, to be asked again.
    """
    condition = text_at(answer, "Response", "ErrorCondition")
    if condition not in TOLD_OF_PAYMENT:
        raise Garbled(expected="what became of the payment", got=condition or "no answer to it")
    return PaymentOutcome(RESULT_OF_CONDITION[condition], reference, error_condition=condition)


def _approved(response: Any, reference: str, asked_currency: str) -> PaymentOutcome:
    """`amount_minor` is what was authorised, which after "Partial" is less than what was asked for."""
    transaction = at(response, "POIData", "POITransactionID")
    if not text_at(transaction, "TransactionID"):
        raise Garbled(expected="a transaction id of the payment terminal", got="none")
    result = at(response, "PaymentResult")
    amount, currency = _authorised(response, asked_currency)
    return PaymentOutcome(
        PaymentResult.APPROVED,
        reference,
        amount_minor=amount,
        currency=currency,
        terminal_transaction_id=text_at(transaction, "TransactionID"),
        terminal_timestamp=text_at(transaction, "TimeStamp"),
        auth_code=text_at(result, "PaymentAcquirerData", "ApprovalCode"),
        scheme=text_at(result, "PaymentInstrumentData", "CardData", "PaymentBrand"),
        masked_pan=masked(text_at(result, "PaymentInstrumentData", "CardData", "MaskedPan")),
    )


def _authorised(response: Any, asked_currency: str) -> tuple[int, str]:
    """(minor units, currency); a reversal says its amount elsewhere, and not always."""
    amounts = at(response, "PaymentResult", "AmountsResp")
    if amounts is not None:
        currency = text_at(amounts, "Currency") or asked_currency
        return minor_of(at(amounts, "AuthorizedAmount"), currency), currency
    if "PaymentResult" in response:
        raise Garbled(expected="the amount that was authorised", got="none")
    return 0, ""


# -- the driver ------------------------------------------------------------------------------------------------------


class NexoTerminal(LineDriver):
    """One exchange at a time, over one connection. `abort` may come from another thread while `pay` waits."""

    kind: ClassVar[str] = "payment_terminal"

    def __init__(self, opener: Opener, clock: WallClock, profile: Profile) -> None:
        super().__init__(opener, clock, profile)
        self._wall = clock
        self._exchanging = threading.Lock()
        self._writing = threading.Lock()
        self._last_query_id = 0

    def shown(self, data: bytes) -> str:
        """Only how much: payment messages never reach a log."""
        return f"{len(data)} bytes"

    def _open(self) -> None:
        self._settings = self.profile.settings(NexoSettings)
        self._framer = LengthFramer(MESSAGE_BYTES_MAX)
        self._received: list[bytes] = []
        if self._settings.has_login:
            body = {"DateTime": self._stamp(), "SaleSoftware": {"ApplicationName": "Twinstore"}}
            request = Request("Login", self._query_id(), body)
            self._expect_success(self._ask(request, self._settings.login_deadline_s))

    def pay(
        self, reference: str, amount_minor: int, currency: str, deadline_s: float
    ) -> PaymentOutcome:
        body = payment_body(reference, amount_minor, currency, self._stamp())
        return self._once(Request("Payment", reference, body), currency, deadline_s)

    def reverse(
        self, reference: str, original: PaymentOutcome, deadline_s: float
    ) -> PaymentOutcome:
        """Gives back `original.amount_minor`, at most what was approved."""
        if not original.terminal_transaction_id:
            raise Garbled(expected="the payment terminal's transaction id", got="none")
        request = Request("Reversal", reference, reversal_body(original))
        return self._once(request, original.currency, deadline_s)

    def query(self, reference: str, currency: str, deadline_s: float) -> PaymentOutcome:
        """What became of the payment or reversal `reference`. Safe to ask again."""
        body = {
            "MessageReference": {"ServiceID": reference, "SaleID": self._settings.sale_id},
            "ReceiptReprintFlag": False,
        }
        request = Request("TransactionStatus", self._query_id(), body)
        answer = self._ask(request, deadline_s)
        repeated = at(answer, "RepeatedMessageResponse", "RepeatedResponseMessageBody")
        if isinstance(repeated, dict) and repeated:
            return outcome_of(next(iter(repeated.values())), reference, currency)
        return outcome_not_repeated(answer, reference)

    def diagnose(self, deadline_s: float) -> None:
        """Returns where the payment terminal is well; Timeout, Unavailable or Garbled where not."""
        self._expect_success(self._ask(Request("Diagnosis", self._query_id(), {}), deadline_s))

    def abort(self, reference: str) -> None:
        message = {"ServiceID": reference, "SaleID": self._settings.sale_id}
        body = {
            "AbortReason": "MerchantAbort",
            "MessageReference": {"MessageCategory": "Payment", **message},
        }
        self._send(Request("Abort", self._query_id(), body))

    # -- one exchange --

    def _once(self, request: Request, currency: str, deadline_s: float) -> PaymentOutcome:
        """An exchange that may move money: from its first byte on every failure is an unknown outcome."""
        with self._exchanging:
            self._check(request)
            self._drain()
            try:
                self._send(request)
                answer = self._answer(request, deadline_s)
                return outcome_of(answer, request.reference, currency)
            except (Timeout, Garbled) as error:
                raise self._unknown(request, error) from error
            except Unavailable as error:
                if isinstance(error, NothingSent):
                    raise
                raise self._unknown(request, error) from error

    def _ask(self, request: Request, deadline_s: float) -> Any:
        """An exchange that changes nothing."""
        with self._exchanging:
            self._drain()
            self._send(request)
            return self._answer(request, deadline_s)

    def _unknown(self, request: Request, error: PeripheralError) -> UnknownOutcome:
        self.count(UNKNOWN_OUTCOMES)
        return UnknownOutcome(reference=request.reference, detail=str(error).rstrip("."))

    def _check(self, request: Request) -> None:
        if not 0 < len(request.reference) <= REFERENCE_LENGTH_MAX:
            raise Garbled(
                expected=f"a reference of 1 to {REFERENCE_LENGTH_MAX} characters",
                got=len(request.reference),
            )

    def _drain(self) -> None:
        """Takes what came since the last exchange, and notices a line that died meanwhile before money is at stake."""
        while data := self.line.read(READ_BYTES, 0.0):
            self._take(data)
        self.count(LATE_ANSWERS, len(self._received))
        self._received.clear()

    def _send(self, request: Request) -> None:
        message = encode(request, self._settings)
        with self._writing:
            taken = self.line.write(message, SEND_DEADLINE_S)
        if taken == 0:
            raise NothingSent(address=self.profile.name, detail="it takes no bytes")
        if taken < len(message):
            self.close()
            detail = f"it took {taken} of {len(message)} bytes"
            raise Unavailable(address=self.profile.name, detail=detail)

    def _answer(self, request: Request, deadline_s: float) -> Any:
        end_s = self._clock.monotonic() + deadline_s
        while True:
            while self._received:
                answer = self._matching(self._received.pop(0), request)
                if answer is not None:
                    return answer
            remaining_s = end_s - self._clock.monotonic()
            if remaining_s <= 0:
                raise Timeout(address=self.profile.name, deadline_s=f"{deadline_s:g}")
            self._take(self.line.read(READ_BYTES, remaining_s))

    def _take(self, data: bytes) -> None:
        """A length that cannot be ends the connection: nothing after it can be found again."""
        try:
            self._received += self._framer.feed(data)
        except FrameError as error:
            self.close()
            raise Garbled(expected="a message behind its length", got="another length") from error

    def _matching(self, message: bytes, request: Request) -> Any | None:
        """The body of our answer, None for everybody else's."""
        clean = read_clean(message)
        if clean is None:
            raise Garbled(expected="a JSON message", got=f"{len(message)} other bytes")
        self.count(CARD_DATA_DROPPED, clean.dropped)
        response = at(clean.content, "SaleToPOIResponse")
        header = at(response, "MessageHeader")
        if header is None:  # a request or notification of the terminal's own
            return None
        ours = (self._settings.sale_id, self._settings.poi_id)
        if (text_at(header, "SaleID"), text_at(header, "POIID")) != ours:
            self.count(FOREIGN_ANSWERS)
            return None
        if text_at(header, "ServiceID") != request.reference:
            self.count(LATE_ANSWERS)
            return None
        return at(response, f"{request.category}Response")

    def _expect_success(self, answer: Any) -> None:
        result = text_at(answer, "Response", "Result")
        if result != "Success":
            condition = text_at(answer, "Response", "ErrorCondition")
            raise Garbled(expected="Success", got=condition or result or "none")

    # -- ids and stamps --

    def _query_id(self) -> str:
        """Our own ids of exchanges that nobody journals: Q and the milliseconds in base 36, never the same twice."""
        milliseconds = int(self._wall.now().timestamp() * 1000)
        self._last_query_id = max(milliseconds, self._last_query_id + 1)
        return "Q" + in_base_36(self._last_query_id, REFERENCE_LENGTH_MAX - 1)

    def _stamp(self) -> str:
        return self._wall.now().isoformat(timespec="milliseconds")


class NothingSent(Unavailable):
    """Not a byte left: the outcome is known, it did not happen."""


def in_base_36(number: int, length: int) -> str:
    """The last `length` digits of `number`.

    >>> in_base_36(36 * 36 + 1, 4)
    '0101'
    """
    digits = ""
    for _ in range(length):
        number, place = divmod(number, 36)
        digits = QUERY_ID_DIGITS[place] + digits
    return digits
