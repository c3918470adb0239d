"""All SQL of the catalogue."""

from __future__ import annotations

import json
from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from cloud.catalogue.checking import Listed
from cloud.catalogue.searching import asked_keys, product_keys
from cloud.catalogue.tables import CataloguePrice, CatalogueProduct, ProductKey
from cloud.db import insert_for, upsert
from cloud.feeds import repository as feeds
from contract.feeds import Price, Product

FEEDS = ("catalogue", "prices")
SKUS_A_QUERY = 500


def heads(session: Session) -> dict[str, int]:
    """The versions of the catalogue's own feeds."""
    return {feed: feeds.head(session, feed).version for feed in FEEDS}


def write_products(session: Session, products: Sequence[Product]) -> None:
    rows = [
        {
            **product.model_dump(include=set(CatalogueProduct.model_fields)),
            "names": json.dumps(product.names, ensure_ascii=False),
            "gtins": json.dumps(product.gtins),
        }
        for product in products
    ]
    upsert(session, CatalogueProduct, ["sku"], rows)
    write_keys(session, products)


def write_keys(session: Session, products: Sequence[Product]) -> None:
    """By what these products are found from now on."""
    _forget_keys(session, [product.sku for product in products])
    rows = [
        {"key": key, "sku": product.sku}
        for product in products
        for key in sorted(product_keys(product))
    ]
    if rows:
        session.connection().execute(insert_for(session, ProductKey), rows)


def without_keys(session: Session, limit: int) -> list[Product]:
    """Products that older software has written, and that nothing finds yet."""
    known = select(ProductKey.sku).where(ProductKey.sku == CatalogueProduct.sku).exists()
    rows = session.exec(select(CatalogueProduct).where(~known).limit(limit)).all()
    return [_product(row) for row in rows]


def find(session: Session, text: str, limit: int) -> list[str]:
    """SKUs that fit all of `text`, where none does, those that fit most of it."""
    keys = asked_keys(text)
    if not keys:
        return []
    fitting = func.count(col(ProductKey.key))
    query = (
        select(ProductKey.sku, fitting)
        .where(col(ProductKey.key).in_(keys))
        .group_by(ProductKey.sku)
        .order_by(fitting.desc(), ProductKey.sku)
        .limit(limit)
    )
    found = session.exec(query).all()
    best = found[0][1] if found else 0
    return [sku for sku, count in found if count == best and 2 * best >= len(keys)]


def write_prices(session: Session, prices: Sequence[Price]) -> None:
    rows = [price.model_dump(include=set(CataloguePrice.model_fields)) for price in prices]
    upsert(session, CataloguePrice, ["sku"], rows)


def remove(session: Session, skus: Sequence[str]) -> None:
    for sku in skus:
        for model in (CatalogueProduct, CataloguePrice):
            row = session.get(model, sku)
            if row is not None:
                session.delete(row)
    _forget_keys(session, skus)


def _forget_keys(session: Session, skus: Sequence[str]) -> None:
    for start in range(0, len(skus), SKUS_A_QUERY):
        part = skus[start : start + SKUS_A_QUERY]
        session.connection().execute(sa.delete(ProductKey).where(col(ProductKey.sku).in_(part)))


def _product(row: CatalogueProduct) -> Product:
    texts = {"names": json.loads(row.names), "gtins": json.loads(row.gtins)}
    return Product.model_validate(row.model_dump() | texts)


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
