"""Points and stored value that are given out on being asked: held or taken once, whatever is asked again.

Points are held for a sale and go with its fact; stored value goes at once, and never below zero. The online shop asks
the same (`spend_in`) in its own transaction, and says itself what became of it: `commit`, `give_back_in`, `put_back`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlmodel import Session

from cloud.errors import (
    MemberBlockedError,
    NotEnoughError,
    OtherCurrencyError,
    SpendDiffersError,
)
from cloud.members import repository
from cloud.members.ledger import POINTS, STORED_VALUE
from cloud.members.people import living, programme_of
from cloud.members.service import Members
from cloud.members.standing import Standing, standing, write_off_expired
from cloud.members.tables import Member, MemberAct, PointsHold
from contract.members import MemberSpend, MemberSpent, Programme

HOLD_FOR: Final = timedelta(days=7)
"""A box that is cut off after it was given points sells all the same, and gives back what no sale came of: until one of
the two is heard the points are kept, so that what the hub gave is never spent twice through a shorter cut."""


class Place(NamedTuple):
    """Where and by which id something is asked, and how long points are kept for it."""

    act_id: str
    location_id: str
    keeps: timedelta = HOLD_FOR


class Desk(NamedTuple):
    """A transaction in which ledgers move, its moment, and the company's money."""

    session: Session
    now: datetime
    currency: str

    @property
    def programme(self) -> Programme:
        return programme_of(self.session, self.currency)

    def standing(self, member: Member) -> Standing:
        return standing(self.session, member, self.programme, self.now)


def spend(members: Members, place: Place, wanted: MemberSpend) -> MemberSpent:
    """Raises NotEnoughError, MemberBlockedError and what `living` raises, with nothing taken."""
    now = members.clock.now()
    with members.database.write() as session:
        return spend_in(Desk(session, now, members.currency), place, wanted)


def spend_in(desk: Desk, place: Place, wanted: MemberSpend) -> MemberSpent:
    """As `spend`, as a part of what the caller's transaction does."""
    session = desk.session
    repository.lock(session)
    member = living(session, wanted.member_id)
    write_off_expired(session, member, desk.standing(member), desk.now)
    done = _before(session, place.act_id, member, wanted)
    if done is None:
        _check(desk.standing(member), wanted, desk.currency)
        session.add(_row(place, member, wanted, desk.now))
        session.flush()
    stand = desk.standing(member)
    left = stand.available if wanted.what == POINTS else stand.stored_minor
    return MemberSpent(spend_id=place.act_id, amount=wanted.amount, left=left)


def commit(session: Session, now: datetime, spend_id: str, reference: str) -> None:
    """What points were held for is paid: they are spent. Once, and not where they were given back before."""
    repository.lock(session)
    hold = session.get(PointsHold, spend_id)
    if hold is None or hold.is_released:
        return
    hold.is_released = True
    session.add(hold)
    session.add(
        MemberAct(
            act_id=spend_id,
            member_id=hold.member_id,
            unit=POINTS,
            kind="spent",
            amount=-hold.points,
            location_id=hold.location_id,
            reference=reference,
            done_at=now,
        )
    )
    session.flush()


def put_back(session: Session, now: datetime, act_id: str, spend_id: str, amount: int) -> None:
    """A refund gives `amount` of what was spent back, in its own unit; once for each `act_id`.

    Points come back as new ones: good for as long as any that are earned that day, even where those that she spent
    would have expired meanwhile, for it was not she who kept them. An erased account gets them too, and spends none.
    """
    repository.lock(session)
    spent = session.get(MemberAct, spend_id)
    if spent is None or not amount or session.get(MemberAct, act_id) is not None:
        return
    session.add(
        MemberAct(
            act_id=act_id,
            member_id=spent.member_id,
            unit=spent.unit,
            kind="given_back",
            amount=amount,
            location_id="",
            reference=spent.reference,
            done_at=now,
        )
    )
    session.flush()


def give_back(members: Members, spend_id: str) -> MemberSpent:
    """Undoes a spend that no sale came of. Where there is none, none of that id will be taken any more."""
    with members.database.write() as session:
        give_back_in(session, members.clock.now(), spend_id)
    return MemberSpent(spend_id=spend_id, amount=0, left=0)


def give_back_in(session: Session, now: datetime, spend_id: str) -> None:
    """As `give_back`, as a part of what the caller's transaction does."""
    repository.lock(session)
    hold, act = session.get(PointsHold, spend_id), session.get(MemberAct, spend_id)
    if hold is not None:
        hold.is_released = True
        session.add(hold)
    elif act is None:
        session.add(_never(spend_id, now))
    elif not repository.is_sold(session, spend_id):
        _undo(session, act, now)
    session.flush()


def top_up(
    members: Members, act_id: str, name: str, amount_minor: int, reference: str = ""
) -> Standing:
    return _act(members, act_id, name, STORED_VALUE, "top_up", amount_minor, reference)


def compensate(
    members: Members, act_id: str, name: str, amount_minor: int, reference: str
) -> Standing:
    """Stored value for a promise that was broken: nobody paid for it."""
    return _act(members, act_id, name, STORED_VALUE, "compensation", amount_minor, reference)


def gift(members: Members, act_id: str, name: str, points: int, reference: str = "") -> Standing:
    """Points from head office, for an apology or a birthday."""
    return _act(members, act_id, name, POINTS, "gift", points, reference)


def write_off(members: Members, act_id: str, name: str) -> Standing:
    """What of a debt lies beyond the programme's cap is the company's loss from now on."""
    now = members.clock.now()
    with members.database.read() as session:
        lost = _standing(members, session, living(session, name), now).lost
    return _act(members, act_id, name, POINTS, "written_off", lost, "")


def _act(
    members: Members,
    act_id: str,
    name: str,
    unit: str,
    kind: str,
    amount: int,
    reference: str,
) -> Standing:
    now = members.clock.now()
    with members.database.write() as session:
        repository.lock(session)
        member = living(session, name)
        made = MemberAct(
            act_id=act_id,
            member_id=member.member_id,
            unit=unit,
            kind=kind,
            amount=amount,
            location_id="",
            reference=reference,
            done_at=now,
        )
        known = session.get(MemberAct, act_id)
        if known is None and amount:
            session.add(made)
            session.flush()
        elif known is not None and (known.unit, known.kind) != (unit, kind):
            raise SpendDiffersError(act_id=act_id)
        return _standing(members, session, member, now)


def _standing(members: Members, session: Session, member: Member, now: datetime) -> Standing:
    return standing(session, member, members.programme_in(session), now)


def _before(
    session: Session, act_id: str, member: Member, wanted: MemberSpend
) -> PointsHold | MemberAct | None:
    """The same spend as it was done before. Raises SpendDiffersError where it was another, or was undone."""
    hold, act = session.get(PointsHold, act_id), session.get(MemberAct, act_id)
    if hold is None and act is None:
        return None
    own = repository.ids(repository.family(session, member.member_id))
    asked = (wanted.what, wanted.amount)
    if hold and not hold.is_released and hold.member_id in own and asked == (POINTS, hold.points):
        return hold
    is_undone = repository.undone(session, act_id) is not None
    if act and not is_undone and act.member_id in own and asked == (STORED_VALUE, -act.amount):
        return act
    raise SpendDiffersError(act_id=act_id)


def _check(stand: Standing, wanted: MemberSpend, currency: str) -> None:
    if wanted.what == STORED_VALUE and wanted.currency != currency:
        raise OtherCurrencyError(ours=currency, theirs=wanted.currency)
    if wanted.what == POINTS and stand.is_blocked:
        raise MemberBlockedError(debt=-stand.balance)
    left = stand.available if wanted.what == POINTS else stand.stored_minor
    if wanted.amount > left:
        raise NotEnoughError(wanted=wanted.amount, left=left)


def _row(
    place: Place, member: Member, wanted: MemberSpend, now: datetime
) -> PointsHold | MemberAct:
    if wanted.what == POINTS:
        return PointsHold(
            spend_id=place.act_id,
            member_id=member.member_id,
            points=wanted.amount,
            location_id=place.location_id,
            until=now + place.keeps,
        )
    return MemberAct(
        act_id=place.act_id,
        member_id=member.member_id,
        unit=STORED_VALUE,
        kind="spent",
        amount=-wanted.amount,
        location_id=place.location_id,
        reference=wanted.reference,
        done_at=now,
    )


def _never(spend_id: str, now: datetime) -> PointsHold:
    """Stands where the spend would: a question that was held up on the way finds it."""
    return PointsHold(
        spend_id=spend_id, member_id="", points=0, location_id="", until=now, is_released=True
    )


def _undo(session: Session, act: MemberAct, now: datetime) -> None:
    if act.kind != "spent" or repository.undone(session, act.act_id):
        return
    session.add(
        MemberAct(
            act_id=f"{act.act_id}:back",
            member_id=act.member_id,
            unit=act.unit,
            kind="given_back",
            amount=-act.amount,
            location_id=act.location_id,
            reference=act.act_id,
            done_at=now,
        )
    )
