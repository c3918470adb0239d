"""What customers want to bring back: said online, seen by head office and by the shop that gets it, paid back once.

A wish stands in the feed returns@SHOP until a shop says that it has the goods; then their price is owed, and goes back
to the wallet that paid (`paying.give_back`). Nothing here names the customer.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from cloud.errors import NotFoundError
from cloud.feeds import repository as feeds
from cloud.orders import repository as orders
from cloud.orders.tables import CustomerOrder, OrderCredit, OrderLine
from cloud.storefront import earning
from cloud.storefront.tables import ReturnWish
from contract.feeds import canonical, shop_feed

REASON = "returned"


def wish(
    session: Session, now: datetime, order_id: str, line: int, location_id: str, reason: str
) -> None:
    """Of what was handed over, and once. Raises NotFoundError for anything else."""
    goods = session.get(OrderLine, (order_id, line))
    if goods is None or not goods.handed:
        raise NotFoundError(what="line of this order", name=str(line))
    if session.get(ReturnWish, (order_id, line)) is not None:
        return
    row = ReturnWish(
        order_id=order_id, line=line, location_id=location_id, reason=reason, asked_at=now
    )
    session.add(row)
    session.flush()
    _tell(session, row, canonical(as_dict(session, row)))


def taken(session: Session, now: datetime, order_id: str, line: int) -> None:
    """A shop has the goods: what they cost is owed. A second time changes nothing. Raises NotFoundError."""
    row = session.get(ReturnWish, (order_id, line), with_for_update=True)
    goods, order = session.get(OrderLine, (order_id, line)), session.get(CustomerOrder, order_id)
    if row is None or goods is None or order is None:
        raise NotFoundError(what="wish to return", name=f"{order_id}, line {line}")
    if row.taken_at is not None:
        return
    row.taken_at = now
    session.add(row)
    left = goods.handed - goods.returned  # a till may have taken some of it back, and paid for it
    if left > 0:
        credit = OrderCredit(
            order_id=order_id,
            number=len(orders.credits_of(session, order_id)) + 1,
            kind="refund",
            amount_minor=goods.unit_price_minor * left,
            currency=order.currency,
            reason=REASON,
            owed_at=now,
        )
        session.add(credit)
    session.flush()
    earning.take_back(session, now, row)
    _tell(session, row, None)


def of_order(session: Session, order_id: str) -> Sequence[ReturnWish]:
    query = select(ReturnWish).where(ReturnWish.order_id == order_id)
    return session.exec(query.order_by(col(ReturnWish.line))).all()


def awaited(session: Session, location_id: str = "") -> list[dict[str, Any]]:
    """What has not come yet, the oldest wish first; of every shop where none is named."""
    query = select(ReturnWish).where(col(ReturnWish.taken_at).is_(None))
    if location_id:
        query = query.where(ReturnWish.location_id == location_id)
    found = session.exec(query.order_by(col(ReturnWish.asked_at))).all()
    return [as_dict(session, row) for row in found]


def as_dict(session: Session, row: ReturnWish) -> dict[str, Any]:
    """As the feed brings it to the shop, and the API to head office."""
    goods = session.get_one(OrderLine, (row.order_id, row.line))
    order = session.get_one(CustomerOrder, row.order_id)
    return {
        "v": 1,
        "order_id": row.order_id,
        "number": order.number,
        "line": row.line,
        "sku": goods.sku,
        "names": json.loads(goods.names),
        "quantity": goods.handed,
        "reason": row.reason,
        "location_id": row.location_id,
        "asked_at": row.asked_at.isoformat(),
    }


def _tell(session: Session, row: ReturnWish, body: str | None) -> None:
    feed = shop_feed("returns", row.location_id)
    feeds.write_operations(session, feed, {f"{row.order_id}:{row.line}": body})
