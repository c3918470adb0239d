"""What a printer's owner thread does: hear what the printer reports by itself, and ask where it reports nothing."""

from __future__ import annotations

from typing import Final

from drivers.events import PrinterStatus
from drivers.interfaces import ReceiptPrinter
from edge.clock import Clock
from edge.peripherals.owner import Readiness

LISTEN_S: Final = 1.0
ASK_EVERY_S: Final = 10.0
ASK_EVERY_NOT_READY_S: Final = 2.0  # somebody stands there with a roll in the hand


class PrinterWork:
    def __init__(self, printer: ReceiptPrinter, clock: Clock) -> None:
        self._printer = printer
        self._clock = clock
        self._last = PrinterStatus()
        self._asked_at_s = clock.monotonic()

    def opened(self) -> Readiness:
        self._ask()
        return self._readiness()

    def once(self) -> Readiness:
        reported = self._printer.wait_for_status(LISTEN_S)
        if reported is not None:
            self._last = reported
        elif self._clock.monotonic() - self._asked_at_s >= self._pause_s():
            self._ask()
        return self._readiness()

    def _readiness(self) -> Readiness:
        reasons = tuple(sorted(reason.value for reason in self._last.reasons))
        return Readiness(reasons, self._last.is_paper_low)

    def _ask(self) -> None:
        self._asked_at_s = self._clock.monotonic()
        self._last = self._printer.status()

    def _pause_s(self) -> float:
        return ASK_EVERY_S if self._last.can_print else ASK_EVERY_NOT_READY_S
