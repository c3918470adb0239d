"""A whole box in this process, on a simulated counter that speaks real bytes over a pty and TCP."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract.feeds import Operation, Ops
from drivers.interfaces import Peripheral
from edge import changes
from edge.main import Box
from edge.services import catalogue, shifts
from edge.settings import PeripheralSettings, Settings
from hardware_sim import settings as sim_settings
from hardware_sim.counter import Counter

PATIENCE_S = 20.0
CUSTOMER_SPEED = 20.0

LIPSTICK = {
    "sku": "A1",
    "gtins": ["9501101530003"],
    "names": {"en": "Lipstick"},
    "tax_group": "std",
    "tax_rate_bp": 1000,
}
PRICE = {"sku": "A1", "currency": "KRW", "amount_minor": 12_000}


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    found = sim_settings.ShopSettings(
        printer=sim_settings.PrinterSettings(port=0),
        payment_terminal=sim_settings.TerminalSettings(port=0, speed=CUSTOMER_SPEED),
    )
    counter = Counter(sim_settings.rooted(found, tmp_path / "counter"))
    counter.start()
    yield counter
    counter.stop()


@pytest.fixture
def settings(tmp_path: Path, counter: Counter) -> Settings:
    return Settings(
        edge_id="maru-1",
        location_id="maru",
        location_name={"en": "Maru"},
        company_name="Maru",
        data_dir=tmp_path / "box",
        broker_url="mqtt://127.0.0.1:1",
        hub_url="http://127.0.0.1:1",
        language="en",
        peripherals={
            "scanner": PeripheralSettings(
                kind="scanner",
                driver="serial_line",
                profile="generic-aim",
                url=counter.scanner.host.url,
            ),
            "printer": PeripheralSettings(
                kind="receipt_printer",
                driver="escpos",
                profile="epson-tm-t88v",
                url=counter.printer.url,
            ),
            "drawer": PeripheralSettings(
                kind="cash_drawer", driver="printer_kick", url="via:printer"
            ),
            "payment_terminal": PeripheralSettings(
                kind="payment_terminal", driver="nexo", url=counter.payment_terminal.host.url
            ),
        },
    )


class Watched:
    """A running box, and waiting for it without a clock of our own: looked at again after each change."""

    def __init__(self, settings: Settings) -> None:
        self.box = Box(settings)
        self.shop = self.box.shop
        self.is_running = True
        self._changed = threading.Condition()
        for topic in changes.TOPICS:
            self.box.changes.on(topic, self._notify)

    def stop(self) -> None:
        if self.is_running:
            self.is_running = False
            self.box.stop()

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def until(self, is_so: Callable[[], object]) -> None:
        with self._changed:
            assert self._changed.wait_for(is_so, PATIENCE_S), self.box.peripherals.conditions()

    def until_ready(self, *names: str) -> None:
        self.until(lambda: all(self.state(name) in {"ready", "busy"} for name in names))

    def state(self, name: str) -> str:
        return next(it.state for it in self.box.peripherals.conditions() if it.name == name)

    def driver(self, name: str) -> Peripheral:
        return self.box.peripherals._owners[name].driver

    def advice(self, name: str) -> str:
        found = next(it for it in self.box.peripherals.conditions() if it.name == name)
        return found.advice.what if found.advice else ""


@pytest.fixture
def start(settings: Settings) -> Iterator[Callable[[], Watched]]:
    """Starts the box; again, after `stop`, it is the same box after a restart."""
    started: list[Watched] = []

    def start() -> Watched:
        watched = Watched(settings)
        started.append(watched)
        watched.box.start()
        return watched

    yield start
    for watched in started:
        watched.stop()


@pytest.fixture
def box(start: Callable[[], Watched]) -> Watched:
    """A box with two products and Kim's shift, all of its peripherals ready."""
    watched = start()
    for feed, value in (("catalogue", LIPSTICK), ("prices", PRICE)):
        operation = Operation(key="A1", version=1, value=value)
        catalogue.apply(
            watched.shop.database, Ops(feed=feed, after=0, through=1, operations=(operation,))
        )
    shifts.open_shift(watched.shop, "Kim", 100_000)
    watched.until_ready("scanner", "printer", "drawer", "payment_terminal")
    return watched
