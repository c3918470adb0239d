"""What customers want to bring back: said online, seen by head office and by the shop that gets it, paid back once.

A wish stands in the feed returns@SHOP until a shop says that it has the goods (`contract.order_returns`); then their
price is owed (`cloud.orders.returning`), and goes back to where it came from (`paying.give_back`). Goods may come back
that nobody has announced. Nothing here names the customer.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from cloud.errors import NotFoundError, ReturnTooLateError
from cloud.feeds import repository as feeds
from cloud.orders import following, owing, returning
from cloud.orders.tables import CustomerOrder, OrderLine
from cloud.storefront.tables import ReturnWish
from contract.feeds import canonical, shop_feed
from contract.order_returns import OrderReturned, WishedReturn


def wish(
    session: Session, now: datetime, order_id: str, line: int, location_id: str, reason: str
) -> None:
    """Of what was handed over, and once. Raises NotFoundError for anything else, ReturnTooLateError."""
    goods, order = session.get(OrderLine, (order_id, line)), session.get(CustomerOrder, order_id)
    if goods is None or order is None or not goods.handed:
        raise NotFoundError(what="line of this order", name=str(line))
    if returning.is_over(session, now, order):
        raise ReturnTooLateError(number=order.number, until=returning.until(session, order))
    if session.get(ReturnWish, (order_id, line)) is not None:
        return
    row = ReturnWish(
        order_id=order_id, line=line, location_id=location_id, reason=reason, asked_at=now
    )
    session.add(row)
    session.flush()
    _tell(session, row, canonical(as_dict(session, row)))


def taken(session: Session, now: datetime, order_id: str, line: int) -> None:
    """Head office has the goods, by post perhaps: what they cost is owed. A second time changes nothing.

    Raises NotFoundError.
    """
    row = session.get(ReturnWish, (order_id, line), with_for_update=True)
    goods, order = session.get(OrderLine, (order_id, line)), session.get(CustomerOrder, order_id)
    if row is None or goods is None or order is None:
        raise NotFoundError(what="wish to return", name=f"{order_id}, line {line}")
    if row.taken_at is not None:
        return
    # Shops may have taken some of it back, and tills have paid for it.
    returning.pay_back(owing.Desk(session, now, order), goods, goods.handed - goods.returned)
    session.flush()
    _met(session, now, row)
    following.follow(session, now, order_id)


def met(session: Session, told: Sequence[OrderReturned]) -> None:
    """Shops have taken goods back: what was announced of them is awaited no longer, at whichever shop."""
    for fact in told:
        for line in {piece.line for piece in fact.goods}:
            row = session.get(ReturnWish, (fact.order_id, line))
            if row is not None and row.taken_at is None:
                _met(session, fact.occurred_at, row)


def _met(session: Session, at: datetime, row: ReturnWish) -> None:
    row.taken_at = at
    session.add(row)
    session.flush()
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
    whole = returning.goods(session, order, [goods])
    return WishedReturn(
        order_id=row.order_id,
        number=order.number,
        line=row.line,
        sku=goods.sku,
        names=json.loads(goods.names),
        quantity=goods.handed,
        reason=row.reason,
        location_id=row.location_id,
        asked_at=row.asked_at,
        until=returning.until(session, order),
        currency=order.currency,
        goods=whole,
    ).model_dump(mode="json", exclude_none=True)


def _tell(session: Session, row: ReturnWish, body: str | None) -> None:
    feed = shop_feed("returns", row.location_id)
    feeds.write_operations(session, feed, {f"{row.order_id}:{row.line}": body})
