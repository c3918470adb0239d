"""What customers of the online shop have said that they will bring back here (feed returns@SHOP)."""

from __future__ import annotations

from typing import Any

from contract.feeds import shop_feed
from edge.services import feeds
from edge.services.shop import Shop

_TAKEN = "SELECT DISTINCT order_id, line FROM order_return_line"


def awaited(shop: Shop) -> list[dict[str, Any]]:
    """The oldest first, as head office wrote them: number, sku, names, quantity, reason, asked_at.

    What this box has taken back is not among them, though the hub may not have heard of it yet.
    """
    feed = shop_feed("returns", shop.settings.location_id)
    with shop.read() as reader:
        known = feeds.values(reader, feed).values()
        taken = set(reader.sql(_TAKEN).fetchall())
    found = [it for it in known if (it["order_id"], it["line"]) not in taken]
    return sorted(found, key=lambda it: (it["asked_at"], it["order_id"], it["line"]))
