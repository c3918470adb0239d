"""The real driver and the simulated printer in one process, in a time that jumps, with hands that act in it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from drivers.errors import Unavailable
from drivers.interfaces import PrintDocument, TextLine
from drivers.printers.escpos import EscposPrinter
from drivers.registry import build
from drivers.transport import Transport, reason_of
from hardware_sim.faults import Wrapped
from hardware_sim.hosts import InProcessHost, InProcessLine
from hardware_sim.printers.escpos import EscposSimulator
from hardware_sim.printers.models import models
from hardware_sim.wire import Interface, JumpingTime


class Hands(JumpingTime):
    """Time that jumps, and people who do something when it passes by."""

    def __init__(self) -> None:
        super().__init__()
        self._due: list[tuple[float, Callable[[], None]]] = []

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        self._due.append((self.now_s + seconds, act))
        self._due.sort(key=lambda it: it[0])

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        while self._due and self._due[0][0] <= self.now_s:
            self._due.pop(0)[1]()


class Socket(Wrapped):
    """The kernel's buffers of a TCP connection: they take a whole job long before the printer does."""

    def __init__(self, inner: Interface) -> None:
        super().__init__(inner)
        self._queue = b""

    def take(self, data: bytes) -> int:
        self._queue += data
        self.step(0.0)
        return len(data)

    def step(self, dt_s: float) -> float | None:
        wants_s = self.inner.step(dt_s)
        self._queue = self._queue[self.inner.take(self._queue) :]
        return wants_s


class Cable:
    """The in-process line as drivers know cables."""

    address = "sim://printer"

    def __init__(self, line: InProcessLine) -> None:
        self._line = line

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        try:
            return self._line.read(max_bytes, timeout_s)
        except OSError as error:
            raise Unavailable(address=self.address, detail=reason_of(error)) from error

    def write(self, data: bytes, deadline_s: float) -> int:
        try:
            return self._line.write(data, deadline_s)
        except OSError as error:
            raise Unavailable(address=self.address, detail=reason_of(error)) from error

    def close(self) -> None:
        self._line.close()


@dataclass
class Counter:
    """One printer, its simulator and the driver that prints on it."""

    model: str
    time: Hands = field(default_factory=Hands)

    def __post_init__(self) -> None:
        self.sim = EscposSimulator(models()[self.model])
        self.unit = self.sim.unit
        self.host = InProcessHost(self.sim, self.time)
        self.driver: EscposPrinter = build(
            "receipt_printer", "escpos", self.model, self.opener, self.time
        )

    def opener(self) -> Transport:
        try:
            return Cable(self.host.connect())
        except OSError as error:
            raise Unavailable(address="sim://printer", detail=reason_of(error)) from error

    def spoil(self, wrap: Callable[[Interface], Interface]) -> None:
        """Puts a bad wire (`hardware_sim.faults`) between."""
        self.host.interface = wrap(self.sim)

    def behind_a_socket(self) -> None:
        self.spoil(Socket)

    def receipt(self, lines: int = 20, name: str = "Line") -> bytes:
        elements = tuple(TextLine(f"{name} {number}") for number in range(1, lines + 1))
        return self.driver.encode(PrintDocument("en", elements))

    def printed_lines(self) -> list[str]:
        return [line for line in self.sim.paper.text().split("\n") if line]

    def run(self, seconds: float) -> None:
        """Lets the printer work while nobody talks to it."""
        with self.host.changing():
            for _ in range(int(seconds / 0.05)):
                self.time.sleep(0.05)
                self.sim.step(0.05)
                self.host._stepped_s = self.time.now_s


@pytest.fixture
def at_counter() -> Iterator[Callable[..., Counter]]:
    """An open printer of a model."""
    counters: list[Counter] = []

    def put(model: str = "epson-tm-t88v") -> Counter:
        counter = Counter(model)
        counter.driver.open()
        counters.append(counter)
        return counter

    yield put
    for counter in counters:
        counter.driver.close()
