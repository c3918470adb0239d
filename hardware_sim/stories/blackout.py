"""Blackout: days without a line. The shop sells, takes back, closes its books; on return both sides agree.

The box's wall clock is moved from day to day; its line to the broker is cut the whole time.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from hardware_sim.proof.estate import open_shop
from hardware_sim.proof.outside import PRODUCTS
from hardware_sim.stories.cashier import FLOAT_MINOR, Cashier
from hardware_sim.stories.comparison import Comparison
from hardware_sim.stories.ledger import Day
from hardware_sim.stories.stage import Stage, Step, check, wait

DAY_S = 86_400
DELIVERED = 500
SALES_WHILE_DRAINING = 3
NOTICED_WITHIN_S = 30.0
PAGES_OF_THE_HUB = {
    "console-boxes": "/",
    "console-sales": "/sales",
    "console-stock": "/stock",
    "console-money": "/money",
}

Json = dict[str, Any]


def blackout(stage: Stage, days: int) -> Json:
    """Raises Untrue at the first thing that is not as told; gives the figures of the whole."""
    return Blackout(stage, days).play()


class Blackout:
    def __init__(self, stage: Stage, days: int) -> None:
        self.stage = stage
        self.days = days
        self.till, self.office = stage.till, stage.office
        self.cashier = Cashier(stage.till, stage.counter, stage.mishap.seed)
        self.ledger = self.cashier.ledger
        self.compared = Comparison(stage.company, stage.till, stage.office, self.ledger)
        self.kept = stage.kept
        self.waiting = 0

    def play(self) -> Json:
        lived = [*self._before(), *self._dark(), *self._light()]
        played = self.stage.play(lived, self._after())
        return {
            "steps": played,
            "receipts": len(self.ledger.receipts),
            "returns": len(self.ledger.returns),
            "z_reports": len(self.ledger.z),
            "facts_waited": self.waiting,
            "drained_s": round(self.compared.drained_s, 2),
        }

    def _before(self) -> list[Step]:
        return [
            Step("The shop opens.", self.open, chapter="The line is up"),
            Step(
                "A customer buys; the receipt is printed, the hub hears of it.",
                self.first_sale,
                is_lit=True,
            ),
            Step("The line is cut.", self.cut),
        ]

    def _dark(self) -> list[Step]:
        steps: list[Step] = []
        cashier = self.cashier
        for day in range(1, self.days + 1):
            steps += [
                Step(
                    "Customers come and pay cash.",
                    partial(self.sell_all, day),
                    chapter=f"Day {day} of {self.days}, in the dark",
                ),
                Step("One basket waits while another customer is served.", cashier.serve_between),
                Step("One customer pays by card.", cashier.sell_by_card),
                Step("One brings goods back, with the receipt's symbol.", cashier.take_back),
                Step("One wants the receipt again.", cashier.reprint),
                Step("Money goes to the safe; the X report is right.", cashier.look_at_x),
                Step("The shift is closed and counted.", partial(self.close, day)),
            ]
        return steps

    def _light(self) -> list[Step]:
        return [
            Step("It is put back.", self.restore, chapter="The line is back"),
            Step("The shop sells on while it all arrives.", self.sell_on, is_lit=True),
            Step("Everything has arrived, once, in order.", self.compared.facts, is_lit=True),
        ]

    def _after(self) -> list[Step]:
        return [
            Step("Stock agrees on both sides.", self.compared.stock, chapter="Both sides"),
            Step("Every Z report is derived again from its facts.", self.compared.money),
            Step("Every receipt is on paper.", self.cashier.compare_paper),
            Step("Receipts, pages and ledgers are kept.", self.keep),
        ]

    # -- the steps that are only of this story --

    def open(self) -> str:
        open_shop(self.till, self.office)
        self.ledger.day = Day(FLOAT_MINOR)
        moves = [{"sku": product["sku"], "quantity": DELIVERED} for product in PRODUCTS]
        self.till.ask("POST", "/api/stock/moves", {"reason": "received", "moves": moves})
        for product in PRODUCTS:
            self.ledger.received(product["sku"], DELIVERED)
        return f"{len(PRODUCTS)} products, {DELIVERED} of each; a shift with a float of {FLOAT_MINOR:,}"

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

    def cut(self) -> str:
        self.stage.set_line("cut")
        seconds = wait(
            lambda: not self.till.state()["line"]["online"],
            NOTICED_WITHIN_S,
            "expected the box to say that it is offline",
        )
        return f"the box says so after {seconds:.1f} s"

    def sell_all(self, day: int) -> str:
        self.stage.jump((day - 1) * DAY_S)
        self.cashier.open_day()
        told = self.cashier.sell_many()
        waiting = self.till.waiting()
        check(
            waiting > self.waiting,
            f"expected more than {self.waiting} facts to wait, got {waiting}",
        )
        self.waiting = waiting
        return f"{told}; {waiting} facts wait"

    def close(self, day: int) -> str:
        told = self.cashier.close_day()
        self.kept.keep_json(f"ledgers/z-day-{day}.json", self.ledger.z[-1])
        self.kept.keep_page(f"pages/counter-day-{day}.html", self.till, "/")
        return told

    def restore(self) -> str:
        self.waiting = self.till.waiting()
        self.stage.set_line("up")
        return f"{self.waiting} facts have waited"

    def sell_on(self) -> str:
        self.cashier.open_day()
        return self.cashier.sell_many(SALES_WHILE_DRAINING)

    def keep(self) -> str:
        receipts = self.cashier.receipts()
        for receipt in receipts:
            name = f"receipts/{receipt['number'] + 1:03}"
            self.kept.keep(f"{name}.txt", receipt["text"])
            self.kept.keep(f"{name}.png", self.cashier.picture(receipt["number"]))
        for name, path in PAGES_OF_THE_HUB.items():
            self.kept.keep_page(f"pages/{name}.html", self.office, path)
        self.kept.keep_page(
            "pages/console-box.html", self.office, f"/boxes/{self.compared.edge_id}"
        )
        self._keep_ledgers()
        return f"{len(receipts)} pieces of paper as picture and text; begin with index.html"

    def _keep_ledgers(self) -> None:
        streams = self.compared.evidence().streams.values()
        self.kept.keep_lines("ledgers/facts.jsonl", [fact for it in streams for fact in it])
        self.kept.keep_json("ledgers/teller.json", self.ledger.told())
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
