"""How a member stands: balances, what can be spent, the tier by what was spent of late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from cloud.members import repository
from cloud.members.tables import Member
from contract.members import Programme, tier_at


@dataclass(frozen=True, slots=True)
class Standing:
    """`balance` is the sum of the ledger, below 0 in debt; `available` can be spent now.

    `lost` is what of a debt lies beyond the programme's cap: the member is not asked for it.
    """

    balance: int
    held: int
    stored_minor: int
    tier: int
    debt_cap: int = 0

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
    return Standing(sums.points, sums.held, sums.stored_minor, tier, programme.debt_cap)


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
