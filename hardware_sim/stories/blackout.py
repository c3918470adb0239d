"""Blackout: days without a line. Both shops sell, take back, give points, hand orders over, close their books.

On return all sides agree. The wall clock of boxes and hub is moved from day to day; the boxes' lines are cut the whole
time. What could go wrong in the dark is read off the console before, and compared after.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from hardware_sim.proof.estate import open_shop
from hardware_sim.proof.outside import PRODUCTS
from hardware_sim.stories import money
from hardware_sim.stories.cashier import FLOAT_MINOR, Cashier
from hardware_sim.stories.comparison import Comparison
from hardware_sim.stories.ledger import Day
from hardware_sim.stories.membership import ALLOWANCE, GIFT, Regular
from hardware_sim.stories.pickups import PickUps
from hardware_sim.stories.stage import CLOCK_FILE, Step, check, wait
from hardware_sim.stories.two_shops import HILLSIDE_CLOCK, TwoShops

PARTIES = ("box", "hub", "broker", "line", "hillside")

DAY_S = 86_400
DELIVERED = 500
SALES_WHILE_DRAINING = 3
BOUGHT = "BREAD-3"  # by the member
ORDERED = "BREAD-5"
NOTICED_WITHIN_S = 30.0
PAGES_OF_THE_HUB = {
    "console-boxes": "/",
    "console-sales": "/sales",
    "console-stock": "/stock",
    "console-money": "/money",
}

Json = dict[str, Any]


def blackout(stage: TwoShops, days: int) -> Json:
    """Raises Untrue at the first thing that is not as told; gives the figures of the whole."""
    return Blackout(stage, days).play()


class Blackout:
    def __init__(self, stage: TwoShops, days: int) -> None:
        self.stage = stage
        self.days = days
        self.till, self.office = stage.till, stage.office
        self.cashier = Cashier(stage.till, stage.counter, stage.mishap.seed)
        self.there = Cashier(stage.near_till, stage.near_counter, stage.mishap.seed)
        self.ledger = self.cashier.ledger
        self.compared = Comparison(stage.company, stage.till, stage.office, self.ledger)
        self.far = Comparison(stage.hillside, stage.near_till, stage.office, self.there.ledger)
        self.mina = Regular(stage.office)
        here = stage.company.shop.location_id
        self.pickups = PickUps(stage.office, self.cashier, here, ORDERED)
        self.kept = stage.kept
        self.waiting = 0
        self.brought: Json = {}
        self.money_row: Json = {}

    def play(self) -> Json:
        lived = [*self._before(), *self._dark(), *self._light()]
        played = self.stage.play(lived, self._after())
        return {
            "steps": played,
            "receipts": len(self.ledger.receipts) + len(self.there.ledger.receipts),
            "returns": len(self.ledger.returns),
            "z_reports": len(self.ledger.z),
            "facts_waited": self.waiting,
            "drained_s": round(self.compared.drained_s, 2),
            "points_too_many": max(0, self.mina.spent_in_the_dark - GIFT),
            "points_stated": self.mina.stated,
            "pick_ups": len(self.pickups.orders),
            **self.money_row,
        }

    def _before(self) -> list[Step]:
        lit = True
        return [
            Step("Both shops open.", self.open, chapter="The lines are up"),
            Step(
                "A customer buys; the receipt is printed, the hub hears of it.",
                self.first_sale,
                lit,
            ),
            Step("Mina becomes a member; both shops can read her code.", self.join, lit),
            Step("Two customers order, to collect it here.", self.pickups.promise, lit),
            Step("The console says what a cut could cost.", self.mina.read_bound, lit),
            Step("Both lines are cut.", self.cut),
        ]

    def _dark(self) -> list[Step]:
        return [step for day in range(1, self.days + 1) for step in self._day(day)]

    def _day(self, day: int) -> list[Step]:
        cashier = self.cashier
        return [
            Step(
                "Customers come and pay cash.",
                partial(self.sell_all, day),
                chapter=f"Day {day} of {self.days}, in the dark",
            ),
            Step("One basket waits while another customer is served.", cashier.serve_between),
            Step("One customer pays by card.", cashier.sell_by_card),
            Step("One brings goods back, with the receipt's symbol.", cashier.take_back),
            Step("One wants the receipt again.", cashier.reprint),
            *self._of_members(day),
            *self._of_orders(day),
            Step("Money goes to the safe; the X report is right.", cashier.look_at_x),
            Step("The shifts are closed and counted.", partial(self.close, day)),
        ]

    def _of_members(self, day: int) -> list[Step]:
        if day > 1:
            return [Step("Mina earns on; there is nothing left to spend.", self.earn_on)]
        return [
            Step("Mina pays with points, here and at Hillside.", self.redeem),
            Step("More than the allowance is refused; she earns all the same.", self.earn_on),
            Step("She brings a piece back.", self.bring_back),
        ]

    def _of_orders(self, day: int) -> list[Step]:
        steps = []
        if day == 1:
            steps += [
                Step("Her order is collected.", self.pickups.collect_by_phone),
                Step("She brings one of it back; the money follows.", self.pickups.bring_back),
                Step("The other one is laid ready.", self.pickups.lay_second_ready),
            ]
        if day == self.days:
            steps.append(Step("It is collected at last.", self.pickups.collect_by_paper))
        return steps

    def _light(self) -> list[Step]:
        lit = True
        return [
            Step("They are put back.", self.restore, chapter="The lines are back"),
            Step("The shop sells on while it all arrives.", self.sell_on, lit),
            Step("Everything has arrived, once, in order.", self.facts, lit),
        ]

    def _after(self) -> list[Step]:
        return [
            Step("Stock agrees on both sides.", self.stock, chapter="Both sides"),
            Step("Every Z report is derived again from its facts.", self.money),
            Step("Points agree, within what had been stated.", self.points),
            Step("Both orders were handed over once, and kept.", self.pickups.compare),
            Step("Every receipt is on paper.", self.cashier.compare_paper),
            Step("Receipts, pages and ledgers are kept.", self.keep),
        ]

    # -- the steps that are only of this story --

    def open(self) -> str:
        for cashier in (self.cashier, self.there):
            open_shop(cashier.till, self.office)
            cashier.ledger.day = Day(FLOAT_MINOR)
            moves = [{"sku": product["sku"], "quantity": DELIVERED} for product in PRODUCTS]
            cashier.till.ask("POST", "/api/stock/moves", {"reason": "received", "moves": moves})
            for product in PRODUCTS:
                cashier.ledger.received(product["sku"], DELIVERED)
        return (
            f"{len(PRODUCTS)} products, {DELIVERED} of each; shifts with a float of {FLOAT_MINOR:,}"
        )

    def first_sale(self) -> str:
        sale = self.cashier.sell()
        text = self.cashier.printed("sale", sale["sale_id"])
        check(
            f"{sale['total_minor']:,}" in text,
            f"expected {sale['total_minor']:,} on the receipt, got\n{text}",
        )
        wait(
            lambda: self.till.waiting() == 0,
            NOTICED_WITHIN_S,
            "expected the hub to acknowledge the sale",
        )
        return f"{sale['total_minor']:,} on the paper; nothing waits"

    def join(self) -> str:
        shop = self.stage.company.shop
        shops = [shop.location_id, self.stage.hillside.shop.location_id]
        told = self.mina.join(shops, shop.currency)
        self.mina.greet(self.till, self.stage.near_till)
        self.pickups.allow(dict(shop.location_name))
        return told

    def cut(self) -> str:
        self._set_lines("cut")
        seconds = wait(
            lambda: not any(self._online()),
            NOTICED_WITHIN_S,
            "expected both boxes to say that they are offline",
        )
        return f"both boxes say so after {seconds:.1f} s"

    def _set_lines(self, state: str) -> None:
        self.stage.set_line(state)
        self.stage.set_line(state, self.stage.hillside.line_control_url)

    def _online(self) -> list[bool]:
        return [till.state()["line"]["online"] for till in (self.till, self.stage.near_till)]

    def redeem(self) -> str:
        here = self.mina.redeem(self.cashier, BOUGHT, 3, ALLOWANCE)
        there = self.mina.redeem(self.there, BOUGHT, 2, ALLOWANCE)
        self.brought = here
        return (
            f"{ALLOWANCE:,} of {here['total_minor']:,} here and of {there['total_minor']:,} there; "
            f"neither shop could know of the other"
        )

    def earn_on(self) -> str:
        told = self.mina.refused(self.cashier, BOUGHT, 1)
        self.mina.buy(self.there, BOUGHT, 4)
        return f"{told}\n{self.mina.points:,} points by now"

    def bring_back(self) -> str:
        return self.mina.take_back(self.cashier, self.brought)

    def sell_all(self, day: int) -> str:
        for clock in (CLOCK_FILE, HILLSIDE_CLOCK):
            self.stage.jump((day - 1) * DAY_S, clock)
        self.cashier.open_day()
        self.there.open_day()
        told = self.cashier.sell_many()
        waiting = self.till.waiting()
        check(
            waiting > self.waiting,
            f"expected more than {self.waiting} facts to wait, got {waiting}",
        )
        self.waiting = waiting
        return f"{told}; {waiting} facts wait"

    def close(self, day: int) -> str:
        told = f"{self.cashier.close_day()}\nHillside: {self.there.close_day()}"
        self.kept.keep_json(f"ledgers/z-day-{day}.json", self.ledger.z[-1])
        self.kept.keep_page(f"pages/counter-day-{day}.html", self.till, "/")
        return told

    def restore(self) -> str:
        self.waiting = self.till.waiting()
        self._set_lines("up")
        return f"{self.waiting} facts have waited at Office Tower"

    def facts(self) -> str:
        return f"{self.compared.facts()}\n{self.far.facts()}"

    def stock(self) -> str:
        return f"{self.compared.stock()}\n{self.far.stock()}"

    def money(self) -> str:
        told = f"{self.compared.money()}\n{self.far.money()}"
        self.money_row = money.reconcile(self.office, self.stage.places, self.stage.wallets)
        lived = self.ledger.taken_minor + self.there.ledger.taken_minor
        taken = self.money_row["takings_minor"]
        check(taken == lived, f"expected {lived:,} taken, got {taken:,}")
        return f"{told}\n{money.told(self.money_row)}"

    def points(self) -> str:
        return self.mina.compare(self.till)

    def sell_on(self) -> str:
        self.cashier.open_day()
        return self.cashier.sell_many(SALES_WHILE_DRAINING)

    def keep(self) -> str:
        pieces = self.kept.keep_paper("receipts/office", self.cashier)
        for name, path in PAGES_OF_THE_HUB.items():
            self.kept.keep_page(f"pages/{name}.html", self.office, path)
        self.kept.keep_page(
            "pages/console-box.html", self.office, f"/boxes/{self.compared.edge_id}"
        )
        self.kept.keep_page(
            "pages/console-member.html", self.office, f"/members/{self.mina.number}"
        )
        self._keep_ledgers()
        return f"{pieces} pieces of paper as picture and text; begin with index.html"

    def _keep_ledgers(self) -> None:
        streams = self.compared.evidence().streams.values()
        self.kept.keep_lines("ledgers/facts.jsonl", [fact for it in streams for fact in it])
        self.kept.keep_json("ledgers/teller.json", self.ledger.told())
        self.kept.keep_json("ledgers/teller-hillside.json", self.there.ledger.told())
        orders = [self.pickups.desk.look(order.order_id) for order in self.pickups.orders]
        self.kept.keep_json("ledgers/orders.json", orders)
        self.kept.keep_lines("ledgers/hub-sales.jsonl", self.office.sales(self.compared.edge_id))
        self.kept.keep_json("ledgers/hub-shifts.json", list(self.compared.shifts().values()))
        stock = {
            "teller": dict(self.ledger.pieces),
            "box": self.compared.stock_of_box(),
            "hub": self.compared.stock_of_hub(),
        }
        self.kept.keep_json("ledgers/stock.json", stock)
        book = self.stage.counter.ask("GET", "/api/payment_terminal/ledger")
        self.kept.keep_json("ledgers/payment-terminal.json", book)
