"""What shops did with their jobs, kept in their order; goods that were handed over leave the shop's stock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from cloud.orders import repository
from cloud.orders.tables import JobEvent, OrderBack
from cloud.projection import Origin, Projection, Row, row
from cloud.stock.projection import Move, entries
from cloud.stock.tables import StockEntry
from contract import orders
from contract.envelope import to_json
from contract.order_returns import BroughtBack, OrderReturned
from contract.orders import JobFact, JobHandedOver
from contract.sales import ReturnCompleted, SaleCompleted


def event(origin: Origin, fact: JobFact) -> list[Row]:
    own = {"uid": origin.uid, "edge_id": origin.edge_id, "seq": origin.seq, "body": to_json(fact)}
    return [row(JobEvent, fact, **own)]


def handed_entries(origin: Origin, handed: JobHandedOver) -> list[Row]:
    moves = (
        Move(number, line.sku, -line.quantity, line.lot, line.expiry)
        for number, line in enumerate(handed.handed, 1)
    )
    reason = "transferred_out" if handed.proof.kind == "transfer" else "handed_over"
    return entries(origin, handed, reason, handed.job_id, moves)


def back_rows(origin: Origin, back: OrderReturned) -> list[Row]:
    head = {
        "uid": origin.uid,
        "edge_id": origin.edge_id,
        **back.model_dump(include={*OrderBack.model_fields} - {"number"}),
    }
    return [
        Row(OrderBack, head | _piece(number, piece)) for number, piece in enumerate(back.goods, 1)
    ]


def _piece(number: int, piece: BroughtBack) -> dict[str, Any]:
    return {"number": number} | piece.model_dump(
        include={"line", "sku", "quantity", "is_restocked"}
    )


def restocked_entries(origin: Origin, back: OrderReturned) -> list[Row]:
    """What cannot be sold again does not come back into stock."""
    moves = (
        Move(number, piece.sku, piece.quantity, piece.lot, piece.expiry)
        for number, piece in enumerate(back.goods, 1)
        if piece.is_restocked
    )
    return entries(origin, back, "returned", back.return_id, moves)


def touch_back(session: Session, back: Sequence[OrderReturned]) -> None:
    repository.touch(session, (fact.order_id for fact in back))


def no_rows(origin: Origin, fact: SaleCompleted | ReturnCompleted) -> list[Row]:
    """Those of sales and returns are rows of sales."""
    del origin, fact
    return []


def touch_paid(session: Session, sold: Sequence[SaleCompleted]) -> None:
    """What is paid at a till places the order."""
    lines = (line for sale in sold for line in sale.lines)
    repository.touch(session, (line.order_id for line in lines if line.order_id))


def touch_returned(session: Session, back: Sequence[ReturnCompleted]) -> None:
    """Whichever shop has taken it back. A sale that arrives after its return touches the order itself."""
    sale_ids = {fact.original_sale_id for fact in back}
    repository.touch(session, repository.orders_of_sales(session, sale_ids))


def touch_told(session: Session, told: Sequence[JobFact]) -> None:
    repository.touch(session, (fact.order_id for fact in told))


PROJECTIONS = (
    *(
        Projection(model, (JobEvent,), event, touch_told)
        for model in (
            orders.JobAccepted,
            orders.JobDeclined,
            orders.JobPicked,
            orders.JobReady,
            orders.JobHandedOver,
            orders.JobAttemptFailed,
            orders.JobAtRisk,
            orders.JobCancelled,
        )
    ),
    Projection(orders.JobHandedOver, (StockEntry,), handed_entries),
    Projection(OrderReturned, (OrderBack,), back_rows, touch_back),
    Projection(OrderReturned, (StockEntry,), restocked_entries),
    Projection(SaleCompleted, (), no_rows, touch_paid),
    Projection(ReturnCompleted, (), no_rows, touch_returned),
)
