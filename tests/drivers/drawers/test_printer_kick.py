"""A kick is proved by the sensor and by nothing else; the printer under it is a fake that shows one pin."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from drivers.drawers.printer_kick import PrinterKickDrawer
from drivers.errors import Refused, Unavailable
from drivers.events import PrinterStatus
from drivers.registry import build
from hardware_sim.drawers.printer_kick import OPENING_S, DrawerUnit
from hardware_sim.wire import JumpingTime


@dataclass
class OnePinPrinter:
    """As much of a receipt printer as a drawer sees: a pulse and pin 3."""

    unit: DrawerUnit
    time: JumpingTime = field(default_factory=JumpingTime)
    has_pin: bool = True

    def pulse_drawer(self) -> None:
        self.unit.kick(2, 100, self.time.monotonic())

    def status(self) -> PrinterStatus:
        self.unit.step(self.time.monotonic())
        return PrinterStatus(drawer_pin_high=self.unit.sensor_level if self.has_pin else None)

    def wait_for_status(self, timeout_s: float) -> PrinterStatus | None:
        before = self.status()
        self.time.sleep(min(timeout_s, 0.05))
        after = self.status()
        return after if after != before else None


def drawer_on(printer: Any, profile: str = "generic") -> PrinterKickDrawer:
    drawer: PrinterKickDrawer = build(
        "cash_drawer", "printer_kick", profile, lambda: printer, printer.time
    )
    drawer.open()
    return drawer


def counters(drawer: PrinterKickDrawer) -> dict[str, int]:
    return {k: v for k, v in drawer.health().counters.items() if k.startswith("Drawer")}


@pytest.mark.parametrize(("profile", "level"), [("generic", True), ("switch-low", False)])
def test_a_kick_is_proved_by_the_sensor_whichever_way_it_is_wired(
    profile: str, level: bool
) -> None:
    printer = OnePinPrinter(DrawerUnit(level_when_open=level))
    drawer = drawer_on(printer, profile)
    assert drawer.is_drawer_open() is False
    assert drawer.kick(1.0) is True
    assert drawer.is_drawer_open() is True
    assert counters(drawer) == {"DrawerGoodOpenCount": 1}


def test_a_jammed_drawer_is_a_failed_open(monkeypatch: pytest.MonkeyPatch) -> None:
    printer = OnePinPrinter(DrawerUnit(is_jammed=True))
    drawer = drawer_on(printer)
    before_s = printer.time.monotonic()
    assert drawer.kick(1.0) is False
    assert printer.time.monotonic() - before_s == pytest.approx(1.0)
    assert printer.unit.kicks == 1, "pulsed again"
    assert counters(drawer) == {"DrawerFailedOpenCount": 1}


def test_a_drawer_slower_than_the_deadline_is_not_proved() -> None:
    drawer = drawer_on(OnePinPrinter(DrawerUnit()))
    assert drawer.kick(OPENING_S / 2) is False


def test_a_drawer_that_stands_open_is_refused_because_nothing_could_be_proved() -> None:
    printer = OnePinPrinter(DrawerUnit(is_open=True))
    drawer = drawer_on(printer)
    with pytest.raises(Refused) as caught:
        drawer.kick(1.0)
    assert str(caught.value) == "A person must act first: drawer_open."
    assert printer.unit.kicks == 0


def test_without_a_sensor_it_opens_and_nothing_is_proved() -> None:
    printer = OnePinPrinter(DrawerUnit(has_sensor=False))
    drawer = drawer_on(printer, "no-sensor")
    assert drawer.kick(1.0) is False
    assert drawer.is_drawer_open() is None
    printer.time.sleep(1.0)
    printer.status()
    assert printer.unit.is_open


def test_a_printer_that_does_not_show_the_pin_says_nothing() -> None:
    assert drawer_on(OnePinPrinter(DrawerUnit(), has_pin=False)).is_drawer_open() is None


def test_closing_the_drawer_s_driver_leaves_the_printer_to_its_owner() -> None:
    printer = OnePinPrinter(DrawerUnit())
    drawer = drawer_on(printer)
    drawer.close()
    with pytest.raises(Unavailable):
        drawer.is_drawer_open()
    drawer.open()
    assert drawer.is_drawer_open() is False
