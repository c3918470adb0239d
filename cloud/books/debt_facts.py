"""What customers were owed for orders and was paid on some days. All SQL of `cloud.books.debts`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from cloud.books import online_facts, repository
from cloud.books.debts import Settled
from cloud.books.journal import Occasion, Part
from cloud.books.repository import Days
from cloud.orders import tenders
from cloud.orders.splitting import COUPON
from cloud.orders.tables import CustomerOrder, OrderCredit
from cloud.storefront.tables import ShopPayment


def debts(session: Session, days: Days, zone: ZoneInfo) -> Iterator[Settled]:
    """By a person or, as compensation, by a wallet; dated when it was paid."""
    query = (
        select(OrderCredit, CustomerOrder.location_id)
        .join(CustomerOrder, col(CustomerOrder.order_id) == OrderCredit.order_id)
        .where(col(OrderCredit.settled_at).is_not(None))
        .order_by(col(OrderCredit.settled_at), OrderCredit.order_id, col(OrderCredit.number))
    )
    parts: defaultdict[str, list[Part]] = defaultdict(list)
    for (order_id, _), part in repository.ordered_parts(session).items():
        parts[order_id].append(part)
    for credit, location_id in session.exec(query).all():
        by, at = _paid_by(session, credit), credit.settled_at
        day = at.astimezone(zone).date().isoformat() if at else ""
        if by and days.has(day, location_id):
            reference = f"order-credit-{credit.order_id}-{credit.number}"
            occasion = Occasion(day, location_id, credit.currency, reference)
            sold = parts[credit.order_id]
            yield _settled(session, Settled(occasion, *_of(credit), by, sold), credit)


def _of(credit: OrderCredit) -> tuple[str, str, int]:
    return credit.kind, credit.reason, credit.amount_minor


def _settled(session: Session, debt: Settled, credit: OrderCredit) -> Settled:
    """With what an order of the online shop was made of; a coupon's share of a refund is nobody's money."""
    if not tenders.paid(session, credit.order_id):
        return debt
    shares = tenders.shares(session, credit)
    return debt._replace(
        online=online_facts.goods(session, credit.order_id),
        coupon_minor=sum(it.amount_minor for it in shares if it.kind == COUPON),
    )


def _paid_by(session: Session, credit: OrderCredit) -> str:
    """A wallet's refund is booked with the order that it paid (`online_facts`): ""."""
    by, colon, _ = credit.settled_by.partition(":")
    if colon:
        return by if by in ("cash", "bank") else ""
    payment = session.get(ShopPayment, by) if credit.kind == "compensation" else None
    return payment.provider if payment else ""
