"""The hub's two times, handed in everywhere: wall time for people and leases, monotonic time for deadlines."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware UTC. Read it once per use case."""
        ...

    def monotonic(self) -> float:
        """Seconds that only grow, since an arbitrary start."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class OffsetFileClock:
    """Wall time shifted by the seconds written in a file, read on every call; monotonic time is untouched.

    A missing, empty or half-written file means no shift: a clock must not be able to stop the hub.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.offset_s())

    def monotonic(self) -> float:
        return time.monotonic()

    def offset_s(self) -> float:
        try:
            return float(self.path.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0.0


def clock_of(url: str) -> Clock:
    """The clock that `clock_url` names, by the same words as a box's: "system:" or "file:/path"."""
    scheme, _, rest = url.partition(":")
    if url == "system:":
        return SystemClock()
    if scheme == "file" and rest:
        return OffsetFileClock(Path(rest.removeprefix("//")))
    raise ValueError(f'Expected "system:" or "file:/path" as the clock, got {url!r}.')
