"""What goods that moved had cost: a moving average for each place and SKU, in whole minor units. Pure.

A place holds so many pieces worth so much together. What goes out takes its share of that worth, rounded half up, and
the rest stays: nothing is lost to rounding, and a shelf that is empty is worth nothing. What goes out of a shelf that
should be empty takes the newest cost that is known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from cloud.books import accounts
from cloud.books.journal import Entry, Occasion, Posting

# Where the other side of a move is booked, by its reason in the ledger of stock.
OTHER_SIDE: Mapping[str, str] = {
    "sold": accounts.COST_OF_GOODS,
    "handed_over": accounts.COST_OF_GOODS,
    "returned": accounts.COST_OF_GOODS,
    "opening": accounts.OPENING,
    "received": accounts.NOT_INVOICED,
    "transferred_out": accounts.IN_TRANSIT,
    "transferred_in": accounts.IN_TRANSIT,
}


class Moved(NamedTuple):
    """`quantity` is signed: positive into the place. `unit_cost_minor` is what was paid, None where nobody says."""

    occasion: Occasion
    sku: str
    quantity: int
    reason: str
    unit_cost_minor: int | None = None


@dataclass(slots=True)
class Holding:
    """`unit_cost_minor` is the newest that is known, for what is not there to be averaged."""

    quantity: int = 0
    worth_minor: int = 0
    unit_cost_minor: int = 0

    def take(self, quantity: int) -> int:
        """The worth of so many pieces that leave."""
        if quantity < self.quantity:
            worth = (self.worth_minor * quantity * 2 + self.quantity) // (self.quantity * 2)
        else:
            worth = self.worth_minor + (quantity - self.quantity) * self.unit_cost_minor
        self.put(-quantity, -worth)
        return worth

    def put(self, quantity: int, worth_minor: int) -> None:
        self.quantity += quantity
        self.worth_minor += worth_minor
        if self.quantity > 0:
            self.unit_cost_minor = self.average_minor

    @property
    def average_minor(self) -> int:
        if self.quantity <= 0:
            return self.unit_cost_minor
        return (self.worth_minor * 2 + self.quantity) // (self.quantity * 2)


class Worth(NamedTuple):
    """What one place holds of one SKU."""

    location_id: str
    sku: str
    quantity: int
    worth_minor: int


class Costing:
    """Moves in the order in which they happened. `known` is what a SKU costs where nothing was paid for yet."""

    def __init__(self, known: Mapping[str, int]) -> None:
        self._known = known
        self._held: dict[tuple[str, str], Holding] = {}
        self._under_way: defaultdict[str, Holding] = defaultdict(Holding)

    def entries(self, moves: Iterable[Moved]) -> Iterator[Entry]:
        """One entry for every move that is worth something."""
        for moved in moves:
            entry = self._book(moved)
            if entry is not None:
                yield entry

    def worth(self) -> list[Worth]:
        return [
            Worth(location_id, sku, held.quantity, held.worth_minor)
            for (location_id, sku), held in sorted(self._held.items())
            if held.quantity or held.worth_minor
        ]

    def _book(self, moved: Moved) -> Entry | None:
        worth = self._worth_of(moved)
        if not worth:
            return None
        place = moved.occasion.location_id
        other = OTHER_SIDE.get(moved.reason, accounts.SHRINKAGE)
        against = other if other == accounts.IN_TRANSIT else accounts.at(other, place)
        postings = (
            Posting(accounts.at(accounts.INVENTORY, place), worth),
            Posting(against, -worth),
        )
        return Entry(moved.occasion, f"Stock {moved.reason}: {moved.sku}", tuple(sorted(postings)))

    def _worth_of(self, moved: Moved) -> int:
        """Signed as the move is. What one shop sends another is worth there what it was worth here."""
        held = self._holding(moved)
        if moved.quantity < 0:
            worth = held.take(-moved.quantity)
            if moved.reason == "transferred_out":
                self._under_way[moved.sku].put(-moved.quantity, worth)
            return -worth
        if moved.reason == "transferred_in":
            worth = self._under_way[moved.sku].take(moved.quantity)
        elif moved.unit_cost_minor is None:
            worth = moved.quantity * held.average_minor
        else:
            worth = moved.quantity * moved.unit_cost_minor
        held.put(moved.quantity, worth)
        return worth

    def _holding(self, moved: Moved) -> Holding:
        key = moved.occasion.location_id, moved.sku
        if key not in self._held:
            self._held[key] = Holding(unit_cost_minor=self._known.get(moved.sku, 0))
        return self._held[key]
