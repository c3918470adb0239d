"""Which feeds this box follows, and where the rows of each of them are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from contract.feeds import SHARED_FEEDS, SHOP_FEEDS, shop_feed
from edge.services import catalogue
from edge.services.feeds import RowStore, Store
from edge.services.shop import Work

Follow = Callable[[Work, frozenset[str] | None], None]


def stores_of(location_id: str) -> dict[str, Store]:
    """By the whole name of the feed."""
    names = (*SHARED_FEEDS, *(shop_feed(feed, location_id) for feed in SHOP_FEEDS))
    return {name: catalogue.STORES.get(name) or _row_store(name) for name in names}


def _row_store(name: str) -> RowStore:
    return RowStore(name, FOLLOW.get(name.partition("@")[0]))


def _follow_orders(work: Work, keys: frozenset[str] | None) -> None:
    from edge.services import jobs  # loaded by the first order, not at the start

    jobs.follow(work, keys)


FOLLOW: Final[Mapping[str, Follow]] = {"orders": _follow_orders}
"""What follows from the rows of a feed, by its name without the shop's."""
