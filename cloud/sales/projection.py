"""Rows of completed sales, returns and voided baskets."""

from __future__ import annotations

from sqlmodel import SQLModel

from cloud.projection import Origin, Projection, shared
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


def sale_rows(origin: Origin, sale: SaleCompleted) -> list[SQLModel]:
    head = Sale(edge_id=origin.edge_id, uid=origin.uid, seq=origin.seq, **shared(sale, Sale))
    lines = (SaleLineRow(sale_id=sale.sale_id, **shared(line, SaleLineRow)) for line in sale.lines)
    taxes = (SaleTax(sale_id=sale.sale_id, **shared(tax, SaleTax)) for tax in sale.tax)
    tenders = (
        SaleTender(sale_id=sale.sale_id, number=number, **shared(tender, SaleTender))
        for number, tender in enumerate(sale.tenders, 1)
    )
    return [head, *lines, *taxes, *tenders]


def return_rows(origin: Origin, back: ReturnCompleted) -> list[SQLModel]:
    head = Return(edge_id=origin.edge_id, uid=origin.uid, seq=origin.seq, **shared(back, Return))
    lines = (
        ReturnLineRow(return_id=back.return_id, **shared(line, ReturnLineRow))
        for line in back.lines
    )
    tenders = (
        ReturnTender(return_id=back.return_id, number=number, **shared(tender, ReturnTender))
        for number, tender in enumerate(back.tenders, 1)
    )
    return [head, *lines, *tenders]


def voided_rows(origin: Origin, voided: BasketVoided) -> list[SQLModel]:
    return [VoidedBasket(edge_id=origin.edge_id, **shared(voided, VoidedBasket))]


PROJECTIONS = (
    Projection(SaleCompleted, (Sale, SaleLineRow, SaleTax, SaleTender), sale_rows),
    Projection(ReturnCompleted, (Return, ReturnLineRow, ReturnTender), return_rows),
    Projection(BasketVoided, (VoidedBasket,), voided_rows),
)
