"""A shift: one cashier, one drawer, from the float to the Z report. Its business date is the date of its sales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import bindparam, text
from sqlmodel import col, func, select, update

from contract.sales import CashMoved, ShiftClosed, ShiftOpened, TaxGroupTotal, TenderTotal
from edge.db.tables import BasketRow, CashMovement, Payment, Shift, rows_of
from edge.db.unit_of_work import Reader
from edge.domain.errors import (
    DrawerTaken,
    Malformed,
    NoShift,
    NotEnoughCash,
    NotFound,
    ShiftHasBasket,
    ShiftHasPayment,
    ShiftIsOpen,
)
from edge.domain.money import spelled
from edge.domain.shift import Figures, KindTotal, net_tax
from edge.domain.tax import TaxTotal
from edge.services import basket_text, drawers, printing, receipts
from edge.services.shop import LAST_SHIFT, OPEN_SHIFT, OpenShift, Shop, Work

MAX_CASHIER = 40

# The first 13 characters of a UUIDv7 are its millisecond: no sale of a shift has a smaller id than that.
_SALES = text("""
SELECT count(*), coalesce(sum(total_minor), 0), coalesce(sum(discount_minor), 0), coalesce(sum(rounding_minor), 0),
       coalesce(min(receipt_number), 0), coalesce(max(receipt_number), 0)
FROM sale WHERE sale_id >= substr(:shift_id, 1, 13) AND shift_id = :shift_id
""")
_RETURNS = text("""
SELECT count(*), coalesce(sum(total_minor), 0), coalesce(sum(rounding_minor), 0),
       coalesce(min(receipt_number), 0), coalesce(max(receipt_number), 0)
FROM goods_return WHERE shift_id = :shift_id
""")
_SALE_TENDERS = text("""
SELECT kind, count(*), sum(amount_minor) FROM sale_tender JOIN sale USING (sale_id)
WHERE sale.sale_id >= substr(:shift_id, 1, 13) AND shift_id = :shift_id GROUP BY kind ORDER BY kind
""")
_RETURN_TENDERS = text("""
SELECT kind, count(*), sum(amount_minor) FROM goods_return_tender JOIN goods_return USING (return_id)
WHERE shift_id = :shift_id GROUP BY kind ORDER BY kind
""")
_SALE_TAX = text("""
SELECT tax_group, rate_bp, sum(gross_minor), sum(tax_minor) FROM sale_tax JOIN sale USING (sale_id)
WHERE sale.sale_id >= substr(:shift_id, 1, 13) AND shift_id = :shift_id GROUP BY tax_group, rate_bp
""")
_RETURN_TAX = text("""
SELECT tax_group, rate_bp, sum(amount_minor), sum(tax_minor) FROM goods_return_line JOIN goods_return USING (return_id)
WHERE shift_id = :shift_id GROUP BY tax_group, rate_bp
""")
_CASH = text("""
SELECT coalesce(sum(amount_minor) FILTER (WHERE direction = 'in'), 0),
       coalesce(sum(amount_minor) FILTER (WHERE direction = 'out'), 0)
FROM cash_movement WHERE shift_id = :shift_id
""")
_ONE = rows_of(Shift).where(col(Shift.shift_id) == bindparam("shift_id"))
_BASKETS = rows_of(BasketRow).where(col(BasketRow.state).in_(("open", "suspended")))
_UNSETTLED = (
    select(func.count())
    .select_from(Payment)
    .where(col(Payment.state).in_(("NEW", "SENT", "IN_PROGRESS", "UNKNOWN")))
)


@dataclass(frozen=True, slots=True)
class X:
    """A look at the running shift; nothing is closed by it."""

    shift: Shift
    figures: Figures


def open_shift(shop: Shop, cashier: str, float_minor: int) -> Shift:
    """Opens the drawer for one cashier. Raises DrawerTaken where another one's shift is open."""
    name = " ".join(cashier.split())
    if not 1 <= len(name) <= MAX_CASHIER or not name.isprintable():
        raise Malformed(
            expected=f"a cashier's name of 1 to {MAX_CASHIER} letters", got=repr(cashier)
        )
    if float_minor < 0:
        raise Malformed(expected="a float of zero and more", got=float_minor)
    with shop.write() as work:
        _refuse_second(work, name)
        row = _opened_row(work, name, float_minor)
        work.unit.insert(Shift, [row])
        shift = Shift(**row)
        work.log(
            ShiftOpened(
                **work.header(shift.business_date),
                shift_id=shift.shift_id,
                number=shift.number,
                cashier=name,
                currency=shift.currency,
                float_minor=float_minor,
            )
        )
        return shift


def current(shop: Shop) -> Shift | None:
    with shop.read() as reader:
        return reader.first(Shift, OPEN_SHIFT)


def last(shop: Shop) -> Shift | None:
    """The newest shift, open or closed."""
    with shop.read() as reader:
        return reader.first(Shift, LAST_SHIFT)


def move_cash(
    shop: Shop, direction: Literal["in", "out"], amount_minor: int, reason: str
) -> CashMoved:
    """Cash into or out of the drawer outside a sale; opens it."""
    if amount_minor <= 0:
        raise Malformed(expected="an amount above zero", got=amount_minor)

    def use_case(work: Work) -> CashMoved:
        shift = work.shift()
        if direction == "out":
            _refuse_overdraft(work, shift, amount_minor)
        fact = CashMoved(
            **work.header(shift.business_date),
            movement_id=work.new_id(),
            shift_id=shift.shift_id,
            cashier=shift.cashier,
            currency=shift.currency,
            direction=direction,
            amount_minor=amount_minor,
            reason=reason,
        )
        columns = {"movement_id", "shift_id", "direction", "amount_minor", "reason"}
        work.unit.insert(
            CashMovement, [fact.model_dump(include=columns) | {"moved_at": work.stamp}]
        )
        drawers.request(work, shift.shift_id, "cash_in" if direction == "in" else "cash_out")
        work.log(fact)
        return fact

    return shop.run(use_case)


def x(shop: Shop) -> X:
    """The running shift's figures. Raises NoShift."""
    with shop.read() as reader:
        shift = _whole(reader)
        return X(shift, figures(reader, shift))


def print_x(shop: Shop) -> X:
    with shop.write() as work:
        shift = _whole(work.unit)
        found = figures(work.unit, shift)
        report = receipts.x_report(shop, shift.number, shift.cashier, work.now, found)
        printing.queue(work, "x", shift.shift_id, report)
        return X(shift, found)


def close(shop: Shop, counted_minor: int) -> ShiftClosed:
    """Closes the shift over what was counted; the difference is a figure of the Z report, never a refusal.

    Raises ShiftHasBasket or ShiftHasPayment while goods or money are undecided.
    """
    if counted_minor < 0:
        raise Malformed(expected="a counted amount of zero and more", got=counted_minor)

    def use_case(work: Work) -> ShiftClosed:
        shift = work.shift()
        _refuse_undecided(work)
        found = figures(work.unit, shift)
        z = _z(work, shift, found, counted_minor)
        closed = {"state": "closed", "closed_at": work.stamp, "z": z.model_dump_json()}
        work.unit.execute(
            update(Shift).where(col(Shift.shift_id) == shift.shift_id).values(**closed)
        )
        printing.queue(work, "z", shift.shift_id, receipts.z_report(shop, z, found))
        work.log(z)
        return z

    return shop.run(use_case)


def z_of(shop: Shop, shift_id: str) -> ShiftClosed:
    """A closed shift's Z report as it was. Raises NotFound for a shift that is not closed."""
    with shop.read() as reader:
        shift = reader.first(Shift, _ONE, shift_id=shift_id)
    if shift is None or not shift.z:
        raise NotFound(what="Z report of shift", name=shift_id)
    return ShiftClosed.model_validate_json(shift.z)


def figures(reader: Reader, shift: Shift | OpenShift) -> Figures:
    """Everything that happened in the shift so far, from the rows of its sales, returns and movements."""
    of = {"shift_id": shift.shift_id}
    sale_count, gross, discount, rounding, first_sale, last_sale = reader.rows(_SALES, **of)[0]
    return_count, refund, given, first_return, last_return = reader.rows(_RETURNS, **of)[0]
    cash_in, cash_out = reader.rows(_CASH, **of)[0]
    firsts = [number for number in (first_sale, first_return) if number]
    return Figures(
        sale_count=sale_count,
        return_count=return_count,
        gross_minor=gross,
        refund_minor=refund,
        discount_minor=discount,
        rounding_minor=rounding - given,
        tax=net_tax(_tax(reader.rows(_SALE_TAX, **of)), _tax(reader.rows(_RETURN_TAX, **of))),
        tenders=_kinds(reader.rows(_SALE_TENDERS, **of)),
        refunds=_kinds(reader.rows(_RETURN_TENDERS, **of)),
        cash_in_minor=cash_in,
        cash_out_minor=cash_out,
        float_minor=shift.float_minor,
        first_receipt_number=min(firsts, default=0),
        last_receipt_number=max(last_sale, last_return),
    )


def _whole(reader: Reader) -> Shift:
    shift = reader.first(Shift, OPEN_SHIFT)
    if shift is None:
        raise NoShift
    return shift


def _refuse_second(work: Work, newcomer: str) -> None:
    shift = work.unit.first(Shift, OPEN_SHIFT)
    if shift is None:
        return
    if shift.cashier == newcomer:
        raise ShiftIsOpen(number=shift.number, cashier=newcomer)
    raise DrawerTaken(cashier=shift.cashier, number=shift.number, newcomer=newcomer)


def _opened_row(work: Work, cashier: str, float_minor: int) -> dict[str, Any]:
    return {
        "shift_id": work.new_id(),
        "number": work.unit.next_number("shift"),
        "state": "open",
        "cashier": cashier,
        "business_date": work.next_business_date(),
        "currency": work.shop.settings.currency,
        "float_minor": float_minor,
        "opened_at": work.stamp,
    }


def _refuse_overdraft(work: Work, shift: OpenShift, amount_minor: int) -> None:
    expected_minor = figures(work.unit, shift).expected_cash_minor
    if amount_minor > expected_minor:
        raise NotEnoughCash(
            expected=spelled(expected_minor, shift.currency),
            amount=spelled(amount_minor, shift.currency),
        )


def _refuse_undecided(work: Work) -> None:
    """A basket without goods is given up silently; one with goods or money in it is not."""
    rows = work.unit.all(BasketRow, _BASKETS)
    unsettled = work.unit.scalar(_UNSETTLED)
    if unsettled:
        raise ShiftHasPayment(count=unsettled)
    bodies = {row.basket_id: basket_text.loaded(row.body) for row in rows}
    held = [basket for basket in bodies.values() if basket.live_lines or basket.tenders]
    if held:
        raise ShiftHasBasket(count=len(held))
    empty = update(BasketRow).where(col(BasketRow.state).in_(("open", "suspended")))
    work.unit.execute(empty.values(state="voided", updated_at=work.stamp))


def _z(work: Work, shift: OpenShift, found: Figures, counted_minor: int) -> ShiftClosed:
    return ShiftClosed(
        **work.header(shift.business_date),
        shift_id=shift.shift_id,
        number=shift.number,
        cashier=shift.cashier,
        currency=shift.currency,
        sale_count=found.sale_count,
        return_count=found.return_count,
        gross_minor=found.gross_minor,
        refund_minor=found.refund_minor,
        discount_minor=found.discount_minor,
        rounding_minor=found.rounding_minor,
        tax=tuple(TaxGroupTotal(**group._asdict()) for group in found.tax),
        tenders=_totals(found.tenders),
        refunds=_totals(found.refunds),
        cash_in_minor=found.cash_in_minor,
        cash_out_minor=found.cash_out_minor,
        float_minor=found.float_minor,
        expected_cash_minor=found.expected_cash_minor,
        counted_cash_minor=counted_minor,
        variance_minor=found.variance_minor(counted_minor),
        first_receipt_number=found.first_receipt_number,
        last_receipt_number=found.last_receipt_number,
    )


def _totals(kinds: Sequence[KindTotal]) -> tuple[TenderTotal, ...]:
    return tuple(
        TenderTotal(kind=total.kind, count=total.count, amount_minor=total.amount_minor)
        for total in kinds
    )


def _kinds(rows: Sequence[Any]) -> tuple[KindTotal, ...]:
    return tuple(KindTotal(kind, count, amount) for kind, count, amount in rows)


def _tax(rows: Sequence[Any]) -> list[TaxTotal]:
    return [TaxTotal(*row) for row in rows]
