"""From a scanner's read to a line of the basket: a bounded queue between the reader thread and the database.

What is scanned may be a wallet's payment code or a member's number: no file here writes a scan's digits to a log.
"""

from __future__ import annotations

import logging
import queue
from collections import Counter
from collections.abc import Callable
from threading import Event
from typing import Final

from drivers.errors import Garbled
from drivers.events import ScanRead
from drivers.interfaces import Scanner
from edge.domain.basket import EnteredCode
from edge.domain.errors import Malformed, ShopError
from edge.peripherals.owner import Readiness
from edge.services.notices import Notices

log = logging.getLogger(__name__)

MAX_WAITING: Final = 64  # more than a person scans while a disk is slow
LISTEN_S: Final = 1.0
IDLE_S: Final = 1.0

# AIM identifiers under which only GS1's own syntax may stand (ISO/IEC 15424; GS1 General Specifications 5.1.2).
GS1_ONLY: Final = frozenset({"]E0", "]E4", "]C1", "]e0", "]d2", "]Q3", "]J1"})

Sink = Callable[[EnteredCode], object]


class Misread(Malformed):
    key = "goods.misread"
    template = "The code was misread: expected {expected}, got {got}."
    advice = "Scan it again, or type the number under the bars."


def entered_code(read: ScanRead) -> EnteredCode:
    """What a read names. Misread where a symbol that must be GS1's breaks its rules: it was misread."""
    from drivers.scanners.gs1 import parse_scan  # loaded by the first scan, not at the start

    try:
        code = parse_scan(read)
    except Garbled as error:
        if read.symbology in GS1_ONLY:
            expected, got = str(error.fields["expected"]), str(error.fields["got"])
            raise Misread(expected=expected, got=got) from error
        return EnteredCode(read.data)
    if not code.gtin:
        return EnteredCode(read.data)
    expiry = code.expiry.isoformat() if code.expiry else ""
    return EnteredCode(code.gtin, lot=code.lot, expiry=expiry)


class ScanDesk:
    """Takes reads from any scanner, in order, and hands them to `sink`; what it refuses becomes a notice."""

    def __init__(self, sink: Sink, notices: Notices) -> None:
        self.counters: Counter[str] = Counter()
        self._sink = sink
        self._notices = notices
        self._reads: queue.SimpleQueue[ScanRead] = queue.SimpleQueue()  # wakes its reader at once

    def put(self, read: ScanRead) -> None:
        """Bounded to MAX_WAITING, and to one more for each scanner that asks at the very same moment."""
        if self._reads.qsize() < MAX_WAITING:
            self._reads.put(read)
        else:
            self.counters["dropped"] += 1
            self._notices.tell(
                "bad",
                "scans.too_fast",
                "A scan was dropped: the box has not finished the ones before it.",
                "Look at the basket and scan the missing goods again.",
            )

    def run(self, stopping: Event) -> None:
        while not stopping.is_set():
            try:
                read = self._reads.get(timeout=IDLE_S)
            except queue.Empty:
                continue
            self.take(read)

    def take(self, read: ScanRead) -> None:
        try:
            self._sink(entered_code(read))
        except ShopError as error:
            self.counters["refused"] += 1
            log.info("A scan of %s characters was refused: %s", len(read.data), error.key)
            self._notices.refused(error)
        except Exception:
            # The scanner must go on working for the next customer, whatever one code did to us.
            self.counters["failed"] += 1
            log.exception("A scan of %s characters failed", len(read.data))
            self._notices.tell(
                "bad",
                "scans.failed",
                "The scan could not be used.",
                "Scan it again, or type the number under the bars.",
            )


class ScannerWork:
    """What a scanner's owner thread does: listen, and hand over what it hears."""

    def __init__(self, scanner: Scanner, put: Callable[[ScanRead], None]) -> None:
        self._scanner = scanner
        self._put = put

    def opened(self) -> Readiness:
        return Readiness()

    def once(self) -> Readiness:
        for read in self._scanner.reads(LISTEN_S):
            self._put(read)
        return Readiness()
