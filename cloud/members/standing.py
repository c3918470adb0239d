"""How a member stands: balances, what can be spent, the tier by what was spent of late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from cloud.members import repository
from cloud.members.expiring import played
from cloud.members.ledger import EXPIRED, POINTS
from cloud.members.tables import Member, MemberAct
from contract.members import Programme, tier_at


@dataclass(frozen=True, slots=True)
class Standing:
    """`balance` is the sum of the ledger, below 0 in debt; `available` can be spent now.

    `lost` is what of a debt lies beyond the programme's cap: the member is not asked for it. `due` is what of the
    ledger has expired and is not written off there yet: `balance` is without it. `next_points` go at `next_at`.
    """

    balance: int
    held: int
    stored_minor: int
    tier: int
    debt_cap: int = 0
    due: int = 0
    next_points: int = 0
    next_at: datetime | None = None

    @property
    def is_blocked(self) -> bool:
        return self.balance < 0

    @property
    def available(self) -> int:
        return max(0, self.balance - self.held)

    @property
    def lost(self) -> int:
        return max(0, -self.balance - self.debt_cap)

    @property
    def debt(self) -> int:
        return max(0, -self.balance) - self.lost

    def allowance(self, programme: Programme) -> int:
        """How many points a box may take without asking."""
        return 0 if self.is_blocked else programme.allowance


def standing(session: Session, member: Member, programme: Programme, now: datetime) -> Standing:
    """`member` is one that was not merged into another."""
    accounts = repository.family(session, member.member_id)
    sums = repository.sums(session, repository.ids(accounts), now)
    spend = _spend(session, accounts, programme, now)
    tier = tier_at(programme, spend)
    own = (sums.held, sums.stored_minor, tier, programme.debt_cap)
    if not programme.points_days:
        return Standing(sums.points, *own)
    moves, written = repository.points_moves(session, repository.ids(accounts))
    outcome = played(moves, programme.points_days, now)
    due = min(outcome.expired - written, max(0, sums.points - sums.held))
    return Standing(sums.points - due, *own, due, outcome.next_points, outcome.next_at)


def write_off_expired(session: Session, member: Member, stand: Standing, now: datetime) -> None:
    """Puts what is due into the ledger; what came back, where a shop told late of a purchase before that day."""
    if not stand.due:
        return
    accounts = repository.ids(repository.family(session, member.member_id))
    number = repository.expiries(session, accounts)
    session.add(
        MemberAct(
            act_id=f"expired:{member.member_id}:{number}",
            member_id=member.member_id,
            unit=POINTS,
            kind=EXPIRED,
            amount=-stand.due,
            location_id="",
            reference="",
            done_at=now,
        )
    )
    session.flush()


def tiers_of(
    session: Session, member: Member, programme: Programme | None, at: datetime
) -> list[int]:
    """The tiers by which a box may have counted points: those last known, the one by now, and everybody's."""
    if programme is None:
        return [0]
    accounts = repository.family(session, member.member_id)
    now = tier_at(programme, _spend(session, accounts, programme, at))
    return list(dict.fromkeys((member.tier, now, *(one.tier for one in accounts), 0)))


def _spend(session: Session, accounts: list[Member], programme: Programme, now: datetime) -> int:
    since = now - timedelta(days=programme.rolling_days)
    return repository.spend_since(session, repository.names(accounts), since)
