"""The status bytes of a printer (Epson's command reference: DLE EOT, GS a, GS r)."""

from __future__ import annotations

from hardware_sim.printers.unit import PrinterUnit

ASB_DRAWER, ASB_ONLINE, ASB_ERROR, ASB_PAPER = 0x01, 0x02, 0x04, 0x08


def real_time(unit: PrinterUnit, which: int) -> bytes:
    """The answer to DLE EOT `which`; nothing for what this model does not have."""
    bits = {
        1: _bits((2, unit.drawer.sensor_level), (3, not unit.is_online)),
        2: _bits((2, unit.is_cover_open), (5, unit.is_paper_out), (6, unit.has_error)),
        3: _errors(unit),
        4: _bits((2, unit.is_paper_low), (3, unit.is_paper_low))
        | _bits((5, unit.is_paper_out), (6, unit.is_paper_out)),
    }
    return bytes([0x12 | bits[which]]) if which in bits else b""


def automatic(unit: PrinterUnit) -> bytes:
    """The four bytes of an ASB."""
    first = 0x10 | _bits(
        (2, unit.drawer.sensor_level), (3, not unit.is_online), (5, unit.is_cover_open)
    )
    paper = _bits((0, unit.is_paper_low), (1, unit.is_paper_low)) | _bits(
        (2, unit.is_paper_out), (3, unit.is_paper_out)
    )
    return bytes([first, _errors(unit), paper, 0])


def watched(asb: bytes, mask: int) -> bytes:
    """What of an ASB the host asked to be told about (GS a n)."""
    first = (0x04 if mask & ASB_DRAWER else 0) | (0x28 if mask & ASB_ONLINE else 0)
    return bytes(
        [
            asb[0] & first,
            asb[1] if mask & ASB_ERROR else 0,
            asb[2] if mask & ASB_PAPER else 0,
        ]
    )


def buffer_status(unit: PrinterUnit, which: int) -> bytes:
    """The answer to GS r: 1 paper, 2 drawer."""
    if which == 2:
        return bytes([_bits((0, unit.drawer.sensor_level))])
    return bytes([_bits((0, unit.is_paper_low), (1, unit.is_paper_low))])


def _errors(unit: PrinterUnit) -> int:
    return _bits((3, unit.is_cutter_jammed), (5, unit.is_broken), (6, unit.is_head_hot))


def _bits(*flags: tuple[int, bool]) -> int:
    return sum(1 << bit for bit, is_set in flags if is_set)
