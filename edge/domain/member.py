"""A member at the counter: what their code says, and what this box may take of their points with the line down.

The account of a member counts what the box took since the hub had acknowledged everything, and beyond: a phone may
still show a code that was made before the hub knew. Whatever a code cannot know of counts against it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

MEMBER_PREFIX: Final = "TWM1."
COUPON_PREFIX: Final = "TWC1."
NUMBER_DIGITS: Final = 10
SKEW: Final = timedelta(seconds=120)  # how far the clocks of a box and its hub may be apart

Limit = Literal["hub", "allowance", "balance", "spent", "number", "no_rules"]
What = Literal["points", "stored_value"]


@dataclass(frozen=True, slots=True)
class Member:
    """Whose the basket is. `balance` is what the hub knew at `as_of` (ISO), "" where only a number was typed.

    `allowance` is how many points of them a box may take without asking.
    """

    member_id: str
    tier: int = 0
    balance: int = 0
    allowance: int = 0
    as_of: str = ""

    @property
    def at_risk(self) -> int:
        """The points that one cut-off box may take of this member."""
        return min(self.allowance, self.balance)


class Use(NamedTuple):
    """Points that this box took of a member without asking. `known_at` is None until the hub knows of it."""

    points: int
    known_at: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a member may spend here now. `twice` is how many of the points could be spent again elsewhere."""

    points: int
    is_online: bool
    twice: int
    limit: Limit
    tier_names: tuple[tuple[str, str], ...] = ()


def is_member_code(data: str) -> bool:
    return data.strip().upper().startswith(MEMBER_PREFIX)


def is_member_number(text: str) -> bool:
    """What is typed for who has no phone at hand; goods with such a code come first."""
    if len(text) != NUMBER_DIGITS or not (text.isascii() and text.isdigit()):
        return False
    from contract.members import is_member_number as fits  # not for every code that nobody knows

    return fits(text)


def is_coupon_code(data: str) -> bool:
    return data.strip().upper().startswith(COUPON_PREFIX)


def unheard(uses: Iterable[Use], code_made_at: datetime) -> int:
    """The points among `uses` that a code made at that moment cannot know of."""
    return sum(
        use.points for use in uses if use.known_at is None or code_made_at <= use.known_at + SKEW
    )


def spendable_offline(member: Member, unheard_points: int) -> int:
    """At most min(allowance, balance) in all since the hub knew everything."""
    return max(0, member.at_risk - unheard_points)


def limit_of(member: Member, unheard_points: int) -> Limit:
    """Why not more may be spent offline."""
    if not member.as_of:
        return "number"
    if unheard_points:
        return "spent"
    return "allowance" if member.allowance < member.balance else "balance"
