"""What the company owes its members: points and stored value, booked as their ledgers move. Pure.

A point is worth what the programme says. When that changes, what members hold is worth more or less from then on, and
the difference is booked: what is owed is at any day's end what they hold, at that day's value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from cloud.books import accounts
from cloud.books.journal import Entry, Occasion, Posting

VALUE_WITHOUT_PROGRAMME: Final = 1
ACCOUNTS: Final = {"points": accounts.POINTS, "stored_value": accounts.STORED_VALUE}
AGAINST: Final = {
    ("points", "earned"): accounts.POINTS_EARNED,
    ("points", "taken_back"): accounts.POINTS_EARNED,
    ("points", "spent"): accounts.POINTS_PAID,
    ("points", "given_back"): accounts.POINTS_PAID,
    ("points", "gift"): accounts.POINTS_GIVEN,
    ("points", "expired"): accounts.POINTS_EXPIRED,
    ("points", "written_off"): accounts.POINTS_WRITTEN_OFF,
    ("stored_value", "top_up"): accounts.LOADED,
    ("stored_value", "compensation"): accounts.COMPENSATION,
    ("stored_value", "spent"): accounts.STORED_VALUE_PAID,
    ("stored_value", "given_back"): accounts.STORED_VALUE_PAID,
}
"""What stands against a move of a ledger, by its unit and kind."""


class Ledger(NamedTuple):
    """A move of a member's ledger: `amount`, in points or minor units, is above 0 where the member has more by it."""

    occasion: Occasion
    at: datetime
    unit: str
    kind: str
    amount: int


class Change(NamedTuple):
    """A point is worth `value_minor` since `at`."""

    occasion: Occasion
    at: datetime
    value_minor: int


def entries(moves: Iterable[Ledger], values: Sequence[Change]) -> Iterator[Entry]:
    """In the order of days, and of time within a day. Before the first of `values` a point is worth what that says.

    A kind of move that `AGAINST` does not have waits to be cleared by a person.
    """
    value, points = values[0].value_minor if values else VALUE_WITHOUT_PROGRAMME, 0
    steps: list[Ledger | Change] = [*values, *moves]
    for step in sorted(steps, key=_order):
        if isinstance(step, Change):
            grown, value = points * (step.value_minor - value), step.value_minor
            if grown:
                yield _entry(
                    step.occasion,
                    "Points revalued",
                    accounts.POINTS,
                    accounts.POINTS_REVALUED,
                    grown,
                )
            continue
        is_points = step.unit == "points"
        points += step.amount if is_points else 0
        owed_minor = step.amount * value if is_points else step.amount
        if owed_minor:
            narration = f"{step.unit}: {step.kind}".replace("_", " ").capitalize()
            against = AGAINST.get((step.unit, step.kind), accounts.CLEARING)
            yield _entry(step.occasion, narration, ACCOUNTS[step.unit], against, owed_minor)


def _order(step: Ledger | Change) -> tuple[str, datetime, str]:
    return step.occasion.business_date, step.at, step.occasion.reference


def _entry(
    occasion: Occasion, narration: str, account: str, against: str, owed_minor: int
) -> Entry:
    postings = sorted((Posting(account, -owed_minor), Posting(against, owed_minor)))
    return Entry(occasion, narration, tuple(postings))
