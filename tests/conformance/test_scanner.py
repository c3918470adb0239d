"""What every scanner promises, whichever it is and whatever cable it hangs on (`drivers.interfaces.Scanner`)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from drivers import registry
from drivers.errors import PeripheralError, Unavailable
from drivers.events import ScanRead
from drivers.interfaces import Scanner
from hardware_sim.faults import Wrapped
from hardware_sim.hosts import Host, TcpHost
from hardware_sim.scanners.serial_line import ScannerInterface, ScannerUnit
from hardware_sim.wire import Interface

KIND = "scanner"
CODES = [f"88012345678{it:02d}" for it in range(10, 20)]


@dataclass
class Stand:
    """One driver's simulator and how to hold a code under it."""

    profile: str
    cables: tuple[str, ...]
    make: Callable[[], tuple[Any, Callable[[str], object]]]


def _serial_line() -> tuple[Any, Callable[[str], object]]:
    unit = ScannerUnit()
    return ScannerInterface(unit), lambda data: unit.scan(data, "]E0")


STANDS = {"serial_line": Stand("generic-aim", ("serial", "tcp", "sim"), _serial_line)}
PLACES = [(name, cable) for name, stand in STANDS.items() for cable in stand.cables]


class Counted(Wrapped):
    """Counts the lines that its host has taken."""

    def __init__(self, inner: Interface) -> None:
        super().__init__(inner)
        self._news = threading.Condition()
        self._lines = 0

    def connected(self) -> None:
        super().connected()
        with self._news:
            self._lines += 1
            self._news.notify_all()

    def wait_for(self, lines: int) -> None:
        with self._news:
            assert self._news.wait_for(lambda: self._lines >= lines, 5.0)


@dataclass
class Place:
    driver: Any
    host: Host
    scan: Callable[[str], object]
    interface: Counted

    def taken(self, lines: int) -> None:
        """A port takes a caller in its own time, and what is scanned before is lost, as on a real one."""
        if isinstance(self.host, TcpHost):
            self.interface.wait_for(lines)

    def show(self, data: str) -> None:
        with self.host.changing():
            self.scan(data)

    def first(self, count: int) -> list[ScanRead]:
        found: list[ScanRead] = []
        for read in self.driver.reads(5.0):
            found.append(read)
            if len(found) == count:
                break
        return found


@pytest.fixture(params=PLACES, ids=lambda it: f"{it[0]}-{it[1]}")
def place(request: pytest.FixtureRequest, wires: Any) -> Iterator[Place]:
    name, cable = request.param
    bare, scan = STANDS[name].make()
    interface = Counted(bare)
    opener, host, clock = wires.put(cable, interface)
    driver = registry.build(KIND, name, STANDS[name].profile, opener, clock)
    driver.open()
    it = Place(driver, host, scan, interface)
    it.taken(1)
    yield it
    driver.close()


def test_every_scanner_stands_here(entries_of: Callable[[str], set[str]]) -> None:
    assert entries_of(KIND) == set(STANDS)


def test_it_is_a_scanner(place: Place) -> None:
    assert isinstance(place.driver, Scanner)
    assert place.driver.health().is_open


def test_what_is_scanned_comes_in_order(place: Place) -> None:
    for code in CODES:
        place.show(code)
    reads = place.first(len(CODES))
    assert [it.data for it in reads] == CODES
    assert [it.monotonic_s for it in reads] == sorted(it.monotonic_s for it in reads)
    assert place.driver.health().counters["GoodScanCount"] == len(CODES)


def test_silence_yields_nothing(place: Place) -> None:
    assert list(place.driver.reads(0.05)) == []


def test_what_was_not_taken_from_one_call_comes_with_the_next(place: Place) -> None:
    place.show(CODES[0])
    place.show(CODES[1])
    assert [it.data for it in place.first(1)] == [CODES[0]]
    assert [it.data for it in place.first(1)] == [CODES[1]]


def test_a_lost_line_is_unavailable_and_open_brings_it_back(place: Place) -> None:
    place.host.unplug()
    with pytest.raises(Unavailable):
        list(place.driver.reads(5.0))
    with pytest.raises(Unavailable):
        place.driver.open()
    assert not place.driver.health().is_open
    place.host.replug()
    place.driver.open()
    place.taken(2)
    place.show(CODES[0])
    assert [it.data for it in place.first(1)] == [CODES[0]]


def test_it_may_be_closed_and_opened_at_any_time(place: Place) -> None:
    for again in range(2):
        place.driver.close()
        place.driver.close()
        assert not place.driver.health().is_open
        with pytest.raises(Unavailable):
            list(place.driver.reads(0.01))
        place.driver.open()
        place.taken(2 + again)
    place.show(CODES[0])
    assert [it.data for it in place.first(1)] == [CODES[0]]


@pytest.mark.parametrize("name", STANDS)
def test_on_a_bad_wire_nothing_leaves_but_reads_and_our_errors(
    name: str, spoilt: Any, wires: Any
) -> None:
    interface, scan = STANDS[name].make()
    opener, host, clock = wires.in_process(interface)
    host.interface = spoilt(interface)
    driver = registry.build(KIND, name, STANDS[name].profile, opener, clock)
    driver.open()
    seen = []
    for code in CODES:
        scan(code)
        try:
            seen += [it.data for it in driver.reads(1.0)]
        except PeripheralError:
            driver.open()
    assert [it for it in seen if it in CODES] == sorted(it for it in seen if it in CODES)
    assert len([it for it in seen if it in CODES]) >= len(CODES) // 2
    driver.close()
