"""Where something is near, in words: a shop's stock is nobody's business, and a number would be wrong tomorrow."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from cloud.ingest.tables import Edge
from cloud.orders import repository as orders
from cloud.stock import repository as stock
from cloud.stock.repository import Promisable

HEARD_S = 870  # a shop that was heard longer ago is not promised from, so it is not praised either
FEW = 3


class Standing(enum.StrEnum):
    """What a customer is told of one product in one shop."""

    HERE = "here"
    FEW = "few"
    UNSURE = "unsure"
    NONE = "none"


Standings = Mapping[str, Mapping[str, Standing]]
"""By SKU and location; a shop that never had the product is not in it."""


def standings(
    session: Session, skus: Sequence[str], edges: Iterable[Edge], now: datetime, today: str
) -> Standings:
    heard = {edge.location_id for edge in edges if _is_heard(edge, now)}
    promised = orders.promised_goods(session, now, skus)
    found: dict[str, dict[str, Standing]] = {}
    for it in stock.promisable(session, skus):
        left = left_of(it, today) - promised.get((it.location_id, it.sku), 0)
        told = standing(left, is_heard=it.location_id in heard)
        found.setdefault(it.sku, {})[it.location_id] = told
    return found


def left_of(of: Promisable, today: str) -> int:
    """`today` is the ISO date at the shop: what is past its use-by date is not there."""
    good = sum(lot.quantity for lot in of.lots if not lot.expiry or lot.expiry >= today)
    return min(good, of.free)


def standing(left: int, *, is_heard: bool) -> Standing:
    if left <= 0:
        return Standing.NONE
    if not is_heard:
        return Standing.UNSURE
    return Standing.FEW if left <= FEW else Standing.HERE


def _is_heard(edge: Edge, now: datetime) -> bool:
    return (now - edge.last_seen).total_seconds() < HEARD_S
