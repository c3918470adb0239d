from collections.abc import Callable

import pytest

from hardware_sim.printers.escpos import EscposSimulator
from hardware_sim.printers.models import models


class Wire:
    """A simulated printer and bare bytes: no driver anywhere."""

    def __init__(self, model: str) -> None:
        self.sim = EscposSimulator(models()[model])
        self.sim.connected()

    def send(self, data: bytes | str, seconds: float = 5.0) -> bytes:
        """Offers every byte while `seconds` pass; what came back."""
        rest = bytes.fromhex(data) if isinstance(data, str) else data
        heard = b""
        for _ in range(max(1, int(seconds / 0.05))):
            rest = rest[self.sim.take(rest) :]
            heard += self.sim.give(4096)
            self.sim.step(0.05)
            heard += self.sim.give(4096)
        self.left = rest
        return heard

    def at_once(self, data: str) -> bytes:
        """What comes back before any time passes."""
        self.left = bytes.fromhex(data)[self.sim.take(bytes.fromhex(data)) :]
        return self.sim.give(4096)

    def lines(self) -> list[str]:
        return self.sim.paper.text().split("\n")


@pytest.fixture
def wired() -> Callable[..., Wire]:
    def plug(model: str = "epson-tm-t88v") -> Wire:
        return Wire(model)

    return plug
