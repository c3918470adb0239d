"""The moment a basket becomes a sale: everything about it in the transaction that the caller has open."""

from __future__ import annotations

from typing import Any

from contract.sales import SaleCompleted, SaleLine, TaxGroupTotal, Tender
from contract.stock import StockOverridden
from edge.db import tables
from edge.domain import tender as domain
from edge.domain.basket import Basket, Priced, PricedLine
from edge.services import drawers, lots, printing
from edge.services.shop import OpenShift, Work


def complete(work: Work, shift: OpenShift, basket: Basket, priced: Priced) -> SaleCompleted:
    """Writes sale, lines, tenders, tax, stock moves, the receipt's print job and the fact for the hub."""
    sale = _fact(work, shift, basket, priced)
    _insert_sale(work, sale)
    if basket.member or basket.member_minor:
        _record(work, basket, sale)
    overrides = _overrides(work, sale)
    _move_stock(work, sale)
    printing.queue_sale(work, sale)
    if any(tender.kind == "cash" for tender in sale.tenders):
        drawers.request(work, shift.shift_id, "sale")
    work.log(sale, *overrides)
    return sale


def _fact(work: Work, shift: OpenShift, basket: Basket, priced: Priced) -> SaleCompleted:
    return SaleCompleted(
        **work.header(shift.business_date),
        sale_id=work.new_id(),
        receipt_number=work.unit.next_number("receipt"),
        shift_id=shift.shift_id,
        cashier=shift.cashier,
        currency=basket.currency,
        lines=lots.take(
            work.unit,
            [_line(number, line) for number, line in enumerate(priced.lines, 1)],
            shift.business_date,
        ),
        tax=tuple(TaxGroupTotal(**group._asdict()) for group in priced.tax),
        tenders=tuple(_tender(tender) for tender in basket.tenders),
        discount_minor=priced.discount_minor,
        total_minor=priced.total_minor,
        rounding_minor=sum(tender.rounding_minor for tender in basket.tenders),
        member_id=basket.member.member_id if basket.member else "",
        points_earned=_earned(work, basket, priced) if basket.member else 0,
    )


# Most baskets are nobody's: what members need is loaded by the first that is somebody's.


def _earned(work: Work, basket: Basket, priced: Priced) -> int:
    from edge.services import member_books

    return member_books.earned(work, basket, priced)


def _record(work: Work, basket: Basket, sale: SaleCompleted) -> None:
    from edge.services import member_books

    member_books.record(work, basket, sale)


# And most sales meet no open order: whose goods are whose is counted where one waits.

_SOMEBODY_WAITS = """
SELECT EXISTS (SELECT 1 FROM set_aside)
    OR EXISTS (SELECT 1 FROM shop_job WHERE state IN ('accepted', 'picked', 'ready'))
"""


def _overrides(work: Work, sale: SaleCompleted) -> list[StockOverridden]:
    if not work.unit.sql(_SOMEBODY_WAITS).fetchone()[0]:
        return []
    from edge.services import rights

    return rights.overrides(work, sale)


def _line(number: int, priced: PricedLine) -> SaleLine:
    line, article = priced.line, priced.line.article
    return SaleLine(
        line=number,
        sku=article.sku,
        gtin=article.gtin,
        name=article.name,
        quantity=line.quantity,
        unit_price_minor=article.unit_price_minor,
        discount_minor=priced.discount_minor,
        amount_minor=priced.amount_minor,
        tax_group=article.tax_group,
        rate_bp=article.tax_rate_bp,
        tax_minor=priced.tax_minor,
        entry_method=line.entry_method,
        price_version=article.price_version,
        lot=line.lot,
        expiry=line.expiry,
        order_id=line.order_id,
        discount_reason=line.discount.reason,
    )


def _tender(tender: domain.Tender) -> Tender:
    return Tender(
        kind=tender.kind,
        amount_minor=tender.amount_minor,
        tendered_minor=tender.tendered_minor,
        change_minor=tender.change_minor,
        payment_id=tender.payment_id,
        masked_pan=tender.masked_pan,
        scheme=tender.scheme,
        auth_code=tender.auth_code,
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
                "member_id": sale.member_id,
                "points_earned": sale.points_earned,
            }
        ],
    )
    unit.insert(tables.SaleLine, [_row(sale_id, line) for line in sale.lines])
    lots.keep(work, sale.sale_id, sale.lines)
    unit.insert(tables.SaleTax, [sale_id | vars(group) for group in sale.tax])
    tenders: list[dict[str, Any]] = [
        sale_id | {"position": position} | vars(tender)
        for position, tender in enumerate(sale.tenders, 1)
    ]
    unit.insert(tables.SaleTender, tenders)


def _row(sale_id: dict[str, str], line: SaleLine) -> dict[str, Any]:
    row = sale_id | vars(line)
    del row["lots"]
    return row


def _move_stock(work: Work, sale: SaleCompleted) -> None:
    work.unit.insert(
        tables.StockMove,
        [
            {
                "sku": line.sku,
                "quantity": -lot.quantity,
                "lot": lot.lot,
                "expiry": lot.expiry,
                "cause": "sale",
                "cause_id": sale.sale_id,
            }
            for line in sale.lines
            if not line.order_id
            for lot in lots.of_line(line)
        ],
    )
