"""Head office's changes to products and prices: checked whole before the first row is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from cloud.catalogue import repository
from cloud.catalogue.checking import CatalogueChange, check, check_together
from cloud.db import Database
from cloud.feeds import repository as feeds
from cloud.feeds.service import SNAPSHOT_ABOVE
from contract.envelope import Message
from contract.feeds import Price, Product, canonical

# One transaction each, so that an import of everything never keeps the boxes waiting for the write lock.
ROWS_A_TRANSACTION = 2_000
Row = TypeVar("Row")


def apply(database: Database, change: CatalogueChange) -> dict[str, int]:
    """Writes what differs and gives the feeds' versions. Raises CatalogueError with nothing written."""
    check(change)
    if change.products:
        with database.read() as session:
            check_together(change, repository.listed(session))
    for products in _parts(list({product.sku: product for product in change.products}.values())):
        _write_products(database, products)
    for prices in _parts(list({price.sku: price for price in change.prices}.values())):
        _write_prices(database, prices)
    if change.removed:
        _remove(database, change.removed)
    with database.read() as session:
        return repository.heads(session)


def key_missing(database: Database) -> None:
    """Makes products of older software findable; looks once at each start of a hub."""
    while True:
        with database.write() as session:
            products = repository.without_keys(session, ROWS_A_TRANSACTION)
            repository.write_keys(session, products)
        if not products:
            return


def _write_products(database: Database, products: Sequence[Product]) -> None:
    with database.write() as session:
        changed = feeds.write_operations(session, "catalogue", _bodies(products))
        repository.write_products(session, [p for p in products if p.sku in changed])


def _write_prices(database: Database, prices: Sequence[Price]) -> None:
    with database.write() as session:
        changed = feeds.write_operations(session, "prices", _bodies(prices))
        repository.write_prices(session, [p for p in prices if p.sku in changed])


def _remove(database: Database, skus: Sequence[str]) -> None:
    gone: dict[str, str | None] = dict.fromkeys(skus)
    with database.write() as session:
        for feed in repository.FEEDS:
            feeds.write_operations(session, feed, gone)
            # Who is as far behind as this gets a snapshot, which has no tombstones.
            feeds.forget_tombstones(session, feed, SNAPSHOT_ABOVE)
        repository.remove(session, skus)


def _bodies(rows: Sequence[Product] | Sequence[Price]) -> dict[str, str | None]:
    return {row.sku: canonical(_plain(row)) for row in rows}


def _plain(row: Message) -> dict[str, object]:
    return row.model_dump(mode="json", exclude_none=True)


def _parts(rows: list[Row]) -> Iterator[list[Row]]:
    for start in range(0, len(rows), ROWS_A_TRANSACTION):
        yield rows[start : start + ROWS_A_TRANSACTION]
