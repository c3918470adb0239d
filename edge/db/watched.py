"""A database that says what changed, once it is committed: nobody who writes has to remember to tell anyone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from edge import changes
from edge.changes import Changes
from edge.db.reserve import Reserve
from edge.db.unit_of_work import Database, UnitOfWork

# Told in this order: of two threads that a sale wakes, the printer's is the one for which a customer waits.
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
    "shop_job": changes.ORDERS,
    "set_aside": changes.ORDERS,
    "outbox": changes.OUTBOX,
    "product": changes.CATALOGUE,
    "price": changes.PRICES,
}


class WatchedDatabase(Database):
    """Bumps after the commit, in the committing thread, outside the writer's lock; never after a roll-back."""

    def __init__(self, path: Path, watchers: Changes, reserve: Reserve | None = None) -> None:
        super().__init__(path, reserve)
        self._watchers = watchers

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        with super().write() as work:
            yield work
        self._bump(work)

    @contextmanager
    def attached(self, path: Path, name: str) -> Iterator[UnitOfWork]:
        with super().attached(path, name) as work:
            yield work
        self._bump(work)

    def _bump(self, work: UnitOfWork) -> None:
        self._watchers.bump(*dict.fromkeys(TOPIC_OF[it] for it in TOPIC_OF if it in work.touched))
