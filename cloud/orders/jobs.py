"""The jobs of an order, and how shops hear of them: written to their feeds with the order's own rows."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from cloud.feeds import repository as feeds
from cloud.orders import repository
from cloud.orders.quoting import VIA, Shop, before_the_end
from cloud.orders.stands import Stand, stands
from cloud.orders.tables import CustomerOrder, OrderJob, OrderLine, PromisedGoods
from contract.envelope import make_uid
from contract.feeds import canonical, shop_feed
from contract.orders import JobLine, ShopJob, Window

PROVED = frozenset({"pickup", "delivery"})
"""Jobs whose goods a customer gets from somebody's hands, against the code."""
LIVE = frozenset({"offered", "accepted", "picked", "ready", "partly_handed"})
"""States of a job that is not over."""
LOT = {"sku", "quantity", "lot", "expiry"}


def new_uid(now: datetime) -> str:
    return make_uid(int(now.timestamp() * 1000), os.urandom)


def plan(
    order: CustomerOrder, source: Shop, shop: Shop, now: datetime, first: int
) -> list[OrderJob]:
    """The jobs of one promise, numbered from `first`. `shop` is whom the customer deals with.

    A transfer must have left early enough for the other shop to keep the promise.
    """
    if order.kind not in VIA:
        return [_job(order, first, order.kind, source, shop, now)]
    sent = _job(order, first, "transfer", source, shop, now)
    sent.to_location_id = shop.location_id
    early = before_the_end(order.kind, source, shop)
    sent.window_start = max(now, sent.window_start - early)
    sent.window_end = max(now, sent.window_end - early)
    met = _job(order, first + 1, VIA[order.kind], shop, shop, now)
    met.from_job_id = sent.job_id
    return [sent, met]


def _job(
    order: CustomerOrder, number: int, kind: str, at: Shop, shop: Shop, now: datetime
) -> OrderJob:
    return OrderJob(
        job_id=new_uid(now),
        order_id=order.order_id,
        number=number,
        location_id=at.location_id,
        kind=kind,
        state="offered",
        wanted="placed",
        revision=1,
        placed_at=now,
        accept_by=now + timedelta(minutes=at.accept_min),
        window_start=order.window_start,
        window_end=order.window_end,
        keeps_until=shop.date(order.window_end),
    )


def revise(job: OrderJob, wanted: str) -> None:
    job.wanted = wanted
    job.revision += 1


def tell(
    session: Session, order: CustomerOrder, lines: Sequence[OrderLine], jobs: Sequence[OrderJob]
) -> None:
    """Writes the jobs as they are now to the feeds of their shops, and what is on its way to the next shop."""
    is_paid_online = order.paid_minor > 0 and not repository.paid_sale(session, order.order_id)
    for job in jobs:
        message = as_message(order, lines, job).model_copy(
            update={"is_paid_online": is_paid_online}
        )
        body = canonical(message.model_dump(mode="json", exclude_none=True))
        feeds.write_operations(session, shop_feed("orders", job.location_id), {job.job_id: body})
        if job.to_location_id and job.wanted == "placed":
            stand = stands(repository.events(session, order.order_id)).get(job.job_id, Stand())
            announce(session, order, lines, job, stand)
        elif job.to_location_id:
            expect_nothing(session, [job])


def announce(
    session: Session, order: CustomerOrder, lines: Sequence[OrderLine], job: OrderJob, stand: Stand
) -> None:
    """Tells the shop at the other end of a transfer what is on its way."""
    arrival = arrival_of(order, job, on_its_way(lines, stand))
    feed = shop_feed("arrivals", job.to_location_id)
    feeds.write_operations(session, feed, {job.job_id: arrival})


def as_message(order: CustomerOrder, lines: Sequence[OrderLine], job: OrderJob) -> ShopJob:
    return ShopJob.model_validate(
        {
            "job_id": job.job_id,
            "order_id": order.order_id,
            "number": order.number,
            "revision": job.revision,
            "state": job.wanted,
            "kind": job.kind,
            "placed_at": job.placed_at,
            "accept_by": job.accept_by,
            "window": Window(start=job.window_start, end=job.window_end),
            "lines": tuple(_line(line, job) for line in lines),
            "customer": order.customer,
            "note": order.note,
            "secret": order.secret if job.kind in PROVED else "",
            "to_location_id": job.to_location_id,
            "from_job_id": job.from_job_id,
            "due_minor": 0 if job.to_location_id else due_minor(order),
            "currency": order.currency,
        }
    )


def _line(line: OrderLine, job: OrderJob) -> JobLine:
    return JobLine(
        line=line.line,
        sku=line.sku,
        names=json.loads(line.names),
        quantity=line.quantity,
        unit_price_minor=line.unit_price_minor,
        keeps_until=job.keeps_until,
        substitutes=tuple(json.loads(line.substitutes)),
    )


def due_minor(order: CustomerOrder) -> int:
    return max(0, order.goods_minor + order.fee_minor - order.paid_minor)


def on_its_way(lines: Sequence[OrderLine], stand: Stand) -> list[dict[str, Any]]:
    """What has left, by lot, and what may leave yet: the rest of the order, until the shop has sent its last."""
    sent = [gone.model_dump(include=LOT, exclude_defaults=True) for gone in stand.lots]
    if stand.is_over:
        return sent
    left = {line.line: line.quantity for line in lines}
    for gone in stand.lots:
        left[gone.line] = left.get(gone.line, 0) - gone.quantity
    rest = [{"sku": line.sku, "quantity": left[line.line]} for line in lines if left[line.line] > 0]
    return sent + rest


def arrival_of(order: CustomerOrder, job: OrderJob, goods: Sequence[dict[str, Any]]) -> str:
    """What the shop at the other end may expect, by the job that sends it."""
    return canonical(
        {
            "v": 1,
            "arrival_id": job.job_id,
            "source": "transfer",
            "source_id": job.job_id,
            "from": job.location_id,
            "number": order.number,
            "due": job.window_end.isoformat(),
            "lines": list(goods),
        }
    )


def reserve(
    session: Session,
    order: CustomerOrder,
    job: OrderJob,
    goods: Sequence[tuple[str, int]],
    *,
    is_set_aside: bool = False,
) -> None:
    """Takes the place of what was promised for this job before."""
    free(session, order.order_id, job.job_id)
    rows = _promises(session, order.order_id, goods)
    for row in rows:
        row.job_id, row.location_id, row.is_set_aside = job.job_id, job.location_id, is_set_aside
    session.add_all(rows)
    session.flush()


def keep_back(session: Session, order: CustomerOrder, goods: Sequence[tuple[str, int]]) -> None:
    """While the order is held, and no longer."""
    rows = _promises(session, order.order_id, goods)
    for row in rows:
        row.location_id, row.until = order.source_id, order.hold_until
    session.add_all(rows)
    session.flush()


def _promises(
    session: Session, order_id: str, goods: Sequence[tuple[str, int]]
) -> list[PromisedGoods]:
    known = [row.number for row in repository.promised(session, order_id)]
    first = 1 + max(known, default=0)
    return [
        PromisedGoods(order_id=order_id, number=number, location_id="", sku=sku, quantity=quantity)
        for number, (sku, quantity) in enumerate(goods, first)
    ]


def free(session: Session, order_id: str, job_id: str) -> None:
    for row in repository.promised(session, order_id):
        if row.job_id == job_id:
            session.delete(row)
    session.flush()


def free_open(session: Session, order_id: str) -> None:
    """All that no shop has set aside: what one has is free when the shop says so."""
    for row in repository.promised(session, order_id):
        if not row.is_set_aside:
            session.delete(row)
    session.flush()


def expect_nothing(session: Session, sent: Sequence[OrderJob]) -> None:
    """Takes transfers that are over from the next shop's list of what is on its way."""
    for job in sent:
        if job.to_location_id:
            feed = shop_feed("arrivals", job.to_location_id)
            feeds.write_operations(session, feed, {job.job_id: None})
