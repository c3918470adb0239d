"""Orders that were promised before the line went, and are collected while it is down.

One lies ready before the cut. The other has only been accepted: it is laid ready in the dark, and the hub, which hears
nothing, must come to think that it was forgotten.
"""

from __future__ import annotations

from typing import Final

from hardware_sim.proof.outside import HeadOffice
from hardware_sim.stories.cashier import Cashier
from hardware_sim.stories.orders import BackRoom, Desk, Order
from hardware_sim.stories.stage import check, wait

WITHIN_S: Final = 30.0
CAP: Final = 10
PIECES: Final = 2


class PickUps:
    """Of one shop, which sells `sku`; `cashier` keeps the ledger of what leaves it."""

    def __init__(self, office: HeadOffice, cashier: Cashier, location_id: str, sku: str) -> None:
        self.office = office
        self.cashier = cashier
        self.location_id = location_id
        self.lines = ({"sku": sku, "quantity": PIECES},)
        self.desk = Desk(office)
        self.room = BackRoom(cashier.till)
        self.orders: list[Order] = []

    def allow(self, names: dict[str, str]) -> None:
        """Head office lets the hub promise what lies there."""
        shop = {"location_id": self.location_id, "names": names, "prepare_min": 60}
        self.office.ask("PUT", "/api/shops", {"shops": [shop]})
        right = {"location_id": self.location_id, "sku": "*", "cap": CAP, "keep": 0}
        self.office.ask("PUT", "/api/rights", {"rights": [right]})

    def promise(self) -> str:
        """Two orders, paid; the first is laid ready."""
        for customer in ("Mina", "Jun"):
            offer = self.desk.offer(self.lines, self.location_id, "pickup")
            self.orders.append(self.desk.order(offer, self.lines, customer))
        first, second = self.orders
        self._lay_ready(first)
        self.room.job(second.order_id)
        self.desk.wait_until(first.order_id, "ready")
        self.desk.wait_until(second.order_id, "accepted")
        return f"{first.number} is ready; {second.number} is accepted, and not yet picked"

    def _lay_ready(self, order: Order) -> None:
        job = self.room.job(order.order_id)
        self.room.set_aside(job)
        self.room.lay_ready(job)

    def collect_by_phone(self) -> str:
        """Her phone's code turns with the time; the shop proves it by what it heard with the order."""
        first = self.orders[0]
        told = self.room.refused("a forged", _forged(first.paper_code))
        self._hand_over(first, self.desk.phone_code(first.order_id), "code")
        again = self.room.refused("the same", first.paper_code)
        return f"{PIECES} pieces against the phone's code\n{told}\n{again}"

    def lay_second_ready(self) -> str:
        self._lay_ready(self.orders[1])
        return f"{self.orders[1].number} lies on Shelf 2; nobody can tell the hub"

    def collect_by_paper(self) -> str:
        second = self.orders[1]
        self._hand_over(second, second.paper_code, "paper")
        return f"{PIECES} pieces against the receipt's code"

    def _hand_over(self, order: Order, code: str, proof: str) -> None:
        given = self.room.hand_over(code)
        pieces = sum(goods["quantity"] for goods in given["handed"])
        check(
            (pieces, given["proof"]["kind"]) == (PIECES, proof),
            f"expected {PIECES} pieces against the {proof} of {order.number}, got {given}",
        )
        for goods in given["handed"]:
            self.cashier.ledger.pieces[goods["sku"]] -= goods["quantity"]

    def compare(self) -> str:
        """Handed over is kept, whatever the hub had to think meanwhile; nobody is owed anything."""
        told = []
        for order in self.orders:
            wait(
                lambda order=order: self.desk.look(order.order_id)["promise"] == "kept",  # type: ignore[misc]
                WITHIN_S,
                f"expected the promise of {order.number} to be kept",
            )
            found = self.desk.look(order.order_id)
            check(found["state"] == "completed", f"expected it completed, got {found['state']}")
            check(not found["credits"], f"expected nothing owed, got {found['credits']}")
            thought = [it["what"] for it in found["story"] if it["what"] in {"at_risk", "broken"}]
            meanwhile = f" (the hub had thought: {', '.join(thought)})" if thought else ""
            told.append(f"{order.number}: {found['state']}, promise kept{meanwhile}")
        return "\n".join(told)


def _forged(code: str) -> str:
    return code[:-1] + ("B" if code[-1] == "A" else "A")
