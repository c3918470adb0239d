"""Receipts and reports as plain documents, in the shop's language; the printer's driver turns them into bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from contract.sales import (
    ReturnCompleted,
    SaleCompleted,
    SaleLine,
    ShiftClosed,
    TaxGroupTotal,
    Tender,
)
from drivers.interfaces import Element, Feed, PrintDocument, QrSymbol, Rule, TextLine
from edge.domain import receipt_code
from edge.domain.money import digits, spelled
from edge.domain.sale import MemberPart, Sold, SoldLine, receipt_label
from edge.domain.shift import Figures
from edge.domain.wallet_code import NAMES
from edge.services.receipt_orders import OrderOnReceipt
from edge.services.shop import Shop
from edge.services.words import Words, of, of_tender

if TYPE_CHECKING:
    from edge.db.member_tables import MemberVisit


class _Headed(Protocol):
    @property
    def receipt_number(self) -> int: ...
    @property
    def cashier(self) -> str: ...
    @property
    def occurred_at(self) -> datetime: ...


def sale_receipt(
    shop: Shop,
    sale: SaleCompleted,
    visit: MemberVisit | None = None,
    orders: Sequence[OrderOnReceipt] = (),
) -> PrintDocument:
    """What the customer takes home: lines, tenders, tax, and the signed code that a return needs.

    With the `visit` of a member: tier, what this purchase earns, and what the hub knew of their points before it.
    With `orders`, how their goods reach the customer.
    """
    words = of(shop.settings.language)
    code = receipt_code.encode(sold_of(shop.settings.edge_id, sale), shop.key.public, shop.key.sign)
    return _document(
        shop,
        _head(shop, words, words.receipt, sale),
        _lines(words, sale),
        _totals(words, sale.currency, sale.total_minor, sale.rounding_minor, words.total),
        _tenders(words, sale.tenders, sale.currency),
        _tax(words, sale.tax, sale.currency),
        _member(shop, words, sale, visit),
        (element for one in orders for element in _order(shop, words, one)),
        (Feed(1), QrSymbol(code), TextLine(words.scan_to_return, align="center")),
        (TextLine(words.thanks, align="center"),),
    )


def return_receipt(shop: Shop, goods_back: ReturnCompleted, original: Sold) -> PrintDocument:
    words = of(shop.settings.language)
    currency = goods_back.currency
    lines = (
        element
        for line in goods_back.lines
        for element in (
            TextLine(line.name),
            TextLine(f"  × {line.quantity}", digits(-line.amount_minor, currency)),
        )
    )
    return _document(
        shop,
        _head(shop, words, words.return_receipt, goods_back),
        (
            TextLine(words.original, f"{original.business_date} {original.receipt_number:06d}"),
            TextLine(words.reason, goods_back.reason),
            Rule(),
        ),
        lines,
        _totals(words, currency, goods_back.total_minor, goods_back.rounding_minor, words.refund),
        _tenders(words, goods_back.tenders, currency),
        () if original.of_member is None else (TextLine(words.points_back, align="center"),),
    )


def x_report(
    shop: Shop, shift_number: int, cashier: str, now: datetime, figures: Figures
) -> PrintDocument:
    words = of(shop.settings.language)
    return _document(
        shop,
        _report_head(shop, words, words.x_report, shift_number, cashier, now),
        _figures(words, figures, shop.settings.currency),
        (
            TextLine(
                words.expected,
                digits(figures.expected_cash_minor, shop.settings.currency),
                is_bold=True,
            ),
        ),
    )


def z_report(shop: Shop, z: ShiftClosed, figures: Figures) -> PrintDocument:
    words = of(shop.settings.language)
    return _document(
        shop,
        _report_head(shop, words, words.z_report, z.number, z.cashier, z.occurred_at),
        _figures(words, figures, z.currency),
        (
            TextLine(words.expected, digits(z.expected_cash_minor, z.currency)),
            TextLine(words.counted, digits(z.counted_cash_minor, z.currency)),
            TextLine(words.variance, spelled(z.variance_minor, z.currency), is_bold=True),
        ),
    )


def sold_of(edge_id: str, sale: SaleCompleted) -> Sold:
    """The sale as its receipt's code tells it."""
    return Sold(
        sale_id=sale.sale_id,
        edge_id=edge_id,
        receipt_number=sale.receipt_number,
        business_date=sale.business_date,
        currency=sale.currency,
        total_minor=sale.total_minor,
        rounding_minor=sale.rounding_minor,
        lines=tuple(
            SoldLine(
                line.line,
                line.sku,
                line.quantity,
                line.amount_minor,
                line.tax_group,
                line.rate_bp,
                line.tax_minor,
                line.name,
                line.order_id,
            )
            for line in sale.lines
        ),
        of_member=_of_member(sale),
    )


def _of_member(sale: SaleCompleted) -> tuple[MemberPart, ...] | None:
    parts = tuple(
        MemberPart(tender.kind, tender.amount_minor, tender.payment_id)
        for tender in sale.tenders
        if tender.kind in ("points", "stored_value", "coupon")
    )
    return parts if parts or sale.member_id else None


def _document(shop: Shop, *parts: Iterable[Element]) -> PrintDocument:
    elements = tuple(element for part in parts for element in part)
    return PrintDocument(shop.settings.language, (*elements, Feed(2)))


def _head(shop: Shop, words: Words, title: str, of_what: _Headed) -> Iterator[Element]:
    settings = shop.settings
    yield TextLine(settings.company_name, align="center", is_bold=True, scale=2)
    yield TextLine(settings.location_name_in(settings.language), align="center")
    if settings.business_number:
        yield TextLine(f"{words.business_number} {settings.business_number}", align="center")
    yield TextLine(title, align="center", is_bold=True)
    yield TextLine(words.number, receipt_label(settings.workstation_id, of_what.receipt_number))
    yield TextLine(words.date, _local(shop, of_what.occurred_at))
    yield TextLine(words.cashier, of_what.cashier)
    yield Rule()


def _lines(words: Words, sale: SaleCompleted) -> Iterator[Element]:
    for line in sale.lines:
        yield TextLine(line.name)
        yield from _amounts(words, line, sale.currency)
    yield Rule()


def _amounts(words: Words, line: SaleLine, currency: str) -> Iterator[Element]:
    gross_minor = line.amount_minor + line.discount_minor
    yield TextLine(
        f"  {line.quantity} × {digits(line.unit_price_minor, currency)}",
        digits(gross_minor, currency),
    )
    if line.discount_minor:
        why = words.markdown if line.discount_reason == "markdown" else words.discount
        yield TextLine(f"  {why}", digits(-line.discount_minor, currency))
    if line.lot:
        yield TextLine(f"  {words.lot} {line.lot}")
    if line.order_id:
        yield TextLine(f"  {words.goods_by_order}")


def _order(shop: Shop, words: Words, order: OrderOnReceipt) -> Iterator[Element]:
    """Where the goods are collected and until when, and the code that gets them there."""
    until = _local(shop, datetime.fromisoformat(order.until))
    kind = order.kind.replace("transfer_", "")
    yield Rule()
    yield TextLine(f"{getattr(words, f'job_{kind}', words.order)} {order.number}", is_bold=True)
    if kind == "pickup":
        yield TextLine(words.collect_at.format(shop=order.place))
        yield TextLine(words.collect_by.format(time=until))
    else:
        yield TextLine(words.until, until)
    if order.code:
        yield QrSymbol(order.code)
        yield TextLine(words.collect_code, align="center")
    yield Rule()


def _totals(
    words: Words, currency: str, total_minor: int, rounding_minor: int, title: str
) -> Iterator[Element]:
    if rounding_minor:
        yield TextLine(words.subtotal, digits(total_minor, currency))
        yield TextLine(words.rounding, digits(rounding_minor, currency))
    yield TextLine(title, spelled(total_minor + rounding_minor, currency), is_bold=True, scale=2)


def _tenders(words: Words, tenders: Iterable[Tender], currency: str) -> Iterator[Element]:
    for tender in tenders:
        if tender.kind == "cash":
            yield TextLine(words.cash, digits(tender.tendered_minor, currency))
            if tender.change_minor:
                yield TextLine(words.change, digits(tender.change_minor, currency))
        else:
            name = of_tender(words, tender.kind)
            yield TextLine(
                f"{name} {NAMES.get(tender.scheme, tender.scheme)}".rstrip(),
                digits(tender.amount_minor, currency),
            )
            if tender.kind == "wallet":
                yield TextLine(f"  {tender.auth_code}")
            if tender.masked_pan:
                yield TextLine(f"  {tender.masked_pan}", f"{words.approval} {tender.auth_code}")
    yield Rule()


def _tax(words: Words, tax: Sequence[TaxGroupTotal], currency: str) -> Iterator[Element]:
    for group in tax:
        form = words.tax_inside if group.rate_bp else words.tax_free
        yield TextLine(
            form.format(rate=f"{group.rate_bp / 100:g}"),
            digits(group.tax_minor if group.rate_bp else group.gross_minor, currency),
        )


def _member(
    shop: Shop, words: Words, sale: SaleCompleted, visit: MemberVisit | None
) -> Iterator[Element]:
    """No name and no number: the paper may be left on the counter."""
    if visit is None:
        return
    yield Rule()
    yield TextLine(words.member, visit.tier_name)
    yield TextLine(words.points_earned, f"+{sale.points_earned:,}")
    if visit.as_of:
        known = _local(shop, datetime.fromisoformat(visit.as_of))
        yield TextLine(words.points_known.format(time=known), f"{visit.balance:,}")


def _report_head(
    shop: Shop, words: Words, title: str, number: int, cashier: str, now: datetime
) -> Iterator[Element]:
    settings = shop.settings
    yield TextLine(settings.company_name, align="center", is_bold=True)
    yield TextLine(settings.location_name_in(settings.language), align="center")
    yield TextLine(title, align="center", is_bold=True, scale=2)
    yield TextLine(words.shift, f"{settings.workstation_id} {number}")
    yield TextLine(words.cashier, cashier)
    yield TextLine(words.date, _local(shop, now))
    yield Rule()


def _figures(words: Words, figures: Figures, currency: str) -> Iterator[Element]:
    yield TextLine(f"{words.sales} {figures.sale_count}", digits(figures.gross_minor, currency))
    yield TextLine(
        f"{words.returns} {figures.return_count}", digits(-figures.refund_minor, currency)
    )
    yield TextLine(words.discount, digits(-figures.discount_minor, currency))
    yield TextLine(words.rounding, digits(figures.rounding_minor, currency))
    for kind in figures.tenders:
        yield TextLine(
            f"{words.sales}: {of_tender(words, kind.kind)} {kind.count}",
            digits(kind.amount_minor, currency),
        )
    for kind in figures.refunds:
        yield TextLine(
            f"{words.refund}: {of_tender(words, kind.kind)} {kind.count}",
            digits(-kind.amount_minor, currency),
        )
    yield from _tax(words, [TaxGroupTotal(**group._asdict()) for group in figures.tax], currency)
    yield TextLine(words.receipts, f"{figures.first_receipt_number}-{figures.last_receipt_number}")
    yield Rule()
    yield TextLine(words.float_, digits(figures.float_minor, currency))
    yield TextLine(words.cash_in, digits(figures.cash_in_minor, currency))
    yield TextLine(words.cash_out, digits(-figures.cash_out_minor, currency))


def _local(shop: Shop, moment: datetime) -> str:
    """The shop's own time with its zone, to the minute."""
    local = moment.astimezone(shop.settings.zone)
    return f"{local:%Y-%m-%d %H:%M} {local:%Z}"
