"""What an order was paid with online, and what of it has gone back. All SQL of `OrderTender` and `OrderRefund`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session, col, select

from cloud.orders import repository
from cloud.orders.splitting import COUPON, Part, Share, split
from cloud.orders.tables import OrderCredit, OrderRefund, OrderTender

REFUND = "refund"


def of_order(session: Session, order_id: str) -> Sequence[OrderTender]:
    query = select(OrderTender).where(OrderTender.order_id == order_id)
    return session.exec(query.order_by(col(OrderTender.number))).all()


def paid(session: Session, order_id: str) -> list[OrderTender]:
    return [it for it in of_order(session, order_id) if it.state == "paid"]


def held_minor(session: Session, order_id: str) -> int:
    """What of the order will not be asked of a wallet."""
    return sum(it.amount_minor for it in of_order(session, order_id) if it.state == "held")


class Paid(NamedTuple):
    """As in `OrderTender`."""

    kind: str
    amount_minor: int
    payment_id: str
    state: str
    points: int = 0


def add(session: Session, now: datetime, order_id: str, tender: Paid) -> None:
    number = 1 + max((it.number for it in of_order(session, order_id)), default=0)
    session.add(OrderTender(order_id=order_id, number=number, at=now, **tender._asdict()))
    session.flush()


def note_refund(
    session: Session, now: datetime, order_id: str, credit: int, shares: Sequence[Share]
) -> None:
    for share in shares:
        session.add(OrderRefund(order_id=order_id, credit=credit, at=now, **share._asdict()))
    session.flush()


def refunds(session: Session, order_id: str) -> Sequence[OrderRefund]:
    query = select(OrderRefund).where(OrderRefund.order_id == order_id)
    return session.exec(query.order_by(col(OrderRefund.credit), col(OrderRefund.number))).all()


def shares(session: Session, credit: OrderCredit) -> tuple[Share, ...]:
    """Where the money of a debt goes, or went: () for one of an order that nobody paid online.

    Debts go one after the other by their numbers, whether they have been paid back yet or not.
    """
    before = sum(
        it.amount_minor
        for it in repository.credits_of(session, credit.order_id)
        if it.kind == REFUND and it.number < credit.number
    )
    parts = _parts(session, credit.order_id)
    return split(parts, before, credit.amount_minor) if credit.kind == REFUND else ()


def payable_minor(session: Session, credit: OrderCredit) -> int:
    """What of a debt is anybody's money: a coupon's share of a refund is not."""
    return credit.amount_minor - sum(
        it.amount_minor for it in shares(session, credit) if it.kind == COUPON
    )


def _parts(session: Session, order_id: str) -> list[Part]:
    return [Part(it.number, it.kind, it.amount_minor, it.points) for it in paid(session, order_id)]
