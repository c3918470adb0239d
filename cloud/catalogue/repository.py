"""All SQL of the catalogue."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlmodel import Session, func, select

from cloud.catalogue.checking import Listed
from cloud.catalogue.tables import CataloguePrice, CatalogueProduct
from cloud.db import upsert
from cloud.feeds import repository as feeds
from contract.feeds import Price, Product

FEEDS = ("catalogue", "prices")


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


def write_prices(session: Session, prices: Sequence[Price]) -> None:
    rows = [price.model_dump(include=set(CataloguePrice.model_fields)) for price in prices]
    upsert(session, CataloguePrice, ["sku"], rows)


def remove(session: Session, skus: Sequence[str]) -> None:
    for sku in skus:
        for model in (CatalogueProduct, CataloguePrice):
            row = session.get(model, sku)
            if row is not None:
                session.delete(row)


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
