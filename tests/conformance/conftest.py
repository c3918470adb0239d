"""Wires for every conformance suite: each cable that a driver may hang on, healthy and bad.

A suite asks for `wires` and puts its simulator on one; `spoilt` gives each of the bad wires in turn, the same for every
driver: one byte at a time, everything late (in a time that jumps), bytes lost by a seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from drivers import registry, transport
from drivers.transport import Opener, open_transport
from hardware_sim.faults import Late, Lossy, SingleBytes
from hardware_sim.hosts import Host, InProcessHost, PtyHost, TcpHost, ThreadedHost
from hardware_sim.usb_backend import UsbBus, UsbIdentity
from hardware_sim.wire import Interface, JumpingTime, RealTime

NAME = "conformance/peripheral"


@dataclass
class Wires:
    """Puts interfaces on cables and takes them down again."""

    folder: Path
    hosts: list[Host] = field(default_factory=list)

    def put(self, cable: str, interface: Interface) -> tuple[Opener, Host, Any]:
        """(opener, host, clock) of a healthy cable: serial, tcp, usb, or sim in a time that jumps."""
        match cable:
            case "serial":
                return self._started(PtyHost(interface, self.folder / "tty"))
            case "tcp":
                return self._started(TcpHost(interface))
            case "usb":
                bus = UsbBus(interface, UsbIdentity(0x04B8, 0x0202, "C1"))
                clock = RealTime()
                return partial(open_transport, bus.url, clock, bus), bus, clock
            case _:
                return self.in_process(interface)

    def in_process(self, interface: Interface) -> tuple[Opener, Host, Any]:
        clock = JumpingTime()
        host = InProcessHost(interface, clock)
        transport.plug(NAME, host.connect)
        return partial(open_transport, f"sim://{NAME}", clock), host, clock

    def _started(self, host: PtyHost | TcpHost) -> tuple[Opener, Host, Any]:
        host.start()
        self.hosts.append(host)
        clock = RealTime()
        return partial(open_transport, host.url, clock), host, clock

    def stop(self) -> None:
        for host in self.hosts:
            if isinstance(host, ThreadedHost):
                host.stop()
        transport.unplug(NAME)


@pytest.fixture
def wires(tmp_path: Path) -> Iterator[Wires]:
    it = Wires(tmp_path)
    yield it
    it.stop()


Spoil = Callable[[Interface], Interface]


@pytest.fixture(
    params=[
        pytest.param(SingleBytes, id="single_bytes"),
        pytest.param(partial(Late, delay_s=0.5), id="late"),
        *(pytest.param(partial(Lossy, chance=0.02, seed=it), id=f"lossy-{it}") for it in range(5)),
    ]
)
def spoilt(request: pytest.FixtureRequest) -> Spoil:
    spoil: Spoil = request.param
    return spoil


@pytest.fixture
def entries_of() -> Callable[[str], set[str]]:
    """The names of the registered drivers of a kind: each suite shows that it covers them all."""

    def names(kind: str) -> set[str]:
        return {it.name for it in registry.all_entries() if it.kind == kind}

    return names
