"""A chain of shops that are cut off one by one, and coupons: single-use ones used twice are never more than was said.

Each shop judges with `contract.members.coupon_verdict`. While it is in touch it asks the hub, which lends a coupon of
another shop once that shop has acknowledged so (`contract.feeds.is_known`), and hears of sales late. The world is
customers who try the same codes everywhere.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Final

from contract.feeds import is_known
from contract.members import (
    Coupon,
    CouponUse,
    CouponVerdict,
    Programme,
    Tier,
    coupon_bound,
    coupon_bound_of_chain,
    coupon_hash,
    coupon_verdict,
    owner_shop,
)

CLAIM: Final = (
    "single-use coupons used again through one cut, lent ones too: at most (N - 1) x limit of those that belong to "
    "one shop, N x limit of all; those for many never above what was shared out"
)
ATTEMPTS: Final = 60
NOW: Final = datetime(2026, 11, 23, tzinfo=UTC)
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class Rules:
    """What is proven: the functions that a box calls. A seeded bug replaces one of them."""

    def takes(
        self, coupon: Coupon, hashed: str, rules: Programme, shop: str, used: CouponUse
    ) -> bool:
        return coupon_verdict(coupon, hashed, rules, shop, used, 1, NOW) is CouponVerdict.GOOD

    def lends(self, owner_has: int, lent_at: int) -> bool:
        """Whether the hub gives a shop's coupon to another, now that it is logged as lent at that version."""
        return is_known([owner_has], lent_at)

    def bound(self, shops: int, limit: int) -> int:
        return coupon_bound(shops, limit)

    def bound_of_chain(self, shops: int, limit: int) -> int:
        return coupon_bound_of_chain(shops, limit)


class _LentUntold(Rules):
    def lends(self, owner_has: int, lent_at: int) -> bool:
        del owner_has, lent_at
        return True


class _LentIgnored(Rules):
    def takes(
        self, coupon: Coupon, hashed: str, rules: Programme, shop: str, used: CouponUse
    ) -> bool:
        kept = coupon.model_copy(update={"is_lent": False})
        return super().takes(kept, hashed, rules, shop, used)


class _EveryShopOwns(Rules):
    def takes(
        self, coupon: Coupon, hashed: str, rules: Programme, shop: str, used: CouponUse
    ) -> bool:
        alone = rules.model_copy(update={"shops": (shop,)})
        return super().takes(coupon, hashed, alone, shop, used)


class _LimitForgotten(Rules):
    def takes(
        self, coupon: Coupon, hashed: str, rules: Programme, shop: str, used: CouponUse
    ) -> bool:
        forgotten = used._replace(foreign=0)
        more = rules.model_copy(update={"coupon_offline_limit": max(1, rules.coupon_offline_limit)})
        return super().takes(coupon, hashed, more, shop, forgotten)


class _OneMore(Rules):
    def takes(
        self, coupon: Coupon, hashed: str, rules: Programme, shop: str, used: CouponUse
    ) -> bool:
        limit = rules.coupon_offline_limit + 1
        more = rules.model_copy(update={"coupon_offline_limit": limit})
        return super().takes(coupon, hashed, more, shop, used)


class _OwnPastForgotten(Rules):
    def takes(
        self, coupon: Coupon, hashed: str, rules: Programme, shop: str, used: CouponUse
    ) -> bool:
        return super().takes(coupon, hashed, rules, shop, used._replace(here=0))


class _BoundWithoutShops(Rules):
    def bound(self, shops: int, limit: int) -> int:
        return coupon_bound(min(shops, 2), limit)


class _StrangersForgotten(Rules):
    def bound_of_chain(self, shops: int, limit: int) -> int:
        return coupon_bound(shops, limit)


_BUGS: Final[dict[str, type[Rules]]] = {
    "the hub lends before the owner knows": _LentUntold,
    "a shop takes what it knows to be lent": _LentIgnored,
    "every shop takes itself for the owner": _EveryShopOwns,
    "the limit is forgotten": _LimitForgotten,
    "the limit is off by one": _OneMore,
    "a shop forgets what it took": _OwnPastForgotten,
    "the bound forgets the shops": _BoundWithoutShops,
    "the bound forgets that owners are strangers too": _StrangersForgotten,
}
BUGS: Final = tuple(_BUGS)


@dataclass(slots=True)
class _Shop:
    """What it took: each coupon's times ever, and the foreign ones since the hub knew everything.

    `coupons` is the feed as far as it has pulled it, `has` the version that its pulls acknowledge.
    """

    name: str
    coupons: dict[str, Coupon]
    here: Counter[str] = field(default_factory=Counter)
    foreign: int = 0
    is_cut: bool = False
    has: int = 0
    unheard: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Hub:
    """`at` has the version under which each coupon was last logged; `given` who was lent it, for one basket."""

    coupons: dict[str, Coupon]
    version: int = 0
    at: Counter[str] = field(default_factory=Counter)
    given: dict[str, str] = field(default_factory=dict)

    def log(self, hashed: str, **change: bool) -> None:
        changed = self.coupons[hashed].model_copy(update=change)
        if changed != self.coupons[hashed]:
            self.version += 1
            self.coupons[hashed], self.at[hashed] = changed, self.version

    def says_yes(self, rules: Rules, owner: _Shop, shop: _Shop, hashed: str) -> bool:
        """As `cloud.members.coupons.claim`: once, to one shop, and lent only when the owner knows."""
        if self.coupons[hashed].is_spent or self.given.get(hashed, shop.name) != shop.name:
            return False
        if not shop.here[hashed]:
            self.given[hashed] = shop.name
        if owner is shop:
            return True
        self.log(hashed, is_lent=True)
        return rules.lends(owner.has, self.at[hashed])


@dataclass(slots=True)
class _World:
    random: Random
    rules: Rules
    programme: Programme
    shops: list[_Shop]
    hub: _Hub
    times: Counter[str] = field(default_factory=Counter)

    def try_one(self) -> None:
        """A customer shows a code in some shop."""
        shop, hashed = self.random.choice(self.shops), self.random.choice(list(self.hub.coupons))
        coupon = shop.coupons[hashed]
        used = CouponUse(shop.here[hashed], shop.foreign)
        takes = self.rules.takes(coupon, hashed, self.programme, shop.name, used)
        if coupon.is_single and not shop.is_cut:
            owner = self._owner(hashed)
            spent = coupon.is_spent or bool(shop.here[hashed])
            if spent or not self.hub.says_yes(self.rules, owner, shop, hashed):
                return
        elif not takes:
            return
        elif coupon.is_single and self._owner(hashed) is not shop:
            shop.foreign += 1
        self.times[hashed] += 1
        shop.here[hashed] += 1
        shop.unheard.append(hashed)

    def _owner(self, hashed: str) -> _Shop:
        name = owner_shop(hashed, self.programme.shops)
        return next(shop for shop in self.shops if shop.name == name)

    def exchange(self, shop: _Shop) -> None:
        """What it sold goes up, what head office says comes down; its next pull acknowledges that."""
        for hashed in shop.unheard:
            if self.hub.coupons[hashed].is_single:
                self.hub.log(hashed, is_spent=True)
        shop.unheard.clear()
        shop.foreign, shop.has, shop.coupons = 0, self.hub.version, dict(self.hub.coupons)


def history(seed: int, bug: str = "") -> str:
    random = Random(seed)  # noqa: S311 - a history, no secret
    rules = _BUGS[bug]() if bug else Rules()
    names = tuple(f"shop-{number}" for number in range(random.choice((1, 2, 3, 5))))
    limit = random.randint(0, 3)
    many, *single = random.sample(_hashes(), random.randint(1, 8))
    escrow = {name: random.randint(0, 3) for name in names}
    coupons = dict.fromkeys(single, _single()) | {many: _many(tuple(escrow.items()))}
    shops = [_Shop(name, dict(coupons)) for name in names]
    world = _World(random, rules, _programme(names, limit), shops, _Hub(coupons))
    for _ in range(2):
        before = world.times.copy()
        _cut(world)
        again = {hashed: _again(world.times[hashed], before[hashed]) for hashed in single}
        broken = _judged(rules, shops, limit, again)
        taken = world.times[many]
        if broken or taken > sum(escrow.values()):
            return broken or f"a coupon for many was used {taken} times of {sum(escrow.values())}"
        for shop in shops * 2:
            shop.is_cut = False
            world.exchange(shop)
    return ""


def _again(times: int, before: int) -> int:
    """How often it was used too often through this cut."""
    return max(0, times - 1) - max(0, before - 1)


def _judged(rules: Rules, shops: list[_Shop], limit: int, again: dict[str, int]) -> str:
    """Held against what was said before the cut, for each owner's coupons and for all."""
    names, by_owner = tuple(shop.name for shop in shops), Counter[str]()
    for hashed, count in again.items():
        by_owner[owner_shop(hashed, names)] += count
    said, said_of_all = (
        rules.bound(len(shops), limit),
        rules.bound_of_chain(len(shops), limit),
    )
    for owner, count in by_owner.items():
        if count > said:
            return f"coupons of {owner} were used {count} times too often; at most {said} was said"
    if by_owner.total() > said_of_all:
        return (
            f"coupons were used {by_owner.total()} times too often; at most {said_of_all} was said"
        )
    return ""


def _cut(world: _World) -> None:
    """Shops exchange with the hub and go off, each at its own moment; customers try all the while."""
    for _ in range(ATTEMPTS):
        shop = world.random.choice(world.shops)
        match world.random.randrange(8):
            case 0:
                shop.is_cut = True
            case 1 | 2 if not shop.is_cut:
                world.exchange(shop)
            case _:
                world.try_one()


@cache
def _hashes() -> tuple[str, ...]:
    return tuple(
        coupon_hash(f"TWC1.{'A' * 14}{LETTERS[number // 32]}{LETTERS[number % 32]}")
        for number in range(200)
    )


@cache
def _programme(shops: tuple[str, ...], limit: int) -> Programme:
    tier = Tier(name="all", earn_bp=0)
    return Programme(currency="KRW", tiers=(tier,), coupon_offline_limit=limit, shops=shops)


@cache
def _single() -> Coupon:
    return Coupon(
        amount_minor=1,
        currency="KRW",
        valid_from=NOW,
        valid_until=NOW + timedelta(days=1),
    )


@cache
def _many(escrow: tuple[tuple[str, int], ...]) -> Coupon:
    return Coupon(
        is_single=False,
        amount_minor=1,
        currency="KRW",
        valid_from=NOW,
        valid_until=NOW + timedelta(days=1),
        escrow=dict(escrow),
    )
