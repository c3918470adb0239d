"""The real driver and the simulated scanner in one process, in a time that jumps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from drivers import registry, transport
from drivers.events import ScanRead
from drivers.scanners.serial_line import SerialLineScanner
from hardware_sim.hosts import InProcessHost
from hardware_sim.scanners.serial_line import ScannerInterface, ScannerUnit
from hardware_sim.wire import Interface, JumpingTime

NAME = "tests/scanner"


@dataclass
class Bench:
    profile: str
    unit: ScannerUnit
    time: JumpingTime = field(default_factory=JumpingTime)

    def __post_init__(self) -> None:
        self.host = InProcessHost(ScannerInterface(self.unit), self.time)
        transport.plug(NAME, self.host.connect)
        self.driver: SerialLineScanner = registry.build(
            "scanner",
            "serial_line",
            self.profile,
            lambda: transport.open_transport(f"sim://{NAME}", self.time),
            self.time,
        )

    def spoil(self, wrap: Callable[[Interface], Interface]) -> None:
        self.host.interface = wrap(self.host.interface)

    def reads(self, seconds: float = 1.0) -> list[ScanRead]:
        return list(self.driver.reads(seconds))

    def codes(self, seconds: float = 1.0) -> list[tuple[str, str]]:
        return [(it.symbology, it.data) for it in self.reads(seconds)]

    def counters(self) -> dict[str, int]:
        return {
            k: v for k, v in self.driver.health().counters.items() if k != "OnlineTransitionCount"
        }


@pytest.fixture
def at_bench() -> Iterator[Callable[..., Bench]]:
    """An open scanner, driver and simulator programmed alike."""
    benches: list[Bench] = []

    def put(profile: str = "generic-aim", **programming: object) -> Bench:
        bench = Bench(profile, ScannerUnit(**programming))  # type: ignore[arg-type]
        bench.driver.open()
        benches.append(bench)
        return bench

    yield put
    for bench in benches:
        bench.driver.close()
    transport.unplug(NAME)
