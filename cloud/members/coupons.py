"""Coupons: made by head office, known to the boxes by their hash, given out once where they are good once."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple, NoReturn

from sqlmodel import Session

from cloud.errors import (
    CouponHeldError,
    CouponNotNowError,
    CouponShopAwayError,
    CouponShopNotToldError,
    CouponSpentError,
    CouponUnknownError,
    ProgrammeError,
)
from cloud.feeds import cursors
from cloud.feeds import repository as feeds
from cloud.members import programme, repository
from cloud.members.people import living
from cloud.members.service import Members
from cloud.members.tables import CouponHold, CouponRow
from contract.feeds import canonical
from contract.members import (
    Coupon,
    CouponClaim,
    CouponClaimed,
    coupon_bound_of_chain,
    coupon_hash,
    coupon_key,
    coupon_worth_minor,
    owner_shop,
)

HOLD_FOR: Final = timedelta(minutes=30)
TOLD_WITHIN_S: Final = 2.0  # a box waits for 3
LOOK_EVERY_S: Final = 0.05
CODE_BYTES: Final = 10
MOST_AT_ONCE: Final = 1_000


class Loss(NamedTuple):
    """A single coupon's use after its first one."""

    hashed: str
    amount_minor: int
    currency: str
    location_id: str
    occurred_at: datetime


def make(members: Members, coupon: Coupon, count: int = 1, name: str = "") -> list[str]:
    """The codes of `count` new coupons, for the member `name` or for whoever holds them."""
    check(coupon, members.currency)
    codes = [_code() for _ in range(count)]
    now = members.clock.now()
    with members.database.write() as session:
        member_id = living(session, name).member_id if name else ""
        body = canonical(coupon.model_dump(mode="json"))
        for code in codes:
            row = CouponRow(
                hashed=coupon_hash(code),
                code=code,
                member_id=member_id,
                is_single=coupon.is_single,
                body=body,
                made_at=now,
            )
            session.add(row)
        operations = {coupon_key(coupon_hash(code)): body for code in codes}
        feeds.write_operations(session, "offers", operations)
    members.on_change()
    return codes


def check(coupon: Coupon, currency: str) -> None:
    """Raises ProgrammeError."""
    if coupon.currency != currency:
        raise ProgrammeError(detail=f"expected a coupon in {currency}, got {coupon.currency}")
    if bool(coupon.amount_minor) == bool(coupon.percent_bp):
        raise ProgrammeError(detail="expected an amount or a share, got both or none")
    if coupon.valid_until <= coupon.valid_from:
        raise ProgrammeError(detail="expected a coupon that ends after it begins")


def claim(members: Members, location_id: str, wanted: CouponClaim) -> CouponClaimed:
    """Gives a coupon to one basket for a while. Again for the same basket: the same answer.

    A coupon of another shop is lent: that shop is told first, so that it takes the coupon no more by itself. Raises
    CouponShopNotToldError until each of its boxes has acknowledged that; what was asked stays, so that asking again
    gets on.
    """
    now = members.clock.now()
    until = now + HOLD_FOR
    with members.database.write() as session:
        repository.lock(session)
        row = session.get(CouponRow, wanted.hashed)
        if row is None:
            raise CouponUnknownError
        _refuse_when_not(Coupon.model_validate_json(row.body), now)
        owner = _owner(members, session, row, location_id)
        if row.is_single:
            refuse_spent(session, wanted, now)
            _refuse_away(session, wanted, owner, location_id, now)
        hold = CouponHold(
            hashed=wanted.hashed, reference=wanted.reference, location_id=location_id, until=until
        )
        session.merge(hold)
        is_told = not owner or _is_told(session, row, owner)
    if not is_told:
        members.on_change()
        raise CouponShopNotToldError(location_id=owner)
    return CouponClaimed(hashed=wanted.hashed, until=until)


def claim_soon(
    members: Members, location_id: str, wanted: CouponClaim, pause: Callable[[float], None]
) -> CouponClaimed:
    """As `claim`, with a moment's patience for the coupon's own shop to hear that it is lent."""
    until_s = members.clock.monotonic() + TOLD_WITHIN_S
    while True:
        try:
            return claim(members, location_id, wanted)
        except CouponShopNotToldError:
            if members.clock.monotonic() >= until_s:
                raise
        pause(LOOK_EVERY_S)


def _owner(members: Members, session: Session, row: CouponRow, location_id: str) -> str:
    """The shop that takes the coupon by itself, "" where that is who asks, or nobody."""
    owner = owner_shop(row.hashed, members.programme_in(session).shops) if row.is_single else ""
    return "" if owner == location_id else owner


def _refuse_away(
    session: Session, wanted: CouponClaim, owner: str, location_id: str, now: datetime
) -> None:
    """Whoever might have taken it must be in touch: its own shop, and who was given it before."""
    before = repository.holders(session, wanted.hashed, wanted.reference)
    for place in sorted({owner, *before} - {"", location_id}):
        last = repository.away_since(session, place, now)
        if last is not None:
            since = last.isoformat(timespec="minutes")
            raise CouponShopAwayError(location_id=place, since=since)


def _is_told(session: Session, row: CouponRow, owner: str) -> bool:
    """Lends it, and says whether the owner knows."""
    lent = Coupon.model_validate_json(row.body).model_copy(update={"is_lent": True})
    row.body = canonical(lent.model_dump(mode="json"))
    session.add(row)
    key = coupon_key(row.hashed)
    feeds.write_operations(session, "offers", {key: row.body})
    return cursors.is_told(session, owner, "offers", feeds.version_of(session, "offers", key))


def _refuse_when_not(coupon: Coupon, now: datetime) -> None:
    if not coupon.valid_from <= now <= coupon.valid_until:
        raise CouponNotNowError(
            valid_from=coupon.valid_from.isoformat(), valid_until=coupon.valid_until.isoformat()
        )


def refuse_spent(session: Session, wanted: CouponClaim, now: datetime) -> None:
    for use in repository.coupon_uses(session, [wanted.hashed]):
        at = use.occurred_at.isoformat(timespec="minutes")
        raise CouponSpentError(location_id=use.location_id, at=at)
    for spend in repository.coupon_spends(session, wanted.hashed):
        if spend.reference != wanted.reference:
            refuse_held(repository.ONLINE, spend.until)
    for hold in repository.coupon_holds(session, wanted.hashed, now):
        if hold.reference != wanted.reference:
            refuse_held(hold.location_id, hold.until)


def refuse_held(location_id: str, until: datetime) -> NoReturn:
    raise CouponHeldError(location_id=location_id, until=until.isoformat(timespec="minutes"))


def losses(session: Session) -> list[Loss]:
    """Every use of a single coupon after its first, the newest first."""
    seen: set[str] = set()
    found = []
    for use in repository.single_uses(session):
        if use.hashed in seen:
            own = (use.amount_minor, use.currency, use.location_id, use.occurred_at)
            found.append(Loss(use.hashed, *own))
        seen.add(use.hashed)
    return found[::-1]


def most_lost(members: Members) -> int:
    """How often single coupons can be taken once too often through one cut of the whole chain."""
    with members.database.read() as session:
        shops = members.programme_in(session).shops
        limit = programme.most_held(session).coupon_offline_limit
    return coupon_bound_of_chain(len(shops), limit)


def worth_minor(row: CouponRow, basket_minor: int) -> int:
    return coupon_worth_minor(Coupon.model_validate_json(row.body), basket_minor)


def _code() -> str:
    return "TWC1." + base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode()
