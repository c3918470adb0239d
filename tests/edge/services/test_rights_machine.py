"""A real box, database and all, whose line is cut: what its bound said before is never exceeded.

The hub is played with what it has heard: it counts with the same rule, and promises as much as that lets it.
"""

from __future__ import annotations

import json
import tempfile
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from contract.feeds import Operation, Ops
from contract.orders import JobLine, ShopJob, Window
from contract.rights import RightsAccount
from edge import keys
from edge.db.unit_of_work import Database
from edge.services import counting, feeds, handover, jobs, rights, selling, shifts, stock
from edge.services.counting import Counted
from edge.services.feed_stores import stores_of
from edge.services.handover import ByPerson
from edge.services.jobs import Picked
from edge.services.selling import Ordered
from edge.services.shop import open_shop
from edge.services.stock import Move
from edge.settings import Settings
from tests.edge.conftest import NOON, JumpingClock, stock_up

SHOP = "maru-office-tower"
few = st.integers(1, 3)


class RightsMachine(RuleBasedStateMachine):
    """`heard` is how many facts have reached the hub, `known` how many of its jobs have reached the box."""

    @initialize(on_hand=st.integers(0, 6), cap=st.integers(0, 4), keep=st.integers(0, 2))
    def open(self, on_hand: int, cap: int, keep: int) -> None:
        self.folder = tempfile.TemporaryDirectory()
        box = Settings(
            edge_id="box-1", location_id=SHOP, location_name={"en": "Office"}, company_name="Maru",
            business_number="1", data_dir=Path(self.folder.name), broker_url="mqtt://127.0.0.1:1",
            hub_url="http://127.0.0.1:1",
        )  # fmt: skip
        self.database = Database(box.database_path)
        stock_up(self.database)
        key = keys.load_or_make(box.key_path)
        self.shop = open_shop(box, self.database, JumpingClock(), key)
        shifts.open_shift(self.shop, "Kim", 100_000)
        self.cap, self.keep = cap, keep
        self.wishes: list[ShopJob] = []
        self.heard = self.known = 0
        self.bound: int | None = None
        self._feed("rights", {"*": {"cap": cap, "keep": keep}})
        if on_hand:
            stock.move(self.shop, "opening", [Move("CAKE", on_hand)])
        self.talk()

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.restore()
            self.database.close()
            self.folder.cleanup()

    # -- the shop, with or without a line

    @rule(quantity=few)
    def sell(self, quantity: int) -> None:
        """A customer can only hold what is on the shelf."""
        pieces = min(quantity, self._account().free)
        if pieces > 0:
            selling.sell(self.shop, [Ordered("CAKE", pieces)])

    @rule(quantity=few)
    def receive(self, quantity: int) -> None:
        stock.move(self.shop, "received", [Move("CAKE", quantity)])

    @rule(missing=few)
    def count(self, missing: int) -> None:
        free = self._account().free
        counting.count(self.shop, [Counted("CAKE", max(0, free - missing))])

    @rule()
    def pick(self) -> None:
        """All that there is for the first job; what is missing then is broken."""
        waiting = [kept for kept in jobs.open_jobs(self.shop) if kept.job.state == "accepted"]
        pieces = (
            min(waiting[0].wish.lines[0].quantity, max(0, self._account().free)) if waiting else 0
        )
        if pieces:
            job_id = waiting[0].wish.job_id
            jobs.pick(self.shop, job_id, [Picked(1, pieces, "CAKE")])
            jobs.ready(self.shop, job_id, "shelf")
            account = self._account()
            assert account.set_aside <= account.on_hand

    @rule()
    def hand_over(self) -> None:
        ready = [kept for kept in jobs.open_jobs(self.shop) if kept.job.state == "ready"]
        if ready:
            handover.hand_over(self.shop, ByPerson(ready[0].wish.job_id, "Kim"))

    # -- the line and the hub

    @rule(quantity=few)
    def promise(self, quantity: int) -> None:
        """Also while the line is down: within the lease the hub does not know."""
        if quantity <= self._of_hub().may_promise:
            self.wishes.append(_wish(quantity))

    @precondition(lambda self: self.bound is None)
    @rule()
    def talk(self) -> None:
        with self.shop.read() as reader:
            self.heard = reader.sql("SELECT max(seq) FROM outbox").fetchone()[0]
        with self.shop.write() as work:
            work.unit.sql("UPDATE stream SET acked = ?", (self.heard,))
        new = {it.job_id: it.model_dump(mode="json") for it in self.wishes[self.known :]}
        self.known = len(self.wishes)
        if new:
            self._feed("orders", new)

    @precondition(lambda self: self.bound is None)
    @rule()
    def cut(self) -> None:
        self.bound = self._account().bound
        self.broken_before = self._broken()

    @precondition(lambda self: self.bound is not None)
    @rule()
    def restore(self) -> None:
        if self.bound is not None:
            broken = self._broken() - self.broken_before
            assert broken <= self.bound, f"{broken} broken by one cut, {self.bound} were said"
        self.bound = None

    # -- what each side counts

    def _account(self) -> RightsAccount:
        return rights.accounts(self.shop).get(
            "CAKE", RightsAccount(0, cap=self.cap, keep=self.keep)
        )

    def _facts(self, through: int | None = None) -> list[dict[str, Any]]:
        with self.shop.read() as reader:
            rows = reader.sql("SELECT seq, body FROM outbox ORDER BY seq").fetchall()
        return [json.loads(body) for seq, body in rows if through is None or seq <= through]

    def _of_hub(self) -> RightsAccount:
        facts = self._facts(self.heard)
        on_hand = sum(_moved(fact) for fact in facts)
        aside = sum(_aside(fact) for fact in facts)
        return RightsAccount(on_hand, aside, self.cap, self.keep, self._owed(facts))

    def _owed(self, facts: list[dict[str, Any]]) -> int:
        """Promised, and neither set aside nor declined."""
        settled = {
            fact["job_id"] for fact in facts if fact["type"] in ("job.picked", "job.declined")
        }
        return sum(it.lines[0].quantity for it in self.wishes if it.job_id not in settled)

    def _broken(self) -> int:
        """Pieces of promises that were not or cannot be kept, on what is true now."""
        facts = self._facts()
        ordered = {it.job_id: it.lines[0].quantity for it in self.wishes}
        declined = sum(ordered[fact["job_id"]] for fact in facts if fact["type"] == "job.declined")
        short = sum(
            ordered[fact["job_id"]] - fact["picked"][0]["quantity"]
            for fact in facts
            if fact["type"] == "job.picked"
        )
        missing = self._owed(facts) - max(0, self._account().free)
        return declined + short + max(0, missing)

    def _feed(self, feed: str, values: dict[str, Any]) -> None:
        name = f"{feed}@{SHOP}"
        store = stores_of(SHOP)[name]
        with self.shop.write() as work:
            after = feeds.cursor(work.unit, name)
            operations = tuple(
                Operation(key=key, version=after + 1, value=value) for key, value in values.items()
            )
            ops = Ops(feed=name, after=after, through=after + 1, operations=operations)
            store.taken(work, feeds.apply(work.unit, store, ops))


def _wish(quantity: int) -> ShopJob:
    job_id = str(uuid.uuid4())
    return ShopJob(
        job_id=job_id, order_id=job_id, number=job_id[:4].upper(), revision=1, state="placed", kind="pickup",
        placed_at=NOON, accept_by=NOON + timedelta(minutes=10),
        window=Window(start=NOON, end=NOON + timedelta(hours=8)),
        lines=(JobLine(line=1, sku="CAKE", names={"en": "Cake"}, quantity=quantity),), currency="KRW",
    )  # fmt: skip


def _moved(fact: dict[str, Any]) -> int:
    match fact["type"]:
        case "sale.completed":
            return -sum(line["quantity"] for line in fact["lines"])
        case "stock.moved":
            return sum(move["quantity"] for move in fact["moves"])
        case "stock.counted":
            return sum(line["counted"] - line["expected"] for line in fact["lines"])
        case "job.handed_over":
            return -sum(line["quantity"] for line in fact["handed"])
    return 0


def _aside(fact: dict[str, Any]) -> int:
    match fact["type"]:
        case "job.picked":
            return sum(line["quantity"] for line in fact["picked"])
        case "job.handed_over":
            return -sum(line["quantity"] for line in fact["handed"])
    return 0


TestRights = RightsMachine.TestCase
TestRights.settings = settings(
    max_examples=15,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_the_bound_is_reached_and_not_exceeded() -> None:
    """Four of five were sold and the hub has not heard of it: it may still promise four, and one is left."""
    world = RightsMachine()
    world.open(on_hand=5, cap=4, keep=0)
    world.sell(3)
    world.sell(1)
    world.cut()
    assert world.bound == 4
    world.promise(3)
    world.promise(1)
    world.promise(1)
    world.sell(1)
    assert world._broken() == 4
    world.teardown()
