"""Random days of a shop whose goods expire: nothing past its use-by date is sold, promised or handed over.

The oracle knows each single piece and its date; the shop knows sums by lot, as the ledger does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Final

from contract import lots as rule
from contract.lots import Lot
from contract.sales import LineLot
from edge.services.lots import back_into

CLAIM: Final = (
    "goods sold, promised or handed over past their use-by date: 0; first to expire, first to go"
)
DAYS: Final = 4
STEPS_A_DAY: Final = 4
FIRST_DAY: Final = date(2026, 11, 23)

Key = tuple[str, str]


class Rules:
    """What is proven: the functions that box and hub call. A seeded bug replaces one of them."""

    def allocate(self, lots: Iterable[Lot], quantity: int, day: str) -> tuple[Lot, ...]:
        return rule.allocate(lots, quantity, day)

    def keeping(self, lots: Iterable[Lot], until: str) -> int:
        return rule.keeping(lots, until)

    def last_expiry(self, lots: Iterable[Lot], day: str) -> str:
        return rule.last_expiry(lots, day)

    def is_fresh(self, expiry: str, day: str) -> bool:
        return rule.is_fresh(expiry, day)

    def back_into(
        self, origin: Sequence[LineLot], before: int, quantity: int
    ) -> tuple[LineLot, ...]:
        return back_into(origin, before, quantity)


class _LastInFirstOut(Rules):
    def allocate(self, lots: Iterable[Lot], quantity: int, day: str) -> tuple[Lot, ...]:
        fresh = [lot for lot in lots if rule.is_fresh(lot.expiry, day)]
        return tuple(
            one
            for lot in rule.first_out(fresh)[::-1]
            for one in rule.allocate([lot], quantity, day)
        )[:1]


class _SellsExpired(Rules):
    def allocate(self, lots: Iterable[Lot], quantity: int, day: str) -> tuple[Lot, ...]:
        del day
        return rule.allocate(lots, quantity, "")


class _WastesTheLastDay(Rules):
    def allocate(self, lots: Iterable[Lot], quantity: int, day: str) -> tuple[Lot, ...]:
        return rule.allocate([lot for lot in lots if lot.expiry != day], quantity, day)


class _TakesTooMany(Rules):
    def allocate(self, lots: Iterable[Lot], quantity: int, day: str) -> tuple[Lot, ...]:
        return rule.allocate(lots, quantity + 1, day)


class _PromisesByCount(Rules):
    def keeping(self, lots: Iterable[Lot], until: str) -> int:
        del until
        return rule.keeping(lots, "")


class _RefusesFreshGoods(Rules):
    def last_expiry(self, lots: Iterable[Lot], day: str) -> str:
        return max((lot.expiry for lot in lots if not rule.is_fresh(lot.expiry, day)), default="")


class _RestocksExpired(Rules):
    def is_fresh(self, expiry: str, day: str) -> bool:
        del expiry, day
        return True


class _ReturnsToTheFirstLot(Rules):
    def back_into(
        self, origin: Sequence[LineLot], before: int, quantity: int
    ) -> tuple[LineLot, ...]:
        del before
        return back_into(origin, 0, quantity)


_BUGS: Final[dict[str, type[Rules]]] = {
    "the lot that expires last goes first": _LastInFirstOut,
    "expired lots are sold": _SellsExpired,
    "the last good day counts as expired": _WastesTheLastDay,
    "one piece too many is taken": _TakesTooMany,
    "a promise counts pieces that expire before its day": _PromisesByCount,
    "one expired lot blocks the fresh ones": _RefusesFreshGoods,
    "expired returns go back on the shelf": _RestocksExpired,
    "returns forget what came back before": _ReturnsToTheFirstLot,
}
BUGS: Final = tuple(_BUGS)


class Violation(Exception):
    """What happened to which goods on which day, in words."""


@dataclass(slots=True)
class Sold:
    origin: tuple[LineLot, ...]
    came_back: int = 0

    @property
    def quantity(self) -> int:
        return sum(lot.quantity for lot in self.origin)


@dataclass(slots=True)
class World:
    """`pieces` is the oracle's: how many of each lot really lie on the shelf."""

    rules: Rules
    luck: Random
    day: date = FIRST_DAY
    ledger: list[tuple[Key, int]] = field(default_factory=list)
    pieces: Counter[Key] = field(default_factory=Counter)
    aside: list[tuple[str, tuple[Lot, ...]]] = field(default_factory=list)
    sold: list[Sold] = field(default_factory=list)

    @property
    def today(self) -> str:
        return self.day.isoformat()

    def lots(self) -> list[Lot]:
        sums = Counter[Key]()
        for key, quantity in self.ledger:
            sums[key] += quantity
        return [Lot(*key, quantity) for key, quantity in sums.items() if quantity]

    def receive(self) -> None:
        expiry = self.day + timedelta(days=int(self.luck.random() * 5) - 1)
        key = (f"L{int(self.luck.random() * 3)}", expiry.isoformat())
        quantity = 1 + int(self.luck.random() * 4)
        self.ledger.append((key, quantity))
        self.pieces[key] += quantity

    def sell(self) -> None:
        """As the counter does: asked at the scan whether all has expired, allocated when it is paid."""
        expired = self.rules.last_expiry(self.lots(), self.today)
        fresh = sum(self._fresh(self.today).values())
        if bool(expired) != bool(self.pieces and not fresh):
            raise Violation(
                f"{self.today}: refused is {bool(expired)}, {fresh} fresh pieces lie there"
            )
        if not expired:
            taken = self._take(1 + int(self.luck.random() * 4), self.today)
            self.sold.append(Sold(tuple(LineLot(**lot._asdict()) for lot in taken)))

    def pick(self) -> None:
        """For somebody who comes on a later day: what is picked keeps until then."""
        until = (self.day + timedelta(days=int(self.luck.random() * 3))).isoformat()
        wanted = 1 + int(self.luck.random() * 3)
        if self.rules.keeping(self.lots(), until) < wanted:
            return
        taken = self._take(wanted, until)
        if sum(lot.quantity for lot in taken) < wanted:
            raise Violation(f"{wanted} promised for {until}, only {taken} keep so long")
        self.aside.append((until, taken))

    def hand_over(self) -> None:
        if not self.aside:
            return
        until, taken = self.aside.pop(0)
        stale = [lot for lot in taken if lot.expiry and lot.expiry < until]
        if stale:
            raise Violation(f"handed over on {until}: {stale}")

    def take_back(self) -> None:
        left = [sale for sale in self.sold if sale.quantity > sale.came_back]
        if not left:
            return
        sale = self.luck.choice(left)
        quantity = 1 + int(self.luck.random() * (sale.quantity - sale.came_back))
        back = self.rules.back_into(sale.origin, sale.came_back, quantity)
        sale.came_back += quantity
        self._judge_back(sale, back)
        if all(self.rules.is_fresh(lot.expiry, self.today) for lot in back):
            self._restock(back)

    def _judge_back(self, sale: Sold, back: Sequence[LineLot]) -> None:
        """All that has come back of a sale so far is its first pieces, lot by lot."""
        rest = sale.quantity - sale.came_back
        last = sum(lot.quantity for lot in back)
        expected = [lot.expiry for lot in sale.origin for _ in range(lot.quantity)]
        end = len(expected) - rest
        if [lot.expiry for lot in back for _ in range(lot.quantity)] != expected[end - last : end]:
            raise Violation(f"{back} came back of {sale.origin}, {sale.came_back} in all")

    def _restock(self, back: Sequence[LineLot]) -> None:
        for lot in back:
            if lot.expiry < self.today:
                raise Violation(f"{self.today}: {lot} came back and is for sale again")
            self.ledger.append(((lot.lot, lot.expiry), lot.quantity))
            self.pieces[lot.lot, lot.expiry] += lot.quantity

    def _fresh(self, day: str) -> Counter[Key]:
        return Counter({key: count for key, count in self.pieces.items() if key[1] >= day})

    def _take(self, quantity: int, day: str) -> tuple[Lot, ...]:
        taken = self.rules.allocate(self.lots(), quantity, day)
        fresh = self._fresh(day)
        self._judge_taken(taken, fresh, quantity, day)
        for lot in taken:
            self.ledger.append(((lot.lot, lot.expiry), -lot.quantity))
            self.pieces[lot.lot, lot.expiry] -= lot.quantity
        self.pieces = +self.pieces
        if {lot[:2]: lot.quantity for lot in self.lots()} != dict(self.pieces):
            raise Violation(f"{self.today}: ledger {self.lots()}, shelf {dict(self.pieces)}")
        return taken

    def _judge_taken(
        self, taken: Sequence[Lot], fresh: Counter[Key], quantity: int, day: str
    ) -> None:
        took = [lot.expiry for lot in taken for _ in range(lot.quantity)]
        if any(expiry < day for expiry in took):
            raise Violation(f"{day}: {took} of {dict(fresh)}: expired goods")
        first = sorted(key[1] for key, count in fresh.items() for _ in range(count))[:quantity]
        if sorted(took) != first:
            raise Violation(f"{day}: {took} went, {first} had to go first")


_STEPS: Final[tuple[Callable[[World], None], ...]] = (
    World.receive, World.receive, World.sell, World.sell, World.pick, World.hand_over, World.take_back,
)  # fmt: skip


def history(seed: int, bug: str = "") -> str:
    """Some days of one shop; the first violation in words, "" where there is none."""
    luck = Random(seed)  # noqa: S311 - chance for schedules, not for secrets
    world = World(_BUGS[bug]() if bug else Rules(), luck)
    try:
        for _ in range(DAYS):
            for _ in range(STEPS_A_DAY):
                _STEPS[int(luck.random() * len(_STEPS))](world)
            world.day += timedelta(days=1)
    except Violation as violation:
        return str(violation)
    return ""
