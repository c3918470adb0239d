"""What a peripheral of each kind can do. Services and manager see these, never a model.

Every driver class is built as `Driver(opener, clock, profile)` (see `drivers.base`) and speaks only our errors
(`drivers.errors`). `timeout_s` and `deadline_s` are seconds from the call, on the monotonic clock that was handed in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from drivers.events import Health, PaymentOutcome, PrinterStatus, PrintProof, ScanRead


@runtime_checkable
class Peripheral(Protocol):
    """The life of every driver. `open` may be called again after `close` or after any error."""

    def open(self) -> None: ...
    def close(self) -> None: ...
    def health(self) -> Health: ...


@runtime_checkable
class Scanner(Peripheral, Protocol):
    def reads(self, timeout_s: float) -> Iterator[ScanRead]:
        """Yields what was scanned within `timeout_s`, as it comes; raises Unavailable when the line is gone."""
        ...


@dataclass(frozen=True, slots=True)
class TextLine:
    """One printed line. `columns` are (text, align) laid out over the paper's width; width is 1 or 2."""

    left: str = ""
    right: str = ""
    align: Literal["left", "center"] = "left"
    is_bold: bool = False
    scale: Literal[1, 2] = 1


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the paper."""


@dataclass(frozen=True, slots=True)
class QrSymbol:
    """A QR symbol of `data` (text, already encoded by the caller), error correction M."""

    data: str


@dataclass(frozen=True, slots=True)
class Feed:
    lines: int


Element = TextLine | Rule | QrSymbol | Feed


@dataclass(frozen=True, slots=True)
class PrintDocument:
    """What to print, free of any printer's bytes. `language` picks the double-byte set ("ko", "zh", "en")."""

    language: str
    elements: tuple[Element, ...]
    is_cut: bool = True


@runtime_checkable
class ReceiptPrinter(Peripheral, Protocol):
    def encode(self, document: PrintDocument) -> bytes:
        """The document as this model's bytes, without process id. Pure."""
        ...

    def print_bytes(self, payload: bytes, process_id: str, deadline_s: float) -> PrintProof:
        """Sends `payload` once and waits for proof under the four printable characters of `process_id`.

        Raises Refused before the first byte when it cannot print; UnknownOutcome after the first byte when
        proof does not come by the deadline or the line is lost. Never resends.
        """
        ...

    def status(self) -> PrinterStatus: ...
    def wait_for_status(self, timeout_s: float) -> PrinterStatus | None:
        """The next change that the printer reports by itself (ASB), or None within `timeout_s`."""
        ...

    def pulse_drawer(self) -> None:
        """Kicks the drawer once, on the pin of the profile."""
        ...


@runtime_checkable
class CashDrawer(Peripheral, Protocol):
    def kick(self, deadline_s: float) -> bool:
        """Opens; True only where its sensor changed to open before the deadline."""
        ...

    def is_drawer_open(self) -> bool | None:
        """What the sensor says, None where the profile has no sensor."""
        ...


@runtime_checkable
class PaymentTerminal(Peripheral, Protocol):
    """One exchange at a time. `reference` (at most 10 characters) is journalled by the caller before the call.

    `pay` and `reverse` raise UnknownOutcome whenever the first byte left and no final answer came.
    """

    def pay(
        self, reference: str, amount_minor: int, currency: str, deadline_s: float
    ) -> PaymentOutcome: ...
    def query(self, reference: str, currency: str, deadline_s: float) -> PaymentOutcome:
        """What became of the payment or reversal `reference`, which was asked for in `currency`."""
        ...

    def reverse(
        self, reference: str, original: PaymentOutcome, deadline_s: float
    ) -> PaymentOutcome: ...
    def abort(self, reference: str) -> None:
        """Asks the payment terminal to stop; a request, not an outcome."""
        ...

    def diagnose(self, deadline_s: float) -> None:
        """Returns where the payment terminal is well and reaches its host; raises where not. Moves no money."""
        ...
