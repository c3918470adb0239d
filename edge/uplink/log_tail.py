"""The box's newest warnings and errors for the hub's console: counted, few, and without a word of anybody's.

What goes up is the sentence as it stands in the program, with "…" for every value: a value may be a name, a card's
digits or a key. The whole sentence is in the box's own log, which stays there.
"""

from __future__ import annotations

import logging
import re
from collections import OrderedDict
from typing import Final

from contract.health import LogLine
from edge.clock import Clock

PROGRAMS: Final = ("edge", "drivers")  # other people's sentences may have values written into them
MAX_KINDS: Final = 20
MAX_CHARACTERS: Final = 200

# Conversions of printf-style text: "%s", "%-5.1f", "%(name)s"; "%%" is a per cent sign.
_VALUE = re.compile(r"%%|%(?:\([^)]*\))?[-#0 +]*[\d*]*(?:\.[\d*]+)?[diouxXeEfFgGcrsa]")

Kind = tuple[str, str, str, str]
"""(place, level, text, error)"""


class LogTail(logging.Handler):
    """Keeps the newest MAX_KINDS kinds of lines; one that comes again counts up. `said` counts every line."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(logging.WARNING)
        self.said = 0
        self._clock = clock
        self._lines: OrderedDict[Kind, LogLine] = OrderedDict()

    def listen(self) -> None:
        for program in PROGRAMS:
            logging.getLogger(program).addHandler(self)

    def close(self) -> None:
        for program in PROGRAMS:
            logging.getLogger(program).removeHandler(self)
        super().close()

    def emit(self, record: logging.LogRecord) -> None:
        """Called with the handler's lock held, by whichever thread had something to say."""
        kind, now = kind_of(record), self._clock.now()
        known = self._lines.pop(kind, None)
        place, level, text, error = kind
        self._lines[kind] = LogLine(
            place=place,
            level=level,
            text=text,
            error=error,
            count=known.count + 1 if known else 1,
            first_at=known.first_at if known else now,
            last_at=now,
        )
        if len(self._lines) > MAX_KINDS:
            self._lines.popitem(last=False)
        self.said += 1

    def lines(self) -> tuple[LogLine, ...]:
        """Oldest first."""
        self.acquire()
        try:
            return tuple(self._lines.values())
        finally:
            self.release()


def kind_of(record: logging.LogRecord) -> Kind:
    level = "error" if record.levelno >= logging.ERROR else "warning"
    raised = record.exc_info[0] if record.exc_info else None
    return record.name, level, bare(record.msg), raised.__name__ if raised else ""


def bare(template: object) -> str:
    """The sentence without its values; "" for what is no sentence of a program.

    >>> bare("The line was dropped: %s"), bare("%d %% of %5.1f")
    ('The line was dropped: …', '… % of …')
    """
    if not isinstance(template, str):
        return ""
    plain = _VALUE.sub(lambda found: "%" if found[0] == "%%" else "…", template)
    return plain[:MAX_CHARACTERS]
