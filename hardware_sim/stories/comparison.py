"""Both sides against each other and against the teller's own books, once the line is back."""

from __future__ import annotations

from typing import Any

from hardware_sim.processes import Company
from hardware_sim.proof.estate import collect, drained
from hardware_sim.proof.judgement import Evidence, judge
from hardware_sim.proof.outside import HeadOffice, Till
from hardware_sim.stories.ledger import Ledger
from hardware_sim.stories.stage import check, wait

DRAINED_WITHIN_S = 90.0
ENTERED_WITHIN_S = 20.0

Json = dict[str, Any]


class Comparison:
    """`ledger` is what the teller wrote down; box and hub are asked."""

    def __init__(self, company: Company, till: Till, office: HeadOffice, ledger: Ledger) -> None:
        self.company = company
        self.till, self.office = till, office
        self.ledger = ledger
        self.drained_s = 0.0

    @property
    def edge_id(self) -> str:
        return self.company.shop.edge_id

    def evidence(self) -> Evidence:
        return collect(self.company, self.office, self.ledger.receipts)

    def facts(self) -> str:
        self.drained_s = wait(
            lambda: drained(self.company, self.till, self.office),
            DRAINED_WITHIN_S,
            "expected the box to be drained",
        )
        evidence = self.evidence()
        found = judge(evidence)
        check(
            found.is_clean, f"expected nothing lost, doubled, out of order or changed, got {found}"
        )
        box = self.office.box(self.edge_id)
        check(not box["quarantined"], f"expected nothing in quarantine, got {box['quarantined']}")
        check(box["chain_equal"], "expected the chains of box and hub to be equal")
        count = sum(len(stream) for stream in evidence.streams.values())
        receipts = len(self.ledger.receipts)
        return f"{count} facts after {self.drained_s:.1f} s; {receipts} receipts, all in the books"

    def stock(self) -> str:
        wanted = dict(self.ledger.pieces)
        wait(
            lambda: self.stock_of_hub() == wanted,
            ENTERED_WITHIN_S,
            "expected the hub's stock to agree",
        )
        found = self.stock_of_box()
        check(found == wanted, f"expected {wanted} in the box, got {found}")
        return f"{len(wanted)} products, {sum(wanted.values()):,} pieces on both sides"

    def stock_of_hub(self) -> dict[str, int]:
        levels = self.office.ask("GET", "/api/stock", location_id=self.company.shop.location_id)
        return {level["sku"]: level["quantity"] for level in levels}

    def stock_of_box(self) -> dict[str, int]:
        return {
            sku: self.till.ask("GET", f"/api/stock/{sku}")["quantity"] for sku in self.ledger.pieces
        }

    def money(self) -> str:
        wait(self._is_derived, ENTERED_WITHIN_S, "expected every Z report to be derived again")
        shifts = self.shifts()
        for z in self.ledger.z:
            shift = shifts[z["shift_id"]]
            check(not shift["differences"], f"Z {z['number']} differs: {shift['differences']}")
            check(
                shift["reported"] == z, f"expected Z {z['number']} as the box gave it, got {shift}"
            )
        sold = sum(receipt.total_minor for receipt in self.ledger.receipts)
        booked = sum(sale["total_minor"] for sale in self.office.sales(self.edge_id))
        check(sold == booked, f"expected {sold:,} in the hub's books, got {booked:,}")
        returns = {
            row["return_id"]
            for row in self.office.ask("GET", "/api/returns", limit=1_000)
            if row["edge_id"] == self.edge_id
        }
        check(set(self.ledger.returns) == returns, "expected every return at the hub, and no other")
        return f"{len(self.ledger.z)} Z reports equal, {booked:,} sold, {len(returns)} returns"

    def shifts(self) -> dict[str, Json]:
        found = self.office.ask("GET", "/api/shifts", edge_id=self.edge_id)
        return {shift["shift_id"]: shift for shift in found}

    def _is_derived(self) -> bool:
        found = self.shifts()
        return all(found.get(z["shift_id"], {}).get("derived") for z in self.ledger.z)
