"""What sales, returns and stock moves do to the ledger."""

from __future__ import annotations

from sqlmodel import SQLModel

from cloud.projection import Origin, Projection
from cloud.stock.tables import StockEntry
from contract.envelope import FactBody
from contract.sales import ReturnCompleted, SaleCompleted
from contract.stock import StockMoved


def entry(
    origin: Origin, fact: FactBody, number: int, sku: str, quantity: int, **more: str
) -> StockEntry:
    return StockEntry(
        uid=origin.uid,
        number=number,
        edge_id=origin.edge_id,
        location_id=fact.location_id,
        sku=sku,
        quantity=quantity,
        occurred_at=fact.occurred_at,
        **more,
    )


def sold_entries(origin: Origin, sale: SaleCompleted) -> list[SQLModel]:
    return [
        entry(
            origin,
            sale,
            line.line,
            line.sku,
            -line.quantity,
            reason="sold",
            reference=sale.sale_id,
            lot=line.lot,
        )
        for line in sale.lines
    ]


def returned_entries(origin: Origin, back: ReturnCompleted) -> list[SQLModel]:
    """Goods that are not fit to be sold again do not come back into stock."""
    return [
        entry(
            origin,
            back,
            line.line,
            line.sku,
            line.quantity,
            reason="returned",
            reference=back.return_id,
        )
        for line in back.lines
        if line.is_restocked
    ]


def moved_entries(origin: Origin, moved: StockMoved) -> list[SQLModel]:
    return [
        entry(
            origin,
            moved,
            number,
            move.sku,
            move.quantity,
            reason=moved.reason,
            reference=moved.movement_id,
            lot=move.lot,
        )
        for number, move in enumerate(moved.moves, 1)
    ]


PROJECTIONS = (
    Projection(SaleCompleted, (StockEntry,), sold_entries),
    Projection(ReturnCompleted, (StockEntry,), returned_entries),
    Projection(StockMoved, (StockEntry,), moved_entries),
)
