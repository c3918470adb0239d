"""Completed sales, read back from the database as the facts that they are."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam
from sqlmodel import col

from contract.sales import SaleCompleted
from edge.db import tables
from edge.db.tables import rows_of
from edge.db.unit_of_work import Reader
from edge.domain.errors import NotFound
from edge.domain.sale import Sold
from edge.services import receipts
from edge.services.shop import Shop

if TYPE_CHECKING:
    from edge.db.member_tables import MemberVisit

_SALE = rows_of(tables.Sale).where(col(tables.Sale.sale_id) == bindparam("sale_id"))
_NEWEST = rows_of(tables.Sale).order_by(col(tables.Sale.sale_id).desc()).limit(bindparam("limit"))
_LINES = (
    rows_of(tables.SaleLine)
    .where(col(tables.SaleLine.sale_id) == bindparam("sale_id"))
    .order_by(col(tables.SaleLine.line))
)
_TAX = (
    rows_of(tables.SaleTax)
    .where(col(tables.SaleTax.sale_id) == bindparam("sale_id"))
    .order_by(col(tables.SaleTax.tax_group))
)
# Ids only grow (`Work.new_id`): the greatest is the newest.
_LAST_ID = """
SELECT max(id) FROM (SELECT max(sale_id) AS id FROM sale UNION ALL SELECT max(return_id) FROM goods_return)
"""
_TENDERS = (
    rows_of(tables.SaleTender)
    .where(col(tables.SaleTender.sale_id) == bindparam("sale_id"))
    .order_by(col(tables.SaleTender.position))
)


def get(shop: Shop, sale_id: str) -> dict[str, Any]:
    """A sale with its lines, tax and tenders as plain values. Raises NotFound."""
    with shop.read() as reader:
        sale = reader.first(tables.Sale, _SALE, sale_id=sale_id)
        if sale is None:
            raise NotFound(what="sale", name=sale_id)
        return {
            **sale.model_dump(),
            "lines": _plain(reader, tables.SaleLine, _LINES, sale_id),
            "tax": _plain(reader, tables.SaleTax, _TAX, sale_id),
            "tenders": _plain(reader, tables.SaleTender, _TENDERS, sale_id),
        }


def newest(shop: Shop, limit: int = 50) -> list[tables.Sale]:
    with shop.read() as reader:
        return reader.all(tables.Sale, _NEWEST, limit=limit)


def last_id(shop: Shop) -> str | None:
    """The sale or the return that this workstation completed last: whose receipt is meant by "once more"."""
    with shop.read() as reader:
        found: str | None = reader.sql(_LAST_ID).fetchone()[0]
        return found


def newest_id(reader: Reader) -> str | None:
    found: str | None = reader.sql("SELECT max(sale_id) FROM sale").fetchone()[0]
    return found


def completed(reader: Reader, sale_id: str) -> SaleCompleted:
    """The sale as the fact that it was, without its stamp: what a receipt is made from. Raises NotFound."""
    sale = reader.first(tables.Sale, _SALE, sale_id=sale_id)
    if sale is None:
        raise NotFound(what="sale", name=sale_id)
    return SaleCompleted(
        **sale.model_dump(exclude={"completed_at"}),
        occurred_at=datetime.fromisoformat(sale.completed_at),
        hlc="",
        location_id="",
        workstation_id="",
        lines=tuple(_plain(reader, tables.SaleLine, _LINES, sale_id)),
        tax=tuple(_plain(reader, tables.SaleTax, _TAX, sale_id)),
        tenders=tuple(_plain(reader, tables.SaleTender, _TENDERS, sale_id)),
    )


def find_sold(reader: Reader, sale_id: str, edge_id: str) -> Sold | None:
    """The sale as its receipt tells it, None where this box did not sell it."""
    try:
        sale = completed(reader, sale_id)
    except NotFound:
        return None
    return receipts.sold_of(edge_id, sale)


def visit(reader: Reader, sale_id: str) -> MemberVisit | None:
    """Whose purchase it was, as it was known then."""
    from edge.db.member_tables import MemberVisit  # most sales are nobody's

    is_this = col(MemberVisit.sale_id) == bindparam("sale_id")
    return reader.first(MemberVisit, rows_of(MemberVisit).where(is_this), sale_id=sale_id)


def tenders_of(reader: Reader, sale_id: str) -> list[tables.SaleTender]:
    return reader.all(tables.SaleTender, _TENDERS, sale_id=sale_id)


def _plain(reader: Reader, model: Any, statement: Any, sale_id: str) -> list[dict[str, Any]]:
    return [
        row.model_dump(exclude={"sale_id"}) for row in reader.all(model, statement, sale_id=sale_id)
    ]
