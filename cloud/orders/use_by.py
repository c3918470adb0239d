"""Whether the goods of a promise that is to be kept later are still good then."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlmodel import Session

from cloud.orders import repository
from cloud.orders.quoting import Ledger
from cloud.orders.stands import Stand
from cloud.orders.tables import CustomerOrder, OrderJob

UNPICKED = frozenset({"offered", "accepted"})


def would_spoil(
    session: Session,
    now: datetime,
    order: CustomerOrder,
    skus: Collection[str],
    picked: Iterable[Stand],
    end: datetime,
) -> bool:
    """What lies aside by its own dates; else what the shop has by the dates of its lots, and has promised."""
    facts = repository.facts(session, now, skus, {order.source_id, order.location_id})
    date = facts.shops[order.location_id].date(end)
    before = facts.shops[order.location_id].date(order.window_end)
    expiries = [expiry for stand in picked for expiry in stand.expiries]
    if date <= before or expiries:
        return date > before and min(expiries) < date
    ledger = Ledger(facts)
    accounts = [
        (ledger.account(order.source_id, sku, before), ledger.account(order.source_id, sku, date))
        for sku in skus
    ]
    return any(later.free < min(earlier.free, later.promised) for earlier, later in accounts)


def keep_until(jobs: Iterable[OrderJob], date: str) -> None:
    """What is still to be picked is picked for the later day."""
    for job in jobs:
        if job.state in UNPICKED:
            job.keeps_until = date
