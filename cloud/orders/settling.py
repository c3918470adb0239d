"""What is owed for orders is given: each amount once, by one of the ways that are open to it.

    wallet         ordered in the online shop: it goes back the way it came, by itself (`storefront.paying`)
    stored_value   compensation of a member: by itself, spendable in every shop of the chain
    cash, bank     what is left: head office, or a till, pays it and says so

Stored value is written before the debt is struck off, under an id made of the debt's own: whatever is killed between
the two, the second time changes nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session, col, select

from cloud.errors import AlreadySettledError, NotFoundError
from cloud.members import spending
from cloud.members.repository import root
from cloud.members.service import Members
from cloud.orders import repository, tenders
from cloud.orders.tables import CustomerOrder, OrderCredit

STORED_VALUE = "stored_value"
ONLINE_SHOP = "storefront"
CREDITS_A_STEP = 50


class PaidBack(BaseModel):
    """`reference` names the receipt or transfer: said again with the same, it changes nothing."""

    model_config = ConfigDict(frozen=True)

    by: Literal["cash", "bank"]
    reference: str = Field(min_length=1, max_length=80)

    @property
    def text(self) -> str:
        return f"{self.by}:{self.reference}"


class Owed(NamedTuple):
    order_id: str
    number: int
    member_id: str
    amount_minor: int


def to_members(members: Members) -> int:
    """Gives every member the compensation she is owed, and says how many that were. Looks before it writes."""
    with members.database.read() as session:
        owed = [
            Owed(credit.order_id, credit.number, order.member_id, credit.amount_minor)
            for credit, order in _compensations(session, members.currency)
            if can_hold(session, order.member_id)
        ]
    for credit in owed:
        _to_member(members, credit)
    return len(owed)


def _compensations(session: Session, currency: str) -> list[tuple[OrderCredit, CustomerOrder]]:
    query = (
        select(OrderCredit, CustomerOrder)
        .join(CustomerOrder, col(CustomerOrder.order_id) == OrderCredit.order_id)
        .where(
            col(OrderCredit.settled_at).is_(None),
            OrderCredit.kind == "compensation",
            OrderCredit.currency == currency,
            CustomerOrder.member_id != "",
        )
        .order_by(col(OrderCredit.owed_at), OrderCredit.order_id)
        .limit(CREDITS_A_STEP)
    )
    return list(session.exec(query).all())


def can_hold(session: Session, member_id: str) -> bool:
    """An account that was erased holds nothing: what it is owed is paid back. Nor does nobody's."""
    member = root(session, member_id) if member_id else None
    return member is not None and member.erased_at is None


def _to_member(members: Members, credit: Owed) -> None:
    act_id = f"order-credit-{credit.order_id}-{credit.number}"
    spending.compensate(members, act_id, credit.member_id, credit.amount_minor, credit.order_id)
    with members.database.write() as session:
        by = f"{STORED_VALUE}:{act_id}"
        settle(session, members.clock.now(), credit.order_id, credit.number, by)


def owed(session: Session, limit: int) -> list[dict[str, Any]]:
    """What is still owed, the oldest first, with the order's number."""
    query = (
        select(OrderCredit, CustomerOrder.number)
        .join(CustomerOrder, col(CustomerOrder.order_id) == OrderCredit.order_id)
        .where(col(OrderCredit.settled_at).is_(None))
        .order_by(col(OrderCredit.owed_at), OrderCredit.order_id, col(OrderCredit.number))
        .limit(limit)
    )
    return [
        credit.model_dump(mode="json", exclude={"settled_at", "settled_by"})
        | {"order": number, "amount_minor": tenders.payable_minor(session, credit)}
        for credit, number in session.exec(query)
    ]


def pay_back(
    session: Session, now: datetime, order_id: str, number: int, paid: PaidBack
) -> dict[str, Any]:
    """Head office has paid it. Raises NotFoundError, or AlreadySettledError where it was settled otherwise."""
    return settle(session, now, order_id, number, paid.text).model_dump(
        mode="json", exclude={"order_id"}
    )


def settle(session: Session, now: datetime, order_id: str, number: int, by: str) -> OrderCredit:
    """Once: the same again changes nothing. Raises NotFoundError, AlreadySettledError."""
    repository.locked(session, order_id)
    credit = repository.credit(session, order_id, number)
    if credit is None:
        raise NotFoundError(what="debt of this order", name=str(number))
    if credit.settled_at is not None and credit.settled_by != by:
        raise AlreadySettledError(number=number, by=credit.settled_by)
    if credit.settled_at is None:
        credit.settled_at, credit.settled_by = now, by
        fields = {"kind": credit.kind, "amount_minor": credit.amount_minor, "by": by}
        repository.add_event(session, order_id, now, "settled", fields)
    return credit
