"""One product of one shop, its hub, and a line that is cut: what can be promised twice is never more than was said.

Box and hub both count with `contract.rights`; the world around them is pieces on a shelf and words that arrive late.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from contract.rights import EPS_S, LEASE_S, Override, RightsAccount, lease_holds, override

CLAIM: Final = (
    "promises that one cut breaks: never more than the box said before; what is set aside is there"
)
STEPS: Final = 30


class Rules:
    """What is proven: the functions that box and hub call. A seeded bug replaces one of them."""

    def may_promise(self, account: RightsAccount) -> int:
        return account.may_promise

    def may_set_aside(self, account: RightsAccount) -> int:
        return account.may_set_aside

    def bound(self, account: RightsAccount) -> int:
        return account.bound

    def lease_holds(self, silent_s: float) -> bool:
        return lease_holds(silent_s)

    def override(self, account: RightsAccount, quantity: int) -> Override:
        return override(account, quantity)


class _HubForgetsSetAside(Rules):
    def may_promise(self, account: RightsAccount) -> int:
        return account._replace(set_aside=0).may_promise


class _HubForgetsPromised(Rules):
    def may_promise(self, account: RightsAccount) -> int:
        return account._replace(promised=0).may_promise


class _HubForgetsWalkIns(Rules):
    def may_promise(self, account: RightsAccount) -> int:
        return account._replace(keep=0).may_promise


class _HubForgetsCap(Rules):
    def may_promise(self, account: RightsAccount) -> int:
        return account._replace(cap=account.on_hand).may_promise


class _LeaseWithoutMargin(Rules):
    def lease_holds(self, silent_s: float) -> bool:
        return silent_s < LEASE_S


class _LeaseWithoutEnd(Rules):
    def lease_holds(self, silent_s: float) -> bool:
        return silent_s >= 0


class _BoundForgetsUnheard(Rules):
    def bound(self, account: RightsAccount) -> int:
        return account._replace(unheard=0).bound


class _BoundOfWhatIsKnown(Rules):
    def bound(self, account: RightsAccount) -> int:
        return account._replace(cap=0).bound


class _SetsAsideTwice(Rules):
    def may_set_aside(self, account: RightsAccount) -> int:
        return account.on_hand


class _SilentOverride(Rules):
    def override(self, account: RightsAccount, quantity: int) -> Override:
        del account, quantity
        return ""


_BUGS: Final[dict[str, type[Rules]]] = {
    "hub forgets what is set aside": _HubForgetsSetAside,
    "hub forgets what it promised": _HubForgetsPromised,
    "hub forgets the walk-ins": _HubForgetsWalkIns,
    "hub forgets the cap": _HubForgetsCap,
    "lease without a margin": _LeaseWithoutMargin,
    "lease without an end": _LeaseWithoutEnd,
    "bound forgets what the hub has not heard": _BoundForgetsUnheard,
    "bound counts only the promises the box knows": _BoundOfWhatIsKnown,
    "the same goods set aside twice": _SetsAsideTwice,
    "an override nobody is told of": _SilentOverride,
}
BUGS: Final = tuple(_BUGS)


class Violation(Exception):
    """What was promised and what happened, in words."""


@dataclass(slots=True)
class Promise:
    """`left` is still owed; `aside` of it lies ready. `heard_aside` and `heard_done` are the hub's knowledge."""

    left: int
    is_known: bool = False
    aside: int = 0
    heard_aside: int = 0
    heard_done: int = 0
    promised: int = 0


@dataclass(slots=True)
class Word:
    """A fact on its way up: what it changes of what the hub believes."""

    on_hand: int = 0
    aside: int = 0
    done: int = 0
    promise: Promise | None = None


@dataclass(slots=True)
class World:
    rules: Rules
    luck: Random
    on_hand: int
    cap: int
    keep: int
    believed: int = 0
    believed_aside: int = 0
    promises: list[Promise] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    is_up: bool = True
    silent_s: float = 0.0
    stated: int = 0
    short_before: int = 0
    broken: int = 0

    # -- what each side counts

    @property
    def aside(self) -> int:
        return sum(it.aside for it in self.promises)

    @property
    def owed(self) -> int:
        """Promised and not set aside, whoever knows."""
        return sum(it.left - it.aside for it in self.promises)

    def of_box(self) -> RightsAccount:
        known = sum(it.left - it.aside for it in self.promises if it.is_known)
        unheard = sum(-word.on_hand for word in self.words if word.on_hand < 0 and not word.promise)
        return RightsAccount(self.on_hand, self.aside, self.cap, self.keep, known, unheard)

    def of_hub(self) -> RightsAccount:
        owed = sum(it.promised - it.heard_done - it.heard_aside for it in self.promises)
        return RightsAccount(self.believed, self.believed_aside, self.cap, self.keep, owed)

    # -- steps

    def sell(self) -> None:
        """A customer holds pieces from the shelf: never refused, told where they were meant for somebody."""
        account = self.of_box()
        quantity = min(1 + int(self.luck.random() * 3), self.on_hand - self.aside)
        if quantity <= 0:
            return
        told = self.rules.override(account, quantity)
        self.on_hand -= quantity
        self.words.append(Word(on_hand=-quantity))
        if account.promised > account.free - quantity and not told:
            raise Violation(f"{quantity} sold out of promised goods and nobody was told: {account}")

    def receive(self) -> None:
        quantity = 1 + int(self.luck.random() * 4)
        self.on_hand += quantity
        self.words.append(Word(on_hand=quantity))

    def promise(self) -> None:
        drift_s = self.luck.random() * EPS_S
        account, quantity = self.of_hub(), 1 + int(self.luck.random() * 2)
        if not self.rules.lease_holds(self.silent_s - drift_s):
            return
        if quantity > self.rules.may_promise(account):
            return
        self.promises.append(Promise(quantity, promised=quantity))
        self._judge_promise(account, quantity)

    def _judge_promise(self, account: RightsAccount, quantity: int) -> None:
        if self.silent_s >= LEASE_S:
            raise Violation(f"promised after {self.silent_s:.0f} s of silence, lease {LEASE_S} s")
        left = account.on_hand - account.set_aside - account.promised - quantity
        if left < self.keep:
            raise Violation(
                f"promised {quantity} of {account}: {left} left, to be kept {self.keep}"
            )
        if account.promised + quantity > self.cap:
            raise Violation(f"{account.promised + quantity} promised at once, cap {self.cap}")

    def hear(self) -> None:
        """Up and down: the oldest words arrive, and the jobs of this shop."""
        if not self.is_up:
            return
        for _ in range(min(len(self.words), 1 + int(self.luck.random() * 3))):
            self._take(self.words.pop(0))
        for it in self.promises:
            it.is_known = True

    def _take(self, word: Word) -> None:
        self.believed += word.on_hand
        self.believed_aside += word.aside
        if word.promise is not None:
            word.promise.heard_aside += word.aside
            word.promise.heard_done += word.done

    def pick(self) -> None:
        """Sets aside what there is for the oldest known promise; what is missing is a broken promise."""
        waiting = next((it for it in self.promises if it.is_known and it.left > it.aside), None)
        if waiting is None:
            return
        wanted = waiting.left - waiting.aside
        pieces = min(wanted, self.rules.may_set_aside(self.of_box()))
        missing = wanted - pieces
        waiting.aside += pieces
        waiting.left -= missing
        self.broken += missing
        self.words.append(Word(aside=pieces, done=missing, promise=waiting))
        if self.aside > self.on_hand:
            raise Violation(f"{self.aside} set aside of {self.on_hand} that are there")

    def hand_over(self) -> None:
        ready = next((it for it in self.promises if it.aside), None)
        if ready is None:
            return
        pieces, ready.aside = ready.aside, 0
        ready.left -= pieces
        self.on_hand -= pieces
        self.words.append(Word(on_hand=-pieces, aside=-pieces, done=pieces, promise=ready))

    def cancel(self) -> None:
        """The shop has heard that somebody changed their mind: the goods are back on the shelf."""
        ready = next((it for it in self.promises if it.aside), None)
        if ready is None:
            return
        pieces, ready.aside = ready.aside, 0
        ready.left -= pieces
        self.words.append(Word(aside=-pieces, done=pieces, promise=ready))

    def cut(self) -> None:
        if self.is_up:
            self.is_up = False
            self.stated = self.rules.bound(self.of_box())
            self.short_before = self._short()
            self.broken = 0

    def restore(self) -> None:
        if not self.is_up:
            self._judge_cut()
            self.is_up, self.silent_s = True, 0.0

    def _short(self) -> int:
        return max(0, self.owed - max(0, self.on_hand - self.aside))

    def _judge_cut(self) -> None:
        broken = self.broken + self._short() - self.short_before
        if broken > self.stated:
            raise Violation(f"{broken} promises broken by one cut, at most {self.stated} were said")

    def wait(self) -> None:
        if not self.is_up:
            self.silent_s += self.luck.choice((1.0, 30.0, LEASE_S / 2, LEASE_S - EPS_S / 2))


_STEPS: Final[tuple[Callable[[World], None], ...]] = (
    World.sell, World.sell, World.sell, World.receive, World.promise, World.promise, World.promise,
    World.hear, World.hear, World.pick, World.hand_over, World.cancel, World.cut, World.restore, World.wait,
)  # fmt: skip


def history(seed: int, bug: str = "") -> str:
    """One random history; the first violation in words, "" where there is none."""
    luck = Random(seed)  # noqa: S311 - chance for schedules, not for secrets
    on_hand = int(luck.random() * 8)
    rules = _BUGS[bug]() if bug else Rules()
    cap, keep = int(luck.random() * 5), int(luck.random() * 3)
    world = World(rules, luck, on_hand, cap, keep, believed=on_hand)
    try:
        for _ in range(STEPS):
            _STEPS[int(luck.random() * len(_STEPS))](world)
        world.restore()
    except Violation as violation:
        return str(violation)
    return ""
