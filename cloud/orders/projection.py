"""What shops did with their jobs, kept in their order; goods that were handed over leave the shop's stock."""

from __future__ import annotations

from cloud.orders.tables import JobEvent
from cloud.projection import Origin, Projection, Row, row
from cloud.stock.projection import Move, entries
from cloud.stock.tables import StockEntry
from contract import orders
from contract.envelope import to_json
from contract.orders import JobFact, JobHandedOver


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


PROJECTIONS = (
    Projection(orders.JobAccepted, (JobEvent,), event),
    Projection(orders.JobDeclined, (JobEvent,), event),
    Projection(orders.JobPicked, (JobEvent,), event),
    Projection(orders.JobReady, (JobEvent,), event),
    Projection(orders.JobHandedOver, (JobEvent,), event),
    Projection(orders.JobHandedOver, (StockEntry,), handed_entries),
    Projection(orders.JobAttemptFailed, (JobEvent,), event),
    Projection(orders.JobAtRisk, (JobEvent,), event),
    Projection(orders.JobCancelled, (JobEvent,), event),
)
