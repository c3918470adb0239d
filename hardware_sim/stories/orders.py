"""An order as people deal with it: asked for and paid at head office's desk, laid ready in a back room, handed over.

Everything goes over HTTP, as a storefront, a phone or a shop's own screens would ask it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from hardware_sim.proof.outside import HeadOffice, Refused, Till
from hardware_sim.proof.untrue import Untrue
from hardware_sim.stories.insisting import insist
from hardware_sim.stories.stage import check, wait

WITHIN_S: Final = 60.0
NAMES_OF_PICKED: Final = ("line", "quantity", "sku", "lot", "expiry")

Json = dict[str, Any]


class Order(NamedTuple):
    """What the customer has of it. `paper_code` is on the receipt, "" where it is brought to the door."""

    order_id: str
    number: str
    paper_code: str
    paid_minor: int
    window_end: str


class Desk:
    """Head office, asked for an order by one of its customers."""

    def __init__(self, office: HeadOffice) -> None:
        self.office = office

    def offers(self, lines: Sequence[Json], near: str) -> list[Json]:
        wanted = {"lines": list(lines), "near": near, "language": "en"}
        return list(self.office.ask("POST", "/api/orders/quote", wanted)["offers"])

    def offer(self, lines: Sequence[Json], near: str, kind: str) -> Json:
        """The way of that kind, as soon as there is one."""
        found: list[Json] = []

        def is_offered() -> bool:
            found[:] = [it for it in self.offers(lines, near) if it["kind"] == kind]
            return bool(found)

        wait(is_offered, WITHIN_S, f"expected {kind} to be offered")
        return found[0]

    def order(self, offer: Json, lines: Sequence[Json], customer: str) -> Order:
        """Held and paid. Whoever asks twice under one key has one order."""
        wanted = {"offer_id": offer["offer_id"], "lines": list(lines), "customer": customer}
        held = insist(lambda: self._hold(wanted))
        check(self._hold(wanted) == held, "expected the same order for the same key")
        paid_minor = held["goods_minor"] + held["fee_minor"]
        paid = {"paid_minor": paid_minor, "payment": f"desk-{held['number']}"}
        order_id = held["order_id"]
        insist(lambda: self.office.ask("POST", f"/api/orders/{order_id}/place", paid))
        end = str(offer["window"]["end"])
        return Order(order_id, held["number"], held["paper_code"], paid_minor, end)

    def _hold(self, wanted: Json) -> Json:
        key = {"Idempotency-Key": f"{wanted['customer']}-{wanted['offer_id']}"[:100]}
        answer = self.office.client.post("/api/orders/hold", json=wanted, headers=key)
        answer.raise_for_status()
        return dict(answer.json())

    def look(self, order_id: str) -> Json:
        return dict(self.office.ask("GET", f"/api/orders/{order_id}"))

    def wait_until(self, order_id: str, state: str) -> None:
        wait(lambda: self.look(order_id)["state"] == state, WITHIN_S, f"expected the order {state}")

    def phone_code(self, order_id: str) -> str:
        """What the customer's phone shows now; it has a line of its own."""
        return str(self.office.ask("GET", f"/api/orders/{order_id}/code")["code"])


class BackRoom:
    """The shop that an order's goods lie in."""

    def __init__(self, till: Till) -> None:
        self.till = till

    def job(self, order_id: str) -> Json:
        """The shop's open job of this order, as soon as it has been heard of."""

        def found() -> list[Json]:
            jobs = self.till.ask("GET", "/api/orders")
            return [job for job in jobs if job["order_id"] == order_id]

        wait(lambda: bool(found()), WITHIN_S, "expected the shop to hear of the order")
        return dict(found()[0])

    def set_aside(self, job: Json) -> list[Json]:
        """The goods that the box proposed, now nobody else's."""
        path = f"/api/orders/{job['job_id']}"
        proposals = self.till.ask("GET", path)["proposals"]
        take = [goods for proposal in proposals for goods in proposal["take"]]
        check(bool(take), f"expected goods to lay aside, got {proposals}")
        picked = [{name: goods[name] for name in NAMES_OF_PICKED} for goods in take]
        self.till.ask("POST", f"{path}/pick", {"picked": picked})
        return take

    def lay_ready(self, job: Json, place: str = "Shelf 2") -> None:
        laid = {"place": place, "packages": 1}
        self.till.ask("POST", f"/api/orders/{job['job_id']}/ready", laid)

    def hand_over(self, code: str) -> Json:
        return dict(self.till.ask("POST", "/api/orders/handovers", {"code": code}))

    def refused(self, whose: str, code: str) -> str:
        """What the shop says to a code that opens nothing."""
        try:
            given = self.hand_over(code)
        except Refused as error:
            check(error.status < 500, f"expected a refusal in words, got {error}")
            return f"{whose} code: {error}"
        raise Untrue(f"Expected {whose} code to be refused, got {given}.")
