"""Says that something changed, never what: whoever cares reads the database again.

Threads bump a topic after their commit. Pages wait for topics on the event loop; the printer's spooler and the
up-link are called at once in the bumping thread, so that a committed sale waits for no poll. Repeats of a topic
that nobody has looked at yet are one change: a follower holds at most the names of the topics, whatever the rate.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Self

log = logging.getLogger(__name__)

# Topics in use. A topic is only a word, but a word that two rooms must spell alike.
BASKET: Final = "basket"
SALES: Final = "sales"
SHIFT: Final = "shift"
PAYMENTS: Final = "payments"
PRINT_JOBS: Final = "print_jobs"
PERIPHERALS: Final = "peripherals"
LINE: Final = "line"
OUTBOX: Final = "outbox"
CATALOGUE: Final = "catalogue"
PRICES: Final = "prices"
NOTICES: Final = "notices"
DRAWER: Final = "drawer"
STOCK: Final = "stock"
ORDERS: Final = "orders"
TOPICS: Final = frozenset(
    {
        BASKET,
        SALES,
        SHIFT,
        PAYMENTS,
        PRINT_JOBS,
        DRAWER,
        STOCK,
        ORDERS,
        PERIPHERALS,
        LINE,
        OUTBOX,
        CATALOGUE,
        PRICES,
        NOTICES,
    }
)

MAX_FOLLOWERS: Final = 64  # a counter has a page or two; more are pages that forgot to leave


class TooManyFollowersError(RuntimeError):
    """A page asks for changes while MAX_FOLLOWERS already do."""

    def __init__(self) -> None:
        super().__init__(
            f"Expected at most {MAX_FOLLOWERS} pages to follow changes at once; close some and reload."
        )


class Changes:
    """Fan-out of topics. `bump` may be called from any thread and never blocks on a follower."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._callbacks: dict[str, tuple[Callable[[], None], ...]] = {}
        self._followers: frozenset[Follower] = frozenset()

    def bump(self, *topics: str) -> None:
        for topic in topics:
            if topic not in TOPICS:
                raise ValueError(f"Expected one of {sorted(TOPICS)} as the topic, got {topic!r}.")
            for callback in self._callbacks.get(topic, ()):
                callback()
        for follower in self._followers:
            follower.notify(topics)

    def on(self, topic: str, callback: Callable[[], None]) -> None:
        """Calls `callback` in the bumping thread: it must only set an event or the like, and not raise."""
        with self._lock:
            self._callbacks = {
                **self._callbacks,
                topic: (*self._callbacks.get(topic, ()), callback),
            }

    def follow(self) -> Follower:
        """For a coroutine: `async with changes.follow() as follower: topics = await follower.wait(15)`."""
        return Follower(self)

    def enter(self, follower: Follower) -> None:
        with self._lock:
            if len(self._followers) >= MAX_FOLLOWERS:
                raise TooManyFollowersError
            self._followers |= {follower}

    def leave(self, follower: Follower) -> None:
        with self._lock:
            self._followers -= {follower}


class Follower:
    """One page's view of the changes since it looked last."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._lock = threading.Lock()
        self._topics: set[str] = set()
        self._event = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._changes.enter(self)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._changes.leave(self)

    async def wait(self, timeout_s: float) -> frozenset[str]:
        """The topics that changed since the last call; empty where nothing did within `timeout_s`."""
        # Not `wait_for`, which makes a task of the waiting: each of its turns of the loop is on a scan's way.
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._event.wait()
        with self._lock:
            topics = frozenset(self._topics)
            self._topics.clear()
            self._event.clear()
        return topics

    def notify(self, topics: tuple[str, ...]) -> None:
        with self._lock:
            was_empty = not self._topics
            self._topics.update(topics)
        if was_empty and self._loop is not None:
            # The page's loop may have closed between our look at the followers and this call.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._event.set)
