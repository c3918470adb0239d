"""Bad wires do what they say and nothing else, the same every time."""

from __future__ import annotations

import pytest

from hardware_sim.faults import CutAfter, Late, Lossy, Pushed, SingleBytes
from hardware_sim.scanners.serial_line import ScannerInterface, ScannerUnit
from hardware_sim.wire import Unplugged

CODE = "8801234567893"
FRAME = b"]E0" + CODE.encode() + b"\r\n"


def scanned() -> ScannerInterface:
    unit = ScannerUnit()
    unit.scan(CODE, "]E0")
    return ScannerInterface(unit)


def test_single_bytes() -> None:
    wire = SingleBytes(scanned())
    assert [wire.give(100) for _ in FRAME] == [bytes([it]) for it in FRAME]
    assert wire.give(100) == b""
    assert wire.take(b"abc") == 1


def test_late_is_late_to_the_moment_and_whole() -> None:
    wire = Late(scanned(), 2.0)
    assert wire.give(100) == b""
    assert wire.step(1.5) == pytest.approx(0.5)
    assert wire.give(100) == b""
    wire.step(0.5)
    assert wire.give(5) + wire.give(100) == FRAME


def test_losses_repeat_with_their_seed() -> None:
    first, second = Lossy(scanned(), 0.3, seed=4), Lossy(scanned(), 0.3, seed=4)
    heard = first.give(100)
    assert heard == second.give(100)
    assert first.lost == len(FRAME) - len(heard) > 0


@pytest.mark.parametrize("count", [0, 1, len(FRAME)])
def test_a_cut_comes_after_so_many_bytes_and_once(count: int) -> None:
    wire = CutAfter(scanned(), count, "given")
    assert b"".join(wire.give(1) for _ in range(count)) == FRAME[:count]
    with pytest.raises(Unplugged):
        wire.give(4)
    wire.give(4)


def test_a_cut_of_what_is_taken_leaves_what_is_given_alone() -> None:
    wire = CutAfter(scanned(), 2, "taken")
    assert wire.give(100) == FRAME
    assert wire.take(b"abc") == 2
    with pytest.raises(Unplugged):
        wire.take(b"c")


def test_pushed_back_takes_so_many_a_second() -> None:
    wire = Pushed(scanned(), 100.0)
    assert wire.take(b"x" * 50) == 0
    wire.step(0.1)
    assert wire.take(b"x" * 50) == 10
