"""Which feeds this box follows, and where the rows of each of them are."""

from __future__ import annotations

from contract.feeds import SHARED_FEEDS, SHOP_FEEDS, shop_feed
from edge.services import catalogue
from edge.services.feeds import RowStore, Store


def stores_of(location_id: str) -> dict[str, Store]:
    """By the whole name of the feed."""
    names = (*SHARED_FEEDS, *(shop_feed(feed, location_id) for feed in SHOP_FEEDS))
    return {name: catalogue.STORES.get(name) or RowStore(name) for name in names}
