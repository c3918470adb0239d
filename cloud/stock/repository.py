"""All SQL of stock. A level is always a sum of moves; nothing stores one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from cloud.stock.tables import GoodsReceipt, SetAsideEntry, StockEntry, StockOverride
from cloud.stock.transfers import REASONS, Transfer, transfers
from contract.lots import Lot, first_out

_NONE = sa.literal(0)


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


def below_zero(session: Session, location_id: str = "", limit: int = 1_000) -> list[Level]:
    """More went out than anybody had counted in: somebody should count there."""
    query = (
        select(StockEntry.location_id, StockEntry.sku, func.sum(StockEntry.quantity), func.count())
        .group_by(StockEntry.location_id, StockEntry.sku)
        .having(func.sum(StockEntry.quantity) < 0)
        .order_by(StockEntry.location_id, StockEntry.sku)
        .limit(limit)
    )
    if location_id:
        query = query.where(StockEntry.location_id == location_id)
    return [
        Level(place, sku, int(total), moves) for place, sku, total, moves in session.exec(query)
    ]


def overrides(
    session: Session, location_id: str = "", limit: int = 1_000
) -> Sequence[StockOverride]:
    """Newest first."""
    query = select(StockOverride).order_by(col(StockOverride.occurred_at).desc()).limit(limit)
    if location_id:
        query = query.where(StockOverride.location_id == location_id)
    return session.exec(query).all()


class Promisable(NamedTuple):
    """What the facts that have arrived say of one product in one shop.

    `lots` are what is free, by lot, the first to expire first.
    """

    location_id: str
    sku: str
    on_hand: int
    set_aside: int
    lots: tuple[Lot, ...]

    @property
    def free(self) -> int:
        return self.on_hand - self.set_aside


def promisable(
    session: Session, skus: Sequence[str], location_ids: Sequence[str] | None = None
) -> list[Promisable]:
    """Products that a shop has ever moved, by location and SKU, in one query over covering indexes."""
    parts = [
        _by_lot(StockEntry, (func.sum(StockEntry.quantity), _NONE), skus, location_ids),
        _by_lot(SetAsideEntry, (_NONE, func.sum(SetAsideEntry.quantity)), skus, location_ids),
    ]
    rows = session.connection().execute(sa.union_all(*parts)).all()
    found: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for location_id, sku, *numbers in rows:
        found[location_id, sku].append(numbers)
    return [_promisable(*key, numbers) for key, numbers in sorted(found.items())]


def _by_lot(
    table: type[StockEntry | SetAsideEntry],
    numbers: tuple[Any, Any],
    skus: Sequence[str],
    location_ids: Sequence[str] | None,
) -> Any:
    key = (col(table.location_id), col(table.sku), col(table.lot), col(table.expiry))
    query = sa.select(*key, *numbers).where(col(table.sku).in_(skus)).group_by(*key)
    return query if location_ids is None else query.where(col(table.location_id).in_(location_ids))


def _promisable(location_id: str, sku: str, numbers: list[Any]) -> Promisable:
    """One loop over a few lots: a quote does this for every shop of the chain."""
    free: dict[tuple[str, str], int] = {}
    on_hand = set_aside = 0
    for lot, expiry, here, aside in numbers:
        free[lot, expiry] = free.get((lot, expiry), 0) + int(here) - int(aside)
        on_hand += int(here)
        set_aside += int(aside)
    lots = first_out([Lot(*key, quantity) for key, quantity in free.items() if quantity])
    return Promisable(location_id, sku, on_hand, set_aside, tuple(lots))


def between_shops(session: Session, limit: int = 1_000) -> list[Transfer]:
    """The newest first."""
    moved = select(StockEntry).where(col(StockEntry.reason).in_(REASONS))
    ended = select(GoodsReceipt).where(GoodsReceipt.source == "transfer")
    found = transfers(
        session.exec(moved.order_by(col(StockEntry.occurred_at), col(StockEntry.uid))),
        session.exec(ended.order_by(col(GoodsReceipt.occurred_at))),
    )
    return found[::-1][:limit]


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
