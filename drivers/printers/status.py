"""What an ESC/POS printer says, taken apart: several kinds of answer share one stream of bytes.

    XON            0x11 exactly                    flow control
    XOFF           0x13 exactly                    flow control, also between the bytes of an ASB
    DLE EOT n      0xx1xx10                        one byte, real time
    ASB            0xx1xx00, then 3 of 0xx0xxxx    unasked, as soon as something changes
    GS r n         0xx0xxxx                        one byte, only while an answer is awaited
    block          0x37, 0x3D or 0x5F ... NUL      GS ( H process id, GS I text, buffers cleared

The table is the one in Citizen's and Epson's command references ("Identification of transmission status"). Exact
values are tested before masks. Rules of the road: nothing is ever waited for here; a byte that fits nowhere is a
`Stray`, never an error; a status that breaks off is given up as soon as a byte comes that cannot belong to it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from drivers.events import PrinterStatus, Reason

XON: Final = 0x11
XOFF: Final = 0x13

_KIND_MASK: Final = 0x93
_REAL_TIME: Final = 0x12
_ASB_FIRST: Final = 0x10
_ASB_BYTES: Final = 4
_PROCESS_ID: Final = b"\x37\x22"
_CLEARED: Final = b"\x37\x25"
# A block has no length; one that never ends must not swallow the stream. GS I text is at most 80 bytes.
_BLOCK_MAX: Final = 96


# -- what can come -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Flow:
    """XON or XOFF."""

    is_ready: bool


@dataclass(frozen=True, slots=True)
class RealTime:
    """The answer to one DLE EOT n. It does not say which n; answers come in the order asked."""

    value: int


@dataclass(frozen=True, slots=True)
class AutomaticStatus:
    """The four bytes of an ASB."""

    values: bytes


@dataclass(frozen=True, slots=True)
class BufferPassed:
    """The answer to GS r: the printer's buffer ran as far as the question."""

    value: int


@dataclass(frozen=True, slots=True)
class ProcessDone:
    """GS ( H: everything before this id was printed."""

    process_id: str


@dataclass(frozen=True, slots=True)
class BuffersCleared:
    """The answer to DLE DC4 8: what had not been printed never will be."""


@dataclass(frozen=True, slots=True)
class Text:
    """GS I: maker, model or serial number in the printer's words."""

    value: str


@dataclass(frozen=True, slots=True)
class Stray:
    """Bytes that nothing explains."""

    data: bytes


Answer = (
    Flow | RealTime | AutomaticStatus | BufferPassed | ProcessDone | BuffersCleared | Text | Stray
)


# -- the stream --------------------------------------------------------------------------------


class _Within(enum.Enum):
    NOTHING = enum.auto()
    ASB = enum.auto()
    BLOCK = enum.auto()


class StatusStream:
    """Takes bytes in any portions and yields whole answers.

    `expect_buffer_status` says that one GS r went out: only then is a byte 0xx0xxxx its answer.
    """

    def __init__(self) -> None:
        self._within = _Within.NOTHING
        self._held = bytearray()
        self._awaited = 0

    def expect_buffer_status(self) -> None:
        self._awaited += 1

    def reset(self) -> None:
        """Forgets halves and expectations: the line was opened anew."""
        self._within = _Within.NOTHING
        self._held.clear()
        self._awaited = 0

    def feed(self, data: bytes) -> Iterator[Answer]:
        for value in data:
            yield from self._take(value)

    def _take(self, value: int) -> Iterator[Answer]:
        if value in {XON, XOFF}:
            yield Flow(is_ready=value == XON)
        elif self._within is _Within.ASB:
            yield from self._continue_asb(value)
        elif self._within is _Within.BLOCK:
            yield from self._continue_block(value)
        else:
            yield from self._begin(value)

    def _begin(self, value: int) -> Iterator[Answer]:
        kind = value & _KIND_MASK
        if value in _BLOCK_HEADS:
            self._hold(_Within.BLOCK, value)
        elif kind == _REAL_TIME:
            yield RealTime(value)
        elif kind == _ASB_FIRST:
            self._hold(_Within.ASB, value)
        elif not value & 0x90 and self._awaited:
            self._awaited -= 1
            yield BufferPassed(value)
        else:
            yield Stray(bytes([value]))

    def _hold(self, within: _Within, value: int) -> None:
        self._within = within
        self._held.append(value)

    def _release(self) -> bytes:
        held = bytes(self._held)
        self._held.clear()
        self._within = _Within.NOTHING
        return held

    def _continue_asb(self, value: int) -> Iterator[Answer]:
        if value & 0x90:  # bytes 2 to 4 have bits 4 and 7 clear: this one starts something else
            yield Stray(self._release())
            yield from self._begin(value)
            return
        self._held.append(value)
        if len(self._held) == _ASB_BYTES:
            yield AutomaticStatus(self._release())

    def _continue_block(self, value: int) -> Iterator[Answer]:
        if value == 0:
            yield read_block(self._release())
        elif value < 0x20:  # blocks are printable: a real-time answer or an ASB cut in
            yield Stray(self._release())
            yield from self._begin(value)
        else:
            self._held.append(value)
            if len(self._held) > _BLOCK_MAX:
                yield Stray(self._release())


def read_block(block: bytes) -> Answer:
    """One block without its NUL.

    >>> read_block(bytes.fromhex("37 22 41 30 30 31"))
    ProcessDone(process_id='A001')
    """
    if block.startswith(_PROCESS_ID) and len(block) == len(_PROCESS_ID) + 4:
        return ProcessDone(block[2:].decode("ascii", "replace"))
    if block == _CLEARED:
        return BuffersCleared()
    if block[:1] in {b"\x5f", b"\x3d"}:
        return Text(block[1:].decode("ascii", "replace"))
    return Stray(block)


_BLOCK_HEADS: Final = frozenset({0x37, 0x3D, 0x5F})


# -- what it means -----------------------------------------------------------------------------


def status_from_real_time(values: tuple[int, int, int, int]) -> PrinterStatus:
    """The answers to DLE EOT 1, 2, 3 and 4, in that order.

    >>> status_from_real_time((0x1A, 0x32, 0x12, 0x7E)).reasons
    frozenset({<Reason.PAPER_OUT: 'paper_out'>})
    """
    printer, offline, error, paper = values
    reasons = _named(
        (offline & 0x04, Reason.COVER_OPEN),
        (offline & 0x20 or paper & 0x60, Reason.PAPER_OUT),
        (error & 0x08, Reason.CUTTER_JAMMED),
        (error & 0x20, Reason.UNRECOVERABLE),
        (error & 0x40, Reason.HEAD_HOT),
    )
    return _status(reasons, printer, is_offline=bool(printer & 0x08), is_low=bool(paper & 0x0C))


def status_from_asb(values: bytes) -> PrinterStatus:
    """The four bytes of one ASB (Epson, GS a).

    >>> status_from_asb(bytes.fromhex("38 00 00 00")).reasons
    frozenset({<Reason.COVER_OPEN: 'cover_open'>})
    """
    printer, error, paper = values[:3]
    reasons = _named(
        (printer & 0x20, Reason.COVER_OPEN),
        (paper & 0x0C, Reason.PAPER_OUT),
        (error & 0x08, Reason.CUTTER_JAMMED),
        (error & 0x20, Reason.UNRECOVERABLE),
        (error & 0x40, Reason.HEAD_HOT),
    )
    return _status(reasons, printer, is_offline=bool(printer & 0x08), is_low=bool(paper & 0x03))


def _named(*flags: tuple[int, Reason]) -> frozenset[Reason]:
    return frozenset(reason for is_set, reason in flags if is_set)


def _status(
    reasons: frozenset[Reason], printer: int, *, is_offline: bool, is_low: bool
) -> PrinterStatus:
    """Offline without a cause that we know is a reason of its own: feeding by the button, a recoverable error."""
    if is_offline and not reasons:
        reasons = frozenset({Reason.OFFLINE})
    return PrinterStatus(reasons=reasons, is_paper_low=is_low, drawer_pin_high=bool(printer & 0x04))
