"""What the hub took for a basket that never became a sale goes back by itself; mostly there is nothing."""

from __future__ import annotations

from edge.services.hub import AskHub
from edge.services.shop import Shop

_ANY = "SELECT 1 FROM points_use WHERE state IN ('asked', 'giving_back') LIMIT 1"


def give_back(shop: Shop, ask_hub: AskHub) -> int:
    """Gives how many the hub heard of; what it did not hear waits for the next time."""
    with shop.read() as reader:
        if reader.sql(_ANY).fetchone() is None:
            return 0
    from edge.services import members  # only where something waits

    return members.give_back(shop, ask_hub)
