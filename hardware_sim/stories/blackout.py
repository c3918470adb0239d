"""Blackout: days without a line. The shop sells, takes back, closes its books; on return both sides agree.

The box's wall clock is moved from day to day; its line to the broker is cut the whole time.
"""

from __future__ import annotations

import io
import json
import random
from functools import partial
from typing import Any

from hardware_sim.proof.estate import collect, drained, open_shop, some_lines
from hardware_sim.proof.judgement import judge
from hardware_sim.proof.outside import PRODUCTS, Refused
from hardware_sim.stories.ledger import Day, Ledger
from hardware_sim.stories.stage import Stage, Step, check, wait

DAY_S = 86_400
FLOAT_MINOR = 100_000
DELIVERED = 500
MISSING_MINOR = 500  # what the drawer is short of every evening
SALES_A_DAY = 6
PRINTED_WITHIN_S = 20.0
NOTICED_WITHIN_S = 30.0

Json = dict[str, Any]


def blackout(stage: Stage, days: int) -> Json:
    """Raises Untrue at the first thing that is not as told; gives the figures of the whole."""
    return Blackout(stage, days).play()


class Blackout:
    def __init__(self, stage: Stage, days: int) -> None:
        self.stage = stage
        self.days = days
        self.till, self.office = stage.till, stage.office
        self.ledger = Ledger()
        self.rng = random.Random(stage.mishap.seed)
        self.waiting = 0
        self.drained_s = 0.0

    def play(self) -> Json:
        steps = [*self._before(), *self._dark(), *self._after()]
        played = self.stage.play(steps)
        return {
            "steps": played,
            "receipts": len(self.ledger.receipts),
            "returns": len(self.ledger.returns),
            "facts_waited": self.waiting,
            "drained_s": round(self.drained_s, 2),
        }

    def _before(self) -> list[Step]:
        return [
            Step("The shop opens with the line up.", self.open),
            Step("A customer buys; the receipt is printed, the hub hears of it.", self.first_sale),
            Step("The line is cut.", self.cut),
        ]

    def _dark(self) -> list[Step]:
        steps: list[Step] = []
        for day in range(1, self.days + 1):
            steps += [
                Step(
                    f"Day {day} in the dark: customers come and pay cash.",
                    partial(self.sell_all, day),
                ),
                Step("One basket waits while another customer is served.", self.suspend),
                Step("One customer pays by card.", self.sell_by_card),
                Step("One brings goods back, with the receipt's symbol.", self.take_back),
                Step("One wants the receipt again.", self.reprint),
                Step("Money goes to the safe; the X report is right.", self.look_at_x),
                Step("The shift is closed and counted.", partial(self.close, day)),
            ]
        return steps

    def _after(self) -> list[Step]:
        return [
            Step("The line is back.", self.restore),
            Step("Everything has arrived, once, in order.", self.compare_facts),
            Step("Stock agrees on both sides.", self.compare_stock),
            Step("Every Z report is derived again from its facts.", self.compare_money),
            Step("The receipts are kept.", self.keep_receipts),
        ]

    # -- before --

    def open(self) -> str:
        open_shop(self.till, self.office)
        self.ledger.day = Day(FLOAT_MINOR)
        moves = [{"sku": product["sku"], "quantity": DELIVERED} for product in PRODUCTS]
        self.till.ask("POST", "/api/stock/moves", {"reason": "received", "moves": moves})
        for product in PRODUCTS:
            self.ledger.received(product["sku"], DELIVERED)
        return f"{len(PRODUCTS)} products, {DELIVERED} of each; a shift with a float of {FLOAT_MINOR:,}"

    def first_sale(self) -> str:
        sale = self.sell()
        text = self.printed("sale", sale["sale_id"])
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

    # -- in the dark --

    def sell(self) -> Json:
        sale = self.till.sell(some_lines(self.rng))
        self.ledger.sold(sale)
        return sale

    def sell_all(self, day: int) -> str:
        self.stage.jump(day * DAY_S)
        if self.till.state()["shift"] is None:
            self.till.open_shift(FLOAT_MINOR)
            self.ledger.day = Day(FLOAT_MINOR)
        sales = [self.sell() for _ in range(SALES_A_DAY)]
        waiting = self.till.waiting()
        check(
            waiting > self.waiting,
            f"expected more than {self.waiting} facts to wait, got {waiting}",
        )
        self.waiting = waiting
        total = sum(sale["total_minor"] for sale in sales)
        return f"{len(sales)} sales, {total:,}; {waiting} facts wait, business date {sales[0]['business_date']}"

    def suspend(self) -> str:
        first = self.fill_basket()
        self.till.client.post("/api/basket/suspend").raise_for_status()
        self.sell()
        resumed = self.till.ask("POST", f"/api/baskets/{first['basket_id']}/resume")
        check(
            resumed["total_minor"] == first["total_minor"]
            and len(resumed["lines"]) == len(first["lines"]),
            f"expected the same basket, got {resumed}",
        )
        paid = self.till.ask(
            "POST", "/api/basket/tenders/cash", {"tendered_minor": first["due_minor"] + 50_000}
        )
        self.ledger.sold(paid["sale"])
        change = paid["sale"]["tenders"][0]["change_minor"]
        check(change == 50_000, f"expected 50,000 in change, got {change:,}")
        return f"{len(resumed['lines'])} lines came back as they were; 50,000 change"

    def fill_basket(self) -> Json:
        basket: Json = {}
        for line in some_lines(self.rng):
            basket = self.till.ask("POST", "/api/basket/lines", line)
        return basket

    def sell_by_card(self) -> str:
        basket = self.fill_basket()
        self.stage.counter.ask("POST", "/api/payment_terminal/script", {"next": ["approve"]})
        payment = self.till.ask("POST", "/api/basket/tenders/card", {})
        wait(
            lambda: self.till.state()["basket"] is None,
            PRINTED_WITHIN_S,
            "expected the card to be approved",
        )
        sale_id = self.till.ask("GET", "/api/sales", limit=1)[0]["sale_id"]
        sale = self.till.ask("GET", f"/api/sales/{sale_id}")
        check(
            (sale["total_minor"], sale["tenders"][0]["kind"]) == (basket["total_minor"], "card"),
            f"expected one card sale of {basket['total_minor']:,}, got {sale}",
        )
        self.ledger.sold(sale)
        state = self.till.ask("GET", f"/api/payments/{payment['payment_id']}")["state"]
        times = self.stage.counter.ask("GET", "/api/payment_terminal/ledger")["times_charged"]
        check(state == "APPROVED", f"expected an approved payment, got {state}")
        check(set(times.values()) <= {1}, f"expected every payment charged once, got {times}")
        return f"{sale['total_minor']:,} approved, charged once"

    def take_back(self) -> str:
        sale = self.sell()
        code = self.symbol_of(sale["sale_id"])
        line = sale["lines"][0]
        wanted = {
            "receipt_qr": code,
            "reason": "stale",
            "lines": [{"line": line["line"], "quantity": 1}],
        }
        given = self.till.ask("POST", "/api/returns", wanted)
        self.ledger.took_back(given)
        self.refuse(
            wanted | {"lines": [{"line": line["line"], "quantity": line["quantity"]}]},
            "more than was sold",
        )
        self.refuse(wanted | {"receipt_qr": code[:-8] + "AAAAAAAA"}, "a forged receipt")
        return f"{given['total_minor']:,} back for one {line['name']}; more than was sold and a forged receipt refused"

    def refuse(self, wanted: Json, what: str) -> None:
        try:
            given = self.till.ask("POST", "/api/returns", wanted)
        except Refused as refusal:
            check(400 <= refusal.status < 500, f"expected a refusal of {what}, got {refusal}")
        else:
            check(False, f"expected a refusal of {what}, got {given}")

    def symbol_of(self, sale_id: str) -> str:
        """What a scanner reads from the printed receipt."""
        import zxingcpp
        from PIL import Image

        self.printed("sale", sale_id)
        last = self.stage.counter.ask("GET", "/api/printer/receipts")[-1]["number"]
        picture = self.stage.counter.client.get(
            "/api/printer/paper.png", params={"receipt": last}
        ).content
        found = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
        check(len(found) == 1, f"expected one symbol on the receipt, got {len(found)}")
        return str(found[0].text)

    def reprint(self) -> str:
        sale_id = self.ledger.receipts[-1].sale_id
        self.till.ask("POST", f"/api/sales/{sale_id}/reprint")
        text = self.printed("copy", sale_id)
        check("COPY" in text, f"expected COPY on the second receipt, got\n{text}")
        return "the second one says COPY"

    def printed(self, what: str, subject_id: str) -> str:
        """The text of the newest receipt, once every job of `subject_id` is printed."""

        def is_printed() -> bool:
            jobs = [
                job
                for job in self.till.ask("GET", "/api/print-jobs")
                if job["subject_id"] == subject_id
            ]
            return bool(jobs) and all(job["state"] == "PRINTED" for job in jobs)

        wait(is_printed, PRINTED_WITHIN_S, f"expected the {what} to be printed")
        return str(self.stage.counter.ask("GET", "/api/printer/receipts")[-1]["text"])

    def look_at_x(self) -> str:
        move = {"direction": "out", "amount_minor": 30_000, "reason": "safe"}
        self.till.ask("POST", "/api/shifts/current/cash", move)
        self.ledger.moved_cash(-30_000)
        x = self.till.ask("GET", "/api/shifts/current/x")
        differences = self.ledger.day.differences(x)
        check(not differences, "; ".join(differences))
        return f"{x['sale_count']} sales, {x['expected_cash_minor']:,} must be in the drawer"

    def close(self, day: int) -> str:
        counted = self.ledger.day.expected_cash_minor - MISSING_MINOR
        z = self.till.ask("POST", "/api/shifts/current/close", {"counted_minor": counted})
        differences = self.ledger.day.differences(z)
        check(not differences, "; ".join(differences))
        check(
            z["variance_minor"] == -MISSING_MINOR,
            f"expected {-MISSING_MINOR} short, got {z['variance_minor']}",
        )
        again = self.till.ask("GET", f"/api/shifts/{z['shift_id']}/z")
        check(
            again["gross_minor"] == z["gross_minor"], "expected the same Z report when read again"
        )
        self.ledger.z.append(z)
        self.keep(f"z/day-{day}.json", json.dumps(z, indent=1, ensure_ascii=False))
        return f"Z {z['number']}: {z['gross_minor']:,} sold, {z['refund_minor']:,} back, {MISSING_MINOR} short"

    # -- after --

    def restore(self) -> str:
        self.waiting = self.till.waiting()
        self.stage.set_line("up")
        return f"{self.waiting} facts have waited"

    def compare_facts(self) -> str:
        self.drained_s = wait(
            lambda: drained(self.stage.company, self.till, self.office),
            90.0,
            "expected the box to be drained",
        )
        evidence = collect(self.stage.company, self.office, self.ledger.receipts)
        found = judge(evidence)
        check(
            found.is_clean, f"expected nothing lost, doubled, out of order or changed, got {found}"
        )
        box = self.office.box(self.stage.company.shop.edge_id)
        check(not box["quarantined"], f"expected nothing in quarantine, got {box['quarantined']}")
        facts = [fact for stream in evidence.streams.values() for fact in stream]
        self.keep(
            "facts.jsonl", "".join(json.dumps(fact, ensure_ascii=False) + "\n" for fact in facts)
        )
        receipts = len(self.ledger.receipts)
        return f"{len(facts)} facts after {self.drained_s:.1f} s; {receipts} receipts, all in the books"

    def compare_stock(self) -> str:
        location = self.stage.company.shop.location_id
        wait(
            lambda: self._hub_stock(location) == dict(self.ledger.pieces),
            20.0,
            "expected the hub's stock to agree",
        )
        for sku, pieces in self.ledger.pieces.items():
            found = self.till.ask("GET", f"/api/stock/{sku}")["quantity"]
            check(found == pieces, f"expected {pieces} of {sku} in the box, got {found}")
        return f"{len(self.ledger.pieces)} products, {sum(self.ledger.pieces.values()):,} pieces"

    def _hub_stock(self, location: str) -> dict[str, int]:
        levels = self.office.ask("GET", "/api/stock", location_id=location)
        return {level["sku"]: level["quantity"] for level in levels}

    def compare_money(self) -> str:
        def shifts() -> dict[str, Json]:
            found = self.office.ask("GET", "/api/shifts", edge_id=self.stage.company.shop.edge_id)
            return {shift["shift_id"]: shift for shift in found}

        def is_derived() -> bool:
            found = shifts()
            return all(found.get(z["shift_id"], {}).get("derived") for z in self.ledger.z)

        wait(is_derived, 20.0, "expected every Z report to be derived again")
        found = shifts()
        for z in self.ledger.z:
            shift = found[z["shift_id"]]
            check(not shift["differences"], f"Z {z['number']} differs: {shift['differences']}")
            reported = shift["reported"]
            check(
                reported["gross_minor"] == z["gross_minor"],
                f"expected {z['gross_minor']:,} in Z {z['number']}, got {reported['gross_minor']:,}",
            )
        returns = {row["return_id"] for row in self.office.ask("GET", "/api/returns", limit=1_000)}
        check(set(self.ledger.returns) == returns, "expected every return at the hub, and no other")
        return f"{len(self.ledger.z)} Z reports equal, {len(returns)} returns"

    def keep_receipts(self) -> str:
        receipts = self.stage.counter.ask("GET", "/api/printer/receipts")
        for receipt in receipts:
            name = f"receipts/{receipt['number'] + 1:03}"
            picture = self.stage.counter.client.get(
                "/api/printer/paper.png", params={"receipt": receipt["number"]}
            )
            self.keep(name + ".txt", receipt["text"])
            (self.stage.folder / (name + ".png")).write_bytes(picture.content)
        return f"{len(receipts)} as picture and text"

    def keep(self, name: str, text: str) -> None:
        path = self.stage.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
