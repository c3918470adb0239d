"""A database that says what changed, once it is committed: nobody who writes has to remember to tell anyone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import event

from edge import changes
from edge.changes import Changes
from edge.db.reserve import Reserve
from edge.db.unit_of_work import Database, UnitOfWork

TOPIC_OF: Final = {
    "basket": changes.BASKET,
    "sale": changes.SALES,
    "goods_return": changes.SALES,
    "shift": changes.SHIFT,
    "cash_movement": changes.SHIFT,
    "payment": changes.PAYMENTS,
    "print_job": changes.PRINT_JOBS,
    "drawer_opening": changes.DRAWER,
    "stock_move": changes.STOCK,
    "outbox": changes.OUTBOX,
    "product": changes.CATALOGUE,
    "price": changes.PRICES,
}

_WRITES = re.compile(r'\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM)\s+"?(\w+)', re.I)


@lru_cache(maxsize=512)
def topic_of(statement: str) -> str | None:
    """The topic of the table that an SQL statement writes, None where it only reads or nobody asks."""
    found = _WRITES.match(statement)
    return TOPIC_OF.get(found[1].lower()) if found else None


class WatchedDatabase(Database):
    """Bumps after the commit, in the committing thread, outside the writer's lock; never after a roll-back."""

    def __init__(self, path: Path, watchers: Changes, reserve: Reserve | None = None) -> None:
        super().__init__(path, reserve)
        self._watchers = watchers
        self._touched: set[str] = set()
        event.listen(self._writing, "before_cursor_execute", self._note)

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        with super().write() as work:
            self._touched.clear()
            yield work
            touched = tuple(self._touched)
        self._watchers.bump(*touched)

    @contextmanager
    def attached(self, path: Path, name: str) -> Iterator[UnitOfWork]:
        with super().attached(path, name) as work:
            self._touched.clear()
            yield work
            touched = tuple(self._touched)
        self._watchers.bump(*touched)

    def _note(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        topic = topic_of(statement)
        if topic is not None:
            self._touched.add(topic)
