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

TRANSFER_ENDED = "transfer_ended"


class Moved(NamedTuple):
    """`quantity` is signed: positive into the place. `unit_cost_minor` is what was paid, None where nobody says.

    `reference` is the transfer's of what goes from shop to shop. Its end is a move of nothing, for TRANSFER_ENDED.
    """

    occasion: Occasion
    sku: str
    quantity: int
    reason: str
    unit_cost_minor: int | None = None
    reference: str = ""


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


class _UnderWay:
    """What one transfer has on its way, by SKU. Until the other shop has signed for it, it is the sender's."""

    def __init__(self) -> None:
        self.sender = ""
        self.is_ended = False
        self.held: dict[str, Holding] = {}


class Costing:
    """Moves in the order in which they happened. `known` is what a SKU costs where nothing was paid for yet."""

    def __init__(self, known: Mapping[str, int]) -> None:
        self._known = known
        self._held: dict[tuple[str, str], Holding] = {}
        self._under_way: defaultdict[str, _UnderWay] = defaultdict(_UnderWay)

    def entries(self, moves: Iterable[Moved]) -> Iterator[Entry]:
        """One entry for every move that is worth something, and one for what a transfer's end leaves its sender."""
        for moved in moves:
            entry = self._book(moved)
            if entry is not None:
                yield entry
            yield from self._ended(moved)

    def worth(self) -> list[Worth]:
        return [
            Worth(location_id, sku, held.quantity, held.worth_minor)
            for (location_id, sku), held in sorted(self._held.items())
            if held.quantity or held.worth_minor
        ]

    def _ended(self, moved: Moved) -> Iterator[Entry]:
        """Also of what is heard of after the end: a sender may have been cut off."""
        if moved.reference not in self._under_way:
            return
        way = self._under_way[moved.reference]
        way.is_ended = way.is_ended or moved.reason == TRANSFER_ENDED
        if not way.is_ended or not way.sender:
            return
        for sku, held in way.held.items():
            if held.worth_minor:
                occasion = moved.occasion._replace(location_id=way.sender)
                lost = accounts.at(accounts.SHRINKAGE, way.sender)
                yield _entry(
                    occasion, f"Transfer ended: {sku}", lost, accounts.IN_TRANSIT, held.worth_minor
                )
            way.held[sku] = Holding(unit_cost_minor=held.unit_cost_minor)

    def _book(self, moved: Moved) -> Entry | None:
        if moved.reason == TRANSFER_ENDED:
            return None
        worth = self._worth_of(moved)
        if not worth:
            return None
        place = accounts.at(accounts.INVENTORY, moved.occasion.location_id)
        return _entry(
            moved.occasion, f"Stock {moved.reason}: {moved.sku}", place, self._against(moved), worth
        )

    def _against(self, moved: Moved) -> str:
        """What came damaged from another shop is its sender's loss."""
        place = moved.occasion.location_id
        other = OTHER_SIDE.get(moved.reason, accounts.SHRINKAGE)
        if other == accounts.IN_TRANSIT:
            return other
        way = self._under_way.get(moved.reference) if other == accounts.SHRINKAGE else None
        return accounts.at(other, way.sender if way and way.sender else place)

    def _worth_of(self, moved: Moved) -> int:
        """Signed as the move is. What one shop sends another is worth there what it was worth here."""
        held = self._holding(moved)
        if moved.quantity < 0:
            worth = held.take(-moved.quantity)
            if moved.reason == "transferred_out":
                way = self._under_way[moved.reference]
                way.sender = moved.occasion.location_id
                self._on_its_way(way, moved.sku).put(-moved.quantity, worth)
            return -worth
        if moved.reason == "transferred_in":
            way = self._under_way[moved.reference]
            worth = self._on_its_way(way, moved.sku).take(moved.quantity)
        elif moved.unit_cost_minor is None:
            worth = moved.quantity * held.average_minor
        else:
            worth = moved.quantity * moved.unit_cost_minor
        held.put(moved.quantity, worth)
        return worth

    def _on_its_way(self, way: _UnderWay, sku: str) -> Holding:
        return way.held.setdefault(sku, Holding(unit_cost_minor=self._known.get(sku, 0)))

    def _holding(self, moved: Moved) -> Holding:
        key = moved.occasion.location_id, moved.sku
        if key not in self._held:
            self._held[key] = Holding(unit_cost_minor=self._known.get(moved.sku, 0))
        return self._held[key]


def _entry(occasion: Occasion, narration: str, debit: str, credit: str, minor: int) -> Entry:
    return Entry(
        occasion, narration, tuple(sorted((Posting(debit, minor), Posting(credit, -minor))))
    )
