"""How long a shop really takes, and how often it is in time: measured of its own jobs, fed back into its promises."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlmodel import Session, col, select

from cloud.orders.tables import OrderJob, Place

JOBS_COUNTED = 200
LEAD_PERCENTILE = 80


class Measured(NamedTuple):
    samples: int
    on_time: int
    lead_s: int


def measure(session: Session, location_id: str, now: datetime) -> None:
    place = session.get(Place, location_id)
    if place is None:
        return
    session.flush()
    figures = figures_of(finished(session, location_id))
    place.samples, place.on_time, place.lead_s = figures
    place.measured_at = now


def finished(session: Session, location_id: str) -> Sequence[OrderJob]:
    """The newest jobs that came to something: ready, handed over, or refused."""
    query = (
        select(OrderJob)
        .where(
            OrderJob.location_id == location_id,
            col(OrderJob.ready_at).is_not(None)
            | col(OrderJob.handed_at).is_not(None)
            | (col(OrderJob.state) == "declined"),
        )
        .order_by(col(OrderJob.placed_at).desc())
        .limit(JOBS_COUNTED)
    )
    return session.exec(query).all()


def figures_of(done: Sequence[OrderJob]) -> Measured:
    leads = sorted(lead for job in done if (lead := lead_of(job)) is not None)
    lead_s = leads[min(len(leads) - 1, len(leads) * LEAD_PERCENTILE // 100)] if leads else 0
    return Measured(len(done), sum(is_on_time(job) for job in done), lead_s)


def lead_of(job: OrderJob) -> int | None:
    """Seconds from accepting to lying ready, and at most `accept_by` of waiting before it."""
    done = job.ready_at or job.handed_at
    if done is None or job.accepted_at is None:
        return None
    waited = min(job.accepted_at, job.accept_by) - job.placed_at
    return int((done - job.accepted_at + max(waited, timedelta())).total_seconds())


def is_on_time(job: OrderJob) -> bool:
    done = job.ready_at or job.handed_at
    return job.state != "declined" and done is not None and done <= job.window_end
