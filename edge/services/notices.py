"""What a person at the counter must be told though no press of theirs asked for it.

A scan that was refused, a payment that was given back. In memory only: after a restart the database says what is
still open.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from edge.clock import Clock
from edge.domain.errors import ShopError

MAX_KEPT: Final = 20
Tone = Literal["good", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Notice:
    """`number` grows by one a notice, so that a page can tell a new one from the one that it shows."""

    number: int
    at: datetime
    tone: Tone
    key: str
    message: str
    what_now: str = ""
    fields: dict[str, str | int] = field(default_factory=dict)


class Notices:
    """The newest few. `on_change` is called after each new one, from whatever thread told it."""

    def __init__(self, clock: Clock, on_change: Callable[[], None]) -> None:
        self._clock = clock
        self._on_change = on_change
        self._lock = threading.Lock()
        self._kept: deque[Notice] = deque(maxlen=MAX_KEPT)
        self._number = 0

    @property
    def newest(self) -> Notice | None:
        with self._lock:
            return self._kept[-1] if self._kept else None

    def after(self, number: int) -> list[Notice]:
        """Those newer than notice `number`, oldest first."""
        with self._lock:
            return [notice for notice in self._kept if notice.number > number]

    def refused(self, error: ShopError) -> None:
        """What a use case said no to."""
        self.tell("bad", error.key, error.message, error.what_now, **error.fields)

    def told(self, said: ShopError) -> None:
        """What a use case did, and somebody should know of."""
        self.tell("warn", said.key, said.message, said.what_now, **said.fields)

    def tell(
        self, tone: Tone, key: str, message: str, what_now: str = "", **fields: str | int
    ) -> None:
        with self._lock:
            self._number += 1
            notice = Notice(self._number, self._clock.now(), tone, key, message, what_now, fields)
            self._kept.append(notice)
        self._on_change()
