"""The moment a basket becomes a sale: everything about it in the transaction that the caller has open."""

from __future__ import annotations

from typing import Any

from contract.sales import SaleCompleted, SaleLine, TaxGroupTotal, Tender
from edge.db import tables
from edge.domain.basket import Basket, Priced
from edge.services import drawers, printing
from edge.services.shop import OpenShift, Work


def complete(work: Work, shift: OpenShift, basket: Basket, priced: Priced) -> SaleCompleted:
    """Writes sale, lines, tenders, tax, stock moves, the receipt's print job and the fact for the hub."""
    sale = _fact(work, shift, basket, priced)
    _insert_sale(work, sale)
    _move_stock(work, sale)
    printing.queue_sale(work, sale)
    if any(tender.kind == "cash" for tender in sale.tenders):
        drawers.request(work, shift.shift_id, "sale")
    work.log(sale)
    return sale


def _fact(work: Work, shift: OpenShift, basket: Basket, priced: Priced) -> SaleCompleted:
    return SaleCompleted(
        **work.header(shift.business_date),
        sale_id=work.new_id(),
        receipt_number=work.unit.next_number("receipt"),
        shift_id=shift.shift_id,
        cashier=shift.cashier,
        currency=basket.currency,
        lines=tuple(
            SaleLine(
                line=number,
                sku=priced_line.line.article.sku,
                gtin=priced_line.line.article.gtin,
                name=priced_line.line.article.name,
                quantity=priced_line.line.quantity,
                unit_price_minor=priced_line.line.article.unit_price_minor,
                discount_minor=priced_line.discount_minor,
                amount_minor=priced_line.amount_minor,
                tax_group=priced_line.line.article.tax_group,
                tax_minor=priced_line.tax_minor,
                entry_method=priced_line.line.entry_method,
                price_version=priced_line.line.article.price_version,
                lot=priced_line.line.lot,
            )
            for number, priced_line in enumerate(priced.lines, 1)
        ),
        tax=tuple(TaxGroupTotal(**group._asdict()) for group in priced.tax),
        tenders=tuple(
            Tender(
                kind=tender.kind,
                amount_minor=tender.amount_minor,
                tendered_minor=tender.tendered_minor,
                change_minor=tender.change_minor,
                payment_id=tender.payment_id,
                masked_pan=tender.masked_pan,
                scheme=tender.scheme,
                auth_code=tender.auth_code,
            )
            for tender in basket.tenders
        ),
        discount_minor=priced.discount_minor,
        total_minor=priced.total_minor,
        rounding_minor=sum(tender.rounding_minor for tender in basket.tenders),
    )


def _insert_sale(work: Work, sale: SaleCompleted) -> None:
    unit, sale_id = work.unit, {"sale_id": sale.sale_id}
    unit.insert(
        tables.Sale,
        [
            {
                **sale_id,
                "receipt_number": sale.receipt_number,
                "shift_id": sale.shift_id,
                "cashier": sale.cashier,
                "business_date": sale.business_date,
                "completed_at": work.stamp,
                "currency": sale.currency,
                "total_minor": sale.total_minor,
                "discount_minor": sale.discount_minor,
                "rounding_minor": sale.rounding_minor,
            }
        ],
    )
    unit.insert(tables.SaleLine, [sale_id | line.model_dump() for line in sale.lines])
    unit.insert(tables.SaleTax, [sale_id | group.model_dump() for group in sale.tax])
    tenders: list[dict[str, Any]] = [
        sale_id | {"position": position} | tender.model_dump()
        for position, tender in enumerate(sale.tenders, 1)
    ]
    unit.insert(tables.SaleTender, tenders)


def _move_stock(work: Work, sale: SaleCompleted) -> None:
    work.unit.insert(
        tables.StockMove,
        [
            {
                "sku": line.sku,
                "quantity": -line.quantity,
                "lot": line.lot,
                "cause": "sale",
                "cause_id": sale.sale_id,
            }
            for line in sale.lines
        ],
    )
