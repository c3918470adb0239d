"""What a cashier does all day, over the box's API: sell, take back, print again, count; the teller's books beside.

The box may be killed between any two of these requests. Then the cashier does what a cashier would: looks at what the
box says, asks for a copy of a receipt of which nobody can tell, and takes a card again that was not charged.
"""

from __future__ import annotations

import io
import random
import re
from collections.abc import Sequence
from typing import Any

from hardware_sim.proof.estate import some_lines
from hardware_sim.proof.outside import Program, Refused, Till
from hardware_sim.stories.insisting import insist
from hardware_sim.stories.ledger import Day, Ledger
from hardware_sim.stories.stage import check, wait

FLOAT_MINOR = 100_000
TO_THE_SAFE_MINOR = 30_000
CHANGE_MINOR = 50_000
MISSING_MINOR = 500  # what the drawer is short of every evening
SALES_A_DAY = 6
WITHIN_S = 30.0  # paper, card, and a box that has just woken
CARD_TRIES = 3
SETTLED = frozenset({"APPROVED", "CANCELLED", "DECLINED", "REVERSED"})
ON_PAPER = frozenset({"PRINTED", "FAILED"})  # FAILED: printed again as a copy

RECEIPT = "TW1:"  # beside it may stand the code by which an order is collected
_SYMBOL = re.compile(r"\[QR (TW1:\w+)\]")

Json = dict[str, Any]


class Cashier:
    """`till` is the box, `counter` the simulated peripherals in front of it."""

    def __init__(self, till: Till, counter: Program, seed: int) -> None:
        self.till = till
        self.counter = counter
        self.ledger = Ledger()
        self.copies = 0
        self._rng = random.Random(seed)

    # -- the day --

    def open_day(self) -> None:
        if self.till.state()["shift"] is None:
            self.till.open_shift(FLOAT_MINOR)
            self.ledger.day = Day(FLOAT_MINOR)

    def look_at_x(self) -> str:
        move = {"direction": "out", "amount_minor": TO_THE_SAFE_MINOR, "reason": "safe"}
        self.till.ask("POST", "/api/shifts/current/cash", move)
        self.ledger.moved_cash(-TO_THE_SAFE_MINOR)
        x = self.till.ask("GET", "/api/shifts/current/x")
        differences = self.ledger.day.differences(x)
        check(not differences, "; ".join(differences))
        return f"{x['sale_count']} sales, {x['expected_cash_minor']:,} must be in the drawer"

    def close_day(self) -> str:
        counted = self.ledger.day.expected_cash_minor - MISSING_MINOR
        z = self.till.ask("POST", "/api/shifts/current/close", {"counted_minor": counted})
        differences = self.ledger.day.differences(z)
        check(not differences, "; ".join(differences))
        check(
            z["variance_minor"] == -MISSING_MINOR,
            f"expected {-MISSING_MINOR} short, got {z['variance_minor']}",
        )
        again = self.till.ask("GET", f"/api/shifts/{z['shift_id']}/z")
        check(again == z, f"expected the same Z report when read again, got {again}")
        self.ledger.z.append(z)
        return f"Z {z['number']}: {z['gross_minor']:,} sold, {z['refund_minor']:,} back, {MISSING_MINOR} short"

    # -- selling --

    def sell(self) -> Json:
        sale = self.till.sell(some_lines(self._rng))
        self.ledger.sold(sale)
        return sale

    def sell_many(self, count: int = SALES_A_DAY) -> str:
        sales = [self.sell() for _ in range(count)]
        total = sum(sale["total_minor"] for sale in sales)
        return f"{count} sales, {total:,}; business date {sales[0]['business_date']}"

    def serve_between(self) -> str:
        """One basket is put aside, another customer pays, the first one comes back."""
        first = self.fill_basket()
        self.till.client.post("/api/basket/suspend").raise_for_status()
        self.sell()
        resumed = self.till.ask("POST", f"/api/baskets/{first['basket_id']}/resume")
        check(
            (resumed["total_minor"], resumed["lines"]) == (first["total_minor"], first["lines"]),
            f"expected the same basket, got {resumed}",
        )
        given = {"tendered_minor": first["due_minor"] + CHANGE_MINOR}
        sale = self.till.ask("POST", "/api/basket/tenders/cash", given)["sale"]
        self.ledger.sold(sale)
        change = sale["tenders"][0]["change_minor"]
        check(change == CHANGE_MINOR, f"expected {CHANGE_MINOR:,} in change, got {change:,}")
        return f"{resumed['total_minor']:,} came back line for line; {change:,} change"

    def fill_basket(self, lines: Sequence[Json] = ()) -> Json:
        """Some of what the shop sells, where no lines are named."""
        basket: Json = {}
        for line in lines or some_lines(self._rng):
            basket = self.till.ask("POST", "/api/basket/lines", line)
        return basket

    def sell_by_card(self, lines: Sequence[Json] = ()) -> str:
        basket = self.fill_basket(lines)
        self.counter.ask("POST", "/api/payment_terminal/script", {"next": ["approve"]})
        tries = self._pay_by_card()
        sale_id = self.till.ask("GET", "/api/sales", limit=1)[0]["sale_id"]
        sale = self.till.ask("GET", f"/api/sales/{sale_id}")
        check(
            (sale["total_minor"], sale["tenders"][0]["kind"]) == (basket["total_minor"], "card"),
            f"expected one card sale of {basket['total_minor']:,}, got {sale}",
        )
        self.ledger.sold(sale)
        book = self.counter.ask("GET", "/api/payment_terminal/ledger")
        check(
            book["moved_minor"] == self.ledger.card_minor,
            f"expected {self.ledger.card_minor:,} in the terminal's own ledger, got {book['moved_minor']:,}",
        )
        again = f", at the {tries}. try" if tries > 1 else ""
        return f"{sale['total_minor']:,} approved{again}; the terminal's own ledger says {book['moved_minor']:,}"

    def _pay_by_card(self) -> int:
        """How many tries it took. Only what was not charged is tried again."""
        for number in range(1, CARD_TRIES + 1):
            wait(self._has_terminal, WITHIN_S, "expected the payment terminal to be ready")
            payment = self.till.ask("POST", "/api/basket/tenders/card", {})
            if self._settled(payment["payment_id"]) == "APPROVED":
                return number
        check(False, f"expected the card to be approved within {CARD_TRIES} tries")
        return CARD_TRIES

    def pay_by_wallet(self, wallets: Program, provider: str) -> int:
        """What is due, by the code on a customer's phone; how many tries it took, each with a fresh code."""
        for number in range(1, CARD_TRIES + 1):
            payment = insist(lambda: self._show_wallet(wallets, provider))
            if self._settled(payment["payment_id"]) == "APPROVED":
                return number
        check(False, f"expected the wallet to pay within {CARD_TRIES} tries")
        return CARD_TRIES

    def _show_wallet(self, wallets: Program, provider: str) -> Json:
        code = wallets.ask("POST", f"/api/wallets/{provider}/show", {})["code"]
        return dict(self.till.ask("POST", "/api/basket/tenders/wallet", {"code": code}))

    def _settled(self, payment_id: str) -> str:
        """The state in which a payment stays."""

        def state() -> str:
            return str(self.till.ask("GET", f"/api/payments/{payment_id}")["state"])

        wait(lambda: state() in SETTLED, WITHIN_S, "expected the card payment to be settled")
        return state()

    def _has_terminal(self) -> bool:
        states = {it["kind"]: it["state"] for it in self.till.state()["peripherals"]}
        return bool(states["payment_terminal"] == "ready")

    # -- goods back --

    def take_back(self) -> str:
        sale = self.sell()
        code = self.symbol_of(sale["sale_id"])
        line = sale["lines"][0]
        wanted = {
            "receipt_qr": code,
            "reason": "stale",
            "lines": [{"line": line["line"], "quantity": 1}],
            "tender": "cash",
        }
        given = self.till.ask("POST", "/api/returns", wanted)
        self.ledger.took_back(given)
        too_much = {"lines": [{"line": line["line"], "quantity": line["quantity"]}]}
        self._refused(wanted | too_much, "more than was sold")
        self._refused(wanted | {"receipt_qr": code[:-8] + "AAAAAAAA"}, "a forged receipt")
        return f"{given['total_minor']:,} back for one {line['name']}; more than was sold and a forged receipt refused"

    def _refused(self, wanted: Json, what: str) -> None:
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
        for piece in reversed(self.receipts()):
            found = zxingcpp.read_barcodes(Image.open(io.BytesIO(self.picture(piece["number"]))))
            for symbol in found:
                if symbol.text.startswith(RECEIPT) and self._sale_of(symbol.text) == sale_id:
                    return str(symbol.text)
        check(False, f"expected a symbol on the receipt of sale {sale_id} that a scanner can read")
        return ""

    def _sale_of(self, code: str) -> str:
        looked_up = self.till.ask("POST", "/api/returns/look-up", {"receipt_qr": code})
        return str(looked_up["sale_id"])

    # -- paper --

    def reprint(self) -> str:
        sale_id = self.ledger.receipts[-1].sale_id
        self.till.ask("POST", f"/api/sales/{sale_id}/reprint")
        text = self.printed("copy", sale_id)
        check("COPY" in text, f"expected COPY on the second receipt, got\n{text}")
        return "the second one says COPY"

    def printed(self, what: str, subject_id: str) -> str:
        """The text of the newest receipt, once every job of `subject_id` is on paper."""
        wait(
            lambda: self._is_on_paper(subject_id),
            WITHIN_S,
            f"expected the {what} to be printed",
        )
        return str(self.receipts()[-1]["text"])

    def finish_printing(self) -> None:
        """Everything that was ever to be printed is on paper."""
        wait(lambda: self._is_on_paper(None), WITHIN_S, "expected every receipt to be printed")

    def _is_on_paper(self, subject_id: str | None) -> bool:
        """Nobody can tell what became of a receipt when the box was killed: a copy is asked for, as a person would."""
        jobs = [
            job
            for job in self.till.ask("GET", "/api/print-jobs", limit=1_000)
            if subject_id in {None, job["subject_id"]}
        ]
        for job in jobs:
            if job["state"] == "UNKNOWN":
                self.till.ask("POST", f"/api/print-jobs/{job['job_id']}/copy")
                self.copies += 1
        return bool(jobs) and all(job["state"] in ON_PAPER for job in jobs)

    def receipts(self) -> list[Json]:
        found = self.counter.ask("GET", "/api/printer/receipts")
        assert isinstance(found, list)
        return found

    def picture(self, number: int) -> bytes:
        answer = self.counter.client.get("/api/printer/paper.png", params={"receipt": number})
        return answer.raise_for_status().content

    def compare_paper(self) -> str:
        """Every sale is on paper; what is there twice says COPY."""
        self.finish_printing()
        pieces = self.receipts()
        originals = [
            code
            for it in pieces
            if "COPY" not in it["text"]
            for code in _SYMBOL.findall(it["text"])
        ]
        check(len(set(originals)) == len(originals), "expected no receipt twice without COPY on it")
        codes = {code for it in pieces for code in _SYMBOL.findall(it["text"])}
        on_paper = {self._sale_of(code) for code in codes}
        sold = {receipt.sale_id for receipt in self.ledger.receipts}
        check(sold <= on_paper, f"expected every receipt on paper, {len(sold - on_paper)} are not")
        asked = f", {self.copies} asked for after the kill" if self.copies else ""
        return f"{len(sold)} receipts on {len(pieces)} pieces of paper; what came twice says COPY{asked}"
