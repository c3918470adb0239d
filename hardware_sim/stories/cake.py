"""Cake: chosen at work, had near home after work; one promise, two shops, one hand-over.

The order is taken by head office's desk and paid there. Everything is asked as people ask it: the two boxes and the hub
over HTTP. What the goods do is written down beside it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx

from hardware_sim.proof.outside import Refused, Till, gtin13
from hardware_sim.proof.untrue import Untrue
from hardware_sim.stories.cashier import FLOAT_MINOR, Cashier
from hardware_sim.stories.comparison import Comparison
from hardware_sim.stories.stage import Step, check, wait
from hardware_sim.stories.two_shops import HILLSIDE_CLOCK, TwoShops

PARTIES: Final = ("hub", "broker", "office", "hillside", "line")
WITHIN_S: Final = 60.0
DAY_S: Final = 86_400
SEOUL_H: Final = 9
CAKE, BREAD, FEE = "CAKE-BERRY", "BREAD-SALT", "ORDER-FEE"
FEE_MINOR: Final = 3_000
CAKE_MINOR: Final = 32_000
ONE_CAKE: Final = ({"sku": CAKE, "quantity": 1},)
CAKES: Final = 3
BREADS: Final = 20
# What a shop says that a moment later may be otherwise: the line is back, the hub has heard, the goods are known.
NOT_YET: Final = frozenset({"hub.unreachable", "hub.silent"})

Json = dict[str, Any]


def product(number: int, sku: str, ko: str, en: str, zh: str) -> Json:
    names = {"ko": ko, "en": en, "zh": zh}
    taxed = {"tax_group": "standard", "tax_rate_bp": 1_000}
    return {"sku": sku, "gtins": [gtin13(number)], "names": names, **taxed}


CATALOGUE: Final[Json] = {
    "products": [
        product(71, CAKE, "딸기 케이크", "Strawberry cake", "草莓蛋糕"),
        product(72, BREAD, "소금빵", "Salt bread", "盐面包"),
        product(73, FEE, "배달료", "Delivery fee", "配送费"),
    ],
    "prices": [
        {"sku": CAKE, "currency": "KRW", "amount_minor": CAKE_MINOR},
        {"sku": BREAD, "currency": "KRW", "amount_minor": 3_200},
        {"sku": FEE, "currency": "KRW", "amount_minor": FEE_MINOR},
    ],
}


def places(office: str, hillside: str) -> Json:
    """Where the shops are and how long goods are under way; always open, so that the story can be told at any hour."""
    brings = {
        "delivery_radius_m": 9_000,
        "delivery_min": 40,
        "delivery_fee_minor": FEE_MINOR,
    }
    return {
        "shops": [
            {
                "location_id": office,
                "names": {"ko": "오피스타워점", "en": "Office Tower", "zh": "写字楼店"},
                "latitude": 37.5665,
                "longitude": 126.9780,
                "travel_min": {hillside: 30},
                **brings,
            },
            {
                "location_id": hillside,
                "names": {"ko": "언덕점", "en": "Hillside", "zh": "山坡店"},
                "latitude": 37.5410,
                "longitude": 126.9860,
                "travel_min": {office: 30},
            },
        ]
    }


def cake(stage: TwoShops, variant: str) -> Json:
    """Raises Untrue at the first thing that is not as told; gives the figures of the whole."""
    return Cake(stage, variant).play()


def insist(act: Callable[[], Any]) -> Any:
    """What `act` gives, once whoever is away is back. Raises Untrue with the last answer where nobody came back."""
    found: list[Any] = []
    last = ["nothing"]

    def is_done() -> bool:
        try:
            found.append(act())
        except (httpx.TransportError, httpx.HTTPStatusError) as error:
            last[0] = str(error)
        except Refused as error:
            last[0] = str(error)
            if error.key not in NOT_YET and error.status < 500:
                raise Untrue(str(error)) from error
        return bool(found)

    wait(is_done, WITHIN_S, "expected an answer")
    return found[-1]


class Cake:
    def __init__(self, stage: TwoShops, variant: str) -> None:
        self.stage = stage
        self.is_delivered = variant == "delivered"
        self.office, self.till, self.near_till = stage.office, stage.till, stage.near_till
        seed = stage.mishap.seed
        self.here = Cashier(stage.till, stage.counter, seed)
        self.there = Cashier(stage.near_till, stage.near_counter, seed)
        self.compared = [
            Comparison(stage.company, self.till, self.office, self.here.ledger),
            Comparison(stage.hillside, self.near_till, self.office, self.there.ledger),
        ]
        self.home = stage.hillside.shop.location_id
        self.work = stage.company.shop.location_id
        self.offer: Json = {}
        self.order_id = self.number = self.paper_code = ""
        self.paid_minor = 0
        self.delivered: Json = {}

    def play(self) -> Json:
        lived = [*self._promise(), *self._fulfil()]
        played = self.stage.play(lived, self._judge())
        return {
            "steps": played,
            "paid_minor": self.paid_minor,
            "handed_over": self._hand_overs(),
        }

    def _promise(self) -> list[Step]:
        lit = True
        return [
            Step("Both shops open; only Office Tower has cakes.", self.open, chapter="At work"),
            Step("A customer buys bread and takes it along.", self.buy_bread, is_lit=lit),
            Step("She chooses a cake; how can she have it at home?", self.ask_ways, is_lit=lit),
            Step("She chooses and pays.", self.order, is_lit=lit),
            Step("The order stands; Office Tower's shelf has not moved.", self.placed, is_lit=lit),
        ]

    def _fulfil(self) -> list[Step]:
        lit = True
        first = Step("Office Tower lays the cake aside.", self.pick, lit, "Between the shops")
        if self.is_delivered:
            return [
                first,
                Step("It goes out, and arrives.", self.deliver, is_lit=lit),
                Step("A second hand-over is refused.", self.deliver_again, is_lit=lit),
            ]
        return [
            first,
            Step("The van takes it to Hillside.", self.send, is_lit=lit),
            Step("Hillside takes it in and lays it ready.", self.receive, is_lit=lit),
            Step("Codes that are not hers are refused.", self.refuse, lit, "Near home"),
            Step("Her paper code is right; the cake is hers.", self.collect, is_lit=lit),
            Step("The same code again opens nothing.", self.collect_again, is_lit=lit),
        ]

    def _judge(self) -> list[Step]:
        return [
            Step("Both shops close their shifts.", self.close, chapter="All sides"),
            Step("Everything has arrived at the hub, once, in order.", self.facts),
            Step("Stock agrees at both shops, to the piece.", self.stock),
            Step("Money agrees, to the won.", self.money),
            Step("The order was handed over once, and kept.", self.kept),
        ]

    # -- at work --

    def open(self) -> str:
        self.office.ask("PUT", "/api/catalogue", CATALOGUE)
        for till in (self.till, self.near_till):
            wait(
                lambda till=till: till.state()["prices_version"] >= len(CATALOGUE["prices"]),  # type: ignore[misc]
                WITHIN_S,
                "expected the catalogue at both shops",
            )
        self.here.open_day()
        self.there.open_day()
        self.office.ask("PUT", "/api/shops", places(self.work, self.home))
        rights = [
            {"location_id": place, "sku": "*", "cap": 10, "keep": 0}
            for place in (self.work, self.home)
        ]
        self.office.ask("PUT", "/api/rights", {"rights": rights})
        cakes = [
            {"sku": CAKE, "quantity": 1, "lot": "K1", "expiry": self._day(2)},
            {"sku": CAKE, "quantity": CAKES - 1, "lot": "K2", "expiry": self._day(3)},
        ]
        self._stock(self.here, [*cakes, {"sku": BREAD, "quantity": BREADS}])
        self._stock(self.there, [{"sku": BREAD, "quantity": BREADS}])
        wait(lambda: self._promisable(self.work) == CAKES, WITHIN_S, "expected cakes to promise")
        check(self._promisable(self.home) == 0, "expected no cake to promise at Hillside")
        return f"{CAKES} cakes that keep until {self._day(2)} and {self._day(3)}; a float of {FLOAT_MINOR:,} each"

    def _day(self, days: int) -> str:
        """The date at the shops, so many days from now."""
        return (datetime.now(UTC) + timedelta(hours=SEOUL_H, days=days)).date().isoformat()

    def _stock(self, cashier: Cashier, moves: list[Json]) -> None:
        cashier.till.ask("POST", "/api/stock/moves", {"reason": "received", "moves": moves})
        for move in moves:
            cashier.ledger.received(move["sku"], move["quantity"])

    def _promisable(self, location_id: str) -> int:
        path = f"/api/shops/{location_id}/promisable"
        return int(self.office.ask("GET", path, sku=CAKE)[0]["may_promise"])

    def buy_bread(self) -> str:
        sale = self.till.sell([{"sku": BREAD, "quantity": 2}])
        self.here.ledger.sold(sale)
        return f"{sale['total_minor']:,} in cash"

    def ask_ways(self) -> str:
        kind = "delivery" if self.is_delivered else "transfer_pickup"
        offers: list[Json] = []

        def is_offered() -> bool:
            offers[:] = self._quote()
            return any(it["kind"] == kind for it in offers)

        wait(is_offered, WITHIN_S, f"expected {kind} to be offered")
        at_home = [it for it in offers if (it["location_id"], it["kind"]) == (self.home, "pickup")]
        check(not at_home, f"expected no cake that lies at Hillside, got {at_home}")
        self.offer = next(it for it in offers if it["kind"] == kind)
        return "\n".join(f"{it['kind']} at {it['location_name']}: {_way(it)}" for it in offers)

    def _quote(self) -> list[Json]:
        wanted = {"lines": ONE_CAKE, "near": self.home, "language": "en"}
        return list(self.office.ask("POST", "/api/orders/quote", wanted)["offers"])

    def order(self) -> str:
        """Whoever asks twice under one key has one order."""
        wanted = {"offer_id": self.offer["offer_id"], "lines": ONE_CAKE, "customer": "Mina"}
        held = insist(lambda: self._hold(wanted))
        check(self._hold(wanted) == held, "expected the same order for the same key")
        self.order_id, self.number = held["order_id"], held["number"]
        self.paper_code = held["paper_code"]
        self.paid_minor = held["goods_minor"] + held["fee_minor"]
        fee_minor = FEE_MINOR if self.is_delivered else 0
        check(
            self.paid_minor == CAKE_MINOR + fee_minor,
            f"expected {CAKE_MINOR + fee_minor:,} to be due, got {self.paid_minor:,}",
        )
        paid = {"paid_minor": self.paid_minor, "payment": f"desk-{self.number}"}
        insist(lambda: self.office.ask("POST", f"/api/orders/{self.order_id}/place", paid))
        return f"order {self.number}, {self.paid_minor:,} paid"

    def _hold(self, wanted: Json) -> Json:
        key = {"Idempotency-Key": f"cake-{self.offer['offer_id']}"[:100]}
        answer = self.office.client.post("/api/orders/hold", json=wanted, headers=key)
        answer.raise_for_status()
        return dict(answer.json())

    def placed(self) -> str:
        wait(lambda: self._order()["placed_at"] is not None, WITHIN_S, "expected a placed order")
        order = self._order()
        check(
            (order["paid_minor"], order["due_minor"]) == (self.paid_minor, 0),
            f"expected {self.paid_minor:,} paid and nothing due, got {order}",
        )
        level = self.till.ask("GET", f"/api/stock/{CAKE}")["quantity"]
        check(level == CAKES, f"expected {CAKES} cakes on the shelf, got {level}")
        return f"{order['state']}, {order['paid_minor']:,} paid; {level} cakes on the shelf"

    def _order(self) -> Json:
        order = self.office.ask("GET", f"/api/orders/{self.order_id}")
        assert isinstance(order, dict)
        return order

    # -- between the shops --

    def pick(self) -> str:
        job = self._job(self.till)
        take = self._set_aside(self.till, job)
        end = self.offer["window"]["end"][:10]
        late = [goods for goods in take if goods["expiry"] < end]
        check(not late, f"expected cakes that keep until {end}, got {late}")
        self._ready(self.till, job)
        return f"lot {take[0]['lot']}, use by {take[0]['expiry']}: the first of those that keep"

    def _job(self, till: Till) -> Json:
        """The shop's open job of this order, as soon as it has been heard of."""

        def found() -> list[Json]:
            jobs = till.ask("GET", "/api/orders")
            return [job for job in jobs if job["order_id"] == self.order_id]

        wait(lambda: bool(found()), WITHIN_S, "expected the shop to hear of the order")
        return dict(found()[0])

    def _set_aside(self, till: Till, job: Json) -> list[Json]:
        path = f"/api/orders/{job['job_id']}"
        proposals = till.ask("GET", path)["proposals"]
        take = [goods for proposal in proposals for goods in proposal["take"]]
        check(bool(take), f"expected goods to lay aside, got {proposals}")
        names = ("line", "quantity", "sku", "lot", "expiry")
        picked = [{name: goods[name] for name in names} for goods in take]
        till.ask("POST", f"{path}/pick", {"picked": picked})
        return take

    def _ready(self, till: Till, job: Json, place: str = "Shelf 2") -> None:
        till.ask("POST", f"/api/orders/{job['job_id']}/ready", {"place": place, "packages": 1})

    def send(self) -> str:
        job = self._job(self.till)
        given = {"job_id": job["job_id"], "kind": "transfer", "reference": "van 1"}
        self.till.ask("POST", "/api/orders/handovers", given)
        self.here.ledger.pieces[CAKE] -= 1
        return "1 cake left Office Tower"

    def receive(self) -> str:
        def arrivals() -> list[Json]:
            return list(self.near_till.ask("GET", "/api/stock/arrivals"))

        wait(lambda: bool(arrivals()), WITHIN_S, "expected Hillside to know what is on its way")
        came = {"sku": CAKE, "received": 1, "lot": "K1", "expiry": self._day(2)}
        body = {"arrival_id": arrivals()[0]["arrival_id"], "lines": [came]}
        self.near_till.ask("POST", "/api/stock/receivings", body)
        self.there.ledger.received(CAKE, 1)
        job = self._job(self.near_till)
        self._set_aside(self.near_till, job)
        self._ready(self.near_till, job, "Fridge 1")
        wait(lambda: self._order()["state"] == "ready", WITHIN_S, "expected the hub to say ready")
        return "it lies in Fridge 1; the hub says ready"

    # -- near home --

    def refuse(self) -> str:
        told = [
            self._refused("forged", self.near_till, self.paper_code[:-1] + _other(self.paper_code)),
            self._refused("another shop's", self.till, self.paper_code),
        ]
        phone = self.office.ask("GET", f"/api/orders/{self.order_id}/code")["code"]
        self.stage.jump(DAY_S, HILLSIDE_CLOCK)
        told.append(self._refused("yesterday's", self.near_till, phone))
        self.stage.jump(0, HILLSIDE_CLOCK)
        level = self.near_till.ask("GET", f"/api/stock/{CAKE}")["quantity"]
        check(level == 1, f"expected the cake to be there still, got {level}")
        return "\n".join(told)

    def _refused(self, whose: str, till: Till, code: str) -> str:
        try:
            given = till.ask("POST", "/api/orders/handovers", {"code": code})
        except Refused as error:
            check(error.status < 500, f"expected a refusal in words, got {error}")
            return f"{whose} code: {error}"
        raise Untrue(f"Expected {whose} code to be refused, got {given}.")

    def collect(self) -> str:
        given = self.near_till.ask("POST", "/api/orders/handovers", {"code": self.paper_code})
        self.there.ledger.pieces[CAKE] -= 1
        pieces = sum(goods["quantity"] for goods in given["handed"])
        check((pieces, given["proof"]["kind"]) == (1, "paper"), f"expected one cake, got {given}")
        return "1 cake handed over, proved by her paper"

    def collect_again(self) -> str:
        return self._refused("the same", self.near_till, self.paper_code)

    def deliver(self) -> str:
        job = self._job(self.till)
        self.delivered = {"job_id": job["job_id"], "kind": "courier", "reference": "bicycle 3"}
        self.till.ask("POST", "/api/orders/handovers", self.delivered)
        self.here.ledger.pieces[CAKE] -= 1
        return "1 cake at her door"

    def deliver_again(self) -> str:
        try:
            given = self.till.ask("POST", "/api/orders/handovers", self.delivered)
        except Refused as error:
            return str(error)
        raise Untrue(f"Expected a second hand-over to be refused, got {given}.")

    # -- all sides --

    def close(self) -> str:
        return f"{self.here.close_day()}\n{self.there.close_day()}"

    def facts(self) -> str:
        return "\n".join(compared.facts() for compared in self.compared)

    def stock(self) -> str:
        return "\n".join(compared.stock() for compared in self.compared)

    def money(self) -> str:
        return "\n".join(compared.money() for compared in self.compared)

    def kept(self) -> str:
        wait(lambda: self._order()["state"] == "completed", WITHIN_S, "expected a kept order")
        order = self._order()
        check(order["promise"] == "kept", f"expected a kept promise, got {order['promise']}")
        check(not order["credits"], f"expected no compensation, got {order['credits']}")
        count = self._hand_overs()
        check(count == 1, f"expected one hand-over to a customer, got {count}")
        self.stage.kept.keep_json("ledgers/order.json", order)
        for name, cashier in (("office", self.here), ("hillside", self.there)):
            self.stage.kept.keep_json(f"ledgers/{name}.json", cashier.ledger.told())
        return f"order {self.number}: {order['state']}, promise {order['promise']}"

    def _hand_overs(self) -> int:
        """To the customer: what left for the other shop has a proof of its own kind."""
        kinds: Counter[str] = Counter()
        for compared in self.compared:
            for stream in self.office.facts(compared.edge_id).values():
                kinds.update(_proofs(stream))
        return kinds.total() - kinds["transfer"]


def _way(offer: Json) -> str:
    return (
        f"until {offer['window']['end'][11:16]} UTC, {offer['fee_minor']:,}, "
        f"{offer['confidence_bp'] / 100:.0f} % sure"
    )


def _proofs(stream: list[Json]) -> list[str]:

    bodies = (json.loads(fact["body"]) for fact in stream if not fact["alias_of"])
    return [it["proof"]["kind"] for it in bodies if it["type"] == "job.handed_over"]


def _other(code: str) -> str:
    return "B" if code[-1] == "A" else "A"
