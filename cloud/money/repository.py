"""All SQL of money."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from cloud.money.derivation import (
    Difference,
    ShiftFacts,
    Sold,
    TaxSum,
    TenderSum,
    compare,
    derive,
    net_tax,
    sum_tenders,
)
from cloud.money.tables import CashMove, ShiftClosing, ShiftComparison, ShiftOpening
from cloud.sales.tables import Return, ReturnLineRow, ReturnTender, Sale, SaleTax, SaleTender

OF_THE_REPORT = frozenset(derive(ShiftFacts(0, 0)))


def compare_shifts(
    session: Session, shift_ids: Iterable[str]
) -> list[tuple[ShiftClosing, list[Difference]]]:
    """Derives the Z report of each closed shift anew; gives those that differ in something new."""
    closings = (session.get(ShiftClosing, shift_id) for shift_id in sorted(set(shift_ids)))
    found = ((closing, _compare_one(session, closing)) for closing in closings if closing)
    return [(closing, differences) for closing, differences in found if differences]


def _compare_one(session: Session, closing: ShiftClosing) -> list[Difference]:
    """The differences, or none where they are the ones that are known already."""
    reported = {k: v for k, v in json.loads(closing.reported).items() if k in OF_THE_REPORT}
    derived = derive(facts_of(session, closing, reported))
    differences = compare(reported, derived)
    known = session.get(ShiftComparison, closing.shift_id)
    row = ShiftComparison(
        shift_id=closing.shift_id,
        derived=json.dumps(derived),
        differences=json.dumps([difference._asdict() for difference in differences]),
        difference_count=len(differences),
    )
    is_known = known is not None and known.differences == row.differences
    session.merge(row)
    return [] if is_known else differences


def facts_of(session: Session, closing: ShiftClosing, reported: dict[str, int]) -> ShiftFacts:
    """`counted_cash_minor` is a person's count: there is no second source to derive it from."""
    shift_id = closing.shift_id
    opening = session.get(ShiftOpening, shift_id)
    cash = dict(
        session.exec(
            select(CashMove.direction, func.sum(CashMove.amount_minor))
            .where(CashMove.shift_id == shift_id)
            .group_by(CashMove.direction)
        ).all()
    )
    return ShiftFacts(
        float_minor=opening.float_minor if opening else 0,
        counted_cash_minor=reported["counted_cash_minor"],
        sales=_sold(session, shift_id),
        returns=_returned(session, shift_id),
        tax=net_tax(_sold_tax(session, shift_id), _returned_tax(session, shift_id)),
        tenders=_tenders(session, shift_id),
        refunds=_refunds(session, shift_id),
        cash_in_minor=int(cash.get("in", 0)),
        cash_out_minor=int(cash.get("out", 0)),
    )


def _sold(session: Session, shift_id: str) -> list[Sold]:
    query = select(
        Sale.receipt_number, Sale.total_minor, Sale.discount_minor, Sale.rounding_minor
    ).where(Sale.shift_id == shift_id)
    return [Sold(*row) for row in session.exec(query)]


def _returned(session: Session, shift_id: str) -> list[Sold]:
    query = select(
        Return.receipt_number, Return.total_minor, sa.literal(0), Return.rounding_minor
    ).where(Return.shift_id == shift_id)
    return [Sold(*row) for row in session.exec(query)]


def _sold_tax(session: Session, shift_id: str) -> list[TaxSum]:
    query = (
        select(SaleTax.tax_group, SaleTax.rate_bp, SaleTax.gross_minor, SaleTax.tax_minor)
        .join(Sale, col(Sale.sale_id) == SaleTax.sale_id)
        .where(Sale.shift_id == shift_id)
    )
    return [TaxSum(*row) for row in session.exec(query)]


def _returned_tax(session: Session, shift_id: str) -> list[TaxSum]:
    """At the rate of the line that comes back: its sale may have a group at two rates, and may not be here yet."""
    query = (
        select(
            ReturnLineRow.tax_group,
            ReturnLineRow.rate_bp,
            ReturnLineRow.amount_minor,
            ReturnLineRow.tax_minor,
        )
        .join(Return, col(Return.return_id) == ReturnLineRow.return_id)
        .where(Return.shift_id == shift_id)
    )
    return [TaxSum(*row) for row in session.exec(query)]


def _tenders(session: Session, shift_id: str) -> list[TenderSum]:
    query = (
        select(SaleTender.kind, SaleTender.amount_minor)
        .join(Sale, col(Sale.sale_id) == SaleTender.sale_id)
        .where(Sale.shift_id == shift_id)
    )
    return sum_tenders(session.exec(query).all())


def _refunds(session: Session, shift_id: str) -> list[TenderSum]:
    query = (
        select(ReturnTender.kind, ReturnTender.amount_minor)
        .join(Return, col(Return.return_id) == ReturnTender.return_id)
        .where(Return.shift_id == shift_id)
    )
    return sum_tenders(session.exec(query).all())


def shifts(
    session: Session, limit: int, edge_id: str = ""
) -> Sequence[tuple[ShiftOpening | None, ShiftClosing | None, ShiftComparison | None]]:
    """Newest first; an open shift has no closing, and one whose opening was lost has no opening."""
    query = (
        select(ShiftOpening, ShiftClosing, ShiftComparison)
        .join(ShiftClosing, col(ShiftClosing.shift_id) == ShiftOpening.shift_id, isouter=True)
        .join(ShiftComparison, col(ShiftComparison.shift_id) == ShiftOpening.shift_id, isouter=True)
        .order_by(col(ShiftOpening.occurred_at).desc())
        .limit(limit)
    )
    if edge_id:
        query = query.where(ShiftOpening.edge_id == edge_id)
    return list(session.exec(query).all())


def open_at(session: Session) -> frozenset[str]:
    """The boxes whose newest shift is open."""
    newest = (
        select(ShiftOpening.edge_id, func.max(ShiftOpening.number).label("number"))
        .group_by(ShiftOpening.edge_id)
        .subquery()
    )
    query = (
        select(ShiftOpening.edge_id)
        .join(
            newest,
            (newest.c.edge_id == ShiftOpening.edge_id) & (newest.c.number == ShiftOpening.number),
        )
        .join(ShiftClosing, col(ShiftClosing.shift_id) == ShiftOpening.shift_id, isouter=True)
        .where(col(ShiftClosing.shift_id).is_(None))
    )
    return frozenset(session.exec(query).all())


def shift(
    session: Session, shift_id: str
) -> tuple[ShiftOpening | None, ShiftClosing | None, ShiftComparison | None]:
    return (
        session.get(ShiftOpening, shift_id),
        session.get(ShiftClosing, shift_id),
        session.get(ShiftComparison, shift_id),
    )
