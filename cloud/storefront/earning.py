"""Points of orders that members placed online: earned with the hand-over, taken back with what comes back.

No till sells such an order, so no fact of a shop earns for it: the hub does, once, by acts named after its lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from cloud.members import repository as members
from cloud.members.ledger import POINTS
from cloud.members.people import programme_of
from cloud.members.standing import standing
from cloud.members.tables import Member, MemberAct
from cloud.orders import repository as orders
from cloud.orders import returning, tenders
from cloud.orders.splitting import COUPON
from cloud.orders.tables import CustomerOrder, OrderLine, OrderTender
from cloud.storefront.tables import ShopOrder
from contract.members import half_up, points_of_lines

AT_ONCE = 50
NO_POINTS = (COUPON, POINTS)


def earned_id(order_id: str, line: int) -> str:
    return f"{order_id}:{line}:earned"


def to_earn(session: Session) -> Sequence[str]:
    """Orders that members paid here and have in their hands, and that nobody has counted yet."""
    counted = sa.exists().where(
        col(MemberAct.reference) == col(ShopOrder.order_id), col(MemberAct.kind) == "earned"
    )
    paid = sa.exists().where(
        col(OrderTender.order_id) == col(ShopOrder.order_id), col(OrderTender.state) == "paid"
    )
    query = (
        select(ShopOrder.order_id)
        .join(CustomerOrder, col(CustomerOrder.order_id) == ShopOrder.order_id)
        .where(
            ShopOrder.member_id != "",
            col(CustomerOrder.state).in_(("completed", "partly_returned")),
            ~counted,
            paid,
        )
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


def to_take_back(session: Session) -> Sequence[tuple[OrderLine, MemberAct]]:
    """Lines of which pieces have come back since their points were last taken back, with what they had earned."""
    earned = col(OrderLine.order_id) + ":" + sa.cast(OrderLine.line, sa.String) + ":earned"
    act_id = earned + ":back:" + sa.cast(OrderLine.returned, sa.String)
    back = aliased(MemberAct)
    query = (
        select(OrderLine, MemberAct)
        .join(CustomerOrder, col(CustomerOrder.order_id) == OrderLine.order_id)
        .join(MemberAct, col(MemberAct.act_id) == earned)
        .where(
            col(CustomerOrder.state).in_(("partly_returned", "returned")),
            col(OrderLine.returned) > 0,
            ~sa.exists().where(col(back.act_id) == act_id),
        )
        .limit(AT_ONCE)
    )
    return session.exec(query).all()


def take_back(session: Session, now: datetime) -> None:
    """What a line had earned goes with its pieces, in all as much as it was. A second time changes nothing."""
    found = to_take_back(session)
    if not found:
        return
    members.lock(session)
    for line, had in found:
        taken = select(func.coalesce(func.sum(MemberAct.amount), 0)).where(
            col(MemberAct.act_id).startswith(f"{had.act_id}:back:", autoescape=True)
        )
        until = half_up(had.amount * line.returned, max(1, line.handed))
        points = until + session.exec(taken).one()
        act_id = f"{had.act_id}:back:{line.returned}"
        session.add(_act(act_id, had.member_id, "taken_back", -points, line.order_id, now))
    session.flush()


def _by_line(
    session: Session, now: datetime, order_id: str, member: Member, currency: str
) -> dict[int, int]:
    """As a till counts: what points and a coupon paid of what she was handed earns nothing."""
    lines = orders.lines(session, order_id)
    programme = programme_of(session, currency)
    tier = standing(session, member, programme, now).tier
    amounts = [line.unit_price_minor * line.handed for line in lines]
    points = points_of_lines(programme, tier, amounts, _not_earning_minor(session, order_id))
    return {line.line: some for line, some in zip(lines, points, strict=True)}


def _not_earning_minor(session: Session, order_id: str) -> int:
    spent = sum(it.amount_minor for it in tenders.paid(session, order_id) if it.kind in NO_POINTS)
    debts = [it for it in orders.credits_of(session, order_id) if it.reason != returning.REASON]
    back = (share for debt in debts for share in tenders.shares(session, debt))
    return spent - sum(share.amount_minor for share in back if share.kind in NO_POINTS)


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
