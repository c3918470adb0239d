"""The simulated scanner's bytes, healthy and spoilt."""

from __future__ import annotations

import pytest

from hardware_sim.scanners.serial_line import Piece, ScannerInterface, ScannerUnit, symbology_of

CODE = "96385074"


def test_prefix_identifier_data_suffix() -> None:
    unit = ScannerUnit(prefix=b"\x02", suffix=b"\x03")
    assert unit.scan(CODE, "]E4") == b"\x02]E496385074\x03"
    unit.has_identifiers = False
    assert unit.scan(CODE, "]E4") == b"\x0296385074\x03"


@pytest.mark.parametrize(
    ("fault", "figures", "pieces"),
    [
        ("split", {"at": 3, "gap_s": 0.5}, [Piece(b"]E4"), Piece(b"96385074\r\n", 0.5)]),
        ("drop_suffix", {}, [Piece(b"]E496385074")]),
        ("nuls", {"count": 3}, [Piece(b"\0\0\0"), Piece(b"]E496385074\r\n")]),
        ("noise", {"count": 2}, [Piece(b"\xf8\xf8"), Piece(b"]E496385074\r\n")]),
        ("unplug", {"at": 2}, [Piece(b"]E"), Piece(None)]),
    ],
)
def test_a_fault_spoils_one_scan(
    fault: str, figures: dict[str, float], pieces: list[Piece]
) -> None:
    unit = ScannerUnit()
    unit.arm(fault, **figures)
    unit.scan(CODE, "]E4")
    assert list(unit.pieces) == pieces
    unit.pieces.clear()
    unit.scan(CODE, "]E4")
    assert list(unit.pieces) == [Piece(b"]E496385074\r\n")]


def test_an_unknown_fault_is_told_the_known_ones() -> None:
    with pytest.raises(ValueError) as caught:
        ScannerUnit().arm("coffee")
    assert str(caught.value) == (
        "Expected one of drop_suffix, gaps, noise, nuls, split, unplug, got coffee."
    )


def test_a_pause_is_silence_on_the_wire() -> None:
    unit = ScannerUnit()
    unit.arm("split", at=3, gap_s=0.5)
    unit.scan(CODE, "]E4")
    wire = ScannerInterface(unit)
    assert wire.give(100) == b"]E4"
    assert wire.give(100) == b""
    assert wire.step(0.2) == pytest.approx(0.3)
    wire.step(0.3)
    assert wire.give(4) + wire.give(100) == b"96385074\r\n"
    assert wire.step(1.0) is None


def test_what_nobody_listened_to_is_forgotten_when_the_plug_is_pulled() -> None:
    unit = ScannerUnit()
    wire = ScannerInterface(unit)
    unit.scan(CODE, "]E4")
    wire.disconnected()
    assert wire.give(100) == b""


@pytest.mark.parametrize(
    ("data", "symbology"),
    [
        ("8801234567893", "]E0"),
        ("96385074", "]E4"),
        ("010950110153000310LOT", "]d2"),
        ("https://example.org", "]Q1"),
        ("01 is not an AI here", "]Q1"),
    ],
)
def test_the_scanner_finds_the_likely_symbol(data: str, symbology: str) -> None:
    assert symbology_of(data) == symbology
