"""What sales, returns and stock moves do to the ledger, and what jobs of orders set aside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from cloud.projection import Origin, Projection, Row, row
from cloud.stock.tables import SetAsideEntry, StockEntry
from contract.envelope import FactBody
from contract.orders import JobCancelled, JobFact, JobHandedOver, JobPicked, PickedLine
from contract.sales import LineLot, ReturnCompleted, ReturnLine, SaleCompleted, SaleLine
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
        Move(number, line.sku, -lot.quantity, lot.lot, lot.expiry)
        for number, (line, lot) in enumerate(_lots_sold(sale), 1)
    )
    return entries(origin, sale, "sold", sale.sale_id, moves)


def _lots_restocked(back: ReturnCompleted) -> Iterator[tuple[ReturnLine, LineLot]]:
    for line in back.lines:
        if line.is_restocked:
            yield from ((line, lot) for lot in line.lots or (LineLot(quantity=line.quantity),))


def _lots_sold(sale: SaleCompleted) -> Iterator[tuple[SaleLine, LineLot]]:
    for line in sale.lines:
        if not line.order_id:
            whole = LineLot(lot=line.lot, expiry=line.expiry, quantity=line.quantity)
            yield from ((line, lot) for lot in line.lots or (whole,))


def returned_entries(origin: Origin, back: ReturnCompleted) -> list[Row]:
    """Goods that are not fit to be sold again do not come back into stock."""
    moves = (
        Move(number, line.sku, lot.quantity, lot.lot, lot.expiry)
        for number, (line, lot) in enumerate(_lots_restocked(back), 1)
    )
    return entries(origin, back, "returned", back.return_id, moves)


def moved_entries(origin: Origin, moved: StockMoved) -> list[Row]:
    moves = (
        Move(number, move.sku, move.quantity, move.lot, move.expiry)
        for number, move in enumerate(moved.moves, 1)
    )
    return entries(origin, moved, moved.reason, moved.movement_id, moves)


def _aside(origin: Origin, fact: JobFact, lines: Sequence[PickedLine], sign: int) -> list[Row]:
    own = {"uid": origin.uid, "edge_id": origin.edge_id, "job_id": fact.job_id}
    return [
        row(
            SetAsideEntry,
            fact,
            **own,
            number=number,
            sku=line.sku,
            lot=line.lot,
            expiry=line.expiry,
            quantity=sign * line.quantity,
        )
        for number, line in enumerate(lines, 1)
    ]


def picked_aside(origin: Origin, picked: JobPicked) -> list[Row]:
    return _aside(origin, picked, picked.picked, 1)


def handed_aside(origin: Origin, handed: JobHandedOver) -> list[Row]:
    return _aside(origin, handed, handed.handed, -1)


def released_aside(origin: Origin, cancelled: JobCancelled) -> list[Row]:
    return _aside(origin, cancelled, cancelled.released, -1)


PROJECTIONS = (
    Projection(SaleCompleted, (StockEntry,), sold_entries),
    Projection(ReturnCompleted, (StockEntry,), returned_entries),
    Projection(StockMoved, (StockEntry,), moved_entries),
    Projection(JobPicked, (SetAsideEntry,), picked_aside),
    Projection(JobHandedOver, (SetAsideEntry,), handed_aside),
    Projection(JobCancelled, (SetAsideEntry,), released_aside),
)
