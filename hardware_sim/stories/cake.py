"""Cake: chosen at work, had near home after work; one promise, two shops, one hand-over, and candles that come back.

She orders at Office Tower's counter and pays there with the wallet on her phone. What she does not need Hillside takes
back against Office Tower's receipt, and her wallet has its money again. Everything is asked as people ask it:
the two boxes and the hub over HTTP. What goods and money do is written down beside it.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hardware_sim.proof.outside import Refused, gtin13
from hardware_sim.proof.untrue import Untrue
from hardware_sim.stories import money
from hardware_sim.stories.cashier import FLOAT_MINOR, Cashier
from hardware_sim.stories.comparison import Comparison
from hardware_sim.stories.insisting import insist
from hardware_sim.stories.orders import BackRoom, Desk
from hardware_sim.stories.stage import Step, check, wait
from hardware_sim.stories.two_shops import HILLSIDE_CLOCK, TwoShops

PARTIES: Final = ("hub", "broker", "office", "hillside", "line")
WITHIN_S: Final = 60.0
DAY_S: Final = 86_400
SEOUL_H: Final = 9
CAKE, CANDLES, BREAD, FEE = "CAKE-BERRY", "CANDLES-9", "BREAD-SALT", "ORDER-FEE"
FEE_MINOR: Final = 3_000
CAKE_MINOR: Final = 32_000
CANDLES_MINOR: Final = 2_000
WANTED: Final = ({"sku": CAKE, "quantity": 1}, {"sku": CANDLES, "quantity": 1})
FRESH_CAKES: Final = 3
BREADS: Final = 20
PACKS: Final = 5
WALLET: Final = "wechat_pay"
HER_DOOR: Final = "37.5421,126.9872"
BETWEEN: Final = "Between the shops"
PAGES_OF_THE_HUB: Final = {
    "console-sales": "/sales",
    "console-stock": "/stock",
    "console-money": "/money",
    "console-books": "/money/books",
}

Json = dict[str, Any]


def product(number: int, sku: str, ko: str, en: str, zh: str) -> Json:
    names = {"ko": ko, "en": en, "zh": zh}
    taxed = {"tax_group": "standard", "tax_rate_bp": 1_000}
    return {"sku": sku, "gtins": [gtin13(number)], "names": names, **taxed}


CATALOGUE: Final[Json] = {
    "products": [
        product(71, CAKE, "딸기 케이크", "Strawberry cake", "草莓蛋糕"),
        product(72, BREAD, "소금빵", "Salt bread", "盐面包"),
        product(74, CANDLES, "숫자 초", "Number candles", "数字蜡烛"),
        product(73, FEE, "배달료", "Delivery fee", "配送费"),
    ],
    "prices": [
        {"sku": CAKE, "currency": "KRW", "amount_minor": CAKE_MINOR},
        {"sku": BREAD, "currency": "KRW", "amount_minor": 3_200},
        {"sku": FEE, "currency": "KRW", "amount_minor": FEE_MINOR},
        {"sku": CANDLES, "currency": "KRW", "amount_minor": CANDLES_MINOR},
    ],
}


def places(office: str, hillside: str) -> Json:
    """Where the shops are and how long goods are under way; always open, so that the story can be told at any hour."""
    brings = {
        "delivery_radius_m": 2_000,
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
            },
            {
                "location_id": hillside,
                "names": {"ko": "언덕점", "en": "Hillside", "zh": "山坡店"},
                "latitude": 37.5410,
                "longitude": 126.9860,
                "travel_min": {office: 30},
                **brings,
            },
        ]
    }


def cake(stage: TwoShops, variant: str) -> Json:
    """Raises Untrue at the first thing that is not as told; gives the figures of the whole."""
    return Cake(stage, variant).play()


class Cake:
    def __init__(self, stage: TwoShops, variant: str) -> None:
        self.stage = stage
        self.is_delivered = variant == "delivered"
        self.office, self.till, self.near_till = stage.office, stage.till, stage.near_till
        seed = stage.mishap.seed
        self.here = Cashier(stage.till, stage.counter, seed)
        self.there = Cashier(stage.near_till, stage.near_counter, seed)
        self.cashiers = {"office": self.here, "hillside": self.there}
        self.compared = [
            Comparison(stage.company, self.till, self.office, self.here.ledger),
            Comparison(stage.hillside, self.near_till, self.office, self.there.ledger),
        ]
        self.desk = Desk(stage.office)
        self.room, self.near_room = BackRoom(stage.till), BackRoom(stage.near_till)
        self.home = stage.hillside.shop.location_id
        self.work = stage.company.shop.location_id
        self.offer: Json = {}
        self.order_id = self.number = self.paper_code = self.sale_id = ""
        self.paid_minor = 0
        self.money_row: Json = {}

    def play(self) -> Json:
        lived = [*self._promise(), *self._fulfil()]
        played = self.stage.play(lived, self._judge())
        return {
            "steps": played,
            "paid_minor": self.paid_minor,
            **self.money_row,
            "handed_over": self._hand_overs(),
            "stale_handed_over": self._stale(),
        }

    def _promise(self) -> list[Step]:
        lit = True
        bread = ({"sku": BREAD, "quantity": 1},)
        return [
            Step("Both shops open; only Office Tower has cakes.", self.open, chapter="At work"),
            Step("A customer buys bread and takes it along.", self.buy_bread, is_lit=lit),
            Step("Another one pays by card.", lambda: self.here.sell_by_card(bread), is_lit=lit),
            Step("She chooses a cake; how can she have it at home?", self.ask_ways, is_lit=lit),
            Step("She chooses, and pays at the counter with her phone.", self.order, is_lit=lit),
            Step("The order stands; Office Tower's shelf has not moved.", self.placed, is_lit=lit),
        ]

    def _fulfil(self) -> list[Step]:
        lit = True
        between = [
            Step("The oldest cake is past its date: not this one.", self.stale, lit, BETWEEN),
            Step("Office Tower lays the first one aside that keeps.", self.pick, is_lit=lit),
            Step("The van takes it to Hillside.", self.send, is_lit=lit),
            Step("Hillside takes it in and lays it ready.", self.receive, is_lit=lit),
        ]
        near = [
            Step("Codes that are not hers are refused.", self.refuse, lit, "Near home"),
            Step("Nor is a cake handed over that has become stale.", self.too_late, is_lit=lit),
        ]
        if self.is_delivered:
            last = "It goes out; at her door the phone's code is right."
        else:
            last = "The code on her phone is right; the cake is hers."
        return [
            *between,
            *near,
            Step(last, self.collect, is_lit=lit),
            Step("The same code again opens nothing.", self.collect_again, is_lit=lit),
            Step(
                "Hillside takes the candles back; her wallet has its money.", self.bring_back, lit
            ),
        ]

    def _judge(self) -> list[Step]:
        return [
            Step("Both shops close their shifts.", self.close, chapter="All sides"),
            Step("Everything has arrived at the hub, once, in order.", self.facts),
            Step("Stock agrees at both shops, to the piece.", self.stock),
            Step("Money agrees, to the won.", self.money),
            Step("The order was handed over once, and kept.", self.kept),
            Step("Every receipt is on paper.", self.here.compare_paper),
            Step("Receipts, pages and ledgers are kept.", self.keep),
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
            {"sku": CAKE, "quantity": 1, "lot": "K0", "expiry": self._day(-1)},
            {"sku": CAKE, "quantity": 1, "lot": "K1", "expiry": self._day(2)},
            {"sku": CAKE, "quantity": FRESH_CAKES - 1, "lot": "K2", "expiry": self._day(3)},
        ]
        rest = [{"sku": BREAD, "quantity": BREADS}, {"sku": CANDLES, "quantity": PACKS}]
        self._stock(self.here, [*cakes, *rest])
        self._stock(self.there, [{"sku": BREAD, "quantity": BREADS}])
        wait(
            lambda: self._promisable(self.work) == FRESH_CAKES,
            WITHIN_S,
            f"expected {FRESH_CAKES} cakes to promise: the stale one is nobody's",
        )
        check(self._promisable(self.home) == 0, "expected no cake to promise at Hillside")
        return (
            f"{FRESH_CAKES} cakes that keep until {self._day(2)} and {self._day(3)}, and one of yesterday "
            f"that is not promised; a float of {FLOAT_MINOR:,} each"
        )

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
        kind = "transfer_delivery" if self.is_delivered else "transfer_pickup"
        offers: list[Json] = []
        self.here.fill_basket(WANTED)

        def is_offered() -> bool:
            offers[:] = self._quote()
            return any(it["kind"] == kind for it in offers)

        wait(is_offered, WITHIN_S, f"expected {kind} to be offered")
        at_home = [it for it in offers if (it["location_id"], it["kind"]) == (self.home, "pickup")]
        check(not at_home, f"expected no cake that lies at Hillside, got {at_home}")
        self.offer = next(it for it in offers if it["kind"] == kind)
        check(
            self.offer["location_id"] == self.home,
            f"expected Hillside to be the one she deals with, got {self.offer}",
        )
        return "\n".join(f"{it['kind']} at {it['location_name']}: {_way(it)}" for it in offers)

    def _quote(self) -> list[Json]:
        wanted = {"near": HER_DOOR if self.is_delivered else self.home, "language": "en"}
        return list(self.till.ask("POST", "/api/orders/quote", wanted)["offers"])

    def order(self) -> str:
        """Whoever asks twice with one offer has one order."""
        note = "Hillside 12, second bell" if self.is_delivered else ""
        wanted = {"offer": self.offer, "customer": "Mina", "note": note}
        held = insist(lambda: self.till.ask("POST", "/api/orders/hold", wanted))
        self.order_id, self.number = held["order_id"], held["number"]
        fee_minor = FEE_MINOR if self.is_delivered else 0
        self.paid_minor = CAKE_MINOR + CANDLES_MINOR + fee_minor
        due_minor = held["basket"]["due_minor"]
        check(due_minor == self.paid_minor, f"expected {self.paid_minor:,} due, got {due_minor:,}")
        tries = self.here.pay_by_wallet(self.stage.wallets, WALLET)
        made = self.till.ask("GET", f"/api/orders/{self.order_id}/ordered")
        self.paper_code = made["paper_code"]
        self.sale_id = made["sale_id"]
        sale = self.till.ask("GET", f"/api/sales/{self.sale_id}")
        self.here.ledger.sold(sale)
        check(
            (sale["total_minor"], [it["kind"] for it in sale["tenders"]])
            == (self.paid_minor, ["wallet"]),
            f"expected {self.paid_minor:,} by wallet, got {sale}",
        )
        again = f", at the {tries}. try" if tries > 1 else ""
        return f"order {self.number}, {self.paid_minor:,} by {WALLET} in Office Tower's till{again}"

    def placed(self) -> str:
        wait(lambda: self._order()["placed_at"] is not None, WITHIN_S, "expected a placed order")
        order = self._order()
        check(
            (order["paid_minor"], order["due_minor"]) == (self.paid_minor, 0),
            f"expected {self.paid_minor:,} paid and nothing due, got {order}",
        )
        level = self.till.ask("GET", f"/api/stock/{CAKE}")["quantity"]
        check(level == FRESH_CAKES + 1, f"expected all cakes on the shelf, got {level}")
        return f"{order['state']}, {order['paid_minor']:,} paid; {level} cakes on the shelf"

    def _order(self) -> Json:
        return self.desk.look(self.order_id)

    # -- between the shops --

    def stale(self) -> str:
        job = self.room.job(self.order_id)
        old = {"line": 1, "quantity": 1, "sku": CAKE, "lot": "K0", "expiry": self._day(-1)}
        try:
            given = self.till.ask("POST", f"/api/orders/{job['job_id']}/pick", {"picked": [old]})
        except Refused as error:
            check(
                error.key == "order.keeps_too_short", f"expected its date to be said, got {error}"
            )
            return str(error)
        raise Untrue(f"Expected yesterday's cake to be refused, got {given}.")

    def pick(self) -> str:
        job = self.room.job(self.order_id)
        take = self.room.set_aside(job)
        end = self.offer["window"]["end"][:10]
        late = [goods for goods in take if goods["expiry"] and goods["expiry"] < end]
        check(not late, f"expected cakes that keep until {end}, got {late}")
        self.room.lay_ready(job)
        return f"lot {take[0]['lot']}, use by {take[0]['expiry']}: the first of those that keep"

    def send(self) -> str:
        job = self.room.job(self.order_id)
        given = {"job_id": job["job_id"], "reference": "van 1"}
        self.till.ask("POST", "/api/orders/handovers", given)
        self._left(self.here)
        return "1 cake and its candles left Office Tower"

    def _left(self, cashier: Cashier) -> None:
        for sku in (CAKE, CANDLES):
            cashier.ledger.pieces[sku] -= 1

    def receive(self) -> str:
        def arrivals() -> list[Json]:
            return list(self.near_till.ask("GET", "/api/stock/arrivals"))

        wait(lambda: bool(arrivals()), WITHIN_S, "expected Hillside to know what is on its way")
        came = {"sku": CAKE, "received": 1, "lot": "K1", "expiry": self._day(2)}
        candles = {"sku": CANDLES, "received": 1}
        body = {"arrival_id": arrivals()[0]["arrival_id"], "lines": [came, candles]}
        self.near_till.ask("POST", "/api/stock/receivings", body)
        for sku in (CAKE, CANDLES):
            self.there.ledger.received(sku, 1)
        job = self.near_room.job(self.order_id)
        self.near_room.set_aside(job)
        self.near_room.lay_ready(job, "Fridge 1")
        wait(lambda: self._order()["state"] == "ready", WITHIN_S, "expected the hub to say ready")
        return "it lies in Fridge 1; the hub says ready"

    # -- near home --

    def refuse(self) -> str:
        phone = self.desk.phone_code(self.order_id)
        told = [
            self.near_room.refused("a forged", phone[:-1] + _other(phone)),
            self.room.refused("another shop's", phone),
        ]
        self.stage.jump(DAY_S, HILLSIDE_CLOCK)
        told.append(self.near_room.refused("yesterday's", phone))
        self.stage.jump(0, HILLSIDE_CLOCK)
        self._is_there_still()
        return "\n".join(told)

    def too_late(self) -> str:
        """Had she come after its last day, with the receipt, whose code does not turn."""
        code = self.paper_code or self.desk.phone_code(self.order_id)
        self.stage.jump(3 * DAY_S, HILLSIDE_CLOCK)
        told = self.near_room.refused("three days later her", code)
        self.stage.jump(0, HILLSIDE_CLOCK)
        self._is_there_still()
        return told

    def _is_there_still(self) -> None:
        level = self.near_till.ask("GET", f"/api/stock/{CAKE}")["quantity"]
        check(level == 1, f"expected the cake to be there still, got {level}")

    def collect(self) -> str:
        given = self.near_room.hand_over(self.desk.phone_code(self.order_id))
        self._left(self.there)
        pieces = sum(goods["quantity"] for goods in given["handed"])
        check(
            (pieces, given["proof"]["kind"]) == (2, "code"), f"expected cake and candles: {given}"
        )
        return "1 cake and its candles handed over, proved by the code on her phone"

    def collect_again(self) -> str:
        return self.near_room.refused("the same", self.desk.phone_code(self.order_id))

    def bring_back(self) -> str:
        """By the receipt of the other shop alone; the hub says which wallet paid it."""
        wanted = {
            "receipt_qr": self.here.symbol_of(self.sale_id),
            "reason": "too many",
            "lines": [{"line": 2, "quantity": 1}],
            "tender": "wallet",
        }
        given = insist(lambda: self.near_till.ask("POST", "/api/returns", wanted))
        self.there.ledger.took_back(given)
        back = [(it["kind"], it["scheme"], it["amount_minor"]) for it in given["tenders"]]
        check(back == [("wallet", WALLET, CANDLES_MINOR)], f"expected her wallet, got {back}")
        check(given["lines"][0]["is_restocked"], f"expected the candles in stock, got {given}")
        again = self._refused_again(wanted)
        return f"{CANDLES_MINOR:,} back to {WALLET}, where she had paid; {again}"

    def _refused_again(self, wanted: Json) -> str:
        try:
            given = self.near_till.ask("POST", "/api/returns", wanted)
        except Refused as error:
            check(error.status < 500, f"expected a refusal in words, got {error}")
            return f"the same candles again: {error}"
        raise Untrue(f"Expected the candles to be taken back once, got {given}.")

    # -- all sides --

    def close(self) -> str:
        return f"{self.here.close_day()}\n{self.there.close_day()}"

    def facts(self) -> str:
        return "\n".join(compared.facts() for compared in self.compared)

    def stock(self) -> str:
        return "\n".join(compared.stock() for compared in self.compared)

    def money(self) -> str:
        told = [compared.money() for compared in self.compared]
        self.money_row = money.reconcile(self.office, self.stage.places, self.stage.wallets)
        lived = sum(it.taken_minor for it in (self.here.ledger, self.there.ledger))
        taken = self.money_row["takings_minor"]
        check(taken == lived, f"expected {lived:,} taken, got {taken:,}")
        return "\n".join([*told, money.told(self.money_row)])

    def kept(self) -> str:
        state = "partly_returned"
        wait(lambda: self._order()["state"] == state, WITHIN_S, "expected a kept order")
        order = self._order()
        check(order["promise"] == "kept", f"expected a kept promise, got {order['promise']}")
        check(not order["credits"], f"expected no compensation, got {order['credits']}")
        count = self._hand_overs()
        check(count == 1, f"expected one hand-over to a customer, got {count}")
        check(self._stale() == 0, "expected nothing handed over past its date")
        return f"order {self.number}: {order['state']}, promise {order['promise']}"

    def _hand_overs(self) -> int:
        """To the customer: what left for the other shop has a proof of its own kind."""
        kinds = Counter(fact["proof"]["kind"] for fact in self._handed())
        return kinds.total() - kinds["transfer"]

    def _stale(self) -> int:
        """Pieces that left a shop after their date."""
        return sum(
            goods["quantity"]
            for fact in self._handed()
            for goods in fact["handed"]
            if goods["expiry"] and goods["expiry"] < fact["business_date"]
        )

    def _handed(self) -> list[Json]:
        streams = [
            stream
            for compared in self.compared
            for stream in self.office.facts(compared.edge_id).values()
        ]
        return [fact for stream in streams for fact in _hand_over_facts(stream)]

    def keep(self) -> str:
        kept = self.stage.kept
        kept.keep_json("ledgers/order.json", self._order())
        books = money.books_of(self.office, self.stage.places, self.stage.wallets)
        kept.keep_json("ledgers/wallets.json", dict(books.providers))
        kept.keep_json("ledgers/money.json", self.money_row)
        pieces = 0
        for (name, cashier), compared in zip(self.cashiers.items(), self.compared, strict=True):
            kept.keep_json(f"ledgers/{name}.json", cashier.ledger.told())
            terminal = cashier.counter.ask("GET", "/api/payment_terminal/ledger")
            kept.keep_json(f"ledgers/payment-terminal-{name}.json", terminal)
            sold = self.office.sales(compared.edge_id)
            kept.keep_lines(f"ledgers/hub-sales-{name}.jsonl", sold)
            streams = self.office.facts(compared.edge_id).values()
            kept.keep_lines(f"ledgers/facts-{name}.jsonl", [it for one in streams for it in one])
            kept.keep_page(f"pages/counter-{name}.html", cashier.till, "/")
            pieces += kept.keep_paper(f"receipts/{name}", cashier)
        for name, path in PAGES_OF_THE_HUB.items():
            kept.keep_page(f"pages/{name}.html", self.office, path)
        return f"{pieces} pieces of paper as picture and text; begin with index.html"


def _way(offer: Json) -> str:
    return (
        f"until {offer['window']['end'][11:16]} UTC, {offer['fee_minor']:,}, "
        f"{offer['confidence_bp'] / 100:.0f} % sure"
    )


def _hand_over_facts(stream: list[Json]) -> list[Json]:
    bodies = (json.loads(fact["body"]) for fact in stream if not fact["alias_of"])
    return [it for it in bodies if it["type"] == "job.handed_over"]


def _other(code: str) -> str:
    return "B" if code[-1] == "A" else "A"
