"""All SQL of sales and returns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, or_, select

from cloud.sales.tables import (
    Return,
    ReturnLineRow,
    Sale,
    SaleLineRow,
    SaleTax,
    SaleTender,
)


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list of sales shows; empty means all. `search` finds a receipt number, a cashier, a sku or a name."""

    edge_id: str = ""
    business_date: str = ""
    tender: str = ""
    search: str = ""


@dataclass(frozen=True, slots=True)
class WholeSale:
    sale: Sale
    lines: Sequence[SaleLineRow]
    tax: Sequence[SaleTax]
    tenders: Sequence[SaleTender]
    returns: Sequence[Return]


class OverReturned(NamedTuple):
    """`edge_id` is the box that sold the line."""

    edge_id: str
    sale_id: str
    line: int
    sold: int
    returned: int


def after(session: Session, edge_id: str, position: int, limit: int) -> Sequence[Sale]:
    """In the order of arrival."""
    query = select(Sale).where(col(Sale.position) > position).order_by(col(Sale.position))
    if edge_id:
        query = query.where(Sale.edge_id == edge_id)
    return session.exec(query.limit(limit)).all()


def returns_after(session: Session, position: int, limit: int) -> Sequence[Return]:
    query = select(Return).where(col(Return.position) > position).order_by(col(Return.position))
    return session.exec(query.limit(limit)).all()


def newest(session: Session, wanted: Filter, limit: int) -> Sequence[Sale]:
    """Newest first, by the boxes' clocks."""
    query = select(Sale).order_by(col(Sale.occurred_at).desc(), col(Sale.position).desc())
    if wanted.edge_id:
        query = query.where(Sale.edge_id == wanted.edge_id)
    if wanted.business_date:
        query = query.where(Sale.business_date == wanted.business_date)
    if wanted.tender:
        with_tender = select(SaleTender.sale_id).where(SaleTender.kind == wanted.tender)
        query = query.where(col(Sale.sale_id).in_(with_tender))
    if wanted.search:
        query = query.where(_found(wanted.search))
    return session.exec(query.limit(limit)).all()


def _found(text: str) -> ColumnElement[bool]:
    pattern = f"%{text.replace('%', '').replace('_', '').lower()}%"
    lines = select(SaleLineRow.sale_id).where(
        or_(
            func.lower(col(SaleLineRow.name)).like(pattern),
            func.lower(col(SaleLineRow.sku)).like(pattern),
            col(SaleLineRow.gtin) == text,
        )
    )
    found = [
        func.lower(col(Sale.cashier)).like(pattern),
        col(Sale.sale_id) == text,
        col(Sale.sale_id).in_(lines),
    ]
    if text.isdigit() and len(text) < 10:
        found.append(col(Sale.receipt_number) == int(text))
    return or_(*found)


def whole(session: Session, sale_id: str) -> WholeSale | None:
    sale = session.exec(select(Sale).where(Sale.sale_id == sale_id)).first()
    if sale is None:
        return None
    lines = select(SaleLineRow).where(SaleLineRow.sale_id == sale_id)
    tenders = select(SaleTender).where(SaleTender.sale_id == sale_id)
    return WholeSale(
        sale=sale,
        lines=session.exec(lines.order_by(col(SaleLineRow.line))).all(),
        tax=session.exec(select(SaleTax).where(SaleTax.sale_id == sale_id)).all(),
        tenders=session.exec(tenders.order_by(col(SaleTender.number))).all(),
        returns=session.exec(select(Return).where(Return.original_sale_id == sale_id)).all(),
    )


def over_returned(session: Session, sale_ids: Collection[str]) -> list[OverReturned]:
    """Lines of these sales of which more pieces have come back, to any boxes, than were sold."""
    returned = func.sum(ReturnLineRow.quantity)
    query = (
        sa.select(
            col(Sale.edge_id),
            col(Sale.sale_id),
            col(SaleLineRow.line),
            col(SaleLineRow.quantity),
            returned,
        )
        .select_from(ReturnLineRow)
        .join(Return, col(Return.return_id) == ReturnLineRow.return_id)
        .join(Sale, col(Sale.sale_id) == Return.original_sale_id)
        .join(
            SaleLineRow,
            (col(SaleLineRow.sale_id) == Sale.sale_id)
            & (col(SaleLineRow.line) == ReturnLineRow.original_line),
        )
        .where(col(Return.original_sale_id).in_(sale_ids))
        .group_by(
            col(Sale.edge_id), col(Sale.sale_id), col(SaleLineRow.line), col(SaleLineRow.quantity)
        )
        .having(returned > col(SaleLineRow.quantity))
        .order_by(col(Sale.sale_id), col(SaleLineRow.line))
    )
    return [OverReturned(*row) for row in session.connection().execute(query)]


def return_lines(session: Session, return_id: str) -> Sequence[ReturnLineRow]:
    return session.exec(select(ReturnLineRow).where(ReturnLineRow.return_id == return_id)).all()


def line_counts(session: Session, sale_ids: Sequence[str]) -> dict[str, int]:
    query = (
        select(SaleLineRow.sale_id, func.sum(SaleLineRow.quantity))
        .where(col(SaleLineRow.sale_id).in_(sale_ids))
        .group_by(SaleLineRow.sale_id)
    )
    return {sale_id: int(count) for sale_id, count in session.exec(query)}


def tender_kinds(session: Session, sale_ids: Sequence[str]) -> dict[str, list[str]]:
    query = select(SaleTender.sale_id, SaleTender.kind).where(col(SaleTender.sale_id).in_(sale_ids))
    kinds: dict[str, list[str]] = defaultdict(list)
    for sale_id, kind in session.exec(query):
        if kind not in kinds[sale_id]:
            kinds[sale_id].append(kind)
    return kinds


def business_dates(session: Session, limit: int) -> Sequence[str]:
    """Newest first."""
    query = select(Sale.business_date).distinct().order_by(col(Sale.business_date).desc())
    return session.exec(query.limit(limit)).all()


def totals_by_date(session: Session, edge_id: str, days: int) -> list[tuple[str, int, int]]:
    """(business date, sales, total) of the last `days` days with sales, oldest first."""
    query = (
        select(Sale.business_date, func.count(), func.sum(Sale.total_minor))
        .where(Sale.edge_id == edge_id)
        .group_by(Sale.business_date)
        .order_by(col(Sale.business_date).desc())
        .limit(days)
    )
    found = [(date, int(count), int(total)) for date, count, total in session.exec(query)]
    return found[::-1]
