"""Random days of a chain on the real service, with a clock that jumps: whatever happens, the rules of promises hold.

The shops of these days know their shelves piece by piece, and their customers what they paid: that is the oracle.
"""

import copy
import itertools
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlmodel import Session, select

from cloud.db import Database
from cloud.errors import (
    DoubledKeyError,
    GoodsGoneError,
    HoldLapsedError,
    OfferChangedError,
    OfferExpiredError,
    OrderStateError,
)
from cloud.orders.tables import (
    CustomerOrder,
    OrderCredit,
    OrderJob,
    OrderLine,
    OrderTouched,
    PromisedGoods,
)
from cloud.stock.tables import StockEntry
from contract.rights import EPS_S, LEASE_S
from tests.made_once import hub_file

OFFICE, HARBOUR, CAKE = "office", "harbour", "CAKE"
SHOPS = (OFFICE, HARBOUR)
CAP, PIECES, PRICE_MINOR = 2, 3, 30_000
TODAY, IN_TWO_DAYS = "2026-11-23", "2026-11-25"
SEOUL = ZoneInfo("Asia/Seoul")
STEP = {"offered": "accepted", "accepted": "picked", "picked": "ready"}
GOING_ON = {*STEP, "ready", "partly_handed"}
ENDED = {"completed", "cancelled", "broken", "lapsed"}


@dataclass
class ShopsPart:
    """What a shop really did with one job; `aside` are the use-by dates of the pieces in the customer's bag."""

    state: str = "offered"
    aside: list[str] = field(default_factory=list)
    sent: int = 0


class Seen(NamedTuple):
    """Every row that a rule speaks of, as one moment has them."""

    orders: dict[str, CustomerOrder]
    lines: dict[str, OrderLine]
    jobs: list[OrderJob]
    promised: list[PromisedGoods]
    credits: list[OrderCredit]
    touched: list[OrderTouched]

    def open_at(self, location_id: str) -> int:
        """Promised of the shop's own goods, and not set aside: what another shop sends comes on top."""
        sent = {job.job_id for job in self.jobs if job.from_job_id}
        return sum(it.quantity for it in self.rows(location_id, False) if it.job_id not in sent)

    def aside_at(self, location_id: str) -> int:
        return sum(it.quantity for it in self.rows(location_id, True))

    def rows(self, location_id: str, is_set_aside: bool) -> list[PromisedGoods]:
        wanted = location_id, is_set_aside
        return [it for it in self.promised if (it.location_id, it.is_set_aside) == wanted]

    def live(self, order_id: str) -> list[OrderJob]:
        return [it for it in self.jobs if it.order_id == order_id and it.wanted == "placed"]

    def owed(self, order_id: str, kind: str) -> list[int]:
        mine = (it for it in self.credits if (it.order_id, it.kind) == (order_id, kind))
        return [it.amount_minor for it in mine]


@dataclass
class Morning:
    """Two shops with goods, made once: each day begins on a copy of the file. `new_chain` is that of conftest."""

    path: Path
    new_chain: Callable[[Database], Any]

    def __post_init__(self) -> None:
        database = Database(f"sqlite:///{hub_file(self.path)}")
        chain = self.new_chain(database)
        brings = {"delivery_radius_m": 5_000, "delivery_min": 30}
        for location_id, more in ((OFFICE, {}), (HARBOUR, brings)):
            chain.open_shop(location_id, latitude=37.5, longitude=127.0, **more)
            chain.allow(location_id, cap=CAP)
            for expiry in (TODAY, IN_TWO_DAYS):
                chain.stock(location_id, CAKE, PIECES, expiry=expiry)
        database.close()
        self.boxes, self.chain_of = chain.boxes, type(chain)
        self.make_clock, self.make_box = type(chain.clock), chain.make_box

    def chain_on(self, database: Database) -> Any:
        chain = self.chain_of(database, self.make_clock(), self.make_box)
        chain.boxes = copy.deepcopy(self.boxes)
        chain.keys, chain.uids = itertools.count(1_000), itertools.count(1_000)
        return chain


class Days(RuleBasedStateMachine):
    """`morning` is how a day begins; `say` what its shops can say."""

    morning: ClassVar["Morning"]
    say: ClassVar[Any]
    chain: Any = None

    @initialize(data=st.data(), orders=st.integers(0, 2))
    def open(self, data: st.DataObject, orders: int) -> None:
        self.folder = Path(tempfile.mkdtemp())
        path = shutil.copyfile(type(self).morning.path, self.folder / "hub.sqlite3")
        self.database = Database(f"sqlite:///{path}")
        self.chain = type(self).morning.chain_on(self.database)
        self.met: list[str] = []
        self.going_on: list[Any] | None = None
        self.offers: list[Any] = []
        self.keys: dict[str, str] = {}
        self.paid = Counter[str]()
        self.handed = Counter[str]()
        self.parts: dict[str, ShopsPart] = {}
        self.shelf = {it: [TODAY] * PIECES + [IN_TWO_DAYS] * PIECES for it in SHOPS}
        self.heard = dict.fromkeys(SHOPS, self.chain.clock.now())
        for _ in range(orders):
            self.order(data, 1, is_paid=True)

    def teardown(self) -> None:
        self.database.close()
        shutil.rmtree(self.folder)

    # -- what is there ------------------------------------------------------------------------

    def seen(self) -> Seen:
        now = self.chain.clock.now()
        with self.database.read() as session:
            promised = _all(session, PromisedGoods)
            return Seen(
                {it.order_id: it for it in _all(session, CustomerOrder)},
                {it.order_id: it for it in _all(session, OrderLine)},
                _all(session, OrderJob),
                [it for it in promised if it.until is None or it.until > now],
                _all(session, OrderCredit),
                _all(session, OrderTouched),
            )

    @property
    def orders(self) -> list[CustomerOrder]:
        """As they came: ids of one millisecond are in no order, and a day must be the same when it is lived again."""
        with self.database.read() as session:
            found = {it.order_id: it for it in _all(session, CustomerOrder)}
        return [found[order_id] for order_id in self.met]

    @property
    def work(self) -> list[Any]:
        """Jobs of which a shop may still say something: also those it was told to stop, as one cut off would."""
        if self.going_on is None:
            self.going_on = self.look_for_work()
        return self.going_on

    def look_for_work(self) -> list[Any]:
        with self.database.read() as session:
            rows = {it.job_id: it for it in _all(session, OrderJob)}
        feeds = [(rows[job.job_id], job) for place in SHOPS for job in self.chain.jobs_at(place)]
        going_on = [it for it in feeds if self.part(it[1].job_id).state in GOING_ON]
        return sorted(going_on, key=lambda it: (self.met.index(it[1].order_id), it[0].number))

    @property
    def begun(self) -> list[Any]:
        """Jobs of which a shop may say that it will be late."""
        return [it for it in self.work if self.part(it[1].job_id).state in ("accepted", "picked")]

    @property
    def stoppable(self) -> list[Any]:
        """Jobs that head office has stopped, or of which a shop may still say no."""
        early = ("offered", "accepted")
        return [
            it
            for it in self.work
            if it[1].state == "cancelled" or self.part(it[1].job_id).state in early
        ]

    def part(self, job_id: str) -> ShopsPart:
        return self.parts.setdefault(job_id, ShopsPart())

    def good_at(self, location_id: str, date: str) -> int:
        """By the moves themselves, not by the code that promises."""
        at_or_after = (StockEntry.location_id == location_id, StockEntry.expiry >= date)
        with self.database.read() as session:
            moves = session.exec(select(StockEntry.quantity).where(*at_or_after)).all()
        return sum(moves)

    # -- customers ----------------------------------------------------------------------------

    @rule(quantity=st.integers(1, 2))
    def look(self, quantity: int) -> None:
        """What is offered now may be taken up later, when it is gone."""
        for offer in self.chain.quote(CAKE=quantity):
            assert self.is_leased(offer.source_id)
            assert self.is_leased(offer.location_id)
            self.offers.append((quantity, offer))

    def is_leased(self, location_id: str) -> bool:
        silent = self.chain.clock.now() - self.heard[location_id]
        return bool(silent < timedelta(seconds=LEASE_S - EPS_S))

    @rule(data=st.data(), quantity=st.integers(1, 2), is_paid=st.booleans())
    def order(self, data: st.DataObject, quantity: int, is_paid: bool) -> None:
        found = self.chain.quote(CAKE=quantity)
        if found:
            offer = data.draw(st.sampled_from(found))
            order_id = self.take(quantity, offer)
            paid_minor = quantity * PRICE_MINOR * is_paid
            self.chain.place(order_id, paid_minor)
            self.paid[order_id] += paid_minor

    def take(self, quantity: int, offer: Any) -> str:
        key = f"hold-{len(self.keys)}"
        held = self.chain.hold(offer, key=key, CAKE=quantity)
        self.keys[key] = held.order_id
        self.met.append(held.order_id)
        assert self.chain.clock.now() <= offer.expires_at
        assert self.is_leased(offer.source_id)
        assert (held.goods_minor, held.fee_minor) == (quantity * PRICE_MINOR, offer.fee_minor)
        date = offer.window.end.astimezone(SEOUL).date().isoformat()
        good, seen = self.good_at(offer.source_id, date), self.seen()
        free = good - seen.aside_at(offer.source_id)
        assert seen.open_at(offer.source_id) <= min(CAP, free)
        assert self.chain.hold(offer, key=key, CAKE=quantity) == held
        with pytest.raises(DoubledKeyError):
            self.chain.hold(offer, key=key, CAKE=quantity + 1)
        return str(held.order_id)

    @precondition(lambda self: self.offers)
    @rule(data=st.data())
    def hold(self, data: st.DataObject) -> None:
        """The newest offers are the likeliest to be taken up."""
        quantity, offer = data.draw(st.sampled_from(self.offers[::-1]))
        with suppress(GoodsGoneError, OfferExpiredError, OfferChangedError):
            self.take(quantity, offer)

    @precondition(lambda self: self.met)
    @rule(data=st.data())
    def pay(self, data: st.DataObject) -> None:
        """A wallet's notice may come twice."""
        order = data.draw(st.sampled_from(self.orders))
        counts = not order.placed_at and not order.paid_minor
        view = self.chain.place(order.order_id, order.goods_minor)
        assert self.chain.place(order.order_id, order.goods_minor) == view
        self.paid[order.order_id] += order.goods_minor if counts else 0

    @precondition(lambda self: any(not it.placed_at for it in self.orders))
    @rule(data=st.data())
    def place_unpaid(self, data: st.DataObject) -> None:
        """To be paid at hand-over: only while the goods are held."""
        order = data.draw(st.sampled_from([it for it in self.orders if not it.placed_at]))
        is_held = order.state == "held" and order.hold_until > self.chain.clock.now()
        if is_held:
            self.chain.place(order.order_id, 0)
        else:
            refused = OrderStateError if order.state == "cancelled" else HoldLapsedError
            with pytest.raises(refused):
                self.chain.place(order.order_id, 0)

    @precondition(lambda self: any(not it.paid_minor for it in self.orders))
    @rule(data=st.data())
    def pay_at_a_till(self, data: st.DataObject) -> None:
        order = data.draw(st.sampled_from([it for it in self.orders if not it.paid_minor]))
        if order.state in ENDED - {"lapsed"} and order.placed_at:
            return
        quantity = self.seen().lines[order.order_id].quantity
        number = self.met.index(order.order_id) + 1
        self.tell(OFFICE, self.say.sale(order.order_id, number, quantity))
        self.paid[order.order_id] += quantity * PRICE_MINOR

    @precondition(lambda self: self.met)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        order = data.draw(st.sampled_from(self.orders))
        if order.order_id in self.handed:
            with pytest.raises(OrderStateError):
                self.chain.cancel(order.order_id)
        else:
            view = self.chain.cancel(order.order_id)
            assert self.chain.cancel(order.order_id) == view

    @precondition(lambda self: self.met)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        """Only a hold is given up so: what was placed stays."""
        order = data.draw(st.sampled_from(self.orders))
        with self.database.write() as session:
            state = self.release_in(session, order.order_id)
        assert state == ("cancelled" if order.state == "held" else order.state)

    def release_in(self, session: Session, order_id: str) -> str:
        from cloud.orders import service

        return str(service.release(session, self.chain.clock.now(), order_id)["state"])

    def tell(self, location_id: str, fact: Any) -> None:
        self.going_on = None
        self.heard[location_id] = self.chain.clock.now()
        self.chain.tell(location_id, fact)

    def move(self, location_id: str, quantity: int, expiry: str) -> None:
        self.heard[location_id] = self.chain.clock.now()
        self.chain.stock(location_id, CAKE, quantity, expiry=expiry)

    # -- shops --------------------------------------------------------------------------------

    @precondition(lambda self: self.work)
    @rule(data=st.data(), steps=st.integers(1, 3))
    def shop_goes_on(self, data: st.DataObject, steps: int) -> None:
        nth = data.draw(st.integers(0, len(self.work) - 1))
        for _ in range(steps):
            if nth < len(self.work):
                self.shop_does(data, *self.work[nth])

    def shop_does(self, data: st.DataObject, row: OrderJob, job: Any) -> None:
        part = self.part(job.job_id)
        state = STEP.get(part.state, "handed_over")
        fact = {"picked": self.pick, "handed_over": self.hand_over}.get(state, self.step)
        told = fact(data, row, job, part)
        if told is not None:
            self.tell(row.location_id, told)

    def step(self, data: st.DataObject, row: OrderJob, job: Any, part: ShopsPart) -> Any:
        del data, row
        part.state = STEP[part.state]
        return self.say.of(job, part.state)

    def pick(self, data: st.DataObject, row: OrderJob, job: Any, part: ShopsPart) -> Any:
        """First expired, first out, of what keeps as long as the hub wants it to."""
        [line], shelf = job.lines, self.shelf[row.location_id]
        good = sorted(it for it in shelf if it >= max(line.keeps_until, self.today))
        if not good:
            return None
        wanted = data.draw(st.integers(1, line.quantity)) if line.quantity > 1 else 1
        part.state, part.aside = "picked", good[:wanted]
        for expiry in part.aside:
            shelf.remove(expiry)
        is_short = len(part.aside) < line.quantity
        return self.say.of(job, "picked", picked=_goods(part.aside), is_short=is_short)

    def hand_over(self, data: st.DataObject, row: OrderJob, job: Any, part: ShopsPart) -> Any:
        """The box lets nothing go that is past its day."""
        if min(part.aside) < self.today:
            return None
        count = data.draw(st.integers(1, len(part.aside))) if len(part.aside) > 1 else 1
        gone, part.aside = part.aside[:count], part.aside[count:]
        part.state = "partly_handed" if part.aside else "handed_over"
        part.sent += count
        told = {"handed": _goods(gone), "is_partial": bool(part.aside)}
        if row.kind == "transfer":
            self.shelf[row.to_location_id] += gone
            for expiry in gone:
                self.move(row.to_location_id, 1, expiry)
            return self.say.of(job, "handed_over", proof={"kind": "transfer"}, **told)
        if not part.aside:
            self.handed[job.order_id] = part.sent
        return self.say.of(job, "handed_over", proof={"kind": "code"}, **told)

    @precondition(lambda self: self.stoppable)
    @rule(data=st.data())
    def shop_stops(self, data: st.DataObject) -> None:
        row, job = data.draw(st.sampled_from(self.stoppable))
        part = self.part(job.job_id)
        if job.state == "cancelled":
            part.state = "cancelled"
            self.shelf[row.location_id] += part.aside
            part.aside = []
            self.tell(row.location_id, self.say.of(job, "cancelled"))
        else:
            part.state = "declined"
            self.tell(row.location_id, self.say.of(job, "declined", reason="damaged"))

    @precondition(lambda self: self.begun)
    @rule(data=st.data(), hours=st.sampled_from([0, 2, 30]))
    def shop_will_be_late(self, data: st.DataObject, hours: int) -> None:
        row, job = data.draw(st.sampled_from(self.begun))
        at = self.chain.clock.now() + timedelta(hours=hours)
        told = {"expected_at": at.isoformat()} if hours else {}
        self.tell(row.location_id, self.say.of(job, "at_risk", reason="busy", **told))

    @rule(location_id=st.sampled_from(SHOPS))
    def somebody_walks_in(self, location_id: str) -> None:
        """And takes what lies on the shelf, promised or not."""
        good = sorted(it for it in self.shelf[location_id] if it >= self.today)
        if good:
            self.shelf[location_id].remove(good[0])
            self.move(location_id, -1, good[0])

    @rule(minutes=st.sampled_from([1, 6, 16, 40, 1_600]))
    def time_passes(self, minutes: int) -> None:
        self.chain.later(minutes=minutes)
        self.heard = dict.fromkeys(SHOPS, self.chain.clock.now())

    @rule(location_id=st.sampled_from(SHOPS))
    def a_shop_is_cut_off(self, location_id: str) -> None:
        [other] = {*SHOPS} - {location_id}
        self.chain.clock.jump(LEASE_S)
        self.chain.hear(other)
        self.heard[other] = self.chain.clock.now()
        self.chain.settle()

    @property
    def today(self) -> str:
        return str(self.chain.clock.now().astimezone(SEOUL).date().isoformat())

    # -- the rules ----------------------------------------------------------------------------

    @invariant()
    def every_rule_holds(self) -> None:
        if self.chain is None:
            return
        self.going_on, seen = None, self.seen()
        for location_id in SHOPS:
            self.no_more_is_promised_than_was_leased(seen, location_id)
        self.one_key_is_one_order(seen)
        self.nothing_is_forgotten(seen)
        for order in seen.orders.values():
            self.a_hand_over_is_the_last_word(order)
            self.one_way_leads_to_it(seen, order)
            self.it_keeps_until_then(seen, order)
            self.money_is_owed_back_at_most_once(seen, order)

    def no_more_is_promised_than_was_leased(self, seen: Seen, location_id: str) -> None:
        """Goods that shops picked though they were told to stop are theirs; what the hub promised is within cap."""
        assert seen.open_at(location_id) <= CAP
        own = [self.part(it.job_id).aside for it in seen.jobs if it.location_id == location_id]
        assert seen.aside_at(location_id) == sum(map(len, own))
        on_hand = self.good_at(location_id, "")
        assert on_hand == len(self.shelf[location_id]) + seen.aside_at(location_id)

    def one_key_is_one_order(self, seen: Seen) -> None:
        assert set(seen.orders) == set(self.keys.values())

    def nothing_is_forgotten(self, seen: Seen) -> None:
        """Whatever is not at its end is looked at again, and nothing that was due is left lying."""
        now = self.chain.clock.now()
        assert not seen.touched
        for order in seen.orders.values():
            assert (order.due_at is None) == (order.state in ENDED)
            assert order.due_at is None or order.due_at > now
            assert order.state != "held" or order.hold_until > now

    def a_hand_over_is_the_last_word(self, order: CustomerOrder) -> None:
        assert (order.state == "completed") == (order.order_id in self.handed)

    def one_way_leads_to_it(self, seen: Seen, order: CustomerOrder) -> None:
        """Nobody gets two parcels for one order, and what is over keeps no goods from others."""
        live = [it for it in seen.live(order.order_id) if it.kind != "transfer"]
        assert len(live) <= 1
        kept = [it for it in seen.promised if it.order_id == order.order_id]
        if order.state in ENDED:
            assert all(it.is_set_aside for it in kept)
        if order.state in ("placed", "accepted") and live:
            asked = seen.lines[order.order_id].quantity
            assert sum(it.quantity for it in kept if not it.is_set_aside) >= asked

    def it_keeps_until_then(self, seen: Seen, order: CustomerOrder) -> None:
        """What is promised for a day is good on that day, also when the promise was made anew."""
        date = order.window_end.astimezone(SEOUL).date().isoformat()
        for job in seen.live(order.order_id) if order.state not in ENDED else ():
            part = self.part(job.job_id)
            if part.state in ("offered", "accepted"):
                assert job.keeps_until >= date
            assert all(expiry >= date for expiry in part.aside)

    def money_is_owed_back_at_most_once(self, seen: Seen, order: CustomerOrder) -> None:
        assert order.paid_minor == self.paid[order.order_id]
        back = sum(seen.owed(order.order_id, "refund"))
        missing = seen.lines[order.order_id].quantity - self.handed[order.order_id]
        if order.state == "completed":
            assert back == (missing * PRICE_MINOR if order.paid_minor else 0)
        else:
            assert back == (order.paid_minor if order.state in {"cancelled", "broken"} else 0)
        made_good = seen.owed(order.order_id, "compensation")
        assert len(made_good) == (1 if order.promise == "broken" else 0)


def _all(session: Session, table: type[Any]) -> list[Any]:
    return list(session.exec(select(table)).all())


def _goods(expiries: list[str]) -> list[dict[str, Any]]:
    lots = Counter(expiries).items()
    return [{"line": 1, "sku": CAKE, "quantity": count, "expiry": expiry} for expiry, count in lots]


@pytest.mark.timeout(300)
def test_no_order_of_events_breaks_a_rule(new_chain, jobs, tmp_path) -> None:
    own = {"morning": Morning(tmp_path / "hub.sqlite3", new_chain), "say": jobs}
    days = type("TheseDays", (Days,), own).TestCase  # type: ignore[attr-defined] # made by hypothesis
    days.settings = settings(
        max_examples=12,
        stateful_step_count=25,
        derandomize=True,
        phases=(Phase.generate,),  # a whole day is read sooner than it is made shorter
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    days("runTest").runTest()
