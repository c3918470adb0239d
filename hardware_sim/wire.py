"""The peripheral's end of a wire, as every simulator speaks it: bytes and time in, bytes out, no thread, no socket.

A simulator is three things in three places: a *unit* (its state and physics, advanced by `dt`), an *interface* (its
bytes: this protocol), and a *host* (`hosts`, `usb_backend`) that puts the interface on a pty, a port or a bus.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Interface(Protocol):
    def connected(self) -> None:
        """Somebody opened the other end."""
        ...

    def disconnected(self) -> None:
        """The other end went away, or the plug was pulled."""
        ...

    def take(self, data: bytes) -> int:
        """Bytes arrive; how many were taken, fewer when the buffer is full. The rest is offered again later."""
        ...

    def give(self, max_bytes: int) -> bytes:
        """What the peripheral sends now, b"" for nothing."""
        ...

    def step(self, dt_s: float) -> float | None:
        """`dt_s` seconds pass; in how many it wants to be called again, None for "when bytes come"."""
        ...


class Unplugged(Exception):
    """Raised by `take`, `give` or `step`: the line breaks here, in the middle of whatever was going on."""


class Time(Protocol):
    """What a host knows of time; a test hands in one that jumps."""

    def monotonic(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...


class RealTime:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class JumpingTime:
    """Time that passes only when somebody waits: deadlines of minutes take no time at all."""

    def __init__(self, now_s: float = 1000.0) -> None:
        self.now_s = now_s

    def now(self) -> datetime:
        return datetime.fromtimestamp(1_800_000_000 + self.now_s, UTC)

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += max(0.0, seconds)
