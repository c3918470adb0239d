"""Head office's changes to products and prices: checked whole before the first row is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

from cloud.catalogue import repository
from cloud.db import Database
from cloud.errors import CatalogueError
from contract.envelope import Message
from contract.feeds import Price, Product, canonical

# One transaction each, so that an import of everything never keeps the boxes waiting for the write lock.
ROWS_A_TRANSACTION = 2_000
HIGHEST_PRICE_MINOR = 1_000_000_000_000  # a thousand pieces of it still fit into 64 bits
Row = TypeVar("Row")


class CatalogueChange(BaseModel):
    """`removed` are the keys of products that are no longer sold; their prices go with them."""

    model_config = ConfigDict(extra="forbid")

    products: list[Product] = []
    prices: list[Price] = []
    removed: list[str] = []


def apply(database: Database, change: CatalogueChange) -> dict[str, int]:
    """Writes what differs and gives the feeds' versions. Raises CatalogueError with nothing written."""
    check(change)
    for products in _parts(list({product.sku: product for product in change.products}.values())):
        _write_products(database, products)
    for prices in _parts(list({price.sku: price for price in change.prices}.values())):
        _write_prices(database, prices)
    if change.removed:
        _remove(database, change.removed)
    with database.read() as session:
        return repository.heads(session)


def check(change: CatalogueChange) -> None:
    for price in change.prices:
        if price.amount_minor > HIGHEST_PRICE_MINOR:
            detail = f"expected a price of {price.sku} up to {HIGHEST_PRICE_MINOR}, got {price.amount_minor}"
            raise CatalogueError(detail=detail)
        if price.amount_minor == 0 and not price.is_free:
            detail = (
                f"expected a price above zero for {price.sku}, got 0; "
                'a product given away says "is_free": true'
            )
            raise CatalogueError(detail=detail)
    both = {product.sku for product in change.products} & set(change.removed)
    if both:
        raise CatalogueError(detail=f"expected {min(both)} to be either sold or removed, got both")


def _write_products(database: Database, products: Sequence[Product]) -> None:
    with database.write() as session:
        changed = repository.write_operations(session, "catalogue", _bodies(products))
        repository.write_products(session, [p for p in products if p.sku in changed])


def _write_prices(database: Database, prices: Sequence[Price]) -> None:
    with database.write() as session:
        changed = repository.write_operations(session, "prices", _bodies(prices))
        repository.write_prices(session, [p for p in prices if p.sku in changed])


def _remove(database: Database, skus: Sequence[str]) -> None:
    gone: dict[str, str | None] = dict.fromkeys(skus)
    with database.write() as session:
        for feed in repository.FEEDS:
            repository.write_operations(session, feed, gone)
        repository.remove(session, skus)


def _bodies(rows: Sequence[Product] | Sequence[Price]) -> dict[str, str | None]:
    return {row.sku: canonical(_plain(row)) for row in rows}


def _plain(row: Message) -> dict[str, object]:
    return row.model_dump(mode="json", exclude_none=True)


def _parts(rows: list[Row]) -> Iterator[list[Row]]:
    for start in range(0, len(rows), ROWS_A_TRANSACTION):
        yield rows[start : start + ROWS_A_TRANSACTION]
