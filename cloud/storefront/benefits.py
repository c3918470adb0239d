"""What a member spends on an order of the online shop: a coupon, points and stored value; a wallet pays the rest.

    plan      what a choice comes to: pure
    claim     asks for the coupon, as a till does, before the goods are held
    hold      keeps all of it for the order, in the transaction that holds its goods
    commit    the order is paid
    release   it never will be
    put_back  a refund's shares, each to where it came from

Who shops at a till and here at once spends nothing twice: both ask `cloud.members`' `spending` and `coupons`.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from cloud.errors import CouponUnknownError, NoSuchMemberError, PriceChangedError
from cloud.members import coupon_orders, coupons, spending
from cloud.members import repository as members
from cloud.members.coupon_orders import Kept
from cloud.members.people import living
from cloud.members.service import Members
from cloud.members.spending import Desk, Place
from cloud.members.tables import CouponRow, Member
from cloud.orders import repository as orders
from cloud.orders import tenders
from cloud.orders.splitting import COUPON, POINTS, STORED_VALUE, Share
from cloud.orders.tables import CustomerOrder, OrderTender
from cloud.orders.tenders import Paid
from cloud.storefront.tables import ShopPayment, Shopper
from contract.members import Coupon, CouponClaim, MemberSpend, coupon_worth_minor

UNTIL_DECIDED: Final = timedelta(days=36_500)
"""Points wait for an order, not for a day: it is always said whether it was paid."""
AT_ONCE: Final = 50
HELD: Final = "held"
GONE: Final = ("cancelled", "broken")


class Choice(NamedTuple):
    """What she wants to spend: a coupon by its hash, "" for none; points; stored value in minor units."""

    coupon: str = ""
    points: int = 0
    stored_minor: int = 0


class Purse(NamedTuple):
    """What she could spend. `coupons` are hers, and good today."""

    points: int = 0
    stored_minor: int = 0
    point_value_minor: int = 1
    coupons: tuple[tuple[str, Coupon], ...] = ()


class Bill(NamedTuple):
    """How an order is paid: everything but `points` is in minor units, and sums to the order's total."""

    coupon: str
    coupon_minor: int
    points: int
    points_minor: int
    stored_minor: int
    rest_minor: int


def plan(choice: Choice, purse: Purse, goods_minor: int, fee_minor: int) -> Bill:
    """The coupon first, off the goods; then points, whole ones; then stored value. Never more than she has or needs."""
    coupon = dict(purse.coupons).get(choice.coupon)
    off = worth_minor(coupon, goods_minor) if coupon else 0
    left = goods_minor + fee_minor - off
    points = min(choice.points, purse.points, left // purse.point_value_minor)
    left -= points * purse.point_value_minor
    stored = min(choice.stored_minor, purse.stored_minor, left)
    return Bill(
        choice.coupon if off else "",
        off,
        points,
        points * purse.point_value_minor,
        stored,
        left - stored,
    )


def worth_minor(coupon: Coupon, goods_minor: int) -> int:
    is_enough = goods_minor >= coupon.least_basket_minor
    return coupon_worth_minor(coupon, goods_minor) if is_enough else 0


def purse(desk: Desk, member: Member) -> Purse:
    stand = desk.standing(member)
    own = members.ids(members.family(desk.session, member.member_id))
    good = [
        (row.hashed, coupon)
        for row in members.coupons_of(desk.session, own)
        if _is_good(desk, row, coupon := Coupon.model_validate_json(row.body))
    ]
    points = 0 if stand.is_blocked else stand.available
    known = tuple(sorted(good, key=lambda it: (it[1].valid_until, it[0])))
    return Purse(points, stand.stored_minor, desk.programme.point_value_minor, known)


def with_held(session: Session, own: Purse, order_id: str) -> Purse:
    """With what an order holds that is given up as soon as this browser orders something else."""
    held = [it for it in tenders.of_order(session, order_id) if it.state == HELD]
    return own._replace(
        points=own.points + sum(it.points for it in held),
        stored_minor=own.stored_minor
        + sum(it.amount_minor for it in held if it.kind == STORED_VALUE),
    )


def _is_good(desk: Desk, row: CouponRow, coupon: Coupon) -> bool:
    is_used = row.is_single and bool(members.coupon_uses(desk.session, [row.hashed]))
    return coupon.valid_from <= desk.now <= coupon.valid_until and not is_used


def member_of(session: Session, shopper: Shopper | None) -> Member | None:
    """Who is signed in; None also for a membership that was given up elsewhere."""
    found = members.root(session, shopper.member_id) if shopper and shopper.member_id else None
    return found if found is not None and found.erased_at is None else None


# -- for an order ------------------------------------------------------------------------------


def reference(member_id: str) -> str:
    """By which the shop claims a coupon: for its owner, so that a form that failed can be sent again."""
    return f"storefront-{member_id}"


def claim(
    members_: Members, member_id: str, hashed: str, pause: Callable[[float], None] = time.sleep
) -> None:
    """Raises what `coupons.claim` raises, and CouponUnknownError for a coupon that is not hers."""
    with members_.database.read() as session:
        owner = living(session, member_id)
        _own_coupon(session, owner, hashed)
        wanted = CouponClaim(hashed=hashed, reference=reference(owner.member_id))
    coupons.claim_soon(members_, "", wanted, pause)


def _own_coupon(session: Session, owner: Member, hashed: str) -> CouponRow:
    row = session.get(CouponRow, hashed)
    if row is None or row.member_id not in members.ids(members.family(session, owner.member_id)):
        raise CouponUnknownError
    return row


def hold(desk: Desk, order: CustomerOrder, choice: Choice, rest_minor: int) -> None:
    """Keeps what she chose. Raises what the ledgers raise, and PriceChangedError where the rest is not `rest_minor`."""
    left = order.goods_minor + order.fee_minor
    if any(choice):
        left -= _hold_all(desk, order, choice)
    if left != rest_minor:
        raise PriceChangedError(seen_minor=rest_minor, now_minor=left, currency=order.currency)


def _hold_all(desk: Desk, order: CustomerOrder, choice: Choice) -> int:
    """What all of it pays, in minor units."""
    if not order.member_id:
        raise NoSuchMemberError
    members.lock(desk.session)
    owner = living(desk.session, order.member_id)
    paid = _hold_coupon(desk, order, owner, choice.coupon) if choice.coupon else 0
    if choice.points:
        paid += _hold_points(desk, order, owner, choice.points)
    if choice.stored_minor:
        amount = choice.stored_minor
        spend_id = _take(desk, order, owner, STORED_VALUE, amount)
        _note(desk, order, Paid(STORED_VALUE, amount, spend_id, HELD))
        paid += amount
    return paid


def _hold_coupon(desk: Desk, order: CustomerOrder, owner: Member, hashed: str) -> int:
    row = _own_coupon(desk.session, owner, hashed)
    off = worth_minor(Coupon.model_validate_json(row.body), order.goods_minor)
    claimed = CouponClaim(hashed=hashed, reference=reference(owner.member_id))
    kept = Kept(order.order_id, off, order.currency, order.hold_until)
    coupon_orders.keep(desk.session, desk.now, claimed, kept)
    _note(desk, order, Paid(COUPON, off, hashed, HELD))
    return off


def _hold_points(desk: Desk, order: CustomerOrder, owner: Member, points: int) -> int:
    amount = points * desk.programme.point_value_minor
    spend_id = _take(desk, order, owner, POINTS, points)
    _note(desk, order, Paid(POINTS, amount, spend_id, HELD, points))
    return amount


def _take(desk: Desk, order: CustomerOrder, owner: Member, what: str, amount: int) -> str:
    """The spend's id, which is made of the order's own."""
    spend_id = str(uuid.uuid5(uuid.UUID(order.order_id), what))
    asked = {"member_id": owner.member_id, "what": what, "amount": amount}
    wanted = MemberSpend.model_validate(
        {**asked, "currency": order.currency, "reference": order.order_id}
    )
    spending.spend_in(desk, Place(spend_id, "", UNTIL_DECIDED), wanted)
    return spend_id


def _note(desk: Desk, order: CustomerOrder, tender: Paid) -> None:
    tenders.add(desk.session, desk.now, order.order_id, tender)


def commit(session: Session, now: datetime, order_id: str) -> int:
    """The order is paid: gives what of it these paid, in minor units."""
    held = [it for it in tenders.of_order(session, order_id) if it.state == HELD]
    for tender in held:
        if tender.kind == POINTS:
            spending.commit(session, now, tender.payment_id, order_id)
        elif tender.kind == COUPON:
            coupon_orders.use(session, now, order_id)
        tender.state = "paid"
        session.add(tender)
    session.flush()
    return sum(it.amount_minor for it in held)


def release(session: Session, now: datetime, order_id: str) -> None:
    """Everything is hers again, for whatever she likes. A second time changes nothing."""
    for tender in tenders.of_order(session, order_id):
        if tender.state != HELD:
            continue
        if tender.kind == COUPON:
            coupon_orders.let_go(session, now, order_id)
        else:
            spending.give_back_in(session, now, tender.payment_id)
        tender.state = "released"
        session.add(tender)
    session.flush()


def to_release(session: Session) -> Sequence[str]:
    """Orders that nobody will pay any more and that still hold something.

    One that is given up is never paid (`following.paid_in_vain`); one whose hold has lapsed is, as long as a wallet may
    say so.
    """
    query = _over().distinct().limit(AT_ONCE)
    return session.exec(query).all()


def _over() -> SelectOfScalar[str]:
    is_asked = sa.exists().where(
        col(ShopPayment.order_id) == col(CustomerOrder.order_id), col(ShopPayment.state) == "asked"
    )
    return (
        select(CustomerOrder.order_id)
        .join(OrderTender, col(OrderTender.order_id) == CustomerOrder.order_id)
        .where(OrderTender.state == HELD, col(CustomerOrder.placed_at).is_(None))
        .where(
            sa.or_(
                col(CustomerOrder.state) == "cancelled",
                sa.and_(col(CustomerOrder.state) == "lapsed", ~is_asked),
            )
        )
    )


def release_all(session: Session, now: datetime) -> int:
    """How many orders have let go of what they held. Looks again once each order is locked."""
    found = to_release(session)
    for order_id in found:
        orders.locked(session, order_id)
        if session.exec(_over().where(CustomerOrder.order_id == order_id)).first():
            release(session, now, order_id)
    return len(found)


def is_gone(session: Session, order_id: str, state: str) -> bool:
    """Whether nothing of the order is left: a part that was handed over keeps its coupon."""
    return state in GONE and not any(it.handed for it in orders.lines(session, order_id))


def put_back(session: Session, now: datetime, order_id: str, credit: int) -> None:
    """The shares of a debt that are not a wallet's. A coupon is good again where all of the order is gone."""
    debt, order = orders.credit(session, order_id, credit), orders.named(session, order_id)
    assert debt is not None
    assert order is not None
    spends = {it.number: it.payment_id for it in tenders.paid(session, order_id)}
    shares: tuple[Share, ...] = tenders.shares(session, debt)
    for share in shares:
        act_id = f"{order_id}:refund:{credit}:{share.number}"
        if share.kind in (POINTS, STORED_VALUE):
            amount = share.points if share.kind == POINTS else share.amount_minor
            spending.put_back(session, now, act_id, spends[share.number], amount)
    if is_gone(session, order.order_id, order.state):
        coupon_orders.let_go(session, now, order_id)
    tenders.note_refund(session, now, order_id, credit, shares)
