"""A barcode scanner on a serial line: prefix, AIM identifier, data, suffix, and everything that spoils them.

    ScannerUnit        the unit: how it is programmed, what lies under its window, what will go wrong next
    ScannerInterface   its bytes in time: pieces with a pause before each

Faults are armed for the next scan, by name and with their figures, so that a test, the bench and a person at it all
say the same: {"name": "split", "at": 5, "gap_s": 0.03}.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from hardware_sim.wire import Unplugged

BYTE_GAP_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class Piece:
    """`data` after `pause_s` of silence; None pulls the plug at that place."""

    data: bytes | None
    pause_s: float = 0.0


def symbology_of(data: str) -> str:
    """The AIM identifier that a scanner would most likely find for `data`: EAN-13, EAN-8, GS1 Data Matrix, QR."""
    if data.isascii() and data.isdigit() and len(data) in {8, 13}:
        return "]E4" if len(data) == 8 else "]E0"
    return "]d2" if data.startswith(("01", "\x1d")) and data[:16].strip("\x1d").isdigit() else "]Q1"


@dataclass(slots=True)
class ScannerUnit:
    """What the maker's configuration codes set, and the faults armed for the next scan."""

    prefix: bytes = b""
    suffix: bytes = b"\r\n"
    has_identifiers: bool = True
    faults: list[dict[str, Any]] = field(default_factory=list)
    pieces: deque[Piece] = field(default_factory=deque)
    scans: int = 0

    def scan(self, data: str, symbology: str = "") -> bytes:
        """A symbol comes under the window; the bytes that a healthy line would carry."""
        identifier = symbology if self.has_identifiers else ""
        frame = self.prefix + (identifier + data).encode() + self.suffix
        armed, self.faults = self.faults, []
        pieces = [Piece(frame)]
        for fault in armed:
            pieces = spoil(pieces, fault, self.suffix)
        self.pieces.extend(pieces)
        self.scans += 1
        return frame

    def arm(self, name: str, **figures: Any) -> None:
        """ValueError names the faults that there are."""
        if name not in FAULTS:
            raise ValueError(f"Expected one of {', '.join(sorted(FAULTS))}, got {name}.")
        self.faults.append({"name": name, **figures})


class ScannerInterface:
    """The scanner's end of the line. A scanner without a listener forgets what it read."""

    def __init__(self, unit: ScannerUnit) -> None:
        self.unit = unit
        self.heard = bytearray()
        self._waited_s = 0.0

    def connected(self) -> None:
        self._waited_s = 0.0

    def disconnected(self) -> None:
        self.unit.pieces.clear()

    def take(self, data: bytes) -> int:
        """Host commands are swallowed; `heard` shows them to a test."""
        self.heard += data
        return len(data)

    def give(self, max_bytes: int) -> bytes:
        pieces = self.unit.pieces
        if not pieces or self._waited_s < pieces[0].pause_s:
            return b""
        piece = pieces.popleft()
        self._waited_s = 0.0
        if piece.data is None:
            raise Unplugged
        if len(piece.data) > max_bytes:
            pieces.appendleft(Piece(piece.data[max_bytes:]))
        return piece.data[:max_bytes]

    def step(self, dt_s: float) -> float | None:
        if not self.unit.pieces:
            self._waited_s = 0.0
            return None
        self._waited_s += dt_s
        return max(0.0, self.unit.pieces[0].pause_s - self._waited_s)


# -- faults ----------------------------------------------------------------------------------------------------------


def spoil(pieces: list[Piece], fault: dict[str, Any], suffix: bytes) -> list[Piece]:
    """The pieces after one fault of `FAULTS`."""
    figures = {name: value for name, value in fault.items() if name != "name"}
    return FAULTS[fault["name"]](pieces, suffix, **figures)


def _split(pieces: list[Piece], _suffix: bytes, at: int = 1, gap_s: float = 0.03) -> list[Piece]:
    """Silence in the middle of a symbol, before its byte number `at`."""
    data = _joined(pieces)
    return [Piece(data[:at]), Piece(data[at:], gap_s)]


def _gaps(pieces: list[Piece], _suffix: bytes, gap_s: float = BYTE_GAP_S) -> list[Piece]:
    """A slow line: silence after each byte."""
    return [Piece(bytes([byte]), gap_s) for byte in _joined(pieces)]


def _drop_suffix(pieces: list[Piece], suffix: bytes) -> list[Piece]:
    """The suffix is lost; whatever comes next follows at once, so this also merges two scans."""
    return [Piece(_joined(pieces).removesuffix(suffix))]


def _nuls(pieces: list[Piece], _suffix: bytes, count: int = 64) -> list[Piece]:
    """The burst that some USB-CDC scanners send when they wake."""
    return [Piece(b"\x00" * count), *pieces]


def _noise(pieces: list[Piece], _suffix: bytes, count: int = 5000) -> list[Piece]:
    """Bytes without end, as at a wrong baud rate."""
    return [Piece(b"\xf8" * count), *pieces]


def _unplug(pieces: list[Piece], _suffix: bytes, at: int = 5) -> list[Piece]:
    """The cable is pulled before byte number `at`."""
    return [Piece(_joined(pieces)[:at]), Piece(None)]


def _joined(pieces: list[Piece]) -> bytes:
    return b"".join(it.data for it in pieces if it.data is not None)


FAULTS: Final[dict[str, Callable[..., list[Piece]]]] = {
    "split": _split,
    "gaps": _gaps,
    "drop_suffix": _drop_suffix,
    "nuls": _nuls,
    "noise": _noise,
    "unplug": _unplug,
}
