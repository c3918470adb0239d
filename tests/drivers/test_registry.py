"""The registry walks: every driver is found by its file, every model by its row, and mistakes say what there is."""

from __future__ import annotations

import pytest

from drivers import registry
from drivers.profiles import Profile, ProfileError
from drivers.scanners.serial_line import ScannerSettings, SerialLineScanner
from hardware_sim.wire import RealTime

ENTRIES = registry.all_entries()
ROWS = [
    (entry, row)
    for entry in ENTRIES
    for row in registry.profiles(entry.family).values()
    if row.driver == entry.name
]


def test_the_four_kinds_have_their_drivers() -> None:
    found = {(it.kind, it.name) for it in ENTRIES}
    assert found >= {
        ("scanner", "serial_line"),
        ("cash_drawer", "printer_kick"),
        ("payment_terminal", "nexo"),
    }


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda it: f"{it.kind}/{it.name}")
def test_every_driver_has_a_profile(entry: registry.DriverEntry) -> None:
    assert any(row.driver == entry.name for row in registry.profiles(entry.family).values())


@pytest.mark.parametrize(("entry", "row"), ROWS, ids=lambda it: it.name)
def test_every_row_builds_a_closed_driver(entry: registry.DriverEntry, row: Profile) -> None:
    driver = registry.build(entry.kind, entry.name, row.name, lambda: None, RealTime())
    assert isinstance(driver, entry.cls)
    assert not driver.health().is_open


def test_every_row_names_a_driver_of_its_folder() -> None:
    for family in registry.families():
        names = {it.name for it in registry.entries(family)}
        assert {row.driver for row in registry.profiles(family).values()} <= names


def test_an_unknown_driver_is_told_the_known_ones() -> None:
    with pytest.raises(ProfileError) as caught:
        registry.find_driver("scanner", "telepathy")
    assert str(caught.value).startswith("Expected one of the drivers cash_drawer/printer_kick, ")
    assert str(caught.value).endswith(", got scanner/telepathy.")


def test_a_name_of_another_kind_is_not_taken() -> None:
    with pytest.raises(ProfileError):
        registry.find_driver("receipt_printer", "serial_line")


def test_an_unknown_model_is_told_the_known_ones() -> None:
    entry = registry.find_driver("cash_drawer", "printer_kick")
    with pytest.raises(ProfileError) as caught:
        registry.find_profile(entry, "oak")
    assert str(caught.value) == (
        "Expected a profile of printer_kick (generic, no-sensor, switch-low), got oak."
    )


def test_a_row_gives_the_driver_its_settings() -> None:
    entry = registry.find_driver("scanner", "serial_line")
    assert entry.cls is SerialLineScanner
    settings = registry.find_profile(entry, "honeywell-voyager-1470g").settings(ScannerSettings)
    assert settings == ScannerSettings(suffix="\r", has_identifiers=True)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"sufix": "\r"},
            "Expected one of debounce_s, has_identifiers, idle_s, limit, prefix, suffix in profile x, got sufix.",
        ),
        ({"limit": "9"}, "Expected int for limit in profile x, got '9'."),
        ({"idle_s": True}, "Expected float or int for idle_s in profile x, got True."),
    ],
)
def test_a_row_that_does_not_fit_says_what_was_expected(
    values: dict[str, object], message: str
) -> None:
    with pytest.raises(ProfileError) as caught:
        Profile("x", "serial_line", values=values).settings(ScannerSettings)
    assert str(caught.value) == message
