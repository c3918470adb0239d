"""What head office looks for among its orders: open, at risk, broken, today's, and what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from cloud.orders.returning import REASON
from cloud.orders.tables import CustomerOrder, OrderCredit
from cloud.storefront.tables import ReturnWish

OPEN: Final = (
    *("placed", "accepted", "in_progress", "ready", "partly_handed", "at_risk", "cancelling"),
)
FILTERS: Final = ("open", "at_risk", "broken", "returns", "today", "all")


class Wanted(NamedTuple):
    """`show` is one of FILTERS; `search` is part of a number, or of what to call out."""

    show: str = "open"
    location_id: str = ""
    search: str = ""


class Day(NamedTuple):
    today: date
    zone: ZoneInfo

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        first = datetime.combine(self.today, time(), self.zone)
        return first, first + timedelta(days=1)


def found(session: Session, day: Day, wanted: Wanted, limit: int) -> Sequence[CustomerOrder]:
    """What is due first stands first; of what is over, what was promised last."""
    end = col(CustomerOrder.window_end)
    by = end if wanted.show in ("open", "at_risk", "today") else end.desc()
    query = select(CustomerOrder).where(_is(wanted.show, day)).order_by(by).limit(limit)
    if wanted.location_id:
        at = (col(CustomerOrder.location_id), col(CustomerOrder.source_id))
        query = query.where(sa.or_(*(it == wanted.location_id for it in at)))
    if wanted.search:
        text = f"%{wanted.search.lower()}%"
        said = (col(CustomerOrder.number), col(CustomerOrder.customer))
        query = query.where(sa.or_(*(func.lower(it).like(text) for it in said)))
    return session.exec(query).all()


def counts(session: Session, day: Day) -> dict[str, int]:
    """How many each filter shows."""
    columns = [func.count().filter(_is(name, day)) for name in FILTERS]
    row = session.connection().execute(sa.select(*columns).select_from(CustomerOrder)).one()
    return dict(zip(FILTERS, row, strict=True))


def with_debts(session: Session) -> dict[str, datetime]:
    """Orders of which something is owed and not given yet, with since when."""
    query = select(OrderCredit.order_id, OrderCredit.owed_at)
    return _oldest(session.exec(query.where(col(OrderCredit.settled_at).is_(None))).all())


def with_wishes(session: Session) -> dict[str, datetime]:
    """Orders of which a customer has announced to bring something back that no shop has yet, with since when."""
    query = select(ReturnWish.order_id, ReturnWish.asked_at)
    return _oldest(session.exec(query.where(col(ReturnWish.taken_at).is_(None))).all())


def _oldest(rows: Sequence[tuple[str, datetime]]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for order_id, at in rows:
        found[order_id] = min(at, found.get(order_id, at))
    return found


def _is(show: str, day: Day) -> Any:
    is_open = col(CustomerOrder.state).in_(OPEN)
    if show == "open":
        return is_open
    if show == "at_risk":
        return is_open & (col(CustomerOrder.promise) == "at_risk")
    if show == "broken":
        return col(CustomerOrder.promise) == "broken"
    if show == "returns":
        wished = select(ReturnWish.order_id).where(col(ReturnWish.taken_at).is_(None))
        owed = select(OrderCredit.order_id).where(
            col(OrderCredit.settled_at).is_(None), OrderCredit.reason == REASON
        )
        order_id = col(CustomerOrder.order_id)
        return order_id.in_(wished) | order_id.in_(owed)
    placed = col(CustomerOrder.placed_at).is_not(None)
    if show == "today":
        first, last = day.bounds
        end = col(CustomerOrder.window_end)
        return placed & (end >= first) & (end < last)
    return placed
