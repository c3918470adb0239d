"""What sales, returns and stock moves do to the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from cloud.projection import Origin, Projection, Row, row
from cloud.stock.tables import StockEntry
from contract.envelope import FactBody
from contract.sales import ReturnCompleted, SaleCompleted
from contract.stock import StockMoved


class Move(NamedTuple):
    number: int
    sku: str
    quantity: int
    lot: str = ""
    expiry: str = ""


def entries(
    origin: Origin, fact: FactBody, reason: str, reference: str, moves: Iterable[Move]
) -> list[Row]:
    own = {"uid": origin.uid, "edge_id": origin.edge_id, "reason": reason, "reference": reference}
    return [row(StockEntry, fact, **(own | move._asdict())) for move in moves]


def sold_entries(origin: Origin, sale: SaleCompleted) -> list[Row]:
    """What an order brings to the customer leaves the shop that hands it over, not the one that sold it."""
    moves = (
        Move(line.line, line.sku, -line.quantity, line.lot, line.expiry)
        for line in sale.lines
        if not line.order_id
    )
    return entries(origin, sale, "sold", sale.sale_id, moves)


def returned_entries(origin: Origin, back: ReturnCompleted) -> list[Row]:
    """Goods that are not fit to be sold again do not come back into stock."""
    moves = (Move(line.line, line.sku, line.quantity) for line in back.lines if line.is_restocked)
    return entries(origin, back, "returned", back.return_id, moves)


def moved_entries(origin: Origin, moved: StockMoved) -> list[Row]:
    moves = (
        Move(number, move.sku, move.quantity, move.lot)
        for number, move in enumerate(moved.moves, 1)
    )
    return entries(origin, moved, moved.reason, moved.movement_id, moves)


PROJECTIONS = (
    Projection(SaleCompleted, (StockEntry,), sold_entries),
    Projection(ReturnCompleted, (StockEntry,), returned_entries),
    Projection(StockMoved, (StockEntry,), moved_entries),
)
