"""Orders that were promised before the line went, and are collected while it is down.

One lies ready before the cut. The other has only been accepted: it is laid ready in the dark, and the hub, which hears
nothing, must come to think that it was forgotten. Of the first one a piece is brought back in the dark as well: the
shop knows the order, for it handed it over, and the hub owes the money once it hears of it.
"""

from __future__ import annotations

from typing import Final

from hardware_sim.proof.outside import HeadOffice, Refused
from hardware_sim.proof.untrue import Untrue
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

    def bring_back(self) -> str:
        """Paid online: the till gives no money, the hub will."""
        first, till = self.orders[0], self.cashier.till
        one = [{"place": 1, "quantity": 1}]
        wanted: dict[str, object] = {"number": first.number, "goods": one, "reason": "spare"}
        given = till.ask("POST", "/api/returns/orders", wanted)
        check(given["proof"] == "order", f"expected the shop to know the order, got {given}")
        for goods in given["goods"]:
            self.cashier.ledger.pieces[goods["sku"]] += goods["quantity"] * goods["is_restocked"]
        slip = self.cashier.printed("return", given["return_id"])
        back = f"{self._piece_minor(first):,}"
        check(back in slip and first.number in slip, f"expected {back} on the slip, got\n{slip}")
        return f"1 of {PIECES} taken in; the slip says {back}, when the line is back\n" + (
            self._too_many(wanted | {"goods": [{"place": 1, "quantity": PIECES}]})
        )

    def _too_many(self, wanted: dict[str, object]) -> str:
        try:
            given = self.cashier.till.ask("POST", "/api/returns/orders", wanted)
        except Refused as error:
            check(error.status < 500, f"expected a refusal in words, got {error}")
            return f"more than were handed over: {error}"
        raise Untrue(f"Expected no more than {PIECES} pieces to come back, got {given}.")

    def _piece_minor(self, order: Order) -> int:
        return order.paid_minor // PIECES

    def compare(self) -> str:
        """Handed over is kept, whatever the hub had to think meanwhile; what came back is owed, and nothing else."""
        told = []
        for order in self.orders:
            wait(
                lambda order=order: self.desk.look(order.order_id)["promise"] == "kept",  # type: ignore[misc]
                WITHIN_S,
                f"expected the promise of {order.number} to be kept",
            )
            found = self.desk.look(order.order_id)
            is_first = order is self.orders[0]
            state = "partly_returned" if is_first else "completed"
            check(found["state"] == state, f"expected it {state}, got {found['state']}")
            owed = [(it["kind"], it["reason"], it["amount_minor"]) for it in found["credits"]]
            back = [("refund", "returned", self._piece_minor(order))] if is_first else []
            check(owed == back, f"expected {back or 'nothing'} owed, got {owed}")
            thought = [it["what"] for it in found["story"] if it["what"] in {"at_risk", "broken"}]
            meanwhile = f" (the hub had thought: {', '.join(thought)})" if thought else ""
            money = f", {self._piece_minor(order):,} owed" if is_first else ""
            told.append(f"{order.number}: {found['state']}, promise kept{meanwhile}{money}")
        return "\n".join(told)


def _forged(code: str) -> str:
    return code[:-1] + ("B" if code[-1] == "A" else "A")
