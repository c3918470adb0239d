"""What the owner may know of a member who agreed: how often, when, what, and what kind of customer. Pure."""

from __future__ import annotations

import enum
import itertools
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

DAY_S: Final = 86_400
VISITS_OF_A_REGULAR: Final = 3
FADING: Final = 2.0  # times the usual pause
LOST: Final = 4.0
DAYS_WITHOUT_RHYTHM: Final = 30.0  # the pause that is expected of somebody who came once
BASKET: Final = 5
OF_VISITS_BP: Final = 10_000


class Segment(enum.StrEnum):
    NONE = "none"
    NEW = "new"
    REGULAR = "regular"
    FADING = "fading"
    LOST = "lost"


class Bought(NamedTuple):
    """One line of one visit."""

    sale_id: str
    occurred_at: datetime
    total_minor: int
    sku: str
    name: str
    quantity: int


class Usual(NamedTuple):
    """A product, and in how many of 10,000 visits it is bought."""

    sku: str
    name: str
    visits_bp: int


@dataclass(frozen=True, slots=True)
class Insight:
    """`pause_days` is the median between visits, None before the second; `weekday` counts from Monday = 0."""

    visits: int
    first_at: datetime | None
    last_at: datetime | None
    pause_days: float | None
    expected_at: datetime | None
    weekday: int | None
    hour: int | None
    average_minor: int
    basket: tuple[Usual, ...]
    segment: Segment


def learn(lines: Iterable[Bought], now: datetime, zone: ZoneInfo) -> Insight:
    """`zone` is that of the shops: a habit is local."""
    rows = list(lines)
    visits = {row.sale_id: (row.occurred_at, row.total_minor) for row in rows}
    times = sorted(at for at, _ in visits.values())
    local = [at.astimezone(zone) for at in times]
    pause = pause_days(times)
    return Insight(
        visits=len(times),
        first_at=times[0] if times else None,
        last_at=times[-1] if times else None,
        pause_days=pause,
        expected_at=times[-1] + timedelta(days=pause) if pause is not None else None,
        weekday=_most([at.weekday() for at in local]),
        hour=_most([at.hour for at in local]),
        average_minor=sum(total for _, total in visits.values()) // max(1, len(visits)),
        basket=usual_basket(rows, len(visits)),
        segment=segment(times, pause, now),
    )


def pause_days(times: Sequence[datetime]) -> float | None:
    pauses = [(b - a).total_seconds() / DAY_S for a, b in itertools.pairwise(times)]
    return round(statistics.median(pauses), 1) if pauses else None


def usual_basket(rows: Sequence[Bought], visits: int) -> tuple[Usual, ...]:
    """What is in the most visits, at least in every fourth and in two of them."""
    names = {row.sku: row.name for row in rows}
    counted = Counter(sku for sku, _ in {(row.sku, row.sale_id) for row in rows})
    often = [(sku, n) for sku, n in counted.items() if n >= 2 and 4 * n >= visits]
    often.sort(key=lambda one: (-one[1], one[0]))
    return tuple(Usual(sku, names[sku], OF_VISITS_BP * n // visits) for sku, n in often[:BASKET])


def segment(times: Sequence[datetime], pause: float | None, now: datetime) -> Segment:
    if not times:
        return Segment.NONE
    away = (now - times[-1]).total_seconds() / DAY_S
    usual = max(1.0, pause if pause is not None else DAYS_WITHOUT_RHYTHM)
    if away > LOST * usual:
        return Segment.LOST
    if away > FADING * usual:
        return Segment.FADING
    return Segment.REGULAR if len(times) >= VISITS_OF_A_REGULAR else Segment.NEW


def _most(values: Sequence[int]) -> int | None:
    """The most frequent, the smallest of equals."""
    return min(Counter(values).items(), key=lambda one: (-one[1], one[0]))[0] if values else None
