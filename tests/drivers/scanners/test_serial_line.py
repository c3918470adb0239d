"""The driver against the simulated scanner: what comes whole, what comes spoilt, what is counted."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from typing import Any

import pytest

from drivers.errors import Garbled, Unavailable
from drivers.scanners.gs1 import parse_scan
from drivers.scanners.serial_line import decoded, split_merged
from hardware_sim.faults import CutAfter, Late, Lossy, SingleBytes

EAN_13 = "8801234567893"
EAN_8 = "96385074"
GS1 = "0109501101530003172501311010LOT\x1d21SERIAL"

At = Callable[..., Any]


def test_a_scan_keeps_its_identifier_apart_from_its_data(at_bench: At) -> None:
    bench = at_bench()
    bench.unit.scan(EAN_13, "]E0")
    (read,) = bench.reads()
    assert (read.symbology, read.data, read.is_terminated) == ("]E0", EAN_13, True)
    assert bench.counters() == {"GoodScanCount": 1}


def test_gs_stays_in_the_data(at_bench: At) -> None:
    bench = at_bench()
    bench.unit.scan(GS1, "]d2")
    assert bench.codes() == [("]d2", GS1)]


@pytest.mark.parametrize("at", range(1, len("]E0" + EAN_13 + "\r\n")))
def test_a_pause_at_any_byte_within_the_limit_changes_nothing(at_bench: At, at: int) -> None:
    bench = at_bench()
    bench.unit.arm("split", at=at, gap_s=0.04)
    bench.unit.scan(EAN_13, "]E0")
    assert bench.codes() == [("]E0", EAN_13)]


def test_a_slow_line_is_only_slow(at_bench: At) -> None:
    bench = at_bench()
    bench.unit.arm("gaps")
    bench.unit.scan(EAN_13, "]E0")
    assert bench.codes(3.0) == [("]E0", EAN_13)]


def test_a_read_that_outlasts_one_call_belongs_to_the_next(at_bench: At) -> None:
    bench = at_bench()
    bench.unit.arm("split", at=6, gap_s=0.08)
    bench.unit.scan(EAN_13, "]E0")
    assert bench.codes(0.05) == []
    assert bench.codes(0.05) == [("]E0", EAN_13)]


def test_a_lost_suffix_is_ended_by_silence_and_flagged(at_bench: At) -> None:
    bench = at_bench()
    bench.unit.arm("drop_suffix")
    bench.unit.scan(EAN_13, "]E0")
    (read,) = bench.reads()
    assert (read.data, read.is_terminated) == (EAN_13, False)
    assert bench.counters() == {"GoodScanCount": 1, "UnterminatedScanCount": 1}


def test_two_scans_without_a_suffix_between_are_two_scans(at_bench: At) -> None:
    bench = at_bench()
    bench.unit.arm("drop_suffix")
    bench.unit.scan(EAN_13, "]E0")
    bench.unit.scan(EAN_8, "]E4")
    assert bench.codes() == [("]E0", EAN_13), ("]E4", EAN_8)]
    assert bench.counters() == {"GoodScanCount": 2, "MergedScanCount": 1}


def test_a_symbol_cut_in_two_by_silence_never_becomes_a_shorter_code(at_bench: At) -> None:
    """The second half, "7893", might be somebody's own code: without an identifier it is dropped."""
    bench = at_bench()
    bench.unit.arm("split", at=12, gap_s=0.3)
    bench.unit.scan(EAN_13, "]E0")
    (half,) = bench.reads()
    assert (half.data, half.is_terminated) == (EAN_13[:9], False)
    assert bench.counters() == {
        "GoodScanCount": 1, "UnterminatedScanCount": 1, "UnidentifiedScanCount": 1,
    }  # fmt: skip


def test_nul_bytes_are_dropped_and_counted(at_bench: At) -> None:
    bench = at_bench()
    bench.unit.arm("nuls", count=64)
    bench.unit.scan(EAN_13, "]E0")
    assert bench.codes() == [("]E0", EAN_13)]
    assert bench.counters() == {"GoodScanCount": 1, "NulByteCount": 64}


def test_bytes_without_end_are_dropped_and_counted_and_the_next_scan_is_whole(at_bench: At) -> None:
    bench = at_bench()
    bench.unit.arm("noise", count=9000)
    bench.unit.scan(EAN_13, "]E0")
    bench.unit.scan(EAN_8, "]E4")
    assert bench.codes() == [("]E4", EAN_8)]
    assert bench.counters() == {"GoodScanCount": 1, "OverlongScanCount": 1}


def test_a_held_trigger_is_one_scan_however_long_it_is_held(at_bench: At) -> None:
    bench = at_bench()
    for _ in range(5):
        bench.unit.scan(EAN_13, "]E0")
        bench.reads(0.3)
    assert bench.counters() == {"GoodScanCount": 1, "DebouncedScanCount": 4}


def test_the_same_code_again_after_half_a_second_is_a_second_piece(at_bench: At) -> None:
    bench = at_bench()
    for _ in range(2):
        bench.unit.scan(EAN_13, "]E0")
        assert bench.codes(0.6) == [("]E0", EAN_13)]
    assert bench.counters() == {"GoodScanCount": 2}


def test_another_code_is_never_debounced(at_bench: At) -> None:
    bench = at_bench()
    bench.unit.scan(EAN_13, "]E0")
    bench.unit.scan(EAN_8, "]E4")
    bench.unit.scan(EAN_13, "]E0")
    assert len(bench.codes()) == 3


def test_without_identifiers_the_symbology_is_empty(at_bench: At) -> None:
    bench = at_bench("generic", has_identifiers=False)
    bench.unit.scan(EAN_13)
    assert bench.codes() == [("", EAN_13)]


def test_stx_and_etx_survive_a_suffix_inside_the_data(at_bench: At) -> None:
    bench = at_bench("generic-stx-etx", prefix=b"\x02", suffix=b"\x03")
    bench.unit.scan("two\r\nlines", "]Q1")
    assert bench.codes() == [("]Q1", "two\r\nlines")]


def test_pulling_the_plug_is_unavailable_and_open_begins_anew(at_bench: At) -> None:
    bench = at_bench()
    bench.unit.arm("unplug", at=7)
    bench.unit.scan(EAN_13, "]E0")
    with pytest.raises(Unavailable):
        bench.reads()
    bench.driver.open()
    bench.unit.scan(EAN_8, "]E4")
    assert bench.codes() == [("]E4", EAN_8)]


@pytest.mark.parametrize("count", [0, 1, 5, 17])
def test_a_line_cut_after_any_byte_never_gives_a_wrong_code(at_bench: At, count: int) -> None:
    bench = at_bench()
    bench.spoil(lambda it: CutAfter(it, count, "given"))
    bench.unit.scan(EAN_13, "]E0")
    with pytest.raises(Unavailable):
        bench.reads()


def test_one_byte_at_a_time(at_bench: At) -> None:
    bench = at_bench()
    bench.spoil(SingleBytes)
    bench.unit.scan(EAN_13, "]E0")
    bench.unit.scan(GS1, "]d2")
    assert bench.codes() == [("]E0", EAN_13), ("]d2", GS1)]


def test_everything_late(at_bench: At) -> None:
    bench = at_bench()
    bench.spoil(lambda it: Late(it, 3.0))
    bench.unit.scan(EAN_13, "]E0")
    assert bench.codes(2.0) == []
    assert bench.codes(2.0) == [("]E0", EAN_13)]


@pytest.mark.parametrize("seed", range(20))
def test_lost_bytes_never_make_another_product_of_it(at_bench: At, seed: int) -> None:
    """A byte less is another length, and GS1's rules refuse it: what they accept is what was scanned."""
    bench = at_bench()
    bench.spoil(lambda it: Lossy(it, 0.05, seed))
    gtins: set[str] = set()
    for _ in range(30):
        bench.unit.scan(EAN_13, "]E0")
        for read in bench.reads():
            with contextlib.suppress(Garbled):
                gtins.add(parse_scan(read).gtin)
    assert gtins == {EAN_13}


def test_payloads_never_reach_a_log(at_bench: At, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    bench = at_bench()
    bench.unit.scan(EAN_13, "]E0")
    bench.reads()
    assert "generic-aim < 18 bytes" in caplog.text
    assert EAN_13 not in caplog.text
    assert EAN_13.encode().hex(" ") not in caplog.text


def test_a_closed_driver_says_so(at_bench: At) -> None:
    bench = at_bench()
    bench.driver.close()
    with pytest.raises(Unavailable) as caught:
        bench.reads()
    assert str(caught.value) == "Cannot reach generic-aim: it is not open."


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("]E0950110153000", ["]E0950110153000"]),
        ("]E09501101530003", ["]E09501101530003"]),
        ("]E09501101530003]Q1hello ]E0", ["]E09501101530003", "]Q1hello ]E0"]),
        ("]Q1[x]E01", ["]Q1[x]E01"]),
        ("]E09501101530003]", ["]E09501101530003]"]),
    ],
)
def test_symbols_are_cut_apart_only_where_the_length_is_known(
    text: str, symbols: list[str]
) -> None:
    assert split_merged(text) == symbols


def test_no_byte_is_lost_in_decoding() -> None:
    assert decoded("마루".encode()) == "마루"
    assert decoded(b"caf\xe9") == "café"
