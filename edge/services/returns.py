"""Goods back against a receipt: its signed code is enough, with no network and without the sale in this box.

What came back here before is counted, by sale and line, so that the refunds of one receipt never exceed what was
paid for it. Two boxes that are both cut off do not see each other's returns; the hub does, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sqlalchemy import bindparam
from sqlmodel import col, func, select

from contract import lots as rule
from contract.sales import LineLot, ReturnCompleted, ReturnLine, Tender
from edge.db.tables import (
    GoodsReturn,
    GoodsReturnLine,
    GoodsReturnTender,
    Payment,
    StockMove,
    rows_of,
)
from edge.db.unit_of_work import Reader
from edge.domain import receipt_code, returns
from edge.domain.errors import (
    CardRefundImpossible,
    Malformed,
    NotEnoughCash,
    NotFound,
    ReceiptHasNoLines,
    WrongCurrency,
)
from edge.domain.money import spelled
from edge.domain.returns import Refund, ReturnedLine, Wanted
from edge.domain.sale import Sold
from edge.keys import verify
from edge.services import (
    catalogue,
    drawers,
    lots,
    payments,
    printing,
    receipt_keys,
    receipts,
    sales,
    shifts,
)
from edge.services.shop import OpenShift, Shop, Work

if TYPE_CHECKING:
    from edge.services import wallets

RefundBy = Literal["cash", "card", "wallet"]
_PIECES = (
    select(GoodsReturnLine.original_line, func.sum(GoodsReturnLine.quantity))
    .join(GoodsReturn, col(GoodsReturn.return_id) == col(GoodsReturnLine.return_id))
    .where(col(GoodsReturn.original_sale_id) == bindparam("sale_id"))
    .group_by(col(GoodsReturnLine.original_line))
)
_REFUNDED = select(
    func.coalesce(func.sum(col(GoodsReturn.total_minor) + col(GoodsReturn.rounding_minor)), 0)
).where(col(GoodsReturn.original_sale_id) == bindparam("sale_id"))
_RETURNED = select(func.coalesce(func.sum(col(GoodsReturn.total_minor)), 0)).where(
    col(GoodsReturn.original_sale_id) == bindparam("sale_id")
)
_HANDED = (
    "SELECT 1 FROM shop_job WHERE order_id = ? AND state = 'handed_over' AND kind <> 'transfer'"
)
_PAYMENT = rows_of(Payment).where(col(Payment.payment_id) == bindparam("payment_id"))


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a return is made against: the code on the paper, or a sale of this box."""

    code: str = ""
    sale_id: str = ""


@dataclass(frozen=True, slots=True)
class Returnable:
    """A sale, and how many pieces of each line may still come back.

    What came back was worth `returned_minor`; `refunded_minor` was given for it, rounded. The goods of the lines
    in `away` were ordered, and this shop has not handed them over: they have not left as far as it knows.
    """

    sold: Sold
    left: dict[int, int]
    refunded_minor: int
    returned_minor: int = 0
    away: frozenset[int] = frozenset()


class Way(NamedTuple):
    """How money goes back; `elsewhere` is what wallets paid for a sale of another box."""

    tender: RefundBy
    elsewhere: Sequence[wallets.Paid] = ()


class Source(NamedTuple):
    """The payment that money goes back to; `scheme` of a wallet is its provider."""

    payment_id: str = ""
    scheme: str = ""


def look_up(shop: Shop, receipt: Receipt) -> Returnable:
    """What may be returned. Raises what is wrong with the receipt."""
    with shop.read() as reader:
        sold = _sold(shop, reader, receipt)
        return Returnable(
            sold,
            returns.left_to_return(sold, _pieces(reader, sold.sale_id)),
            _refunded(reader, sold.sale_id),
            _returned(reader, sold.sale_id),
            _away(reader, sold),
        )


def take_back(
    shop: Shop,
    receipt: Receipt,
    wanted: Sequence[Wanted],
    reason: str,
    tender: RefundBy,
    elsewhere: Sequence[wallets.Paid] = (),
) -> ReturnCompleted:
    """Goods back and money back, in one transaction. A card refund is journalled here and carried out after.

    `elsewhere` are the wallet payments of a sale that another box made (`wallets.paid_elsewhere`).

    What points, stored value or a coupon paid goes back as that; `tender` is how the rest goes back.
    """

    def use_case(work: Work) -> ReturnCompleted:
        shift = work.shift()
        sold = _sold(shop, work.unit, receipt)
        lines = returns.take_back(sold, _pieces(work.unit, sold.sale_id), wanted)
        tenders, rounding_minor = _tenders(work, sold, lines, Way(tender, elsewhere))
        fact = _fact(work, shift, sold, lines, reason, tenders, rounding_minor)
        _insert(work, fact)
        printing.queue(work, "return", fact.return_id, receipts.return_receipt(shop, fact, sold))
        if any(given.kind == "cash" for given in tenders):
            drawers.request(work, shift.shift_id, "return")
        work.log(fact)
        return fact

    return shop.run(use_case)


def get(shop: Shop, return_id: str) -> dict[str, Any]:
    statement = rows_of(GoodsReturn).where(col(GoodsReturn.return_id) == return_id)
    lines = rows_of(GoodsReturnLine).where(col(GoodsReturnLine.return_id) == return_id)
    with shop.read() as reader:
        found = reader.first(GoodsReturn, statement)
        if found is None:
            raise NotFound(what="return", name=return_id)
        rows = reader.all(GoodsReturnLine, lines)
    return {**found.model_dump(), "lines": [row.model_dump(exclude={"return_id"}) for row in rows]}


def _sold(shop: Shop, reader: Reader, receipt: Receipt) -> Sold:
    """The sale, from this box where it has it: there it has the names too."""
    settings = shop.settings
    if not receipt.code:
        own = sales.find_sold(reader, receipt.sale_id, settings.edge_id)
        if own is None:
            raise NotFound(what="sale", name=receipt.sale_id)
        return own
    proved = receipt_code.decode(receipt.code, receipt_keys.trusted(shop, reader), verify)
    if proved.currency != settings.currency:
        raise WrongCurrency(theirs=proved.currency, ours=settings.currency)
    own = sales.find_sold(reader, proved.sale_id, settings.edge_id)
    if own is None and not proved.lines:
        raise ReceiptHasNoLines(receipt_number=proved.receipt_number, edge_id=proved.edge_id)
    return own or proved


def _pieces(reader: Reader, sale_id: str) -> dict[int, int]:
    return {line: int(quantity) for line, quantity in reader.rows(_PIECES, sale_id=sale_id)}


def _refunded(reader: Reader, sale_id: str) -> int:
    return int(reader.scalar(_REFUNDED, sale_id=sale_id))


def _returned(reader: Reader, sale_id: str) -> int:
    return int(reader.scalar(_RETURNED, sale_id=sale_id))


def _tenders(
    work: Work, sold: Sold, lines: Sequence[ReturnedLine], way: Way
) -> tuple[tuple[Tender, ...], int]:
    """What is given for the goods, and how much of it is there because of the smallest coin."""
    total_minor = sum(line.amount_minor for line in lines)
    parts = returns.back_to_member(sold, _returned(work.unit, sold.sale_id), total_minor)
    given = tuple(
        Tender(
            kind=part.kind,
            amount_minor=part.amount_minor,
            tendered_minor=part.amount_minor,
            payment_id=part.reference,
        )
        for part in parts
    )
    parts_minor = sum(part.amount_minor for part in parts)
    if parts_minor == total_minor and parts:
        return given, 0
    refund, source = _refund(work, sold, total_minor - parts_minor, parts_minor, way)
    return (*given, _tender(way.tender, refund, source)), refund.rounding_minor


def _refund(
    work: Work, sold: Sold, money_minor: int, parts_minor: int, way: Way
) -> tuple[Refund, Source]:
    """The money of a refund; `parts_minor` of it goes back otherwise."""
    if way.tender == "wallet":
        return Refund(money_minor, 0), _to_wallet(work, sold, money_minor, way.elsewhere)
    if way.tender == "card":
        return Refund(money_minor, 0), _reverse_card(work, sold, money_minor)
    refund = returns.cash_refund(
        money_minor,
        work.shop.settings.cash_rounding_minor,
        sold,
        _refunded(work.unit, sold.sale_id) + parts_minor,
    )
    _check_drawer(work, refund, sold.currency)
    return refund, Source()


def _check_drawer(work: Work, refund: Refund, currency: str) -> None:
    expected_minor = shifts.figures(work.unit, work.shift()).expected_cash_minor
    if refund.amount_minor > expected_minor:
        raise NotEnoughCash(
            expected=spelled(expected_minor, currency),
            amount=spelled(refund.amount_minor, currency),
        )


def _reverse_card(work: Work, sold: Sold, total_minor: int) -> Source:
    """A payment terminal reverses a payment as a whole: the refund must be all that one card paid."""
    cards = [
        tender for tender in sales.tenders_of(work.unit, sold.sale_id) if tender.kind == "card"
    ]
    match = [tender for tender in cards if tender.amount_minor == total_minor]
    if not match:
        why = (
            "only a whole card payment can be reversed"
            if cards
            else "no card of this box paid for it"
        )
        raise CardRefundImpossible(amount=spelled(total_minor, sold.currency), why=why)
    payment = work.unit.first(Payment, _PAYMENT, payment_id=match[0].payment_id)
    assert payment is not None  # the tender came from it
    payments.begin_reversal(work, payment)
    return Source(payment.payment_id)


def _to_wallet(
    work: Work, sold: Sold, total_minor: int, elsewhere: Sequence[wallets.Paid]
) -> Source:
    """A wallet takes any part of what it paid."""
    from edge.services import wallets  # few goods were paid by one

    paid = wallets.begin_refund(work, sold.sale_id, total_minor, sold.currency, elsewhere)
    return Source(paid.payment_id, paid.scheme)


def _tender(kind: RefundBy, refund: Refund, source: Source) -> Tender:
    return Tender(
        kind=kind,
        amount_minor=refund.amount_minor,
        tendered_minor=refund.amount_minor,
        payment_id=source.payment_id,
        scheme=source.scheme,
    )


def _fact(
    work: Work,
    shift: OpenShift,
    sold: Sold,
    lines: Sequence[ReturnedLine],
    reason: str,
    tenders: tuple[Tender, ...],
    rounding_minor: int,
) -> ReturnCompleted:
    if not reason.strip():
        raise Malformed(expected="a reason for the return", got="none")
    language = work.shop.settings.language
    total_minor = sum(line.amount_minor for line in lines)
    origin = lots.sold_of(work.unit, sold.sale_id)
    away = _away(work.unit, sold)
    return ReturnCompleted(
        **work.header(shift.business_date),
        return_id=work.new_id(),
        original_sale_id=sold.sale_id,
        original_edge_id=sold.edge_id,
        receipt_number=work.unit.next_number("receipt"),
        shift_id=shift.shift_id,
        cashier=shift.cashier,
        currency=sold.currency,
        reason=reason,
        lines=tuple(
            ReturnLine(
                line=line.line,
                original_line=line.sold.line,
                sku=line.sold.sku,
                name=line.sold.name or catalogue.name_of(work.unit, line.sold.sku, language),
                quantity=line.quantity,
                amount_minor=line.amount_minor,
                tax_group=line.sold.tax_group,
                rate_bp=line.sold.rate_bp,
                tax_minor=line.tax_minor,
                **_condition(shift, line, origin, away),
            )
            for line in lines
        ),
        tenders=tenders,
        total_minor=total_minor,
        rounding_minor=rounding_minor,
    )


def _condition(
    shift: OpenShift,
    line: ReturnedLine,
    origin: Mapping[int, Sequence[LineLot]],
    away: frozenset[int],
) -> dict[str, Any]:
    """Back into the lots that it came from, unless any of them has expired: then the goods are not sold again.

    Nor does anything come in of an order that was not handed over: those goods have never left.
    """
    back = lots.back_into(origin.get(line.sold.line, ()), line.before, line.quantity)
    is_fresh = all(rule.is_fresh(lot.expiry, shift.business_date) for lot in back)
    is_here = line.sold.line not in away
    is_sellable = is_here if line.is_sellable is None else line.is_sellable
    return {"lots": back, "is_restocked": is_sellable and is_fresh}


def _away(reader: Reader, sold: Sold) -> frozenset[int]:
    orders = {line.order_id for line in sold.lines if line.order_id}
    handed = {it for it in orders if reader.sql(_HANDED, (it,)).fetchone()}
    return frozenset(
        line.line for line in sold.lines if line.order_id and line.order_id not in handed
    )


def _insert(work: Work, fact: ReturnCompleted) -> None:
    unit, return_id = work.unit, {"return_id": fact.return_id}
    columns = (
        "original_sale_id", "original_edge_id", "receipt_number", "shift_id", "cashier", "business_date",
        "currency", "reason", "total_minor", "rounding_minor",
    )  # fmt: skip
    values = {column: getattr(fact, column) for column in columns}
    unit.insert(GoodsReturn, [return_id | values | {"completed_at": work.stamp}])
    unit.insert(
        GoodsReturnLine, [return_id | line.model_dump(exclude={"lots"}) for line in fact.lines]
    )
    unit.insert(
        GoodsReturnTender,
        [
            return_id
            | {
                "position": position,
                "kind": tender.kind,
                "amount_minor": tender.amount_minor,
                "payment_id": tender.payment_id,
            }
            for position, tender in enumerate(fact.tenders, 1)
        ],
    )
    unit.insert(
        StockMove,
        [
            {
                "sku": line.sku,
                "quantity": lot.quantity,
                "lot": lot.lot,
                "expiry": lot.expiry,
                "cause": "return",
                "cause_id": fact.return_id,
            }
            for line in fact.lines
            if line.is_restocked
            for lot in line.lots or (LineLot(quantity=line.quantity),)
        ],
    )
