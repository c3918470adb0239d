"""What can be sold and for how much: looked up by code here, changed only by what comes down from the hub."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlmodel import delete, select

from contract import feeds as contract
from contract.feeds import Operation, Ops, canonical, gtin14
from edge.db.tables import Price, Product, ProductCode, table_of
from edge.db.unit_of_work import Database, Reader, UnitOfWork
from edge.domain.basket import Article, EnteredCode
from edge.domain.errors import NoPrice, PriceIsZero, UnknownCode
from edge.services import feeds
from edge.services.shop import Shop, Work

FEEDS = ("catalogue", "prices")

# A condition on `product`: the one that a GTIN, any other code of it, or its SKU names.
IS_NAMED: Final = """product.sku = coalesce(
    (SELECT sku FROM product_code WHERE code = :gtin), (SELECT sku FROM product_code WHERE code = :code), :code)"""
# Its condition on the lot is that of the index `stock_move_lot`: 2 µs where no lot of the product was ever known.
HAS_LOTS: Final = """EXISTS (
    SELECT 1 FROM stock_move WHERE (expiry <> '' OR lot <> '') AND stock_move.sku = product.sku)"""
_FIND = f"""
SELECT product.sku, product.names, product.names ->> :language, product.tax_group, product.tax_rate_bp,
       price.amount_minor, price.is_free, price.version, {HAS_LOTS}
FROM product LEFT JOIN price ON price.sku = product.sku AND price.currency = :currency
WHERE {IS_NAMED}
"""  # noqa: S608 - our own words
_QUICK = """
SELECT product.sku, product.names, price.amount_minor, product.category
FROM product JOIN price ON price.sku = product.sku AND price.currency = ?
WHERE product.is_quick AND (price.amount_minor > 0 OR price.is_free) ORDER BY product.sku LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class QuickProduct:
    """A product with a key of its own on the counter's screen."""

    sku: str
    name: str
    amount_minor: int
    category: str


class Found(NamedTuple):
    """`has_lots`: some piece of it has come with a lot or a use-by date before."""

    article: Article
    has_lots: bool


def find(reader: Reader, entered: EnteredCode, currency: str, language: str) -> Found:
    """What a code costs now. Raises UnknownCode, NoPrice or PriceIsZero."""
    gtin = gtin14(entered.code)
    code = {"gtin": gtin, "code": entered.code, "currency": currency, "language": language}
    row = reader.sql(_FIND, code).fetchone()
    if row is None:
        raise UnknownCode(code=entered.code)
    sku, names, name, tax_group, tax_rate_bp, amount_minor, is_free, version, has_lots = row
    name = name or name_in(json.loads(names), language, sku)
    if amount_minor is None:
        raise NoPrice(name=name, sku=sku, currency=currency)
    if amount_minor == 0 and not is_free:
        raise PriceIsZero(name=name, sku=sku)
    article = Article(
        sku=sku,
        name=name,
        unit_price_minor=amount_minor,
        tax_group=tax_group,
        tax_rate_bp=tax_rate_bp,
        gtin=gtin if sku != entered.code else "",
        price_version=version,
    )
    return Found(article, bool(has_lots))


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


def cursors(database: Database) -> dict[str, int]:
    """How far the two feeds have come, 0 before anything came."""
    with database.read() as reader:
        return {feed: feeds.cursor(reader, feed) for feed in FEEDS}


def apply(database: Database, ops: Ops) -> bool:
    """One answer of either feed in a transaction of its own; False where it does not continue from the cursor."""
    with feeds.fitting(), database.write() as unit:
        return feeds.apply(unit, STORES[ops.feed], ops) is not None


@dataclass(frozen=True, slots=True)
class TableStore:
    """An `edge.services.feeds.Store` of products or of prices: rows with columns to be looked into."""

    model: type[Product | Price]
    insert: Callable[[UnitOfWork, list[Operation]], None]
    loading: tuple[str, ...]

    def rows(self, reader: Reader) -> list[feeds.Row]:
        table = table_of(self.model)
        found = reader.rows(select(table.c.key, table.c.version, table.c.body))
        return [(row[0], row[1], row[2]) for row in found]

    def replace(self, unit: UnitOfWork, operations: Mapping[str, Operation]) -> None:
        if self.model is Product:
            _forget_codes(unit, list(operations))
        _delete_in(unit, self.model, "key", list(operations))
        self.insert(unit, [it for it in operations.values() if it.value is not None])

    def load(self, unit: UnitOfWork) -> None:
        for statement in self.loading:
            unit.sql(statement)

    def taken(self, work: Work, keys: frozenset[str] | None) -> None:
        """Nothing follows: what is in a basket keeps the price it was rung up at."""


def _forget_codes(unit: UnitOfWork, keys: list[str]) -> None:
    unit.sql(
        "DELETE FROM product_code WHERE sku IN"
        " (SELECT sku FROM product WHERE key IN (SELECT value FROM json_each(?)))",
        (json.dumps(keys),),
    )


def _insert_products(unit: UnitOfWork, operations: list[Operation]) -> None:
    products = [contract.Product.model_validate(it.value) for it in operations]
    unit.insert(
        Product,
        [_product_row(*pair) for pair in zip(operations, products, strict=True)],
    )
    codes = {gtin14(gtin) or gtin: product.sku for product in products for gtin in product.gtins}
    _delete_in(unit, ProductCode, "code", list(codes))
    unit.insert(ProductCode, [{"code": code, "sku": sku} for code, sku in codes.items()])


def _product_row(operation: Operation, product: contract.Product) -> dict[str, Any]:
    return {
        "key": operation.key,
        "version": operation.version,
        "body": canonical(operation.value or {}),
        "sku": product.sku,
        "names": json.dumps(product.names, ensure_ascii=False),
        "tax_group": product.tax_group,
        "tax_rate_bp": product.tax_rate_bp,
        "unit": product.unit,
        "category": product.category,
        "is_quick": product.is_quick,
    }


def _insert_prices(unit: UnitOfWork, operations: list[Operation]) -> None:
    unit.insert(Price, [_price_row(operation) for operation in operations])


def _price_row(operation: Operation) -> dict[str, Any]:
    price = contract.Price.model_validate(operation.value)
    return {
        "key": operation.key,
        "version": operation.version,
        "body": canonical(operation.value or {}),
        "sku": price.sku,
        "currency": price.currency,
        "amount_minor": price.amount_minor,
        "is_free": price.is_free,
    }


def _delete_in(unit: UnitOfWork, model: type[Any], column: str, values: list[str]) -> None:
    for start in range(0, len(values), 500):
        named = table_of(model).c[column].in_(values[start : start + 500])
        unit.execute(delete(model).where(named))


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
STORES: Final[Mapping[str, TableStore]] = {
    "catalogue": TableStore(Product, _insert_products, _LOAD["catalogue"]),
    "prices": TableStore(Price, _insert_prices, _LOAD["prices"]),
}
