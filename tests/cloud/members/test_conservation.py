"""In whatever order, and again: the ledger is the balance, points conserve, no stored value falls below zero."""

import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cloud import identity
from cloud.db import Database
from cloud.errors import ErasedMemberError, HubError
from cloud.ingest.admission import Admitted
from cloud.ingest.inbox import Inbox
from cloud.ingest.pressure import Allowance
from cloud.members import programme, repository, spending
from cloud.members.service import Members
from cloud.members.spending import Place
from cloud.projection import FactProjector
from contract.members import MemberSpend
from contract.topics import SHARDS
from tests.cloud.conftest import Bodies, Box, FakeClock, uid
from tests.cloud.members.conftest import PROGRAMME

NUMBERS = itertools.count(1)
SHOPS = ("maru-office", "maru-hillside")
BODIES = Bodies()
ALL = frozenset(range(SHARDS))


def paid(kind: str, amount: int, payment_id: str = "") -> dict[str, Any]:
    return {
        "kind": kind,
        "amount_minor": amount,
        "tendered_minor": amount,
        "payment_id": payment_id,
    }


@dataclass
class Sold:
    member: str
    earned: int
    spent: int
    stored: int
    is_heard: bool = False
    returned: int = 0
    heard_pieces: int = 0
    points_back: int = 0
    stored_back: int = 0


@dataclass
class Shop:
    box: Box
    sales: list[Sold] = field(default_factory=list)
    returns: list[tuple[Sold, int, int, int]] = field(default_factory=list)


class Life(RuleBasedStateMachine):
    """The model keeps sums by account; merged accounts are looked up in `leads`."""

    database: Database
    key: Path

    @initialize()
    def begin(self) -> None:
        self.clock = FakeClock()
        key = identity.load(self.key)
        self.members = Members(self.database, self.clock, key, "KRW", lambda: None)
        self.members.publish_key()
        programme.publish(self.members, PROGRAMME)
        self.shops = {shop: Shop(Box(f"{shop}-{next(NUMBERS)}")) for shop in SHOPS}
        self.leads: dict[str, str] = {}
        self.erased: set[str] = set()
        self.points: dict[str, int] = {}
        self.stored: dict[str, int] = {}
        self.spends: dict[str, tuple[str, int]] = {}
        self.sold: dict[str, Sold] = {}
        self.join()

    @rule()
    def join(self) -> None:
        name = self.members.join({"name": "Minji"}, {}).member.member_id
        self.leads[name], self.points[name], self.stored[name] = name, 0, 0

    def root(self, name: str) -> str:
        while self.leads[name] != name:
            name = self.leads[name]
        return name

    def pick(self, data: Any) -> str:
        return str(data.draw(st.sampled_from(sorted(self.leads))))

    @rule(data=st.data(), shop=st.sampled_from(SHOPS), spent=st.integers(0, 300))
    def sell(self, data: Any, shop: str, spent: int) -> None:
        """A member pays a part of two pieces with points, whatever the balance: the box may be cut off."""
        self.log_sale(shop, Sold(self.pick(data), 110, spent, 0), "")

    def log_sale(self, shop: str, sold: Sold, spend_id: str) -> None:
        number = next(NUMBERS)
        sale_id = uid(10_000_000 + number)
        tenders = [paid("cash", 11_000 - sold.spent - sold.stored)]
        if sold.spent:
            tenders.append(paid("points", sold.spent))
        if sold.stored:
            tenders.append(paid("stored_value", sold.stored, spend_id))
        own = {"sale_id": sale_id, "location_id": shop, "tenders": tenders}
        body = BODIES.sale(number, **own, member_id=sold.member, points_earned=sold.earned)
        self.shops[shop].box.log(body, uid(30_000_000 + number))
        self.shops[shop].sales.append(sold)
        self.sold[sale_id] = sold

    @precondition(lambda self: any(sold.returned < 2 for sold in self.sold.values()))
    @rule(data=st.data(), shop=st.sampled_from(SHOPS), points=st.integers(0, 50))
    def take_back(self, data: Any, shop: str, points: int) -> None:
        open_sales = sorted(key for key, sold in self.sold.items() if sold.returned < 2)
        sale_id = data.draw(st.sampled_from(open_sales))
        sold, number = self.sold[sale_id], next(NUMBERS)
        sold.returned += 1
        stored = sold.stored // 2
        tenders = [paid("cash", 5_500 - points - stored)]
        tenders += [
            paid(kind, n) for kind, n in (("points", points), ("stored_value", stored)) if n
        ]
        body = BODIES.returned(
            number,
            return_id=uid(20_000_000 + number),
            original_sale_id=sale_id,
            location_id=shop,
            tenders=tenders,
        )
        self.shops[shop].box.log(body, uid(30_000_000 + number))
        self.shops[shop].returns.append((sold, 1, points, stored))

    @rule(shop=st.sampled_from(SHOPS))
    def arrive(self, shop: str) -> None:
        """Everything that the box ever said, again."""
        here = self.shops[shop]
        if here.box.high:
            batch = here.box.batch()
            Inbox(self.database, self.clock).commit(
                [Admitted(here.box.edge_id, batch)], Allowance(8, 0)
            )
            while FactProjector(self.database, self.clock).step(ALL):
                pass
        for sold in here.sales:
            sold.is_heard = True
        for sold, pieces, points, stored in here.returns:
            sold.heard_pieces += pieces
            sold.points_back += points
            sold.stored_back += stored
        here.returns.clear()

    @rule(data=st.data())
    def merge(self, data: Any) -> None:
        kept, gone = self.pick(data), self.pick(data)
        a, b = self.root(kept), self.root(gone)
        try:
            self.members.merge(kept, gone)
        except HubError:
            assert kept == gone or a in self.erased or b in self.erased
        else:
            self.leads[b] = a

    @rule(data=st.data())
    def erase(self, data: Any) -> None:
        name = self.pick(data)
        self.members.erase(name)
        self.erased.add(self.root(name))

    @rule(data=st.data(), amount=st.integers(1, 20_000), is_twice=st.booleans())
    def top_up(self, data: Any, amount: int, is_twice: bool) -> None:
        name, act_id = self.pick(data), uid(next(NUMBERS))
        try:
            for _ in range(1 + is_twice):
                spending.top_up(self.members, act_id, name, amount)
        except ErasedMemberError:
            assert self.root(name) in self.erased
        else:
            self.stored[name] += amount

    @rule(data=st.data(), amount=st.integers(1, 11_000), shop=st.sampled_from(SHOPS))
    def pay_stored(self, data: Any, amount: int, shop: str) -> None:
        """Asked twice, as a box does that heard no answer; the sale follows."""
        name, spend_id = self.pick(data), uid(next(NUMBERS))
        wanted = MemberSpend(member_id=name, what="stored_value", amount=amount, currency="KRW")
        try:
            for _ in range(2):
                spending.spend(self.members, Place(spend_id, shop), wanted)
        except HubError:
            return
        self.stored[name] -= amount
        self.spends[spend_id] = (name, amount)
        if data.draw(st.booleans()):
            del self.spends[spend_id]
            self.log_sale(shop, Sold(name, 110, 0, amount), spend_id)

    @precondition(lambda self: self.spends)
    @rule(data=st.data())
    def give_back(self, data: Any) -> None:
        spend_id = data.draw(st.sampled_from(sorted(self.spends)))
        for _ in range(2):
            spending.give_back(self.members, spend_id)
        name, amount = self.spends.pop(spend_id)
        self.stored[name] += amount

    @rule(data=st.data(), points=st.integers(1, 500))
    def gift(self, data: Any, points: int) -> None:
        name = self.pick(data)
        try:
            spending.gift(self.members, uid(next(NUMBERS)), name, points)
        except ErasedMemberError:
            return
        self.points[name] += points

    @invariant()
    def the_ledger_is_the_balance(self) -> None:
        if not hasattr(self, "sold"):
            return
        points, stored = dict.fromkeys(self.leads, 0), dict.fromkeys(self.leads, 0)
        for name in self.leads:
            points[self.root(name)] += self.points[name]
            stored[self.root(name)] += self.stored[name]
        for sold in self.sold.values():
            if sold.is_heard:
                taken = (sold.earned * sold.heard_pieces + 1) // 2
                points[self.root(sold.member)] += (
                    sold.earned - sold.spent - taken + sold.points_back
                )
                stored[self.root(sold.member)] += sold.stored_back
        with self.database.read() as session:
            for name in {self.root(name) for name in self.leads}:
                own = repository.ids(repository.family(session, name))
                assert repository.balance(session, own, "points") == points[name]
                assert repository.balance(session, own, "stored_value") == stored[name]
                assert stored[name] >= 0


def test_points_conserve_and_stored_value_is_never_negative(
    database: Database, tmp_path: Path
) -> None:
    class Here(Life):
        pass

    Here.database, Here.key = database, tmp_path / "members.key"
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=8,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_machine_sees_a_return_that_is_booked_twice(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard taken away: entries that get a new id each time they are made."""
    whole = repository.insert_new

    def careless(session: Any, table: Any, rows: Any) -> None:
        fresh = [{**row, "entry_id": f"{row['entry_id']}:{next(NUMBERS)}"} for row in rows]
        whole(session, table, fresh)

    monkeypatch.setattr(repository, "insert_new", careless)

    class Here(Life):
        pass

    Here.database, Here.key = database, tmp_path / "members.key"
    life = Here()
    life.begin()
    [name] = life.leads
    life.log_sale("maru-office", Sold(name, 110, 0, 0), "")
    life.arrive("maru-office")
    for _ in range(2):
        sale_id = next(iter(life.sold))
        number = next(NUMBERS)
        sold = life.sold[sale_id]
        body = BODIES.returned(number, return_id=uid(20_000_000 + number), original_sale_id=sale_id)
        life.shops["maru-office"].box.log(body, uid(30_000_000 + number))
        life.shops["maru-office"].returns.append((sold, 1, 0, 0))
        life.arrive("maru-office")
    with pytest.raises(AssertionError):
        life.the_ledger_is_the_balance()
