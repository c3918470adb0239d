"""Bytes as a person reads them, and bar codes as a scanner does."""

from __future__ import annotations

import pytest

from hardware_sim.bench.listing import Command, command_of, listing
from hardware_sim.bench.symbols import bars, modules


@pytest.mark.parametrize(
    ("hexadecimal", "words"),
    [
        ("1b 40", "ESC @"),
        ("1b 61 01", "ESC a 1"),
        ("1d 56 42 00", "GS V 66 0"),
        ("10 04 01", "DLE EOT 1"),
        ("10 05 02", "DLE ENQ 2"),
        ("0a", "LF"),
        ("07", "07"),
        ("1d 76 30 00 48 00 18 00", "GS v 0: 576 × 24"),
        ("1d 28 48 06 00 30 30 41 42 43 44", "GS ( H: 00ABCD"),
        ("54 4f 54 41 4c", "TOTAL"),
        ("20 20", "␠"),
        ("b0 a1", "··"),
    ],
)
def test_a_command_is_named(hexadecimal: str, words: str) -> None:
    assert command_of(bytes.fromhex(hexadecimal)).words == words


def test_the_newest_job_from_its_beginning() -> None:
    received = b"\x1b@old\n" + b"\x1b@\x1ba\x01new\n\x10\x04\x01\x1dV\x42\x00"
    assert [it.words for it in listing(received)] == [
        "ESC @", "ESC a 1", "new", "LF", "DLE EOT 1", "GS V 66 0",
    ]  # fmt: skip


def test_questions_for_the_status_are_one_line_until_something_else_comes() -> None:
    received = b"\x1b@" + b"\x10\x04\x01\x10\x04\x02" * 90 + b"new\n\x10\x04\x04"
    assert [it.words for it in listing(received)] == [
        "ESC @", "DLE EOT × 180", "new", "LF", "DLE EOT 4",
    ]  # fmt: skip


def test_text_is_read_as_the_printer_draws_it() -> None:
    words = [it.words for it in listing("\x1b@합계 100".encode("cp949"), "cp949")]
    assert words == ["ESC @", "합계 100"]
    assert command_of("식빵".encode("cp949")[:3], "cp949").words == "식·"


def test_a_long_command_is_shortened() -> None:
    assert command_of(b"x" * 100) == Command(
        "78 78 78 78 78 78 78 78 78 78 78 78 …", "x" * 100, is_text=True
    )


def test_half_a_command_is_still_shown() -> None:
    assert [it.words for it in listing(b"\x1b@\x1ba")] == ["ESC @", "ESC a"]
    assert [it.words for it in listing(b"\x1b@\x10")] == ["ESC @", "10"]
    assert listing(b"") == []


@pytest.mark.parametrize("digits", ["9501101530003", "8801234567893", "96385074", "2000010000012"])
def test_a_scanner_reads_the_bars_that_are_drawn(digits: str) -> None:
    import zxingcpp
    from PIL import Image

    row = modules(digits)
    picture = Image.new("L", (len(row) + 24, 40), 255)
    for at, module in enumerate(row):
        if module == "1":
            picture.paste(0, (at + 12, 0, at + 13, 40))
    (found,) = zxingcpp.read_barcodes(picture.resize((picture.width * 3, 120)))
    assert found.text == digits
    assert bars(digits).count("M") == row.count("1")


@pytest.mark.parametrize("text", ["", "123", "hello", "https://example.org"])
def test_other_codes_have_no_bars(text: str) -> None:
    assert bars(text) == ""
