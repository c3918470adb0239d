"""What can be sold and for how much: looked up by code here, changed only by what comes down from the hub."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, delete, func, select

from contract import feeds
from edge.db.tables import FeedCursor, Price, Product, ProductCode, table_of
from edge.db.unit_of_work import Database, Reader, UnitOfWork
from edge.domain.basket import Article, EnteredCode
from edge.domain.errors import NoPrice, PriceIsZero, UnknownCode
from edge.services.shop import Shop

FEEDS = ("catalogue", "prices")

_FIND = """
SELECT product.sku, product.names, product.tax_group, product.tax_rate_bp,
       price.amount_minor, price.is_free, price.version
FROM product LEFT JOIN price ON price.sku = product.sku AND price.currency = :currency
WHERE product.sku = coalesce(
    (SELECT sku FROM product_code WHERE code = :gtin), (SELECT sku FROM product_code WHERE code = :code), :code)
"""
_QUICK = """
SELECT product.sku, product.names, price.amount_minor, product.category
FROM product JOIN price ON price.sku = product.sku AND price.currency = ?
WHERE product.is_quick AND (price.amount_minor > 0 OR price.is_free) ORDER BY product.sku LIMIT ?
"""
_CURSOR = select(col(FeedCursor.version)).where(col(FeedCursor.feed) == bindparam("feed"))


@dataclass(frozen=True, slots=True)
class QuickProduct:
    """A product with a key of its own on the counter's screen."""

    sku: str
    name: str
    amount_minor: int
    category: str


def find(reader: Reader, entered: EnteredCode, currency: str, language: str) -> Article:
    """What a code costs now. Raises UnknownCode, NoPrice or PriceIsZero."""
    gtin = feeds.gtin14(entered.code)
    code = {"gtin": gtin, "code": entered.code, "currency": currency}
    row = reader.sql(_FIND, code).fetchone()
    if row is None:
        raise UnknownCode(code=entered.code)
    sku, names, tax_group, tax_rate_bp, amount_minor, is_free, version = row
    name = name_in(json.loads(names), language, sku)
    if amount_minor is None:
        raise NoPrice(name=name, sku=sku, currency=currency)
    if amount_minor == 0 and not is_free:
        raise PriceIsZero(name=name, sku=sku)
    return Article(
        sku=sku,
        name=name,
        unit_price_minor=amount_minor,
        tax_group=tax_group,
        tax_rate_bp=tax_rate_bp,
        gtin=gtin if sku != entered.code else "",
        price_version=version,
    )


def name_in(names: dict[str, str], language: str, otherwise: str) -> str:
    """The name in the language, or in any that there is."""
    return names.get(language) or next(iter(names.values()), otherwise)


def name_of(reader: Reader, sku: str, language: str) -> str:
    """A product's name, its SKU where the catalogue no longer knows it."""
    found = reader.sql("SELECT names FROM product WHERE sku = ?", (sku,)).fetchone()
    return name_in(json.loads(found[0]), language, sku) if found else sku


def quick_products(shop: Shop, limit: int = 24) -> list[QuickProduct]:
    with shop.read() as reader:
        found = reader.sql(_QUICK, (shop.settings.currency, limit)).fetchall()
    language = shop.settings.language
    return [
        QuickProduct(sku, name_in(json.loads(names), language, sku), amount, category)
        for sku, names, amount, category in found
    ]


def cursor(reader: Reader, feed: str) -> int:
    """How far the feed has come, 0 before anything came."""
    return int(reader.scalar(_CURSOR, feed=feed) or 0)


def cursors(database: Database) -> dict[str, int]:
    with database.read() as reader:
        return {feed: cursor(reader, feed) for feed in FEEDS}


def apply(database: Database, ops: feeds.Ops) -> bool:
    """Applies a pull's answer and moves the cursor, in one transaction.

    False, and nothing is touched, where the answer does not continue from the cursor: it is a repeat or late.
    Raises ValueError for an operation that is not of the feed; nothing of the answer stays then.
    """
    with _fitting(), database.write() as unit:
        if ops.after != cursor(unit, ops.feed):
            return False
        if ops.repaired_buckets is not None:
            _clear_buckets(unit, ops.feed, frozenset(ops.repaired_buckets))
        _apply_operations(unit, ops.feed, ops.operations)
        _set_cursor(unit, ops.feed, ops.through)
    return True


def load_snapshot(database: Database, feed: str, version: int, path: Path) -> int:
    """Replaces the whole feed by the rows of a verified, unpacked snapshot file; gives how many there are.

    Raises ValueError for rows that are not of the feed; what was there before stays then.
    """
    with _fitting(), database.attached(path, "snapshot") as unit:
        for statement in _LOAD[feed]:
            unit.sql(statement)
        _set_cursor(unit, feed, version)
        return int(unit.scalar(select(func.count()).select_from(table_of(_model_of(feed)))))


def digest(database: Database, feed: str) -> str:
    """The feed's bucket digests, joined as `feeds.Pull.digest` wants them."""
    table = table_of(_model_of(feed))
    with database.read() as reader:
        rows = reader.rows(select(table.c.key, table.c.version, table.c.body))
    return "".join(feeds.digests([(row[0], row[1], row[2]) for row in rows]))


@contextmanager
def _fitting() -> Iterator[None]:
    """What the disk refuses has left as Broken by now: what SQLite still refuses is the content."""
    try:
        yield
    except (sqlite3.Error, DBAPIError, OverflowError) as error:
        why = error.orig if isinstance(error, DBAPIError) else error
        raise ValueError(f"expected rows that fit the box's tables, got {why}") from error


def _model_of(feed: str) -> type[Product | Price]:
    return Product if feed == "catalogue" else Price


def _apply_operations(unit: UnitOfWork, feed: str, operations: Iterable[feeds.Operation]) -> None:
    latest = {operation.key: operation for operation in operations}
    _delete_keys(unit, feed, list(latest))
    rows = [
        (operation, operation.value) for operation in latest.values() if operation.value is not None
    ]
    if feed == "catalogue":
        _insert_products(unit, rows)
    else:
        unit.insert(Price, [_price_row(operation, value) for operation, value in rows])


def _insert_products(unit: UnitOfWork, rows: list[tuple[feeds.Operation, dict[str, Any]]]) -> None:
    products = [feeds.Product.model_validate(value) for _, value in rows]
    unit.insert(
        Product,
        [
            _product_row(operation, value, product)
            for (operation, value), product in zip(rows, products, strict=True)
        ],
    )
    codes = {
        feeds.gtin14(gtin) or gtin: product.sku for product in products for gtin in product.gtins
    }
    _delete_in(unit, ProductCode, "code", list(codes))
    unit.insert(ProductCode, [{"code": code, "sku": sku} for code, sku in codes.items()])


def _product_row(
    operation: feeds.Operation, value: dict[str, Any], product: feeds.Product
) -> dict[str, Any]:
    return {
        "key": operation.key,
        "version": operation.version,
        "body": feeds.canonical(value),
        "sku": product.sku,
        "names": json.dumps(product.names, ensure_ascii=False),
        "tax_group": product.tax_group,
        "tax_rate_bp": product.tax_rate_bp,
        "unit": product.unit,
        "category": product.category,
        "is_quick": product.is_quick,
    }


def _price_row(operation: feeds.Operation, value: dict[str, Any]) -> dict[str, Any]:
    price = feeds.Price.model_validate(value)
    return {
        "key": operation.key,
        "version": operation.version,
        "body": feeds.canonical(value),
        "sku": price.sku,
        "currency": price.currency,
        "amount_minor": price.amount_minor,
        "is_free": price.is_free,
    }


def _delete_keys(unit: UnitOfWork, feed: str, keys: list[str]) -> None:
    if feed == "catalogue":
        unit.sql(
            "DELETE FROM product_code WHERE sku IN"
            " (SELECT sku FROM product WHERE key IN (SELECT value FROM json_each(?)))",
            (json.dumps(keys),),
        )
    _delete_in(unit, _model_of(feed), "key", keys)


def _delete_in(unit: UnitOfWork, model: type[Any], column: str, values: list[str]) -> None:
    for start in range(0, len(values), 500):
        named = table_of(model).c[column].in_(values[start : start + 500])
        unit.execute(delete(model).where(named))


def _clear_buckets(unit: UnitOfWork, feed: str, buckets: frozenset[int]) -> None:
    keys = unit.rows(select(table_of(_model_of(feed)).c.key))
    _delete_keys(unit, feed, [row[0] for row in keys if feeds.bucket_of(row[0]) in buckets])


def _set_cursor(unit: UnitOfWork, feed: str, version: int) -> None:
    unit.sql(
        "INSERT INTO feed_cursor (feed, version) VALUES (?, ?)"
        " ON CONFLICT (feed) DO UPDATE SET version = excluded.version",
        (feed, version),
    )


# A snapshot's `body` is canonical already. GTINs are padded to 14 digits as in `gtin14`.
_LOAD = {
    "catalogue": (
        "DELETE FROM product_code",
        "DELETE FROM product",
        """INSERT INTO product (key, version, body, sku, names, tax_group, tax_rate_bp, unit, category, is_quick)
           SELECT key, version, body, body ->> 'sku', body -> 'names', body ->> 'tax_group',
                  body ->> 'tax_rate_bp', coalesce(body ->> 'unit', 'ea'), coalesce(body ->> 'category', ''),
                  coalesce(body ->> 'is_quick', 0)
           FROM snapshot.row""",
        """INSERT OR REPLACE INTO product_code (code, sku)
           SELECT CASE WHEN length(value) IN (8, 12, 13, 14) AND value NOT GLOB '*[^0-9]*'
                       THEN substr('00000000000000' || value, -14) ELSE value END, body ->> 'sku'
           FROM snapshot.row, json_each(coalesce(body -> 'gtins', '[]'))""",
    ),
    "prices": (
        "DELETE FROM price",
        """INSERT INTO price (key, version, body, sku, currency, amount_minor, is_free)
           SELECT key, version, body, body ->> 'sku', body ->> 'currency', body ->> 'amount_minor',
                  coalesce(body ->> 'is_free', 0)
           FROM snapshot.row""",
    ),
}
