"""What sales, returns and stock moves do to the ledger, and what jobs of orders set aside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlmodel import Session

from cloud.feeds import repository as feeds
from cloud.projection import Origin, Projection, Row, row
from cloud.stock.tables import GoodsReceipt, SetAsideEntry, StockEntry, StockOverride
from contract.envelope import FactBody
from contract.feeds import shop_feed
from contract.orders import JobCancelled, JobFact, JobHandedOver, JobPicked, PickedLine
from contract.sales import LineLot, ReturnCompleted, ReturnLine, SaleCompleted, SaleLine
from contract.stock import GoodsReceived, StockCounted, StockMoved, StockOverridden


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


def counted_entries(origin: Origin, counted: StockCounted) -> list[Row]:
    lots = [lot for line in counted.lines for lot in line.lots]
    moves = (
        Move(number, lot.sku, lot.quantity, lot.lot, lot.expiry)
        for number, lot in enumerate(lots, 1)
    )
    return entries(origin, counted, "counted", counted.count_id, moves)


def received_entries(origin: Origin, came: GoodsReceived) -> list[Row]:
    """All that came is received, also what is damaged: that leaves again as damaged."""
    reason = "transferred_in" if came.source == "transfer" else "received"
    reference, count = came.source_id or came.receiving_id, len(came.lines)
    came_in = (
        Move(number, line.sku, line.received, line.lot, line.expiry)
        for number, line in enumerate(came.lines, 1)
        if line.received
    )
    spoilt = (
        Move(count + number, line.sku, -line.damaged, line.lot, line.expiry)
        for number, line in enumerate(came.lines, 1)
        if line.damaged
    )
    return [
        *entries(origin, came, reason, reference, came_in),
        *entries(origin, came, "damaged", reference, spoilt),
    ]


def receipt_rows(origin: Origin, came: GoodsReceived) -> list[Row]:
    return [row(GoodsReceipt, came, uid=origin.uid, edge_id=origin.edge_id)]


def end_transfers(session: Session, arrived: Sequence[GoodsReceived]) -> None:
    """What has come whole, or will not come any more, is not announced to the shop any longer."""
    for came in arrived:
        if came.source == "transfer" and came.rest != "awaited":
            feed = shop_feed("arrivals", came.location_id)
            feeds.write_operations(session, feed, {came.arrival_id: None})


def override_rows(origin: Origin, told: StockOverridden) -> list[Row]:
    return [row(StockOverride, told, uid=origin.uid, edge_id=origin.edge_id)]


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
    Projection(StockCounted, (StockEntry,), counted_entries),
    Projection(GoodsReceived, (StockEntry,), received_entries),
    Projection(GoodsReceived, (GoodsReceipt,), receipt_rows, end_transfers),
    Projection(StockOverridden, (StockOverride,), override_rows),
    Projection(JobPicked, (SetAsideEntry,), picked_aside),
    Projection(JobHandedOver, (SetAsideEntry,), handed_aside),
    Projection(JobCancelled, (SetAsideEntry,), released_aside),
)
