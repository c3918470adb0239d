"""Shifts, cash, payments, drawers; and the Z report compared whenever something of a closed shift arrives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from cloud.ingest.quarantine import raise_alarm
from cloud.money.repository import compare_shifts
from cloud.money.tables import (
    CashMove,
    DrawerOpening,
    Payment,
    ShiftClosing,
    ShiftComparison,
    ShiftOpening,
)
from cloud.projection import Origin, Projection, Row, row
from contract.envelope import to_json
from contract.sales import (
    CashMoved,
    DrawerOpened,
    PaymentSettled,
    ReturnCompleted,
    SaleCompleted,
    ShiftClosed,
    ShiftOpened,
)

Z_DIFFERS = "money.z_differs"


def opened_rows(origin: Origin, opened: ShiftOpened) -> list[Row]:
    return [row(ShiftOpening, opened, edge_id=origin.edge_id)]


def closed_rows(origin: Origin, closed: ShiftClosed) -> list[Row]:
    return [row(ShiftClosing, closed, edge_id=origin.edge_id, reported=to_json(closed))]


def cash_rows(origin: Origin, moved: CashMoved) -> list[Row]:
    return [row(CashMove, moved, edge_id=origin.edge_id)]


def payment_rows(origin: Origin, settled: PaymentSettled) -> list[Row]:
    return [row(Payment, settled, uid=origin.uid, edge_id=origin.edge_id)]


def drawer_rows(origin: Origin, opened: DrawerOpened) -> list[Row]:
    return [row(DrawerOpening, opened, uid=origin.uid, edge_id=origin.edge_id)]


def no_rows(origin: Origin, fact: SaleCompleted | ReturnCompleted) -> list[Row]:
    """A sale has its rows elsewhere; it is here because a closed shift must be compared again."""
    del origin, fact
    return []


def compare_touched(session: Session, facts: Sequence[Any]) -> None:
    for closing, differences in compare_shifts(session, {fact.shift_id for fact in facts}):
        fields = ", ".join(difference.field for difference in differences)
        detail = f"Expected shift {closing.number}'s Z report to follow from its facts, "
        detail += f"got other figures in {fields}."
        raise_alarm(session, closing.edge_id, Z_DIFFERS, detail, closing.occurred_at)


PROJECTIONS = (
    Projection(ShiftOpened, (ShiftOpening,), opened_rows, compare_touched),
    Projection(ShiftClosed, (ShiftClosing, ShiftComparison), closed_rows, compare_touched),
    Projection(CashMoved, (CashMove,), cash_rows, compare_touched),
    Projection(SaleCompleted, (), no_rows, compare_touched),
    Projection(ReturnCompleted, (), no_rows, compare_touched),
    Projection(PaymentSettled, (Payment,), payment_rows),
    Projection(DrawerOpened, (DrawerOpening,), drawer_rows),
)
