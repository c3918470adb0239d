"""Random days of a chain on the real service, with a clock that jumps: whatever happens, the rules of promises hold."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlmodel import select

from cloud.db import Database
from cloud.errors import OrderStateError
from cloud.orders import repository
from cloud.orders.quoting import Ledger
from cloud.orders.tables import CustomerOrder, OrderJob

OFFICE, HARBOUR, CAKE = "office", "harbour", "CAKE"
SHOPS = (OFFICE, HARBOUR)
CAP, STOCK = 2, 4
STEP = {"offered": "accepted", "accepted": "picked", "picked": "ready", "ready": "handed_over"}


class Days(RuleBasedStateMachine):
    """`new_chain` gives a chain of conftest on an empty database; `say` what its shops can say."""

    new_chain: ClassVar[Callable[[Database], Any]]
    say: ClassVar[Any]

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.database = Database(f"sqlite:///{self.folder / 'hub.sqlite3'}")
        self.database.create()
        self.chain = type(self).new_chain(self.database)
        self.handed: set[str] = set()
        self.last: dict[str, str] = {}
        self.met: list[str] = []
        for location_id in SHOPS:
            self.chain.open_shop(location_id, latitude=37.5, longitude=127.0)
            self.chain.allow(location_id, cap=CAP)
            self.chain.stock(location_id, CAKE, STOCK)

    def teardown(self) -> None:
        self.database.close()
        shutil.rmtree(self.folder)

    @property
    def orders(self) -> list[CustomerOrder]:
        """As they came: ids of one millisecond are in no order, and a day must be the same when it is lived again."""
        with self.database.read() as session:
            return sorted(session.exec(select(CustomerOrder)).all(), key=self.nth)

    def nth(self, order: CustomerOrder) -> int:
        if order.order_id not in self.met:
            self.met.append(order.order_id)
        return self.met.index(order.order_id)

    @property
    def work(self) -> list[Any]:
        """Jobs of which a shop may still say something: also those it was told to stop, as one cut off would."""
        with self.database.read() as session:
            rows = {it.job_id: it for it in session.exec(select(OrderJob)).all()}
        feeds = [job for place in SHOPS for job in self.chain.jobs_at(place)]
        going_on = [
            (rows[job.job_id], job)
            for job in feeds
            if self.last.get(job.job_id, "offered") in STEP and job.job_id in rows
        ]
        return sorted(going_on, key=lambda it: (self.met.index(it[1].order_id), it[0].location_id))

    @rule(quantity=st.integers(1, 2), is_paid=st.booleans())
    def order(self, quantity: int, is_paid: bool) -> None:
        for offer in self.chain.quote(CAKE=quantity)[:1]:
            held = self.chain.hold(offer, CAKE=quantity)
            if is_paid:
                self.chain.place(held.order_id, 30_000 * quantity)

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def pay(self, data: st.DataObject) -> None:
        order = data.draw(st.sampled_from(self.orders))
        self.chain.place(order.order_id, order.goods_minor)

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        order = data.draw(st.sampled_from(self.orders))
        if order.state == "completed":
            with pytest.raises(OrderStateError):
                self.chain.cancel(order.order_id)
        else:
            self.chain.cancel(order.order_id)

    @precondition(lambda self: self.work)
    @rule(data=st.data())
    def shop_goes_on(self, data: st.DataObject) -> None:
        row, job = data.draw(st.sampled_from(self.work))
        state = STEP[self.last.get(job.job_id, "offered")]
        made = {"picked": self.say.picked, "handed_over": self.say.handed}.get(state)
        if state == "picked" and self.left_in(row.location_id) < row_quantity(job):
            return
        self.last[job.job_id] = state
        if state == "handed_over" and row.kind != "transfer":  # that one goes to another shop
            self.handed.add(job.order_id)
        self.chain.tell(row.location_id, made(job) if made else self.say.of(job, state))

    @precondition(lambda self: self.work)
    @rule(data=st.data())
    def shop_stops(self, data: st.DataObject) -> None:
        row, job = data.draw(st.sampled_from(self.work))
        if job.state == "cancelled":
            self.last[job.job_id] = "cancelled"
            self.chain.tell(row.location_id, self.say.of(job, "cancelled"))
        elif self.last.get(job.job_id, "offered") == "offered":
            self.last[job.job_id] = "declined"
            self.chain.tell(row.location_id, self.say.of(job, "declined", reason="damaged"))

    @rule(minutes=st.sampled_from([1, 6, 16, 40, 1_600]))
    def time_passes(self, minutes: int) -> None:
        self.chain.later(minutes=minutes)

    def left_in(self, location_id: str) -> int:
        return self.account(location_id).free

    def account(self, location_id: str) -> Any:
        now = self.chain.clock.now()
        with self.database.read() as session:
            facts = repository.facts(session, now, [CAKE], {location_id})
        return Ledger(facts).account(location_id, CAKE)

    @invariant()
    def no_more_is_promised_than_was_leased(self) -> None:
        """Goods that shops picked though they were told to stop are theirs; what the hub promised is within cap."""
        for location_id in (getattr(self, "chain", None) and SHOPS) or ():
            account = self.account(location_id)
            assert account.promised <= CAP
            assert account.set_aside <= account.on_hand

    @invariant()
    def a_hand_over_is_the_last_word(self) -> None:
        if hasattr(self, "chain"):
            states = {it.order_id: it.state for it in self.orders}
            assert {states[order_id] for order_id in self.handed} <= {"completed"}

    @invariant()
    def money_is_owed_back_at_most_once(self) -> None:
        for order in self.orders if hasattr(self, "chain") else ():
            with self.database.read() as session:
                owed = repository.credits_of(session, order.order_id)
            back = sum(it.amount_minor for it in owed if it.kind == "refund")
            is_over = order.state in {"cancelled", "broken"}
            assert back == (order.paid_minor if is_over else 0)


def row_quantity(job: Any) -> int:
    return sum(line.quantity for line in job.lines)


@pytest.mark.timeout(300)
def test_no_order_of_events_breaks_a_rule(new_chain, jobs) -> None:
    own = {"new_chain": staticmethod(new_chain), "say": jobs}
    days = type("TheseDays", (Days,), own).TestCase  # type: ignore[attr-defined] # made by hypothesis
    days.settings = settings(
        max_examples=12,
        stateful_step_count=25,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    days("runTest").runTest()
