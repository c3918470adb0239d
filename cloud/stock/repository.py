"""All SQL of stock. A level is always a sum of moves; nothing stores one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlmodel import Session, col, func, select

from cloud.stock.tables import StockEntry


class Level(NamedTuple):
    """`moves` is how many entries the level is the sum of."""

    location_id: str
    sku: str
    quantity: int
    moves: int


def levels(
    session: Session, location_id: str = "", skus: Sequence[str] | None = None, limit: int = 10_000
) -> list[Level]:
    query = (
        select(StockEntry.location_id, StockEntry.sku, func.sum(StockEntry.quantity), func.count())
        .group_by(StockEntry.location_id, StockEntry.sku)
        .order_by(StockEntry.location_id, StockEntry.sku)
        .limit(limit)
    )
    if location_id:
        query = query.where(StockEntry.location_id == location_id)
    if skus is not None:
        query = query.where(col(StockEntry.sku).in_(skus))
    return [
        Level(location, sku, int(total), moves)
        for location, sku, total, moves in session.exec(query)
    ]


def entries(session: Session, location_id: str, sku: str, limit: int) -> Sequence[StockEntry]:
    """Newest first."""
    query = (
        select(StockEntry)
        .where(StockEntry.location_id == location_id, StockEntry.sku == sku)
        .order_by(col(StockEntry.occurred_at).desc(), col(StockEntry.uid).desc())
        .limit(limit)
    )
    return session.exec(query).all()


def locations(session: Session) -> Sequence[str]:
    query = select(StockEntry.location_id).distinct().order_by(StockEntry.location_id)
    return session.exec(query).all()
