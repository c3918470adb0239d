"""Barcode scanners on a serial line or USB-CDC (a virtual COM port): payload, then a suffix.

Programme the scanner with its printed configuration codes: AIM identifiers on, suffix CR LF (or STX and ETX around the
payload), GS sent as 0x1D, no key substitution, one read a trigger pull. What is known to go wrong, and what happens:

    the suffix is off or lost        the frame ends after 100 ms of silence, flagged as not terminated
    two symbols without a suffix     cut apart where the first one's identifier says its length (]E0, ]E4)
    NUL bytes when the port opens    dropped and counted
    bytes without end (wrong baud)   dropped beyond 4 KiB and counted
    the trigger is held              the same code within 500 ms of its last sight is counted, not reported
    half a symbol                    where the profile says that identifiers are on, a frame without one is dropped and
                                     counted: half a number may be somebody else's short code

Identifiers: ISO/IEC 15424, "]", a letter, a modifier.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from drivers.base import LineDriver
from drivers.events import ScanRead
from drivers.framing import DelimiterFramer, Frame

READ_BYTES: Final = 4096
IDENTIFIER: Final = re.compile(r"\][A-Za-z][0-9A-Za-z]")
# Symbols of a fixed length: identifier and digits, followed by the next symbol's identifier.
MERGED: Final = re.compile(r"(\]E0[0-9]{13}|\]E4[0-9]{8})(?=\][A-Za-z][0-9A-Za-z])")

GOOD_SCANS: Final = "GoodScanCount"
DEBOUNCED: Final = "DebouncedScanCount"
UNTERMINATED: Final = "UnterminatedScanCount"
MERGED_SCANS: Final = "MergedScanCount"
UNIDENTIFIED: Final = "UnidentifiedScanCount"
OVERLONG: Final = "OverlongScanCount"
NUL_BYTES: Final = "NulByteCount"
STRAY_BYTES: Final = "StrayByteCount"


@dataclass(frozen=True, slots=True)
class ScannerSettings:
    """How the scanner was programmed. `debounce_s` 0 reports every sight of a code."""

    suffix: str = "\r\n"
    prefix: str = ""
    has_identifiers: bool = False
    idle_s: float = 0.1
    debounce_s: float = 0.5
    limit: int = 4096


def split_merged(text: str) -> list[str]:
    """Symbols that came without a suffix between them, cut where the first one's length is known.

    >>> split_merged("]E09501101530003]E495011013")
    [']E09501101530003', ']E495011013']
    """
    symbols: list[str] = []
    while found := MERGED.match(text):
        symbols.append(found[1])
        text = text[found.end() :]
    return [*symbols, text]


def decoded(payload: bytes) -> str:
    """UTF-8 where it is, else Latin-1, in which every byte has a place: nothing that was scanned is lost."""
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError:
        return payload.decode("latin-1")


def scan_read(symbol: str, frame: Frame) -> ScanRead:
    """One symbol, its identifier parted from its data."""
    found = IDENTIFIER.match(symbol)
    symbology = found[0] if found else ""
    return ScanRead(symbology, symbol[len(symbology) :], frame.is_terminated, frame.at_s)


class SerialLineScanner(LineDriver):
    """Turns the line's bytes into reads, in the order in which they came."""

    kind: ClassVar[str] = "scanner"

    def _open(self) -> None:
        settings = self.profile.settings(ScannerSettings)
        self._settings = settings
        self._framer = DelimiterFramer(
            settings.suffix.encode(),
            prefix=settings.prefix.encode(),
            idle_s=settings.idle_s,
            limit=settings.limit,
        )
        self._ready: deque[ScanRead] = deque()
        self._last: ScanRead | None = None

    def shown(self, data: bytes) -> str:
        """Only how much: a scan may be a member's or a wallet's code."""
        return f"{len(data)} bytes"

    def reads(self, timeout_s: float) -> Iterator[ScanRead]:
        """Yields reads for `timeout_s`; a symbol that is still arriving then belongs to the next call."""
        end_s = self._clock.monotonic() + timeout_s
        while True:
            while self._ready:
                yield self._ready.popleft()
            self._gather(end_s)
            if not self._ready and self._clock.monotonic() >= end_s:
                return

    def _gather(self, end_s: float) -> None:
        """Reads once, for no longer than silence needs to end a frame in progress."""
        now_s = self._clock.monotonic()
        idle_s = self._framer.idle_in_s(now_s)
        wait_s = max(0.0, end_s - now_s)
        data = self.line.read(READ_BYTES, wait_s if idle_s is None else min(wait_s, idle_s))
        for frame in self._framer.feed(data, self._clock.monotonic()):
            self._accept(frame)
        self._count_noise()

    def _accept(self, frame: Frame) -> None:
        symbols = split_merged(decoded(frame.data))
        self.count(MERGED_SCANS, len(symbols) - 1)
        for symbol in symbols:
            self._accept_read(scan_read(symbol, frame))

    def _accept_read(self, read: ScanRead) -> None:
        if self._settings.has_identifiers and not read.symbology:
            self.count(UNIDENTIFIED)
        elif self._is_repeat(read):
            self.count(DEBOUNCED)
        else:
            self.count(GOOD_SCANS)
            self.count(UNTERMINATED, 0 if read.is_terminated else 1)
            self._ready.append(read)

    def _is_repeat(self, read: ScanRead) -> bool:
        """Measured from the last sight, so that a held trigger stays one scan however long it is held."""
        before, self._last = self._last, read
        if before is None or (before.symbology, before.data) != (read.symbology, read.data):
            return False
        return read.monotonic_s - before.monotonic_s < self._settings.debounce_s

    def _count_noise(self) -> None:
        noise = self._framer.take_noise()
        self.count(NUL_BYTES, noise.nul_bytes)
        self.count(OVERLONG, noise.overlong)
        self.count(STRAY_BYTES, noise.stray_bytes)
