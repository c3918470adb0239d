"""What shops did with their jobs, kept in their order; goods that were handed over leave the shop's stock."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from cloud.orders import repository
from cloud.orders.tables import JobEvent
from cloud.projection import Origin, Projection, Row, row
from cloud.stock.projection import Move, entries
from cloud.stock.tables import StockEntry
from contract import orders
from contract.envelope import to_json
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
    Projection(SaleCompleted, (), no_rows, touch_paid),
    Projection(ReturnCompleted, (), no_rows, touch_returned),
)
