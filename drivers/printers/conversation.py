"""One open line to a printer: several threads may wait for different answers, one of them reads for all.

Whoever waits first reads; the others sleep until something was heard. So a job's first byte never waits for the thread
that listens for status, and nothing has to run in the background while nobody is interested.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Final

from drivers.errors import Timeout
from drivers.events import PrinterStatus
from drivers.printers import status as answers
from drivers.transport import Clock, Transport

SLICE_S: Final = 0.25
FRESH_S: Final = 0.02  # a drawer and a receipt of one sale ask within a few milliseconds
_READ_BYTES: Final = 256
_ASK_ALL: Final = bytes.fromhex("10 04 01 10 04 02 10 04 03 10 04 04")


class Conversation:
    """What the printer has said since the line was opened.

    `done` is the newest process id, `passed` counts the answers to GS r, `changes` the changes that the printer
    reported unasked, `strays` the bytes that made no sense. `is_torn` says that the printer may be in the middle of
    a command: nobody knows what went over the line before it was opened, or a write was cut off.
    """

    def __init__(self, line: Transport, clock: Clock) -> None:
        self.line = line
        self.status = PrinterStatus()
        self.is_flowing = True
        self.is_cleared = False
        self.is_torn = True
        self.done = ""
        self.asked = 0
        self.passed = 0
        self.changes = 0
        self.strays = 0
        self._clock = clock
        self._stream = answers.StatusStream()
        self._noted: PrinterStatus | None = None
        self._real_time: list[int] | None = None
        self._reading = threading.Lock()
        self._asking = threading.Lock()
        self.answered_at_s = (
            -math.inf
        )  # by our clock, when somebody who asked for the status had it
        self._news = threading.Condition()

    # -- waiting -------------------------------------------------------------------------------

    def wait_until(self, is_reached: Callable[[], bool], timeout_s: float) -> bool:
        """Whether `is_reached` came true within `timeout_s`. Unavailable when the line is gone."""
        end_s = self._clock.monotonic() + timeout_s
        while not is_reached():
            left_s = end_s - self._clock.monotonic()
            if left_s <= 0:
                return False
            self._listen(is_reached, min(left_s, SLICE_S))
        return True

    def drain(self) -> None:
        """Hears what has come already."""
        self._listen(lambda: True, 0.0)

    def _listen(self, is_reached: Callable[[], bool], timeout_s: float) -> None:
        if not self._reading.acquire(blocking=False):
            with self._news:
                if not is_reached():
                    self._news.wait(timeout_s)
            return
        try:
            data = self.line.read(_READ_BYTES, timeout_s)
        finally:
            self._reading.release()
        with self._news:
            for answer in self._stream.feed(data):
                self._hear(answer)
            self._news.notify_all()

    # -- asking --------------------------------------------------------------------------------

    def ask_status(self, timeout_s: float) -> PrinterStatus:
        """DLE EOT 1 to 4 in one go. Timeout where not all four answers come."""
        with self._asking:
            self.drain()
            heard: list[int] = []
            self._real_time = heard
            try:
                written = self.line.write(_ASK_ALL, timeout_s)
                self.is_torn |= written % 3 > 0
                is_answered = written == len(_ASK_ALL) and self.wait_until(
                    lambda: len(heard) >= 4, timeout_s
                )
            finally:
                self._real_time = None
        if not is_answered:
            raise Timeout(address=self.line.address, deadline_s=f"{timeout_s:g}")
        first, second, third, fourth = heard[:4]
        self.status = answers.status_from_real_time((first, second, third, fourth))
        return self.status

    def has_just_answered(self) -> bool:
        """Whether `status` is of this moment: what has come since is heard first."""
        self.drain()
        return self._clock.monotonic() - self.answered_at_s < FRESH_S

    def expect_buffer_status(self) -> int:
        """To be called before GS r goes out; `passed` has reached the number returned when its answer came."""
        with self._news:
            self.asked += 1
            self._stream.expect_buffer_status()
            return self.asked

    # -- hearing -------------------------------------------------------------------------------

    def _hear(self, answer: answers.Answer) -> None:
        match answer:
            case answers.Flow(is_ready):
                self.is_flowing = is_ready
            case answers.RealTime(value) if self._real_time is not None:
                self._real_time.append(value)
            case answers.AutomaticStatus(values):
                self.note(answers.status_from_asb(values))
            case answers.BufferPassed():
                self.passed += 1
            case answers.ProcessDone(process_id):
                self.done = process_id
            case answers.BuffersCleared():
                self.is_cleared = True
            case _:
                self.strays += 1

    def note(self, status: PrinterStatus) -> None:
        """Printers repeat their ASB whenever it is switched on; only what differs is news."""
        self.changes += status != self._noted
        self._noted = self.status = status
