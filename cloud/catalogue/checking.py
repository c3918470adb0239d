"""What is wrong with a change of the catalogue, found before the first row is written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from cloud.errors import CatalogueError
from contract.feeds import Price, Product, gtin14
from contract.text import is_plain

HIGHEST_PRICE_MINOR = 1_000_000_000_000  # a thousand pieces of it still fit into 64 bits


class CatalogueChange(BaseModel):
    """`removed` are the keys of products that are no longer sold; their prices go with them."""

    model_config = ConfigDict(extra="forbid")

    products: list[Product] = []
    prices: list[Price] = []
    removed: list[str] = []


class Listed(NamedTuple):
    """What a product shares with others: its codes and its tax group."""

    sku: str
    gtins: str
    tax_group: str
    tax_rate_bp: int


def check(change: CatalogueChange) -> None:
    """What the change says by itself. Raises CatalogueError."""
    rows: list[Product | Price] = [*change.products, *change.prices]
    for row in rows:
        _check_text(row.sku, row.model_dump())
    for sku in change.removed:
        _check_text(sku, sku)
    for product in change.products:
        _check_gtins(product)
    for price in change.prices:
        _check_price(price)
    both = {product.sku for product in change.products} & set(change.removed)
    if both:
        raise CatalogueError(detail=f"expected {min(both)} to be either sold or removed, got both")


def check_together(change: CatalogueChange, listed: Iterable[Listed]) -> None:
    """What the catalogue would say after the change, of which `listed` is the stand before. Raises CatalogueError.

    Boxes would sell one of two products under one code, each perhaps another; a tax group with two rates gives
    receipts that name it twice.
    """
    changed = {product.sku: product for product in change.products}
    gone = {*changed, *change.removed}
    after = [it for it in listed if it.sku not in gone] + [_listed(it) for it in changed.values()]
    _check_codes(after)
    _check_rates(after)


def _check_text(sku: str, value: object, place: str = "sku") -> None:
    for where, text in _texts(value, place):
        if not is_plain(text):
            detail = f"expected text without control characters in {where} of {sku!r}, got {text!r}"
            raise CatalogueError(detail=detail)


def _texts(value: object, place: str) -> Iterator[tuple[str, str]]:
    """Every text in `value`, also what a newer contract than ours has there, each with its place."""
    match value:
        case str():
            yield place, value
        case dict():
            for name, part in value.items():
                yield "a name", name
                yield from _texts(part, name)
        case list() | tuple():
            for part in value:
                yield from _texts(part, place)


def _check_gtins(product: Product) -> None:
    """A till's scanner takes such a code for a misread one. Of another length or with letters it is the shop's own."""
    for code in product.gtins:
        if gtin14(code) and code[-1] != check_digit(code[:-1]):
            wanted = check_digit(code[:-1])
            detail = f"expected a GTIN with check digit {wanted} for {product.sku}, got {code}"
            raise CatalogueError(detail=detail)


def check_digit(payload: str) -> str:
    """Of a GTIN without its last digit (GS1 General Specifications 7.9); numbers for use in a shop alone have it too.

    >>> check_digit("950110153000"), check_digit("200001000020")
    ('3', '3')
    """
    weighted = sum(int(it) * (1 if at % 2 else 3) for at, it in enumerate(reversed(payload)))
    return str(-weighted % 10)


def _check_price(price: Price) -> None:
    if price.amount_minor > HIGHEST_PRICE_MINOR:
        detail = (
            f"expected a price of {price.sku} up to {HIGHEST_PRICE_MINOR}, got {price.amount_minor}"
        )
        raise CatalogueError(detail=detail)
    if price.amount_minor == 0 and not price.is_free:
        detail = (
            f"expected a price above zero for {price.sku}, got 0; "
            'a product given away says "is_free": true'
        )
        raise CatalogueError(detail=detail)


def _check_codes(listed: Iterable[Listed]) -> None:
    owners: dict[str, str] = {}
    for product in listed:
        for code in _codes(product):
            owner = owners.setdefault(code, product.sku)
            if owner != product.sku:
                detail = f"expected code {code} on one product, got it on {owner} and {product.sku}"
                raise CatalogueError(detail=detail)


def _check_rates(listed: Iterable[Listed]) -> None:
    first: dict[str, Listed] = {}
    for product in listed:
        known = first.setdefault(product.tax_group, product)
        if known.tax_rate_bp != product.tax_rate_bp:
            detail = (
                f"expected one rate in tax group {product.tax_group}, got {known.tax_rate_bp} basis points "
                f"for {known.sku} and {product.tax_rate_bp} for {product.sku}; "
                "a new rate is sent for all products of its group together"
            )
            raise CatalogueError(detail=detail)


def _codes(product: Listed) -> Iterator[str]:
    for code in json.loads(product.gtins):
        yield gtin14(code) or code


def _listed(product: Product) -> Listed:
    return Listed(product.sku, json.dumps(product.gtins), product.tax_group, product.tax_rate_bp)
