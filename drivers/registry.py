"""Which drivers and models there are. Walks the folders: adding a driver is adding its file, a model adding its row.

A driver is named by its module ("serial_line") and found by the `kind` that its class declares; a profile is a row of
the `profiles.toml` beside it. Modules are imported when first asked for, so a hub or a till without USB pays nothing.
"""

from __future__ import annotations

import functools
import importlib
import importlib.resources
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import drivers
from drivers.base import Driver
from drivers.profiles import Profile, ProfileError, read_profiles
from drivers.transport import WallClock


@dataclass(frozen=True, slots=True)
class DriverEntry:
    """A driver that the folders hold: `family` is the folder, `name` the module."""

    kind: str
    family: str
    name: str
    cls: type[Driver[Any]]


@functools.cache
def families() -> tuple[str, ...]:
    return tuple(it.name for it in pkgutil.iter_modules(drivers.__path__) if it.ispkg)


@functools.cache
def entries(family: str) -> tuple[DriverEntry, ...]:
    """The drivers of one folder, in the order of their names."""
    package = importlib.import_module(f"drivers.{family}")
    names = sorted(it.name for it in pkgutil.iter_modules(package.__path__) if not it.ispkg)
    return tuple(it for name in names for it in _entries_of(family, name))


def _entries_of(family: str, name: str) -> Iterator[DriverEntry]:
    module = importlib.import_module(f"drivers.{family}.{name}")
    for cls in vars(module).values():
        if isinstance(cls, type) and issubclass(cls, Driver) and cls.__module__ == module.__name__:
            yield DriverEntry(cls.kind, family, name, cls)


def all_entries() -> tuple[DriverEntry, ...]:
    return tuple(it for family in families() for it in entries(family))


def find_driver(kind: str, name: str) -> DriverEntry:
    """Looks at modules of that name only, so that nothing else is imported. ProfileError where there is none."""
    for family in families():
        package = importlib.import_module(f"drivers.{family}")
        if any(it.name == name for it in pkgutil.iter_modules(package.__path__)):
            for entry in _entries_of(family, name):
                if entry.kind == kind:
                    return entry
    known = ", ".join(f"{it.kind}/{it.name}" for it in all_entries())
    raise ProfileError(f"Expected one of the drivers {known}, got {kind}/{name}.")


@functools.cache
def profiles(family: str) -> dict[str, Profile]:
    return read_profiles(importlib.resources.files(f"drivers.{family}") / "profiles.toml")


def find_profile(entry: DriverEntry, name: str) -> Profile:
    """The row `name` for this driver. ProfileError names the rows that there are."""
    rows = {key: row for key, row in profiles(entry.family).items() if row.driver == entry.name}
    if name not in rows:
        known = ", ".join(sorted(rows)) or "none"
        raise ProfileError(f"Expected a profile of {entry.name} ({known}), got {name}.")
    return rows[name]


def build(kind: str, driver: str, profile: str, opener: Callable[[], Any], clock: WallClock) -> Any:
    """The closed driver of one peripheral. `opener` gives its transport, or the printer that a drawer hangs on."""
    entry = find_driver(kind, driver)
    return entry.cls(opener, clock, find_profile(entry, profile))
