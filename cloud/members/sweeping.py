"""Points that have expired go from the ledger once a day, also those of members who never come again.

Whoever shows her code or spends has what is due written off at once (`standing.write_off_expired`); for all others a
few accounts are looked at in each step, the whole chain's once a day, so that the books owe nobody what is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cloud.members import repository
from cloud.members.ledger import POINTS
from cloud.members.service import Members
from cloud.members.standing import standing, write_off_expired
from cloud.members.tables import Member, MemberAct, MemberEntry

A_STEP: Final = 200


class Sweeper:
    """`step` is called every few seconds by a thread of the hub's own."""

    def __init__(self, members: Members, zone: ZoneInfo) -> None:
        self._members = members
        self._zone = zone
        self._done: date | None = None
        self._after = ""

    def step(self) -> int:
        """Gives how many accounts had points written off. Looks before it takes the write lock."""
        now = self._members.clock.now()
        today = now.astimezone(self._zone).date()
        if self._done == today:
            return 0
        with self._members.database.read() as session:
            days = self._members.programme_in(session).points_days
            found = accounts(session, now, days, self._after) if days else []
            due = self._due(session, now, found)
        self._after = found[-1].member_id if found else ""
        if len(found) < A_STEP:
            self._done, self._after = today, ""
        for member_id in due:
            self._write_off(member_id, now)
        return len(due)

    def _due(self, session: Session, now: datetime, found: Sequence[Member]) -> list[str]:
        programme = self._members.programme_in(session)
        roots = [repository.root(session, it.member_id) for it in found]
        living = {it.member_id: it for it in roots if it is not None and it.erased_at is None}
        stands = ((it, standing(session, it, programme, now)) for it in living.values())
        return [it.member_id for it, stand in stands if stand.due]

    def _write_off(self, member_id: str, now: datetime) -> None:
        with self._members.database.write() as session:
            repository.lock(session)
            member = repository.root(session, member_id)
            if member is not None:
                programme = self._members.programme_in(session)
                write_off_expired(session, member, standing(session, member, programme, now), now)


def accounts(session: Session, now: datetime, days: int, after: str) -> Sequence[Member]:
    """The next accounts, by id, that ever got points that are older than that by now."""
    before = now - timedelta(days=days)
    own = col(Member.member_id)
    entries = sa.exists().where(
        col(MemberEntry.member_id) == own,
        col(MemberEntry.unit) == POINTS,
        col(MemberEntry.amount) > 0,
        col(MemberEntry.occurred_at) <= before,
    )
    acts = sa.exists().where(
        col(MemberAct.member_id) == own,
        col(MemberAct.unit) == POINTS,
        col(MemberAct.amount) > 0,
        col(MemberAct.done_at) <= before,
    )
    query = select(Member).where(own > after, sa.or_(entries, acts))
    return session.exec(query.order_by(own).limit(A_STEP)).all()
