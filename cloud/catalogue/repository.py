"""All SQL of the catalogue."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import count
from typing import get_args

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, func, select

from cloud.catalogue.checking import Listed
from cloud.catalogue.tables import (
    CataloguePrice,
    CatalogueProduct,
    FeedHead,
    FeedOperation,
    FeedSnapshot,
)
from cloud.db import insert_for
from contract.feeds import FeedName, Price, Product

FEEDS: tuple[str, ...] = get_args(FeedName)
KEYS_A_QUERY = 500


def heads(session: Session) -> dict[str, int]:
    stored = {head.feed: head.version for head in session.exec(select(FeedHead)).all()}
    return {feed: stored.get(feed, 0) for feed in FEEDS}


def head(session: Session, feed: str) -> FeedHead:
    return session.get(FeedHead, feed) or FeedHead(feed=feed)


def write_operations(session: Session, feed: str, bodies: Mapping[str, str | None]) -> set[str]:
    """Logs what really changes, each under its own version, and gives the keys that did."""
    known = _bodies(session, feed, list(bodies))
    changed = {key: body for key, body in bodies.items() if _differs(known, key, body)}
    top = session.get(FeedHead, feed, with_for_update=True) or FeedHead(feed=feed)
    versions = count(top.version + 1)
    rows = [
        {"feed": feed, "key": key, "version": next(versions), "body": body}
        for key, body in changed.items()
    ]
    _upsert(session, FeedOperation, ["feed", "key"], rows)
    top.version += len(rows)
    session.add(top)
    return set(changed)


def write_products(session: Session, products: Sequence[Product]) -> None:
    rows = [
        {
            **product.model_dump(include=set(CatalogueProduct.model_fields)),
            "names": json.dumps(product.names, ensure_ascii=False),
            "gtins": json.dumps(product.gtins),
        }
        for product in products
    ]
    _upsert(session, CatalogueProduct, ["sku"], rows)


def write_prices(session: Session, prices: Sequence[Price]) -> None:
    rows = [price.model_dump(include=set(CataloguePrice.model_fields)) for price in prices]
    _upsert(session, CataloguePrice, ["sku"], rows)


def remove(session: Session, skus: Sequence[str]) -> None:
    for sku in skus:
        for model in (CatalogueProduct, CataloguePrice):
            row = session.get(model, sku)
            if row is not None:
                session.delete(row)


def forget_tombstones(session: Session, feed: str, behind: int) -> None:
    """Those at least `behind` operations old."""
    session.connection().execute(
        sa.delete(FeedOperation).where(
            col(FeedOperation.feed) == feed,
            col(FeedOperation.version) <= head(session, feed).version - behind,
            col(FeedOperation.body).is_(None),
        )
    )


def operations_after(
    session: Session, feed: str, after: int, limit: int
) -> Sequence[FeedOperation]:
    """Oldest first. A box with nothing yet needs no tombstones."""
    query = (
        select(FeedOperation)
        .where(FeedOperation.feed == feed, FeedOperation.version > after)
        .order_by(col(FeedOperation.version))
        .limit(limit)
    )
    if after == 0:
        query = query.where(col(FeedOperation.body).is_not(None))
    return session.exec(query).all()


def live_rows(session: Session, feed: str) -> list[tuple[str, int, str]]:
    """Every (key, version, body) of a feed, by key."""
    query = (
        select(FeedOperation.key, FeedOperation.version, FeedOperation.body)
        .where(FeedOperation.feed == feed, col(FeedOperation.body).is_not(None))
        .order_by(col(FeedOperation.key))
    )
    return [(key, version, body or "") for key, version, body in session.exec(query)]


def newest_snapshot(session: Session, feed: str) -> FeedSnapshot | None:
    query = select(FeedSnapshot).where(FeedSnapshot.feed == feed)
    return session.exec(query.order_by(col(FeedSnapshot.version).desc())).first()


def snapshots(session: Session, feed: str) -> Sequence[FeedSnapshot]:
    """Newest first."""
    query = select(FeedSnapshot).where(FeedSnapshot.feed == feed)
    return session.exec(query.order_by(col(FeedSnapshot.version).desc())).all()


def listed(session: Session) -> list[Listed]:
    """Every product, for what none may have in common with another."""
    query = select(
        CatalogueProduct.sku,
        CatalogueProduct.gtins,
        CatalogueProduct.tax_group,
        CatalogueProduct.tax_rate_bp,
    )
    return [Listed(*row) for row in session.exec(query)]


def product_count(session: Session) -> int:
    return session.exec(select(func.count()).select_from(CatalogueProduct)).one()


def _bodies(session: Session, feed: str, keys: list[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for start in range(0, len(keys), KEYS_A_QUERY):
        part = keys[start : start + KEYS_A_QUERY]
        query = select(FeedOperation.key, FeedOperation.body).where(
            FeedOperation.feed == feed, col(FeedOperation.key).in_(part)
        )
        found.update(session.exec(query).all())
    return found


def _differs(known: Mapping[str, str | None], key: str, body: str | None) -> bool:
    """A key that was never there needs no tombstone."""
    return known.get(key) != body


def _upsert(
    session: Session, model: type[SQLModel], keys: list[str], rows: Sequence[Mapping[str, object]]
) -> None:
    if not rows:
        return
    statement = insert_for(session, model)
    values = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    session.connection().execute(
        statement.on_conflict_do_update(index_elements=keys, set_=values), list(rows)
    )
