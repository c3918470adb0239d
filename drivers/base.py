"""The life of a driver: opened, closed and asked for its health in one way, whatever the family.

    class SerialLineScanner(LineDriver):          a cable of its own
        kind = "scanner"
        def _open(self) -> None: ...              after the cable is open: initialise, query
        def reads(self, timeout_s): ...           the verbs of its interface, on `self.line`

`open`, `close` and `health` are final; families write `_open` and `_close`. Only `drivers.errors` leave: a transport
turns the operating system's errors into ours, `open` does it for what a family's `_open` meets beside it.
A driver is built with everything it needs from outside, `Driver(opener, clock, profile)`; opening is the opener's
business, so tests and simulators replace nothing else.
"""

from __future__ import annotations

import abc
import logging
from collections import Counter
from collections.abc import Callable
from typing import ClassVar, Final, Generic, TypeVar, final

from drivers.errors import PeripheralError, Unavailable
from drivers.events import Health
from drivers.profiles import Profile
from drivers.transport import Clock, Transport, WatchedTransport, reason_of

logger = logging.getLogger(__name__)

Line = TypeVar("Line")

# UnifiedPOS statistics names that every family shares.
COMMUNICATION_ERRORS: Final = "CommunicationErrorCount"
ONLINE_TRANSITIONS: Final = "OnlineTransitionCount"


class Driver(abc.ABC, Generic[Line]):
    """`Line` is what the driver speaks through: a `Transport`, or another peripheral (a drawer on a printer)."""

    kind: ClassVar[str]

    def __init__(self, opener: Callable[[], Line], clock: Clock, profile: Profile) -> None:
        self._opener = opener
        self._clock = clock
        self.profile = profile
        self._line: Line | None = None
        self._counters: Counter[str] = Counter()
        self._detail = ""

    @final
    def open(self) -> None:
        """Opens, or opens again after any error; on failure everything is closed."""
        self.close()
        try:
            self._line = self._connect()
            self._open()
        except OSError as error:
            self._fail(reason_of(error))
            raise Unavailable(address=self.profile.name, detail=reason_of(error)) from error
        except PeripheralError as error:
            self._fail(str(error))
            raise
        self._detail = ""
        self.count(ONLINE_TRANSITIONS)

    @final
    def close(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            self._close()
            self._release(line)

    @final
    def health(self) -> Health:
        return Health(self._line is not None, dict(self._counters), self._detail)

    @property
    def line(self) -> Line:
        if self._line is None:
            raise Unavailable(address=self.profile.name, detail="it is not open")
        return self._line

    def count(self, name: str, by: int = 1) -> None:
        """Adds to a statistic under its UnifiedPOS name, or one of ours in the same form."""
        if by:
            self._counters[name] += by

    def _fail(self, detail: str) -> None:
        self.count(COMMUNICATION_ERRORS)
        self.close()
        self._detail = detail

    def _connect(self) -> Line:
        return self._opener()

    def _open(self) -> None:
        """Brings the opened peripheral to a known state."""

    def _close(self) -> None:
        """Forgets what belonged to this opening; the line may be dead already."""

    @abc.abstractmethod
    def _release(self, line: Line) -> None:
        """Gives the line back."""


class LineDriver(Driver[Transport]):
    """A driver with a cable of its own."""

    def _connect(self) -> Transport:
        return WatchedTransport(self._opener(), self._watch)

    def _watch(self, direction: str, data: bytes) -> None:
        logger.debug("%s %s %s", self.profile.name, direction, Redacted(self, data))

    def _release(self, line: Transport) -> None:
        line.close()

    def shown(self, data: bytes) -> str:
        """The form in which raw bytes may reach a log. Families that carry personal or card data override it."""
        return data.hex(" ")


class Redacted:
    """Bytes for a log record, formed only if the record is written."""

    __slots__ = ("_data", "_driver")

    def __init__(self, driver: LineDriver, data: bytes) -> None:
        self._driver = driver
        self._data = data

    def __str__(self) -> str:
        return self._driver.shown(self._data)
