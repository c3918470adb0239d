"""When a shop is open, how far shops lie from each other, and when work that begins now is done. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAYS_LOOKED_AHEAD = 8
METRES_A_DEGREE = 111_195  # of a great circle of the mean Earth (6,371 km)
Hours = Mapping[str, str]
"""{"mon": "09:00-21:00"}; a day that is not named is closed, none named at all is always open."""


def done_at(opens: Hours, zone: ZoneInfo, start: datetime, work: timedelta) -> datetime | None:
    """When `work` in one piece is done that begins at `start` or at the next opening after it.

    None where the shop is not open long enough on any of the next days.
    """
    if not opens:
        return start + work
    for opening, closing in _openings(opens, zone, start):
        begun = max(start, opening)
        if begun + work <= closing:
            return begun + work
    return None


def closing_after(opens: Hours, zone: ZoneInfo, moment: datetime) -> datetime | None:
    """When the shop closes that is open at `moment`; None where it never closes or is closed."""
    if not opens:
        return None
    days = _openings(opens, zone, moment)
    return next((closing for opening, closing in days if opening <= moment <= closing), None)


def _openings(opens: Hours, zone: ZoneInfo, start: datetime) -> list[tuple[datetime, datetime]]:
    first = start.astimezone(zone).date()
    days = [first + timedelta(days=number) for number in range(DAYS_LOOKED_AHEAD)]
    found = []
    for day in days:
        hours = opens.get(WEEKDAYS[day.weekday()])
        if hours:
            opening, closing = (
                datetime.combine(day, _clock_time(part), zone) for part in hours.split("-")
            )
            if closing > start:
                found.append((opening, closing))
    return found


def _clock_time(text: str) -> time:
    """Midnight as a closing time (24:00) is the last minute of the day."""
    return time(23, 59) if text == "24:00" else time.fromisoformat(text)


def distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Metres between two (latitude, longitude) of one city, by the flat approximation.

    >>> round(distance_m((37.5665, 126.9780), (37.5796, 126.9770)))
    1459
    """
    north = b[0] - a[0]
    east = (b[1] - a[1]) * math.cos(math.radians((a[0] + b[0]) / 2))
    return METRES_A_DEGREE * math.hypot(north, east)
