"""One member, their shops, and a line that is cut: points taken beyond the balance are never more than was said.

A chain of one box is played without any order: codes, purchases and the hub's acknowledgements come as they like, on
clocks that differ by as much as a code allows. Then nothing at all may be taken beyond the balance. A chain of several
is cut off as a whole, once every code on a phone knows what the hub knows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from contract.members import LIFETIME_S, SKEW_S, overspend_bound
from edge.domain.member import Member, Use, spendable_offline, unheard

CLAIM: Final = (
    "points that N cut-off boxes take beyond the balance: "
    "at most max(0, N x min(allowance, balance) - balance)"
)
STEPS: Final = 25
START: Final = datetime(2026, 11, 23, tzinfo=UTC)
OLD_S: Final = LIFETIME_S + 2 * SKEW_S


class Rules:
    """What is proven: the functions that a box calls. A seeded bug replaces one of them."""

    def unheard(self, uses: Iterable[Use], code_made_at: datetime) -> int:
        return unheard(uses, code_made_at)

    def spendable(self, member: Member, unheard_points: int) -> int:
        return spendable_offline(member, unheard_points)

    def bound(self, boxes: int, allowance: int, balance: int) -> int:
        return overspend_bound(boxes, allowance, balance)


class _AccountForgets(Rules):
    def unheard(self, uses: Iterable[Use], code_made_at: datetime) -> int:
        del uses, code_made_at
        return 0


class _OldCodeTrusted(Rules):
    def unheard(self, uses: Iterable[Use], code_made_at: datetime) -> int:
        del code_made_at
        return sum(use.points for use in uses if use.known_at is None)


class _ClocksExact(Rules):
    def unheard(self, uses: Iterable[Use], code_made_at: datetime) -> int:
        return sum(u.points for u in uses if u.known_at is None or code_made_at <= u.known_at)


class _BalanceIgnored(Rules):
    def spendable(self, member: Member, unheard_points: int) -> int:
        return max(0, member.allowance - unheard_points)


class _AllowanceIgnored(Rules):
    def spendable(self, member: Member, unheard_points: int) -> int:
        return max(0, member.balance - unheard_points)


class _BoundOfOneFewer(Rules):
    def bound(self, boxes: int, allowance: int, balance: int) -> int:
        return overspend_bound(boxes - 1, allowance, balance)


_BUGS: Final[dict[str, type[Rules]]] = {
    "the account forgets": _AccountForgets,
    "a code made before the hub knew is trusted": _OldCodeTrusted,
    "clocks are taken for exact": _ClocksExact,
    "the balance is ignored": _BalanceIgnored,
    "the allowance is ignored": _AllowanceIgnored,
    "the bound counts one box fewer": _BoundOfOneFewer,
}
BUGS: Final = tuple(_BUGS)


@dataclass(slots=True)
class _Box:
    """`skew` is how far its clock is ahead of the hub's."""

    skew: timedelta
    uses: list[Use] = field(default_factory=list)

    def take(self, rules: Rules, code: Member, wanted: int) -> int:
        made_at = datetime.fromisoformat(code.as_of)
        if wanted > rules.spendable(code, rules.unheard(self.uses, made_at)):
            return 0
        self.uses.append(Use(wanted, None))
        return wanted

    def give_up(self) -> int:
        """The newest basket is voided, if it has not been sold."""
        return self.uses.pop().points if self.uses and self.uses[-1].known_at is None else 0

    def heard(self, now: datetime) -> int:
        """The hub has acknowledged everything; gives what it did not know before."""
        fresh = sum(use.points for use in self.uses if use.known_at is None)
        self.uses = [use if use.known_at else Use(use.points, now + self.skew) for use in self.uses]
        return fresh


@dataclass(slots=True)
class _World:
    random: Random
    rules: Rules
    allowance: int
    balance: int
    boxes: list[_Box]
    now: datetime = START
    codes: list[Member] = field(default_factory=list)

    def pass_s(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    def show(self) -> None:
        """The phone has a new code; somebody in debt has no allowance."""
        allowance = self.allowance if self.balance >= 0 else 0
        self.codes.append(Member("m", 0, max(0, self.balance), allowance, self.now.isoformat()))

    def live(self, box: _Box) -> list[Member]:
        """Codes that the box, by its own clock, takes for good: as `contract.members.verdict` judges their age."""
        here = self.now + box.skew
        ages = [(here - datetime.fromisoformat(it.as_of)).total_seconds() for it in self.codes]
        return [
            code
            for code, age in zip(self.codes, ages, strict=True)
            if -SKEW_S <= age <= LIFETIME_S + SKEW_S
        ]

    def buy(self) -> int:
        """Somebody pays with points, or a basket is given up; gives what was taken in the end."""
        box = self.random.choice(self.boxes)
        if self.random.random() < 0.1:
            return -box.give_up()
        codes = self.live(box)
        if not codes:
            return 0
        wanted = self.random.randint(1, max(1, self.allowance))
        return box.take(self.rules, self.random.choice(codes), wanted)


def history(seed: int, bug: str = "") -> str:
    random = Random(seed)  # noqa: S311 - a history, no secret
    rules = _BUGS[bug]() if bug else Rules()
    count = random.choice((1, 1, 2, 3, 5))
    skews = [timedelta(seconds=random.randint(-SKEW_S, SKEW_S)) for _ in range(count)]
    world = _World(
        random, rules, random.randint(0, 12), random.randint(0, 30), [_Box(skew) for skew in skews]
    )
    return _alone(world) if count == 1 else _cut(world)


def _alone(world: _World) -> str:
    """One box: whatever comes in whatever order, nothing is taken that was not there."""
    had, taken = world.balance, 0
    for _ in range(STEPS):
        world.pass_s(world.random.choice((0, 1, 5, 30, 60, 200)))
        match world.random.randrange(4):
            case 0:
                world.show()
            case 1:
                world.balance -= world.boxes[0].heard(world.now)
            case _:
                taken += world.buy()
        if taken > had:
            return f"one box took {taken} points of {had}"
    return ""


def _cut(world: _World) -> str:
    """Several boxes: cut off together, heard again one after the other, and cut off once more."""
    for _ in range(2):
        world.pass_s(OLD_S)
        world.codes.clear()
        had = max(0, world.balance)
        said = world.rules.bound(
            len(world.boxes), world.allowance if world.balance >= 0 else 0, had
        )
        taken = 0
        for _ in range(STEPS):
            world.pass_s(world.random.choice((0, 1, 20, 90)))
            taken += world.buy() if world.codes and world.random.random() < 0.8 else 0
            world.show()
        if taken - had > said:
            return f"{len(world.boxes)} boxes took {taken} points of {had}; at most {said} twice was said"
        for box in world.boxes:
            world.pass_s(world.random.randint(0, 30))
            world.balance -= box.heard(world.now)
    return ""
