"""Points that nobody used in time: the oldest go first. Pure.

What has expired follows from the moves alone, in the order in which they happened: a purchase that a cut-off shop tells
of late takes points that were still good on its day, and what was written off for them comes back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple


class Move(NamedTuple):
    """Points that came (above zero) or went."""

    at: datetime
    amount: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """`stands` is below zero in debt. `next_points` go at `next_at` if nothing happens; None: none ever."""

    stands: int
    expired: int
    next_points: int = 0
    next_at: datetime | None = None


class _Purse:
    """Points by the day on which they came, the oldest first; `debt` is what was spent beyond them."""

    def __init__(self, life: timedelta) -> None:
        self.life = life
        self.lots: deque[Move] = deque()
        self.debt = 0
        self.expired = 0

    def put(self, move: Move) -> None:
        paid = min(self.debt, move.amount)
        self.debt -= paid
        if move.amount > paid:
            self.lots.append(Move(move.at, move.amount - paid))

    def take(self, points: int) -> None:
        while points and self.lots:
            oldest = self.lots.popleft()
            if oldest.amount > points:
                self.lots.appendleft(oldest._replace(amount=oldest.amount - points))
            points -= min(points, oldest.amount)
        self.debt += points

    def pass_to(self, moment: datetime) -> None:
        while self.lots and self.lots[0].at + self.life <= moment:
            self.expired += self.lots.popleft().amount


def played(moves: Iterable[Move], days: int, now: datetime) -> Outcome:
    """`moves` without those that wrote expired points off; `days` 0: points are good for ever.

    >>> from datetime import UTC
    >>> day = datetime(2026, 1, 1, tzinfo=UTC)
    >>> outcome = played([Move(day, 100), Move(day, -30)], 365, day + timedelta(days=365))
    >>> outcome.stands, outcome.expired
    (0, 70)
    """
    purse = _Purse(timedelta(days=days))
    for move in sorted(moves, key=lambda one: (one.at, -one.amount)):
        if days:
            purse.pass_to(move.at)
        if move.amount > 0:
            purse.put(move)
        else:
            purse.take(-move.amount)
    if days:
        purse.pass_to(now)
    left = sum(lot.amount for lot in purse.lots)
    if not days or not purse.lots:
        return Outcome(left - purse.debt, purse.expired)
    day = purse.lots[0].at.date()
    together = sum(lot.amount for lot in purse.lots if lot.at.date() == day)
    return Outcome(left - purse.debt, purse.expired, together, purse.lots[0].at + purse.life)
