"""The box's own copy of the feeds, in its database, as the puller needs it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from contract.feeds import Ops
from edge.services import feeds
from edge.services.feeds import Store
from edge.services.shop import Shop


class BoxReplica:
    """`stores` by the whole name of their feed: what this box follows."""

    def __init__(self, shop: Shop, stores: Mapping[str, Store]) -> None:
        self._shop = shop
        self._stores = stores

    def cursor(self, feed: str) -> int:
        with self._shop.read() as reader:
            return feeds.cursor(reader, feed)

    def apply(self, ops: Ops) -> None:
        store = self._stores[ops.feed]
        with feeds.fitting(), self._shop.write() as work:
            keys = feeds.apply(work.unit, store, ops)
            if keys:
                store.taken(work, keys)

    def load(self, feed: str, version: int, staged: Path) -> None:
        """Raises ValueError for rows that are not of the feed; what was there before stays then."""
        store = self._stores[feed]
        with feeds.fitting(), self._shop.attached(staged, "snapshot") as work:
            store.load(work.unit)
            feeds.set_cursor(work.unit, feed, version)
            store.taken(work, None)
        self._shop.database.checkpoint()

    def digest(self, feed: str) -> str:
        with self._shop.read() as reader:
            return feeds.digest(self._stores[feed].rows(reader))
