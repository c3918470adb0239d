"""The order that crosses from the prover to the box's VFS, and which calls it strikes."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware_sim.proof.disk_faults import (
    FULL,
    IOERR_FSYNC,
    Fault,
    FaultOrder,
    OrderedFaults,
    decode,
    encode,
)
from hardware_sim.proof.journal import File, Kind


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def codes(faults: OrderedFaults, kind: Kind, count: int, file: File = File.WAL) -> list[int]:
    return [faults.code_of(kind, file) for _ in range(count)]


@pytest.mark.parametrize(
    "fault", [Fault(FULL, Kind.WRITE), Fault(IOERR_FSYNC, Kind.SYNC, 3, 1, File.MAIN)]
)
def test_an_order_is_read_as_it_was_written(fault: Fault) -> None:
    assert decode(encode(fault)) == fault


def test_without_an_order_every_call_may_pass(journal: Path) -> None:
    assert codes(OrderedFaults(journal), Kind.WRITE, 3) == [0, 0, 0]


@pytest.mark.parametrize(
    ("fault", "met"),
    [
        (Fault(FULL, Kind.WRITE), [13, 13, 13, 13]),
        (Fault(FULL, Kind.WRITE, after=2), [0, 0, 13, 13]),
        (Fault(FULL, Kind.WRITE, after=1, times=1), [0, 13, 0, 0]),
        (Fault(FULL, Kind.SYNC), [0, 0, 0, 0]),
        (Fault(FULL, Kind.WRITE, file=File.MAIN), [0, 0, 0, 0]),
    ],
    ids=["all", "from the third", "the second", "another call", "another file"],
)
def test_the_calls_that_are_refused(journal: Path, fault: Fault, met: list[int]) -> None:
    faults, order = OrderedFaults(journal), FaultOrder(journal)
    with order.during(fault):
        assert codes(faults, Kind.WRITE, 4) == met
        assert order.has_struck is any(met)
    assert codes(faults, Kind.WRITE, 2) == [0, 0]


def test_every_order_counts_from_its_own_beginning(journal: Path) -> None:
    faults, order = OrderedFaults(journal), FaultOrder(journal)
    for _ in range(2):
        with order.during(Fault(FULL, Kind.WRITE, after=1, times=1)):
            assert not order.has_struck
            assert codes(faults, Kind.WRITE, 3) == [0, 13, 0]
            assert order.has_struck
