"""How many orders wait in this shop: asked by every page, so it needs nothing but the database."""

from __future__ import annotations

from typing import Final, NamedTuple

from edge.services.shop import Shop

_OPEN = """
SELECT count(*) FILTER (WHERE state = 'accepted'), count(*) FILTER (WHERE state = 'picked'),
       count(*) FILTER (WHERE state = 'ready'), count(*) FILTER (WHERE state <> 'ready' AND window_end < :now)
FROM shop_job WHERE state IN ('accepted', 'picked', 'ready')
"""


class WaitingOrders(NamedTuple):
    """`late` of the first two should have been ready by now."""

    to_pick: int = 0
    picked: int = 0
    ready: int = 0
    late: int = 0


NONE_WAITING: Final = WaitingOrders()


def count(shop: Shop) -> WaitingOrders:
    with shop.read() as reader:
        return WaitingOrders(*reader.sql(_OPEN, {"now": shop.clock.now().isoformat()}).fetchone())
