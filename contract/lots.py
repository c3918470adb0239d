"""Which pieces go first: those that expire first, and never one that has expired.

A use-by date is an ISO date, the last day on which the goods may be given to anybody; "" is none, or none known.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Lot(NamedTuple):
    lot: str
    expiry: str
    quantity: int


def is_fresh(expiry: str, day: str) -> bool:
    """Whether goods may still be given away on that day.

    >>> is_fresh("2026-11-30", "2026-11-30"), is_fresh("2026-11-30", "2026-12-01"), is_fresh("", "2026-12-01")
    (True, False, True)
    """
    return not expiry or expiry >= day


def first_out(lots: Iterable[Lot]) -> list[Lot]:
    """In the order in which they go; what never expires goes last."""
    return sorted(lots, key=lambda lot: (not lot.expiry, lot.expiry, lot.lot))


def allocate(lots: Iterable[Lot], quantity: int, day: str) -> tuple[Lot, ...]:
    """Takes `quantity` out of the lots that expire first. Gives fewer where the fresh ones do not hold so many.

    >>> allocate([Lot("B", "2026-12-02", 5), Lot("A", "2026-12-01", 2), Lot("OLD", "2026-11-01", 9)], 3, "2026-11-30")
    (Lot(lot='A', expiry='2026-12-01', quantity=2), Lot(lot='B', expiry='2026-12-02', quantity=1))
    """
    taken: list[Lot] = []
    for lot in first_out(lots):
        pieces = min(quantity, lot.quantity)
        if pieces > 0 and is_fresh(lot.expiry, day):
            taken.append(lot._replace(quantity=pieces))
            quantity -= pieces
    return tuple(taken)


def without(lots: Iterable[Lot], taken: Iterable[Lot]) -> list[Lot]:
    """The lots after so much has been taken out of them."""
    gone = {(lot.lot, lot.expiry): lot.quantity for lot in taken}
    return [
        lot._replace(quantity=lot.quantity - gone.get((lot.lot, lot.expiry), 0)) for lot in lots
    ]


def keeping(lots: Iterable[Lot], until: str) -> int:
    """How many pieces keep until that day at least: what a promise for that day may count on."""
    return sum(max(0, lot.quantity) for lot in lots if is_fresh(lot.expiry, until))


def last_expiry(lots: Iterable[Lot], day: str) -> str:
    """The latest use-by date where every piece that there is has expired, "" where one is fresh or there is none."""
    here = [lot.expiry for lot in lots if lot.quantity > 0]
    return "" if any(is_fresh(expiry, day) for expiry in here) else max(here, default="")


def sure_expiry(lots: Iterable[Lot], day: str) -> str:
    """The use-by date that whichever fresh piece is taken has, or an earlier one; "" where nobody knows."""
    dates = {lot.expiry for lot in lots if lot.quantity > 0 and is_fresh(lot.expiry, day)}
    return "" if "" in dates else max(dates, default="")
