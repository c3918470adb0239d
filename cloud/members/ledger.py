"""What one sale and its returns do to a member's ledger. Pure: the same facts give the same entries, in any order.

Every entry's id is made of the ids in the facts, so that writing it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from contract.members import Programme, half_up, points_of_lines, points_taken_back, shares

POINTS = "points"
STORED_VALUE = "stored_value"
EXPIRED = "expired"


class Line(NamedTuple):
    line: int
    quantity: int
    amount_minor: int


class Paid(NamedTuple):
    """A tender, or money given back."""

    number: int
    kind: str
    amount_minor: int
    payment_id: str = ""


@dataclass(frozen=True, slots=True)
class SoldTo:
    """A member's sale, as much of it as the ledger needs."""

    sale_id: str
    location_id: str
    occurred_at: datetime
    points_earned: int
    lines: Sequence[Line]
    tenders: Sequence[Paid]


@dataclass(frozen=True, slots=True)
class GivenBack:
    """A return of such a sale; `lines` count in the sale's lines."""

    return_id: str
    location_id: str
    occurred_at: datetime
    lines: Sequence[Line]
    tenders: Sequence[Paid]


class Entry(NamedTuple):
    entry_id: str
    unit: str
    kind: str
    amount: int
    sale_id: str
    return_id: str
    line: int
    location_id: str
    occurred_at: datetime


def not_earning_minor(tenders: Iterable[Paid]) -> int:
    return sum(paid.amount_minor for paid in tenders if paid.kind in ("points", "coupon"))


def derived_points(sale: SoldTo, programme: Programme, tier: int) -> tuple[int, ...]:
    """What each line earns by the rules of that programme and tier."""
    amounts = [line.amount_minor for line in sale.lines]
    return points_of_lines(programme, tier, amounts, not_earning_minor(sale.tenders))


def earned(
    sale: SoldTo, rules: Sequence[tuple[Programme, int]]
) -> tuple[tuple[int, ...], int | None]:
    """The points of each line, and what their sum should have been where no rule gives what the box promised.

    What was promised stands: where the rules differ, it is spread over the lines as they would have earned.
    """
    derived = [derived_points(sale, programme, tier) for programme, tier in rules]
    for points in derived:
        if sum(points) == sale.points_earned:
            return points, None
    if not derived:
        amounts = [line.amount_minor for line in sale.lines]
        return shares(sale.points_earned, amounts), None
    weights = derived[0] if any(derived[0]) else [line.amount_minor for line in sale.lines]
    return shares(sale.points_earned, weights), sum(derived[0])


def sale_entries(sale: SoldTo, points: Sequence[int], programme: Programme | None) -> list[Entry]:
    """Points earned by each line, points spent by each tender. Stored value was taken when it was asked for."""
    own = (sale.sale_id, "")
    place = (sale.location_id, sale.occurred_at)
    earnings = [
        Entry(f"{sale.sale_id}:{line.line}", POINTS, "earned", amount, *own, line.line, *place)
        for line, amount in zip(sale.lines, points, strict=True)
        if amount
    ]
    spendings = [
        Entry(
            f"{sale.sale_id}:t{paid.number}",
            POINTS,
            "spent",
            -points_paid(paid, programme),
            *own,
            0,
            *place,
        )
        for paid in sale.tenders
        if paid.kind == "points"
    ]
    return earnings + spendings


def points_paid(paid: Paid, programme: Programme | None) -> int:
    return half_up(paid.amount_minor, programme.point_value_minor if programme else 1)


def return_entries(
    sale_id: str,
    quantities: Mapping[int, int],
    points: Mapping[int, int],
    backs: Sequence[GivenBack],
    programme: Programme | None,
) -> list[Entry]:
    """What the returns of one sale, in the order in which they arrived, take back and give back.

    `quantities` and `points` are what was sold and earned by line.
    """
    returned: dict[int, int] = {}
    entries = []
    for back in backs:
        taken = _taken_by_line(back, quantities, points, returned)
        entries += [
            Entry(
                f"{back.return_id}:{line}",
                POINTS,
                "taken_back",
                -amount,
                sale_id,
                back.return_id,
                line,
                back.location_id,
                back.occurred_at,
            )
            for line, amount in taken.items()
            if amount
        ]
        entries += _given_back(sale_id, back, programme)
    return entries


def _taken_by_line(
    back: GivenBack,
    quantities: Mapping[int, int],
    points: Mapping[int, int],
    returned: dict[int, int],
) -> dict[int, int]:
    """Points that this return takes, by the sale's line; counts its pieces into `returned`."""
    taken: dict[int, int] = {}
    for line, quantity, _ in back.lines:
        sold, earned_points = quantities.get(line, 0), points.get(line, 0)
        before, after = returned.get(line, 0), returned.get(line, 0) + quantity
        returned[line] = after
        if sold:
            step = points_taken_back(earned_points, sold, after)
            taken[line] = taken.get(line, 0) + step - points_taken_back(earned_points, sold, before)
    return taken


def _given_back(sale_id: str, back: GivenBack, programme: Programme | None) -> list[Entry]:
    """Money that went back as points or as stored value."""
    units = {"points": POINTS, "stored_value": STORED_VALUE}
    return [
        Entry(
            f"{back.return_id}:t{paid.number}",
            units[paid.kind],
            "given_back",
            points_paid(paid, programme) if paid.kind == "points" else paid.amount_minor,
            sale_id,
            back.return_id,
            0,
            back.location_id,
            back.occurred_at,
        )
        for paid in back.tenders
        if paid.kind in units
    ]
