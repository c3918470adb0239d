"""One owner thread for each peripheral: opens it, keeps it working, opens it again when it was lost.

A driver is only ever opened and closed here. After a loss the thread tries again after 0.5, 1, 2, 5 and then every
10 s, jittered. Opening includes the driver's own initialisation and its first question to the peripheral.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final, NamedTuple, Protocol

from drivers.errors import Garbled, PeripheralError, Refused, Timeout
from drivers.interfaces import Peripheral
from edge.clock import Clock
from edge.peripherals.conditions import Condition, State

log = logging.getLogger(__name__)

BACKOFF_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0)
JITTER: Final = 0.2  # of the wait, to both sides
STRIKES: Final = 3  # silences or garbled answers in a row that count as a loss
SILENT: Final = "silent"


class Readiness(NamedTuple):
    """What a look at the peripheral found: no reasons means that it can work."""

    reasons: tuple[str, ...] = ()
    is_paper_low: bool = False


NOTHING: Final = Readiness()


class Work(Protocol):
    """One family's work with its open driver."""

    def opened(self) -> Readiness:
        """Called once after every opening; says how the peripheral is then."""
        ...

    def once(self) -> Readiness:
        """Works or listens for a while (a second or two) and says how the peripheral is."""
        ...


class Owner:
    """`step` does one thing and gives the seconds to wait before the next; `run` is the thread around it."""

    def __init__(
        self,
        name: str,
        kind: str,
        driver: Peripheral,
        work: Work,
        clock: Clock,
        uniform: Callable[[float, float], float],
    ) -> None:
        self.condition = Condition(name, kind, State.ABSENT, clock.now(), detail="not tried yet")
        self.driver = driver
        self._work = work
        self._clock = clock
        self._listeners: list[Callable[[], None]] = []
        self._uniform = uniform
        self._is_open = False
        self._attempt = 0
        self._retry_at_s = clock.monotonic()
        self._strikes = 0
        self._woken = threading.Event()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Called in the owner's thread after each change of condition: before `run` begins."""
        self._listeners.append(listener)

    def wake(self) -> None:
        """Tries at once what is waiting for its time."""
        self._woken.set()

    def run(self, stopping: threading.Event) -> None:
        while not stopping.is_set():
            wait_s = self.step()
            if wait_s > 0:
                self._woken.wait(wait_s)
                self._woken.clear()
        self.driver.close()

    def step(self) -> float:
        wait_s = self._retry_at_s - self._clock.monotonic()
        if not self._is_open and wait_s > 0:
            return wait_s
        try:
            if not self._is_open:
                self._open()
            self._look()
        except (Timeout, Garbled) as error:
            self._strike(error)
        except PeripheralError as error:
            self._lost(str(error))
        except Exception as error:
            # A defect in one driver must not end its thread, and with it the peripheral, until a restart.
            log.exception("The driver of %s failed", self.condition.name)
            self._lost(f"{type(error).__name__}: {error}")
        return 0.0

    def busy(self, *, is_busy: bool) -> None:
        """Said by whoever works with the driver beside the owner (a print job, a payment)."""
        if is_busy and self.condition.state is State.READY:
            self._become(State.BUSY)
        elif not is_busy and self.condition.state is State.BUSY:
            self._become(State.READY)

    def _open(self) -> None:
        if self.condition.state is State.ABSENT:
            self._become(State.PRESENT, detail="opening")
        self._become(State.OPENING, detail=self.condition.detail)
        self.driver.open()
        self._is_open = True
        self._attempt = self._strikes = 0
        self._said(self._work.opened())

    def _look(self) -> None:
        try:
            readiness = self._work.once()
        except Refused as error:
            readiness = Readiness((str(error.fields["reason"]),))
        self._strikes = 0
        self._said(readiness)

    def _said(self, readiness: Readiness) -> None:
        is_busy = self.condition.state is State.BUSY
        able = State.BUSY if is_busy else State.READY
        self._become(State.NOT_READY if readiness.reasons else able, readiness)

    def _strike(self, error: PeripheralError) -> None:
        """Silence and nonsense are borne a few times: the next question may be answered."""
        self._strikes += 1
        if not self._is_open or self._strikes >= STRIKES:
            self._lost(str(error))
        elif isinstance(error, Timeout):
            self._become(State.NOT_READY, Readiness((SILENT,)), str(error))

    def _lost(self, detail: str) -> None:
        was_open, self._is_open = self._is_open, False
        self.driver.close()
        wait_s = BACKOFF_S[min(self._attempt, len(BACKOFF_S) - 1)]
        self._attempt += 1
        self._retry_at_s = self._clock.monotonic() + self._uniform(
            wait_s * (1 - JITTER), wait_s * (1 + JITTER)
        )
        # A USB printer that enumerates anew is gone for a moment: absent is what failed to come back once.
        self._become(State.OPENING if was_open else State.ABSENT, detail=detail)

    def _become(self, state: State, readiness: Readiness = NOTHING, detail: str = "") -> None:
        before = self.condition
        now = replace(
            before,
            state=state,
            reasons=readiness.reasons,
            is_paper_low=readiness.is_paper_low,
            detail=detail,
        )
        if now == before:
            return
        if now.is_news_after(before):
            now = replace(now, since=self._clock.now())
            log.info("%s is %s %s%s", now.name, now.state, " ".join(now.reasons), now.detail)
        self.condition = now
        for listener in self._listeners:
            listener()
