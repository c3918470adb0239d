"""Where a customer says that she is, as roughly as she likes: a district by its name, never a place from her phone."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

MARK: Final = "district:"
"""Before a district's name where a shop's location could stand as well."""


class District(NamedTuple):
    """`spot` is "latitude,longitude", as promises are asked for."""

    names: dict[str, str]
    spot: str
    point: tuple[float, float]


@cache
def districts(timezone: str) -> dict[str, District]:
    """By "district:NAME", in the file's order; none where nobody has listed any."""
    text = Path(__file__).with_name("districts.toml").read_text(encoding="utf-8")
    found = {}
    for name, row in tomllib.loads(text).get(timezone, {}).items():
        north, east = row["latitude"], row["longitude"]
        names = {language: row[language] for language in ("en", "ko", "zh")}
        found[f"{MARK}{name}"] = District(names, f"{north},{east}", (north, east))
    return found
