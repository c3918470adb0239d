"""What the teller of a story wrote down: receipts, pieces, cash. Compared with box and hub, never made of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from hardware_sim.proof.judgement import Receipt

Json = dict[str, Any]


@dataclass(slots=True)
class Day:
    """One shift as it was lived."""

    float_minor: int
    sale_count: int = 0
    return_count: int = 0
    gross_minor: int = 0
    refund_minor: int = 0
    cash_minor: int = 0
    moved_minor: int = 0

    @property
    def expected_cash_minor(self) -> int:
        return self.float_minor + self.cash_minor + self.moved_minor

    def differences(self, report: Json) -> list[str]:
        """Where an X or Z report says something else."""
        names = ("sale_count", "return_count", "gross_minor", "refund_minor", "expected_cash_minor")
        return [
            f"{name}: the report says {report[name]}, the day had {getattr(self, name)}"
            for name in names
            if report[name] != getattr(self, name)
        ]


@dataclass(slots=True)
class Ledger:
    """`pieces` in the shop by SKU; `receipts` in the order in which customers got them; `card_minor` from all cards.

    `wallet_minor` is from wallets, by provider; `taken_minor` is by all tenders, less what was given back.
    """

    receipts: list[Receipt] = field(default_factory=list)
    returns: list[str] = field(default_factory=list)
    taken_minor: int = 0
    pieces: Counter[str] = field(default_factory=Counter)
    z: list[Json] = field(default_factory=list)
    card_minor: int = 0
    wallet_minor: Counter[str] = field(default_factory=Counter)
    day: Day = field(default_factory=lambda: Day(0))

    def received(self, sku: str, quantity: int) -> None:
        self.pieces[sku] += quantity

    def sold(self, sale: Json) -> None:
        self.receipts.append(Receipt.of(sale))
        self.taken_minor += sum(tender["amount_minor"] for tender in sale["tenders"])
        for line in sale["lines"]:
            if not line.get("order_id"):  # what was ordered leaves a shelf when it is handed over
                self.pieces[line["sku"]] -= line["quantity"]
        self.day.sale_count += 1
        self.day.gross_minor += sale["total_minor"]
        self.day.cash_minor += _paid(sale, "cash")
        self.card_minor += _paid(sale, "card")
        for tender in sale["tenders"]:
            if tender["kind"] == "wallet":
                self.wallet_minor[tender["scheme"]] += tender["amount_minor"]

    def took_back(self, given: Json) -> None:
        self.returns.append(given["return_id"])
        self.taken_minor -= sum(tender["amount_minor"] for tender in given["tenders"])
        for line in given["lines"]:
            self.pieces[line["sku"]] += line["quantity"] * line["is_restocked"]
        self.day.return_count += 1
        self.day.refund_minor += given["total_minor"]
        self.day.cash_minor -= _paid(given, "cash")

    def told(self) -> Json:
        """For the folder that the story leaves."""
        return {
            "receipts": [receipt._asdict() for receipt in self.receipts],
            "returns": self.returns,
            "pieces": dict(self.pieces),
            "card_minor": self.card_minor,
            "wallet_minor": dict(self.wallet_minor),
            "z": self.z,
        }

    def moved_cash(self, amount_minor: int) -> None:
        """Positive into the drawer."""
        self.day.moved_minor += amount_minor


def _paid(fact: Json, kind: str) -> int:
    return sum(tender["amount_minor"] for tender in fact["tenders"] if tender["kind"] == kind)
