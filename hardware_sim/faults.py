"""Bad wires: each wraps any simulator's interface and may be wrapped again; hosts do not notice.

    SingleBytes    the peripheral's bytes come one at a time, and only one at a time is taken from the driver
    Late           everything the peripheral says comes `delay_s` later
    Lossy          each byte that the peripheral says is lost with a chance, drawn with a seed
    CutAfter       the line breaks after so many bytes in one direction
    Pushed         the peripheral takes at most so many bytes a second

Faults of one kind of peripheral (a jammed cutter, a lost answer) belong to its own simulator.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass
from typing import Final, Literal

from hardware_sim.wire import Interface, Unplugged

CHUNK: Final = 4096


class Wrapped:
    """Passes everything through; a fault overrides what it spoils."""

    def __init__(self, inner: Interface) -> None:
        self.inner = inner

    def connected(self) -> None:
        self.inner.connected()

    def disconnected(self) -> None:
        self.inner.disconnected()

    def take(self, data: bytes) -> int:
        return self.inner.take(data)

    def give(self, max_bytes: int) -> bytes:
        return self.inner.give(max_bytes)

    def step(self, dt_s: float) -> float | None:
        return self.inner.step(dt_s)


class SingleBytes(Wrapped):
    def take(self, data: bytes) -> int:
        return self.inner.take(data[:1])

    def give(self, max_bytes: int) -> bytes:
        return self.inner.give(min(1, max_bytes))


@dataclass(slots=True)
class Delayed:
    data: bytes
    due_in_s: float


class Late(Wrapped):
    def __init__(self, inner: Interface, delay_s: float) -> None:
        super().__init__(inner)
        self._delay_s = delay_s
        self._waiting: deque[Delayed] = deque()

    def disconnected(self) -> None:
        self._waiting.clear()
        self.inner.disconnected()

    def give(self, max_bytes: int) -> bytes:
        while data := self.inner.give(CHUNK):
            self._waiting.append(Delayed(data, self._delay_s))
        if not self._waiting or self._waiting[0].due_in_s > 0:
            return b""
        due = self._waiting.popleft()
        if len(due.data) > max_bytes:
            self._waiting.appendleft(Delayed(due.data[max_bytes:], 0.0))
        return due.data[:max_bytes]

    def step(self, dt_s: float) -> float | None:
        for waiting in self._waiting:
            waiting.due_in_s -= dt_s
        wants_s = self.inner.step(dt_s)
        if not self._waiting:
            return wants_s
        due_in_s = max(0.0, self._waiting[0].due_in_s)
        return due_in_s if wants_s is None else min(due_in_s, wants_s)


class Lossy(Wrapped):
    def __init__(self, inner: Interface, chance: float, seed: int) -> None:
        super().__init__(inner)
        self._chance = chance
        self._random = random.Random(seed)
        self.lost = 0

    def give(self, max_bytes: int) -> bytes:
        data = self.inner.give(max_bytes)
        kept = bytes(it for it in data if self._random.random() >= self._chance)
        self.lost += len(data) - len(kept)
        return kept


class CutAfter(Wrapped):
    """Breaks once; after the driver has opened the line again it holds."""

    def __init__(self, inner: Interface, count: int, way: Literal["taken", "given"]) -> None:
        super().__init__(inner)
        self._left = count
        self._way = way
        self._is_done = False

    def take(self, data: bytes) -> int:
        if self._is_done or self._way == "given":
            return self.inner.take(data)
        self._break_at_the_end()
        taken = self.inner.take(data[: self._left])
        self._left -= taken
        return taken

    def give(self, max_bytes: int) -> bytes:
        if self._is_done or self._way == "taken":
            return self.inner.give(max_bytes)
        self._break_at_the_end()
        data = self.inner.give(min(max_bytes, self._left))
        self._left -= len(data)
        return data

    def _break_at_the_end(self) -> None:
        if self._left == 0:
            self._is_done = True
            raise Unplugged


class Pushed(Wrapped):
    def __init__(self, inner: Interface, bytes_per_s: float) -> None:
        super().__init__(inner)
        self._bytes_per_s = bytes_per_s
        self._allowance = 0.0

    def take(self, data: bytes) -> int:
        taken = self.inner.take(data[: int(self._allowance)])
        self._allowance -= taken
        return taken

    def step(self, dt_s: float) -> float | None:
        self._allowance = min(float(CHUNK), self._allowance + dt_s * self._bytes_per_s)
        return self.inner.step(dt_s)
