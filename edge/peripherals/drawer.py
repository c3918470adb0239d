"""Opens the cash drawer when a committed use case asks for it, and reports what its sensor said.

A kick that cannot be carried out now is reported as not proved and forgotten: a drawer that opens minutes later, with
nobody at it, is worse than one that needs its key.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from drivers.errors import PeripheralError, Refused
from drivers.events import Reason
from drivers.interfaces import CashDrawer
from edge.clock import Clock
from edge.domain.errors import Broken, NotFound
from edge.peripherals.conditions import Condition, State
from edge.services import drawers
from edge.services.shop import Shop

log = logging.getLogger(__name__)

PROOF_S: Final = 1.0  # a drawer that is free opens within half a second
LOOK_S: Final = 5.0
OPEN_TOO_LONG_S: Final = 60.0
LINGER_S: Final = 0.02  # between the kick and the note of it: the receipt's own note goes first


class DrawerKeeper:
    """`step` opens what was asked for, says so and looks at the sensor; `run` is the thread around these three."""

    def __init__(
        self,
        shop: Shop,
        drawer: CashDrawer,
        name: str,
        clock: Clock,
        on_change: Callable[[], None],
    ) -> None:
        self.condition = Condition(name, "cash_drawer", State.ABSENT, clock.now())
        self.driver = drawer
        self._shop = shop
        self._clock = clock
        self._on_change = on_change
        self._open_since_s: float | None = None
        self._unreported: dict[int, bool] = {}
        self._woken = threading.Event()

    def wake(self) -> None:
        self._woken.set()

    def printer_changed(self) -> None:
        """The printer that the drawer hangs on is in another condition: it may be back. Called at each job, too."""
        if self.condition.state is State.ABSENT:
            self._woken.set()

    def run(self, stopping: threading.Event) -> None:
        self.driver.open()
        while not stopping.is_set():
            try:
                if self.open_requested():
                    stopping.wait(LINGER_S)
                self.report()
            except Broken as error:
                log.warning("The drawer's openings cannot be recorded: %s", error)
            self._look()
            self._woken.wait(LOOK_S)
            self._woken.clear()

    def step(self) -> None:
        self.open_requested()
        self.report()
        self._look()

    def open_requested(self) -> bool:
        """Kicks once for each opening asked for, also where a report has to be tried again because the disk is full."""
        for opening_id in drawers.requested(self._shop):
            if opening_id not in self._unreported:
                self._unreported[opening_id] = self._kick()
        return bool(self._unreported)

    def report(self) -> None:
        """Writes down what became of the kicks."""
        for opening_id, is_proved in tuple(self._unreported.items()):
            try:
                drawers.report(self._shop, opening_id, is_proved=is_proved)
            except NotFound:
                log.warning("Drawer opening %s was no longer asked for", opening_id)
            del self._unreported[opening_id]

    def _kick(self) -> bool:
        try:
            return self.driver.kick(PROOF_S)
        except Refused as error:
            # It stands open already: what the cashier wanted is so.
            return error.fields["reason"] == Reason.DRAWER_OPEN
        except PeripheralError as error:
            log.warning("The drawer was not opened: %s", error)
            return False

    def _look(self) -> None:
        try:
            is_open = self.driver.is_drawer_open()
        except PeripheralError as error:
            self._become(State.ABSENT, detail=str(error))
            return
        if not is_open:
            self._open_since_s = None
            self._become(State.READY)
            return
        now_s = self._clock.monotonic()
        self._open_since_s = now_s if self._open_since_s is None else self._open_since_s
        if now_s - self._open_since_s >= OPEN_TOO_LONG_S:
            self._become(State.NOT_READY, (Reason.DRAWER_OPEN.value,))
        else:
            self._become(State.READY)

    def _become(self, state: State, reasons: tuple[str, ...] = (), detail: str = "") -> None:
        if (state, reasons) == (self.condition.state, self.condition.reasons):
            return
        self.condition = replace(
            self.condition, state=state, reasons=reasons, detail=detail, since=self._clock.now()
        )
        self._on_change()
