"""The simulated drawer: solenoid, spring, switch."""

from __future__ import annotations

import pytest

from hardware_sim.drawers.printer_kick import OPENING_S, PULSE_MIN_MS, DrawerUnit


def test_the_spring_takes_its_time_and_the_switch_follows() -> None:
    unit = DrawerUnit()
    unit.kick(2, 100, 10.0)
    assert unit.step(10.0) is False
    assert not unit.is_open
    assert unit.step(10.0 + OPENING_S) is True
    assert (unit.is_open, unit.sensor_level) == (True, True)
    assert unit.step(20.0) is False
    assert unit.close() is True
    assert (unit.is_open, unit.sensor_level) == (False, False)


@pytest.mark.parametrize(
    ("pin", "on_ms"), [(5, 100), (2, PULSE_MIN_MS - 1)], ids=["the other pin", "too short a pulse"]
)
def test_some_pulses_do_nothing(pin: int, on_ms: int) -> None:
    unit = DrawerUnit()
    unit.kick(pin, on_ms, 0.0)
    assert unit.step(9.0) is False
    assert (unit.is_open, unit.kicks) == (False, 1)


def test_the_other_wiring_shows_the_other_level() -> None:
    unit = DrawerUnit(level_when_open=False, is_open=True)
    assert unit.sensor_level is False


def test_without_a_switch_the_level_never_changes() -> None:
    unit = DrawerUnit(has_sensor=False)
    before = unit.sensor_level
    unit.kick(2, 100, 0.0)
    assert unit.step(1.0) is False
    assert (unit.is_open, unit.sensor_level) == (True, before)
