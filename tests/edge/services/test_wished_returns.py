"""What customers of the online shop will bring back here, as the feed tells it."""

from typing import Any

from contract.feeds import Operation, Ops
from edge.services import feeds, wished_returns
from edge.services.feed_stores import stores_of
from edge.services.shop import Shop

FEED = "returns@maru-office-tower"


def told(shop: Shop, key: str, value: dict[str, Any] | None) -> None:
    store = stores_of("maru-office-tower")[FEED]
    with shop.write() as work:
        after = feeds.cursor(work.unit, FEED)
        operation = Operation(key=key, version=after + 1, value=value)
        ops = Ops(feed=FEED, after=after, through=after + 1, operations=(operation,))
        store.taken(work, feeds.apply(work.unit, store, ops))


def wish(order_id: str, asked_at: str) -> dict[str, Any]:
    return {"v": 1, "order_id": order_id, "number": "H7K2", "line": 1, "asked_at": asked_at}


def test_the_oldest_wish_comes_first_and_one_that_was_met_is_gone(shop: Shop) -> None:
    late, early = wish("a", "2026-11-23T05:00:00+00:00"), wish("b", "2026-11-23T04:00:00+00:00")
    told(shop, "a:1", late)
    told(shop, "b:1", early)
    assert wished_returns.awaited(shop) == [early, late]
    told(shop, "b:1", None)
    assert wished_returns.awaited(shop) == [late]
