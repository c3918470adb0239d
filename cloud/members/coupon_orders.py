"""Coupons in orders of the online shop: kept when the goods are, used when it is paid, good again when it never is.

A coupon is claimed first, as any till does (`coupons.claim`): its own shop is told before anybody else gets it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from sqlmodel import Session

from cloud.errors import CouponUnknownError
from cloud.members import repository
from cloud.members.coupons import refuse_held, refuse_spent
from cloud.members.projection import mark_good, mark_spent
from cloud.members.tables import CouponHold, CouponRow, CouponSpend
from contract.members import CouponClaim


class Kept(NamedTuple):
    """An order of the online shop that takes a coupon: for so much, and until when it may be paid."""

    order_id: str
    amount_minor: int
    currency: str
    until: datetime


def keep(session: Session, now: datetime, claimed: CouponClaim, order: Kept) -> None:
    """The order has what was claimed for it just before. Raises CouponHeldError, CouponSpentError where it has not."""
    repository.lock(session)
    row = session.get(CouponRow, claimed.hashed)
    if row is None:
        raise CouponUnknownError
    if row.is_single:
        refuse_spent(session, claimed, now)
        for spend in repository.coupon_spends(session, claimed.hashed):
            refuse_held(repository.ONLINE, spend.until)
    kept = CouponSpend(
        **order._asdict(),
        hashed=claimed.hashed,
        reference=claimed.reference,
        state="held",
        done_at=now,
    )
    session.add(kept)
    session.flush()


def use(session: Session, now: datetime, order_id: str) -> None:
    """The order is paid. A second time changes nothing."""
    _end(session, now, order_id, "used")


def let_go(session: Session, now: datetime, order_id: str) -> None:
    """The order was not paid, or all of it is cancelled: the coupon is good again, with the hub's word alone."""
    _end(session, now, order_id, "free")


def _end(session: Session, now: datetime, order_id: str, state: Literal["used", "free"]) -> None:
    repository.lock(session)
    spend = session.get(CouponSpend, order_id)
    if spend is None or spend.state in (state, "free"):
        return
    was, spend.state, spend.done_at = spend.state, state, now
    session.add(spend)
    hold = session.get(CouponHold, (spend.hashed, spend.reference))
    if hold is not None:
        hold.until = min(hold.until, now)
        session.add(hold)
    session.flush()
    if state == "used":
        mark_spent(session, [spend.hashed])
    elif was == "used" and not repository.coupon_uses(session, [spend.hashed]):
        mark_good(session, [spend.hashed])
