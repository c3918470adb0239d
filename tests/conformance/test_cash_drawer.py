"""What every cash drawer promises (`drivers.interfaces.CashDrawer`), on a real printer driver and its simulator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from drivers import registry
from drivers.errors import Refused
from drivers.interfaces import CashDrawer
from hardware_sim.drawers.printer_kick import DrawerUnit
from hardware_sim.hosts import Host
from hardware_sim.printers.escpos import EscposSimulator
from hardware_sim.printers.models import models

KIND = "cash_drawer"
PRINTER = "epson-tm-t88v"
PLACES = [("printer_kick", cable) for cable in ("serial", "tcp", "usb", "sim")]


@dataclass
class Place:
    driver: Any
    host: Host
    unit: DrawerUnit


@pytest.fixture(params=PLACES, ids=lambda it: f"{it[0]}-{it[1]}")
def place(request: pytest.FixtureRequest, wires: Any) -> Iterator[Place]:
    name, cable = request.param
    unit = DrawerUnit()
    opener, host, clock = wires.put(cable, EscposSimulator(models()[PRINTER], unit))
    printer = registry.build("receipt_printer", "escpos", PRINTER, opener, clock)
    printer.open()
    driver = registry.build(KIND, name, "generic", lambda: printer, clock)
    driver.open()
    yield Place(driver, host, unit)
    driver.close()
    printer.close()


def test_every_drawer_stands_here(entries_of: Callable[[str], set[str]]) -> None:
    assert entries_of(KIND) == {name for name, _ in PLACES}


def test_it_is_a_cash_drawer(place: Place) -> None:
    assert isinstance(place.driver, CashDrawer)


def test_a_kick_opens_it_and_the_sensor_proves_it(place: Place) -> None:
    assert place.driver.is_drawer_open() is False
    assert place.driver.kick(3.0) is True
    assert place.driver.is_drawer_open() is True
    assert place.unit.kicks == 1


def test_closed_by_hand_it_may_be_opened_again(place: Place) -> None:
    assert place.driver.kick(3.0) is True
    with place.host.changing():
        place.unit.close()
    assert place.driver.is_drawer_open() is False
    assert place.driver.kick(3.0) is True


def test_jammed_it_is_not_proved_and_not_pulsed_again(place: Place) -> None:
    with place.host.changing():
        place.unit.is_jammed = True
    assert place.driver.kick(0.3) is False
    assert place.unit.kicks == 1


def test_open_already_it_is_refused(place: Place) -> None:
    assert place.driver.kick(3.0) is True
    with pytest.raises(Refused):
        place.driver.kick(3.0)
    assert place.unit.kicks == 1
