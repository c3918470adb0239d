"""What is owed for orders that were paid here, and where each debt goes.

A refund goes back over what the order was paid with (`orders.splitting`). A compensation is stored value for a member
(`settling.to_members`); who is none gets it the way the money came.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session, col, select

from cloud.orders import settling, tenders
from cloud.orders.splitting import WALLET
from cloud.orders.tables import CustomerOrder, OrderCredit
from cloud.storefront import benefits
from cloud.storefront.buying import BENEFITS
from cloud.storefront.tables import ShopPayment

AT_ONCE = 50


class Debt(NamedTuple):
    """`wallet_minor` of it goes to the wallet of `payment`; None where nothing does."""

    order_id: str
    number: int
    wallet_minor: int
    payment: ShopPayment | None

    @property
    def by(self) -> str:
        return self.payment.payment_id if self.payment else f"{BENEFITS}:{self.order_id}"


def owed(session: Session) -> list[Debt]:
    """What goes back by itself, each order's in the order in which it came to be owed."""
    query = (
        select(OrderCredit, CustomerOrder)
        .join(CustomerOrder, col(CustomerOrder.order_id) == OrderCredit.order_id)
        .where(
            col(OrderCredit.settled_at).is_(None),
            CustomerOrder.channel == settling.ONLINE_SHOP,
            CustomerOrder.payment != "",
        )
        .order_by(OrderCredit.order_id, col(OrderCredit.number))
        .limit(AT_ONCE)
    )
    found = (
        _debt(session, credit)
        for credit, order in session.exec(query).all()
        if credit.kind == tenders.REFUND or not settling.can_hold(session, order.member_id)
    )
    return [debt for debt in found if debt is not None]


def _debt(session: Session, credit: OrderCredit) -> Debt | None:
    """None for what no wallet can take: head office pays it."""
    paid = [it for it in tenders.paid(session, credit.order_id) if it.kind == WALLET]
    payment = session.get(ShopPayment, paid[0].payment_id) if paid else None
    if credit.kind != tenders.REFUND:
        return _to(credit, credit.amount_minor, payment) if payment else None
    shares = tenders.shares(session, credit)
    if not shares:
        return None
    of_wallet = sum(it.amount_minor for it in shares if it.kind == WALLET)
    return _to(credit, of_wallet, payment if of_wallet else None)


def _to(credit: OrderCredit, wallet_minor: int, payment: ShopPayment | None) -> Debt:
    return Debt(credit.order_id, credit.number, wallet_minor, payment)


def settle(session: Session, now: datetime, debt: Debt) -> None:
    """The wallet has its share: the rest goes back now. Raises NotFoundError, AlreadySettledError."""
    settling.settle(session, now, debt.order_id, debt.number, debt.by)
    benefits.put_back(session, now, debt.order_id, debt.number)
