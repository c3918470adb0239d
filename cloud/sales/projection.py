"""Rows of completed sales, returns and voided baskets."""

from __future__ import annotations

from cloud.projection import Origin, Projection, Row, row
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
from contract.sales import BasketVoided, ReturnCompleted, SaleCompleted


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


PROJECTIONS = (
    Projection(SaleCompleted, (Sale, SaleLineRow, SaleTax, SaleTender), sale_rows),
    Projection(ReturnCompleted, (Return, ReturnLineRow, ReturnTender), return_rows),
    Projection(BasketVoided, (VoidedBasket,), voided_rows),
)
