"""What drivers report: frozen facts about the peripheral, nothing about the shop."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class ScanRead:
    """One symbol as the scanner sent it.

    `symbology` is the AIM identifier with its modifier ("]E0", "]d2"; ISO/IEC 15424), or "" where the scanner
    sends none. `data` is the payload without prefix, suffix and identifier, GS (0x1D) kept. `is_terminated`
    is False where the frame ended by silence instead of its suffix. `monotonic_s` is when its last byte came.
    """

    symbology: str
    data: str
    is_terminated: bool
    monotonic_s: float


@dataclass(frozen=True, slots=True)
class Gs1Code:
    """What a symbol says in GS1's terms (General Specifications, section 3), each field empty where it is not said.

    `gtin` has 8, 13 or 14 digits with a proved check digit; UPC-A's 12 digits carry their leading zero. `price` is the
    amount of AI 392n or 393n, `price_currency` the ISO 4217 number of AI 393n ("410" for KRW).
    """

    gtin: str = ""
    lot: str = ""
    serial: str = ""
    sscc: str = ""
    expiry: date | None = None
    best_before: date | None = None
    produced: date | None = None
    net_weight_kg: Decimal | None = None
    count: int | None = None
    price: Decimal | None = None
    price_currency: str = ""


class Reason(enum.StrEnum):
    """Why a peripheral that is present cannot work now: stable words, translated on the screen."""

    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    CUTTER_JAMMED = "cutter_jammed"
    HEAD_HOT = "head_hot"
    OFFLINE = "offline"
    UNRECOVERABLE = "unrecoverable"
    DRAWER_OPEN = "drawer_open"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """A printer's state from its own status bytes. `is_paper_low` does not stop it, a reason does."""

    reasons: frozenset[Reason] = frozenset()
    is_paper_low: bool = False
    drawer_pin_high: bool | None = None

    @property
    def can_print(self) -> bool:
        return not self.reasons


@dataclass(frozen=True, slots=True)
class PrintProof:
    """How far a job is known to have come.

    `is_printed` is True only where the printer itself said that the preceding data was printed (process id,
    `GS ( H`) or, on models without it, that its buffer ran past the job (`GS r`); `witness` says which:
    "process_id", "buffer" or "none".
    """

    is_printed: bool
    witness: str


class PaymentResult(enum.StrEnum):
    APPROVED = "approved"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    IN_PROGRESS = "in_progress"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class PaymentOutcome:
    """What the payment terminal says of one payment or reversal. Never holds card data beyond the mask.

    `reference` is our own id of the exchange (nexo ServiceID); `terminal_transaction_id` and
    `terminal_timestamp` are what a reversal must quote; `masked_pan` has first 6 and last 4 digits at most.
    """

    result: PaymentResult
    reference: str
    amount_minor: int = 0
    currency: str = ""
    terminal_transaction_id: str = ""
    terminal_timestamp: str = ""
    auth_code: str = ""
    scheme: str = ""
    masked_pan: str = ""
    error_condition: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """Counters under their UnifiedPOS statistics names (`GoodScanCount`, `PaperCutCount`, ...)."""

    is_open: bool
    counters: dict[str, int] = field(default_factory=dict)
    detail: str = ""
