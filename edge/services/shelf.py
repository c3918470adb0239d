"""What is on the shelf for anybody, by lot: the ledger less what is set aside."""

from __future__ import annotations

from collections.abc import Sequence

from edge.db.unit_of_work import Reader
from edge.domain.order import Lot, fit

_LOTS = """
SELECT lot, expiry, sum(quantity) FROM (
    SELECT lot, expiry, quantity FROM stock_move WHERE sku = :sku
    UNION ALL SELECT lot, expiry, -quantity FROM set_aside WHERE sku = :sku
) GROUP BY lot, expiry ORDER BY expiry, lot
"""


def lots(reader: Reader, sku: str) -> list[Lot]:
    """Below zero where more was sold of a lot than anybody had counted in."""
    return [Lot(*row) for row in reader.sql(_LOTS, {"sku": sku})]


def free(found: Sequence[Lot], keeps_until: str, today: str) -> int:
    """How many pieces are there that are good for long enough. Lots below zero take from the others."""
    good = sum(lot.quantity for lot in fit(found, keeps_until, today))
    return max(0, min(good, sum(lot.quantity for lot in found)))
