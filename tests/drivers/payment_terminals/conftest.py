"""The real driver and the simulated payment terminal in one process, in a time that jumps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from drivers import registry, transport
from drivers.payment_terminals.nexo import NexoTerminal
from hardware_sim.hosts import InProcessHost
from hardware_sim.payment_terminals.nexo import NexoInterface, TerminalUnit
from hardware_sim.wire import Interface, JumpingTime

NAME = "tests/payment_terminal"


@dataclass
class Till:
    unit: TerminalUnit
    time: JumpingTime = field(default_factory=JumpingTime)

    def __post_init__(self) -> None:
        self.terminal = NexoInterface(self.unit)
        self.host = InProcessHost(self.terminal, self.time)
        transport.plug(NAME, self.host.connect)
        self.driver: NexoTerminal = registry.build(
            "payment_terminal",
            "nexo",
            "generic",
            lambda: transport.open_transport(f"sim://{NAME}", self.time),
            self.time,
        )

    def spoil(self, wrap: Callable[[Interface], Interface]) -> None:
        self.host.interface = wrap(self.host.interface)

    def requests(self) -> list[str]:
        """Categories of what the terminal heard, in order."""
        return [
            it["MessageHeader"]["MessageCategory"]
            for way, it in self.terminal.conversation
            if way == "<"
        ]

    def counters(self) -> dict[str, int]:
        return {
            k: v for k, v in self.driver.health().counters.items() if k != "OnlineTransitionCount"
        }


@pytest.fixture
def at_till() -> Iterator[Callable[..., Till]]:
    tills: list[Till] = []

    def put(*steps: str, **state: Any) -> Till:
        unit = TerminalUnit(**state)
        unit.set_script(list(steps or ("approve",)))
        till = Till(unit)
        till.driver.open()
        tills.append(till)
        return till

    yield put
    for till in tills:
        till.driver.close()
    transport.unplug(NAME)
