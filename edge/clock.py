"""The box's two times, handed in everywhere: wall time for people, monotonic time for deadlines.

Wall time may jump (a dead battery, a wrong hand); nothing in the box orders facts by it. The hybrid logical clock
keeps growing whatever the wall clock does, so that "last writer" has a meaning across boxes.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol, runtime_checkable


@runtime_checkable
class Clock(Protocol):
    def now(self) -> datetime:
        """Aware UTC. May go backwards; read it once per use case."""
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

    A missing, empty or half-written file means no shift: a clock must not be able to stop the shop.
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
    """The clock that `clock_url` names: "system:" or "file:/path"."""
    scheme, _, rest = url.partition(":")
    if url == "system:":
        return SystemClock()
    if scheme == "file" and rest:
        return OffsetFileClock(Path(rest.removeprefix("//")))
    raise ValueError(f'Expected "system:" or "file:/path" as the clock, got {url!r}.')


class HybridLogicalClock:
    """Stamps "wall_ms.counter.edge_id" that only grow, also where the wall clock is set back a year.

    `floor` is the last stamp of the run before, so that a restart under a clock set back does not begin lower.
    Kulkarni et al., "Logical Physical Clocks" (2014), without the receive rule: nothing comes down by stamp yet.
    """

    def __init__(self, clock: Clock, edge_id: str, floor: str = "") -> None:
        self._clock = clock
        self._edge_id = edge_id
        self._lock = threading.Lock()
        self._wall_ms, self._counter = parse_stamp(floor)[:2] if floor else (0, 0)

    def stamp(self) -> str:
        wall_ms, counter = self.instant()
        return f"{wall_ms}.{counter}.{self._edge_id}"

    def instant(self) -> tuple[int, int]:
        """The next stamp's (wall_ms, counter)."""
        wall_ms = int(self._clock.now().timestamp() * 1000)
        with self._lock:
            if wall_ms > self._wall_ms:
                self._wall_ms, self._counter = wall_ms, 0
            else:
                self._counter += 1
            return self._wall_ms, self._counter


def parse_stamp(stamp: str) -> tuple[int, int, str]:
    """(wall_ms, counter, edge_id): in this form stamps compare in their order."""
    parts = stamp.split(".", 2)
    if len(parts) != 3 or not (parts[0].isdigit() and parts[1].isdigit()):
        raise ValueError(f"Expected WALL_MS.COUNTER.EDGE_ID, got {stamp!r}.")
    return int(parts[0]), int(parts[1]), parts[2]
