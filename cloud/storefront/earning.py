"""Points of orders that members placed online: earned with the hand-over, taken back with what comes back.

No till sells such an order, so no fact of a shop earns for it: the hub does, once, by acts named after its lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cloud.members import repository as members
from cloud.members.ledger import POINTS
from cloud.members.people import programme_of
from cloud.members.standing import standing
from cloud.members.tables import Member, MemberAct
from cloud.orders import repository as orders
from cloud.orders.tables import CustomerOrder
from cloud.storefront.tables import ReturnWish, ShopOrder, ShopPayment
from contract.members import points_of_lines

AT_ONCE = 50


def earned_id(order_id: str, line: int) -> str:
    return f"{order_id}:{line}:earned"


def to_earn(session: Session) -> Sequence[str]:
    """Orders that members paid here and have in their hands, and that nobody has counted yet."""
    counted = sa.exists().where(
        col(MemberAct.reference) == col(ShopOrder.order_id), col(MemberAct.kind) == "earned"
    )
    query = (
        select(ShopOrder.order_id)
        .join(CustomerOrder, col(CustomerOrder.order_id) == ShopOrder.order_id)
        .join(ShopPayment, col(ShopPayment.payment_id) == CustomerOrder.payment)
        .where(ShopOrder.member_id != "", CustomerOrder.state == "completed", ~counted)
        .limit(AT_ONCE)
    )
    return session.exec(query).all()


def earn(session: Session, now: datetime, currency: str) -> None:
    """One act a line: nothing is earned twice, however often this is called."""
    found = to_earn(session)
    if not found:
        return
    members.lock(session)
    for order_id in found:
        own = session.exec(select(ShopOrder).where(ShopOrder.order_id == order_id)).one()
        member = members.root(session, own.member_id)
        if member is None or member.erased_at is not None:
            own.member_id = ""  # there is nobody to earn any more
        else:
            for line, points in _by_line(session, now, order_id, member, currency).items():
                act_id = earned_id(order_id, line)
                if session.get(MemberAct, act_id) is None:
                    session.add(_act(act_id, member.member_id, "earned", points, order_id, now))
            session.flush()


def take_back(session: Session, now: datetime, wish: ReturnWish) -> None:
    """What the line had earned goes with it. A second time changes nothing."""
    members.lock(session)
    act_id = earned_id(wish.order_id, wish.line)
    had, back = session.get(MemberAct, act_id), session.get(MemberAct, f"{act_id}:back")
    if had is not None and back is None:
        taken = (had.member_id, "taken_back", -had.amount, wish.order_id, now)
        session.add(_act(f"{act_id}:back", *taken))
        session.flush()


def _by_line(
    session: Session, now: datetime, order_id: str, member: Member, currency: str
) -> dict[int, int]:
    lines = orders.lines(session, order_id)
    programme = programme_of(session, currency)
    tier = standing(session, member, programme, now).tier
    amounts = [line.unit_price_minor * line.handed for line in lines]
    points = points_of_lines(programme, tier, amounts)
    return {line.line: some for line, some in zip(lines, points, strict=True)}


def _act(
    act_id: str, member_id: str, kind: str, amount: int, order_id: str, now: datetime
) -> MemberAct:
    return MemberAct(
        act_id=act_id,
        member_id=member_id,
        unit=POINTS,
        kind=kind,
        amount=amount,
        location_id="",
        reference=order_id,
        done_at=now,
    )
