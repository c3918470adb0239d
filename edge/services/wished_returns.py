"""What customers of the online shop have said that they will bring back here (feed returns@SHOP)."""

from __future__ import annotations

from typing import Any

from contract.feeds import shop_feed
from edge.services import feeds
from edge.services.shop import Shop


def awaited(shop: Shop) -> list[dict[str, Any]]:
    """The oldest first, as head office wrote them: number, sku, names, quantity, reason, asked_at."""
    feed = shop_feed("returns", shop.settings.location_id)
    with shop.read() as reader:
        found = list(feeds.values(reader, feed).values())
    return sorted(found, key=lambda it: (it["asked_at"], it["order_id"], it["line"]))
