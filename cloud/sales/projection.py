"""Rows of completed sales, returns and voided baskets; an alarm where more came back than was sold."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from cloud.ingest.quarantine import raise_alarm
from cloud.projection import Origin, Projection, Row, row
from cloud.sales import repository
from cloud.sales.tables import (
    Return,
    ReturnLineRow,
    ReturnTender,
    Sale,
    SaleLineRow,
    SaleTax,
    SaleTender,
    VoidedBasket,
)
from contract.envelope import FactBody
from contract.sales import BasketVoided, ReturnCompleted, SaleCompleted

OVER_RETURNED = "sales.over_returned"


def sale_rows(origin: Origin, sale: SaleCompleted) -> list[Row]:
    own = {"sale_id": sale.sale_id}
    head = row(Sale, sale, edge_id=origin.edge_id, uid=origin.uid, seq=origin.seq)
    lines = (row(SaleLineRow, line, **own) for line in sale.lines)
    taxes = (row(SaleTax, tax, **own) for tax in sale.tax)
    tenders = (
        row(SaleTender, tender, number=number, **own)
        for number, tender in enumerate(sale.tenders, 1)
    )
    return [head, *lines, *taxes, *tenders]


def return_rows(origin: Origin, back: ReturnCompleted) -> list[Row]:
    own = {"return_id": back.return_id}
    head = row(Return, back, edge_id=origin.edge_id, uid=origin.uid, seq=origin.seq)
    lines = (row(ReturnLineRow, line, **own) for line in back.lines)
    tenders = (
        row(ReturnTender, tender, number=number, **own)
        for number, tender in enumerate(back.tenders, 1)
    )
    return [head, *lines, *tenders]


def voided_rows(origin: Origin, voided: BasketVoided) -> list[Row]:
    return [row(VoidedBasket, voided, edge_id=origin.edge_id)]


def check_returns(session: Session, backs: Sequence[ReturnCompleted]) -> None:
    _check_returned(session, {back.original_sale_id for back in backs}, backs)


def check_sold(session: Session, sold: Sequence[SaleCompleted]) -> None:
    """A return may arrive before the sale that it gives back: the box that sold may be cut off."""
    _check_returned(session, {sale.sale_id for sale in sold}, sold)


def _check_returned(session: Session, sale_ids: set[str], facts: Sequence[FactBody]) -> None:
    """Two boxes that are both cut off cannot know of each other's returns: here they are seen together."""
    at = max(fact.occurred_at for fact in facts)
    for line in repository.over_returned(session, sale_ids):
        detail = (
            f"Expected at most {line.sold} pieces of line {line.line} of sale {line.sale_id} back, "
        )
        raise_alarm(session, line.edge_id, OVER_RETURNED, f"{detail}got {line.returned}.", at)


PROJECTIONS = (
    Projection(SaleCompleted, (Sale, SaleLineRow, SaleTax, SaleTender), sale_rows, check_sold),
    Projection(ReturnCompleted, (Return, ReturnLineRow, ReturnTender), return_rows, check_returns),
    Projection(BasketVoided, (VoidedBasket,), voided_rows),
)
