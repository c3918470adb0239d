"""The shop that every use case works for, and the one transaction that each of them is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from sqlmodel import col

from contract.envelope import FactBody, make_uid
from edge.clock import Clock, HybridLogicalClock
from edge.db import outbox
from edge.db.tables import Shift, rows_of
from edge.db.unit_of_work import Database, Reader, UnitOfWork
from edge.domain.errors import NoShift, ShopError
from edge.keys import BoxKey
from edge.services.just_sold import JustSold
from edge.settings import Settings

T = TypeVar("T")

COUNTS_A_MS = 1 << 12

OPEN_SHIFT = rows_of(Shift).where(col(Shift.state) == "open")
LAST_SHIFT = rows_of(Shift).order_by(col(Shift.number).desc()).limit(1)


class OpenShift(NamedTuple):
    """What every use case asks of the open shift; the whole row is `tables.Shift`."""

    shift_id: str
    number: int
    cashier: str
    business_date: str
    currency: str
    float_minor: int


_OPEN_SHIFT = f"SELECT {', '.join(OpenShift._fields)} FROM shift WHERE state = 'open'"  # noqa: S608 - our own names


def _nobody(told: ShopError) -> None:
    """For a shop without a screen."""


@dataclass(frozen=True, slots=True)
class Shop:
    """What the use cases need. `tell` brings to the counter what one has to say though it did what was asked."""

    settings: Settings
    database: Database
    clock: Clock
    hlc: HybridLogicalClock
    key: BoxKey
    just_sold: JustSold = field(default_factory=JustSold)
    tell: Callable[[ShopError], None] = _nobody

    @contextmanager
    def write(self) -> Iterator[Work]:
        """One use case: one transaction, one reading of the clock."""
        with self.database.write() as unit:
            work = Work(self, unit, self.clock.now())
            yield work
        self._tell(work)

    @contextmanager
    def attached(self, path: Path, name: str) -> Iterator[Work]:
        """As `write`, reading the SQLite file at `path` too, as schema `name`."""
        with self.database.attached(path, name) as unit:
            yield Work(self, unit, self.clock.now())

    def run(self, use_case: Callable[[Work], T]) -> T:
        """As `write`, for what moves money or goods: on a full disk it may use the reserve."""
        now = self.clock.now()

        def attempt(unit: UnitOfWork) -> tuple[T, Work]:
            work = Work(self, unit, now)
            return use_case(work), work

        done, work = self.database.run(attempt)
        self._tell(work)
        return done

    def _tell(self, work: Work) -> None:
        """After the commit: what did not happen is not told."""
        for told in work.told:
            self.tell(told)

    @contextmanager
    def read(self) -> Iterator[Reader]:
        with self.database.read() as reader:
            yield reader


@dataclass(frozen=True, slots=True)
class Work:
    """A use case under way."""

    shop: Shop
    unit: UnitOfWork
    now: datetime
    told: list[ShopError] = field(default_factory=list)

    @property
    def stamp(self) -> str:
        """`now` as the database keeps it."""
        return self.now.isoformat()

    def new_id(self) -> str:
        """A UUIDv7 greater than every one before it, also within a millisecond and where the clock was set back.

        The counter of the stamp stands in its `rand_a` (RFC 9562, 6.2, method 1): ids have the order of events.
        """
        unix_ms, count = self._instant()
        return make_uid(unix_ms, lambda size: count.to_bytes(2, "big") + os.urandom(size - 2))

    def header(self, business_date: str) -> dict[str, Any]:
        """What every fact of this use case carries."""
        settings = self.shop.settings
        return {
            "occurred_at": self.now,
            "hlc": self.shop.hlc.stamp(),
            "business_date": business_date,
            "location_id": settings.location_id,
            "workstation_id": settings.workstation_id,
        }

    def log(self, *facts: FactBody) -> None:
        """Puts facts into the outbox, in this transaction."""
        outbox.append(self.unit, self._instant()[0], facts)

    def _instant(self) -> tuple[int, int]:
        """The next millisecond and count within it: what a counter of 12 bits cannot hold counts as milliseconds."""
        wall_ms, counter = self.shop.hlc.instant()
        over_ms, count = divmod(counter, COUNTS_A_MS)
        return wall_ms + over_ms, count

    def shift(self) -> OpenShift:
        """The open shift, or NoShift."""
        row = self.unit.sql(_OPEN_SHIFT).fetchone()
        if row is None:
            raise NoShift
        return OpenShift(*row)

    def business_date(self) -> str:
        """The open shift's date; between shifts the last one's or today, whichever is later."""
        shift = self.unit.first(Shift, OPEN_SHIFT)
        return shift.business_date if shift else self.next_business_date()

    def next_business_date(self) -> str:
        """Today where the shop is, but never before the last shift: a clock set back does not turn the books back."""
        last = self.unit.first(Shift, LAST_SHIFT)
        today = self.today().isoformat()
        return max(today, last.business_date) if last else today

    def today(self) -> date:
        return self.now.astimezone(self.shop.settings.zone).date()


def open_shop(
    settings: Settings,
    database: Database,
    clock: Clock,
    key: BoxKey,
    tell: Callable[[ShopError], None] = _nobody,
) -> Shop:
    """Begins the stream to the hub where there is none, and sets the clock's floor at the last fact."""
    with database.write() as unit:
        outbox.ensure_epoch(unit)
        floor_ms = outbox.last_ms(unit)
    # One millisecond above: how often that one was stamped before the restart is not known any more.
    hlc = HybridLogicalClock(clock, settings.edge_id, f"{floor_ms + 1}.0.{settings.edge_id}")
    return Shop(settings, database, clock, hlc, key, tell=tell)
