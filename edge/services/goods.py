"""Products as the stock desk asks for them: by a code that was scanned, and by how long they keep."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final, NamedTuple

from contract.feeds import gtin14
from edge.db.unit_of_work import Reader
from edge.domain.errors import UnknownCode
from edge.services.catalogue import HAS_LOTS, IS_NAMED

_FIND: Final = f"SELECT product.sku, product.names, {HAS_LOTS} FROM product WHERE {IS_NAMED}"  # noqa: S608 - our own words
_NAMES: Final = "SELECT sku, names FROM product WHERE sku IN (SELECT value FROM json_each(?))"
_NEAR: Final = """
SELECT sku, lot, expiry, sum(quantity) FROM (
    SELECT sku, lot, expiry, quantity FROM stock_move WHERE expiry <> '' AND expiry <= :until
    UNION ALL
    SELECT sku, lot, expiry, -quantity FROM set_aside WHERE expiry <> '' AND expiry <= :until)
GROUP BY sku, lot, expiry HAVING sum(quantity) > 0 ORDER BY expiry, sku, lot LIMIT :limit
"""

Names = tuple[tuple[str, str], ...]


class Goods(NamedTuple):
    """`names` by language; `has_lots`: some piece of it has come with a lot or a use-by date before."""

    sku: str
    names: Names
    has_lots: bool


class Dated(NamedTuple):
    """Free pieces of one lot whose use-by date is near or over."""

    sku: str
    lot: str
    expiry: str
    quantity: int


def find(reader: Reader, code: str) -> Goods:
    """Whatever it costs, also where it has no price. Raises UnknownCode."""
    row = reader.sql(_FIND, {"gtin": gtin14(code), "code": code}).fetchone()
    if row is None:
        raise UnknownCode(code=code)
    sku, names, has_lots = row
    return Goods(sku, _named(names, sku), bool(has_lots))


def names(reader: Reader, skus: Iterable[str]) -> dict[str, Names]:
    """Of those that the catalogue knows."""
    found = reader.sql(_NAMES, (json.dumps(list(skus)),))
    return {sku: _named(names, sku) for sku, names in found}


def near_use_by(reader: Reader, until: str, limit: int) -> list[Dated]:
    """Lots to be gone by that day, the first to expire first; what is set aside is somebody's and not among them."""
    return [Dated(*row) for row in reader.sql(_NEAR, {"until": until, "limit": limit})]


def _named(names: str, sku: str) -> Names:
    return tuple(json.loads(names).items()) or (("", sku),)
