r"""What differs between models of one driver: a row of `profiles.toml` in the family's folder, never a subclass.

[voyager-1470g]
driver = "serial_line"
model = "Honeywell Voyager 1470g"
suffix = "\r"
"""

from __future__ import annotations

import tomllib
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

Settings = TypeVar("Settings")


class ProfileError(ValueError):
    """A profile that does not fit its driver: a mistake of configuration, found before anything is opened."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One model: its `name` (the row), the driver that speaks to it, and what that driver should know."""

    name: str
    driver: str
    model: str = ""
    values: Mapping[str, object] = field(default_factory=dict)

    def settings(self, cls: type[Settings]) -> Settings:
        """The values as the driver's own frozen dataclass; what the row leaves out keeps the default."""
        hints = typing.get_type_hints(cls)
        for name, value in self.values.items():
            _check(self.name, name, value, hints)
        return cls(**self.values)


def _check(profile: str, name: str, value: object, hints: Mapping[str, Any]) -> None:
    if name not in hints:
        raise ProfileError(
            f"Expected one of {', '.join(sorted(hints))} in profile {profile}, got {name}."
        )
    allowed = _plain_types(hints[name])
    if allowed and type(value) not in allowed:
        words = " or ".join(it.__name__ for it in allowed)
        raise ProfileError(f"Expected {words} for {name} in profile {profile}, got {value!r}.")


def _plain_types(hint: Any) -> tuple[type, ...]:
    """The plain types of a hint (`int | None` -> int); empty where TOML's own shape is all that is checked."""
    parts = typing.get_args(hint) or (hint,)
    plain = tuple(it for it in parts if it in {str, int, float, bool})
    return (*plain, int) if float in plain else plain


def read_profiles(file: Traversable) -> dict[str, Profile]:
    """Every row of one `profiles.toml`; none where the folder has no such file."""
    if not file.is_file():
        return {}
    rows = tomllib.loads(file.read_text(encoding="utf-8"))
    return {name: _profile(name, row) for name, row in rows.items()}


def _profile(name: str, row: Mapping[str, Any]) -> Profile:
    if "driver" not in row:
        raise ProfileError(f"Expected a driver in profile {name}, got none.")
    values = {key: value for key, value in row.items() if key not in {"driver", "model"}}
    return Profile(name, row["driver"], row.get("model", name), values)
