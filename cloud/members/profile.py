"""Profiles and consent, where several ends write at once. Pure.

A field belongs to the last writer by hybrid logical clock ("wall_ms.counter.origin"). Consent does not: of what was
said in several places the most restrictive holds, until the member says it to the hub in person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

PURPOSES: Final = ("insight", "news")
"""insight: the shop may learn from what the member buys. news: it may write to the member."""
FIELDS: Final = ("name", "language", "phone", "email", "birthday", "address", "note")
AHEAD_MS: Final = 86_400_000  # a clock that runs further ahead would win for ever
_HLC: Final = re.compile(r"(\d{1,15})\.(\d{1,9})\.(.{1,64})")


class Written(NamedTuple):
    """One write of one field."""

    name: str
    value: str
    hlc: str


class Statement(NamedTuple):
    purpose: str
    is_granted: bool
    is_confirmed: bool
    hlc: str


def order_of(hlc: str) -> tuple[int, int, str]:
    """By which two clocks compare. Raises ValueError for what is none.

    >>> order_of("1764000000000.3.maru-office-1")
    (1764000000000, 3, 'maru-office-1')
    """
    found = _HLC.fullmatch(hlc)
    if found is None:
        raise ValueError(f"Expected a clock like 1764000000000.0.origin, got {hlc!r}.")
    return int(found[1]), int(found[2]), found[3]


def next_hlc(now: datetime, newest: str, origin: str) -> str:
    """A clock behind everything that is known, whatever the wall says."""
    wall = int(now.timestamp() * 1_000)
    if not newest:
        return f"{wall}.0.{origin}"
    known, counter, _ = order_of(newest)
    return f"{wall}.0.{origin}" if wall > known else f"{known}.{counter + 1}.{origin}"


def is_too_far_ahead(hlc: str, now: datetime) -> bool:
    return order_of(hlc)[0] > int(now.timestamp() * 1_000) + AHEAD_MS


def last_writes(writes: Iterable[Written]) -> dict[str, Written]:
    """The last write of each field, in whatever order they came."""
    last: dict[str, Written] = {}
    for write in writes:
        known = last.get(write.name)
        if known is None or order_of(write.hlc) > order_of(known.hlc):
            last[write.name] = write
    return last


def consents(statements: Iterable[Statement]) -> dict[str, bool]:
    """What each purpose may: granted only where nobody was told otherwise since the member last confirmed it."""
    by_purpose: dict[str, list[Statement]] = {}
    for statement in statements:
        by_purpose.setdefault(statement.purpose, []).append(statement)
    return {purpose: _is_granted(said) for purpose, said in by_purpose.items()}


def _is_granted(said: list[Statement]) -> bool:
    confirmed = [order_of(one.hlc) for one in said if one.is_confirmed]
    since = max(confirmed, default=(0, 0, ""))
    return all(one.is_granted for one in said if order_of(one.hlc) >= since)
