"""Goods between two shops: what was sent, what is on its way, what came, and who bears the difference.

Nothing of it is kept: it follows from the ledger. One shop's hand-over of a transfer takes goods out, the other's
receiving takes them in, both under the id of the job that sends them. What the receiver says holds. Until it has
signed for the goods they are the sender's: so the sender bears what is missing or came damaged, and has back what
came too many, for its own shelf must lack them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from cloud.stock.tables import GoodsReceipt, StockEntry

State = Literal["in_transit", "full", "short", "over"]
OUT, IN, DAMAGED = "transferred_out", "transferred_in", "damaged"
REASONS = (OUT, IN, DAMAGED)


@dataclass(slots=True)
class Transfer:
    """`transfer_id` is the job's, `since` its first move's time.

    `sender` and `receiver` are "" while no fact of theirs has arrived.
    """

    transfer_id: str
    since: datetime
    sender: str = ""
    receiver: str = ""
    sent: Counter[str] = field(default_factory=Counter)
    received: Counter[str] = field(default_factory=Counter)
    damaged: Counter[str] = field(default_factory=Counter)
    is_ended: bool = False

    @property
    def in_transit(self) -> dict[str, int]:
        """By SKU; below zero where more came than the sender said. Nothing once it is ended."""
        return {} if self.is_ended else self._difference()

    @property
    def borne_by_sender(self) -> dict[str, int]:
        """Pieces by SKU that the sender is left with: lost and damaged ones positive, found ones negative."""
        lost = Counter(self._difference() if self.is_ended else {})
        lost.update(self.damaged)
        return {sku: quantity for sku, quantity in lost.items() if quantity}

    @property
    def state(self) -> State:
        differences = self._difference().values()
        if not self.is_ended:
            return "in_transit"
        if any(quantity < 0 for quantity in differences):
            return "over"
        return "short" if any(differences) else "full"

    def _difference(self) -> dict[str, int]:
        left = Counter(self.sent)
        left.subtract(self.received)
        return {sku: quantity for sku, quantity in left.items() if quantity}


def transfers(entries: Iterable[StockEntry], receipts: Iterable[GoodsReceipt]) -> list[Transfer]:
    """By their first entry. `entries` are those of REASONS, whatever they refer to."""
    found: dict[str, Transfer] = {}
    damaged: list[StockEntry] = []
    for entry in entries:
        if entry.reason == DAMAGED:
            damaged.append(entry)
            continue
        it = found.setdefault(entry.reference, Transfer(entry.reference, entry.occurred_at))
        if entry.reason == OUT:
            it.sender = entry.location_id
            it.sent[entry.sku] -= entry.quantity
        else:
            it.receiver = entry.location_id
            it.received[entry.sku] += entry.quantity
    for receipt in receipts:
        it = found.setdefault(receipt.source_id, Transfer(receipt.source_id, receipt.occurred_at))
        it.receiver = receipt.location_id
        it.is_ended = it.is_ended or receipt.rest != "awaited"
    for entry in damaged:
        if entry.reference in found:
            found[entry.reference].damaged[entry.sku] -= entry.quantity
    return list(found.values())
