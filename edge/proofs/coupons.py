"""A chain of shops that are cut off together, and coupons: single-use ones used twice are never more than was said.

Each shop judges with `contract.members.coupon_verdict`; the world is customers who try the same codes everywhere.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Final

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
    "single-use coupons used again through one cut: at most (N - 1) x limit of those that belong to one shop, "
    "N x limit of all; those for many never above what was shared out"
)
ATTEMPTS: Final = 40
NOW: Final = datetime(2026, 11, 23, tzinfo=UTC)
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class Rules:
    """What is proven: the functions that a box calls. A seeded bug replaces one of them."""

    def takes(
        self, coupon: Coupon, hashed: str, rules: Programme, shop: str, used: CouponUse
    ) -> bool:
        return coupon_verdict(coupon, hashed, rules, shop, used, 1, NOW) is CouponVerdict.GOOD

    def bound(self, shops: int, limit: int) -> int:
        return coupon_bound(shops, limit)

    def bound_of_chain(self, shops: int, limit: int) -> int:
        return coupon_bound_of_chain(shops, limit)


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
    """What it took: each coupon's times ever, and the foreign ones since the hub knew everything."""

    name: str
    here: Counter[str] = field(default_factory=Counter)
    foreign: int = 0


def history(seed: int, bug: str = "") -> str:
    random = Random(seed)  # noqa: S311 - a history, no secret
    rules = _BUGS[bug]() if bug else Rules()
    shops = [_Shop(f"shop-{number}") for number in range(random.choice((1, 2, 3, 5)))]
    limit = random.randint(0, 3)
    programme = _programme(tuple(shop.name for shop in shops), limit)
    codes = random.sample(_hashes(), random.randint(1, 8))
    single = {hashed: _single(is_spent=False) for hashed in codes[1:]}
    escrow = {shop.name: random.randint(0, 3) for shop in shops}
    many = {codes[0]: _many(tuple(escrow.items()))}
    for _ in range(2):
        times = _cut(random, rules, programme, shops, single | many)
        broken = _judged(rules, shops, limit, {hashed: times[hashed] for hashed in single})
        taken = sum(shop.here[codes[0]] for shop in shops)
        if broken or taken > sum(escrow.values()):
            return broken or f"a coupon for many was used {taken} times of {sum(escrow.values())}"
        single = {
            hashed: _single(is_spent=coupon.is_spent or bool(times[hashed]))
            for hashed, coupon in single.items()
        }
        for shop in shops:
            shop.foreign = 0
    return ""


def _judged(rules: Rules, shops: list[_Shop], limit: int, times: dict[str, int]) -> str:
    """Held against what was said before the cut, for each owner's coupons and for all."""
    names, again = tuple(shop.name for shop in shops), Counter[str]()
    for hashed, count in times.items():
        again[owner_shop(hashed, names)] += max(0, count - 1)
    said, said_of_all = (
        rules.bound(len(shops), limit),
        rules.bound_of_chain(len(shops), limit),
    )
    for owner, count in again.items():
        if count > said:
            return f"coupons of {owner} were used {count} times too often; at most {said} was said"
    if again.total() > said_of_all:
        return f"coupons were used {again.total()} times too often; at most {said_of_all} was said"
    return ""


def _cut(
    random: Random,
    rules: Rules,
    programme: Programme,
    shops: list[_Shop],
    coupons: dict[str, Coupon],
) -> Counter[str]:
    """Customers try; gives how often each coupon was used."""
    times = Counter[str]()
    known = list(coupons)
    for _ in range(ATTEMPTS):
        shop, hashed = random.choice(shops), random.choice(known)
        coupon = coupons[hashed]
        used = CouponUse(shop.here[hashed], shop.foreign)
        if rules.takes(coupon, hashed, programme, shop.name, used):
            times[hashed] += 1
            shop.here[hashed] += 1
            shop.foreign += coupon.is_single and owner_shop(hashed, programme.shops) != shop.name
    return times


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
def _single(*, is_spent: bool) -> Coupon:
    return Coupon(
        amount_minor=1,
        currency="KRW",
        valid_from=NOW,
        valid_until=NOW + timedelta(days=1),
        is_spent=is_spent,
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
