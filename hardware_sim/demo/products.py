"""The demo's products, read from the list beside this file into what the hub's catalogue takes."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

STANDARD_RATE_BP = 1000  # Korean VAT, 10 %
OPENING_QUANTITY = 40


@dataclass(frozen=True)
class Product:
    """One row of products.toml; `price_minor` includes tax."""

    sku: str
    gtin: str
    names: dict[str, str]
    category: str
    price_minor: int
    is_quick: bool = False
    is_exempt: bool = False


def products() -> list[Product]:
    text = resources.files(__package__).joinpath("products.toml").read_text(encoding="utf-8")
    return [Product(**row) for row in tomllib.loads(text)["product"]]


def catalogue(items: list[Product], currency: str = "KRW") -> dict[str, Any]:
    """The body of the hub's PUT /api/catalogue."""
    return {
        "products": [as_product(item) for item in items],
        "prices": [
            {"sku": item.sku, "currency": currency, "amount_minor": item.price_minor}
            for item in items
        ],
    }


def as_product(item: Product) -> dict[str, Any]:
    return {
        "sku": item.sku,
        "gtins": [item.gtin],
        "names": item.names,
        "tax_group": "exempt" if item.is_exempt else "standard",
        "tax_rate_bp": 0 if item.is_exempt else STANDARD_RATE_BP,
        "category": item.category,
        "is_quick": item.is_quick,
    }


def opening_stock(items: Sequence[Product]) -> dict[str, Any]:
    """The body of the box's POST /api/stock/moves: the shelves as they are on the first morning."""
    return {
        "reason": "opening",
        "moves": [{"sku": item.sku, "quantity": OPENING_QUANTITY} for item in items],
    }
