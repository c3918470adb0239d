"""A member of the chain, with her phone, who buys in any of its shops; her points are reckoned beside box and hub.

Points are added without limit, whatever the line does. With the line down each shop gives away so many of them as the
programme allows; how many can be spent beyond the balance that way, the console has said before.
"""

from __future__ import annotations

import re
import uuid
from typing import Any, Final

from hardware_sim.proof.outside import HeadOffice, Refused, Till
from hardware_sim.proof.untrue import Untrue
from hardware_sim.stories.cashier import Cashier
from hardware_sim.stories.stage import check, wait

WITHIN_S: Final = 30.0
EARN_BP: Final = 500
GIFT: Final = 1_500
ALLOWANCE: Final = 1_000
_STATED: Final = re.compile(r"at most ([\d,]+) points could be spent beyond the balance")

Json = dict[str, Any]


def half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


class Regular:
    """`points` is what the teller says she has; `spent_in_the_dark` what shops gave away without asking."""

    def __init__(self, office: HeadOffice) -> None:
        self.office = office
        self.member_id = self.number = ""
        self.points = 0
        self.stated = 0
        self.spent_in_the_dark = 0

    # -- with the line up --

    def join(self, shops: list[str], currency: str) -> str:
        programme = {
            "currency": currency,
            "tiers": [{"name": "Friend", "earn_bp": EARN_BP}],
            "allowance": ALLOWANCE,
            "debt_cap": GIFT,
            "shops": shops,
        }
        self.office.ask("PUT", "/api/programme", programme)
        joined = self.office.ask("POST", "/api/members", {"fields": {"name": "Mina"}})
        self.member_id, self.number = joined["member_id"], joined["number"]
        gift = {"id": str(uuid.uuid4()), "amount": GIFT}
        self.office.ask("POST", f"/api/members/{self.member_id}/gift", gift)
        self.points = GIFT
        return f"number {self.number}, {GIFT:,} points to begin with"

    def read_bound(self) -> str:
        """What the console says of her, in its own words."""
        page = self.office.client.get(f"/members/{self.number}").raise_for_status().text
        stated = _STATED.search(page)
        if stated is None:
            raise Untrue("Expected the console to state how many points can be spent too many.")
        self.stated = int(stated[1].replace(",", ""))
        return f'the console: "{stated[0]}"'

    # -- at a counter --

    def is_known(self, till: Till) -> bool:
        """Whether the shop can read her code: the hub's key has come, and the programme."""
        till.ask("POST", "/api/scans", {"data": self.code()})
        standing = till.ask("GET", "/api/basket/member")
        till.ask("POST", "/api/basket/member/off")
        return bool(standing["limit"] != "no_rules")

    def greet(self, *tills: Till) -> None:
        for till in tills:
            wait(lambda till=till: self.is_known(till), WITHIN_S, "expected her code to be read")  # type: ignore[misc]

    def code(self) -> str:
        """Of her phone, which has a line of its own; the shop proves it without one."""
        return str(self.office.ask("GET", f"/api/members/{self.member_id}/code")["code"])

    def buy(self, cashier: Cashier, sku: str, quantity: int) -> Json:
        self._fill(cashier.till, sku, quantity)
        sale = self._pay(cashier)
        self._earn(sale, 0)
        return sale

    def redeem(self, cashier: Cashier, sku: str, quantity: int, points: int) -> Json:
        """Her points pay what they can, cash the rest."""
        self._fill(cashier.till, sku, quantity)
        cashier.till.ask("POST", "/api/basket/tenders/points", {"points": points})
        sale = self._pay(cashier)
        self._earn(sale, points)
        self.points -= points
        self.spent_in_the_dark += points
        return sale

    def refused(self, cashier: Cashier, sku: str, points: int) -> str:
        """What the shop says to more points than it may give away; she pays cash."""
        self._fill(cashier.till, sku, 1)
        try:
            given = cashier.till.ask("POST", "/api/basket/tenders/points", {"points": points})
        except Refused as refusal:
            check(refusal.status < 500, f"expected a refusal in words, got {refusal}")
            self._earn(self._pay(cashier), 0)
            return str(refusal)
        raise Untrue(f"Expected {points} points to be refused, got {given}.")

    def take_back(self, cashier: Cashier, sale: Json) -> str:
        """One piece of what she bought: its points go back too."""
        (line,) = sale["lines"]
        wanted = {"sale_id": sale["sale_id"], "reason": "stale", "tender": "cash"}
        one = {"line": line["line"], "quantity": 1}
        given = cashier.till.ask("POST", "/api/returns", wanted | {"lines": [one]})
        cashier.ledger.took_back(given)
        gone = half_up(sale["points_earned"], line["quantity"])
        paid = _by_points(sale) // line["quantity"]
        back = _by_points(given)
        check(back == paid, f"expected {paid} of it as the points that had paid it, got {back}")
        self.points += back - gone
        return (
            f"{given['total_minor']:,} back, {back:,} of it as the points that had paid it; "
            f"the {gone:,} points that it had earned are gone"
        )

    def _fill(self, till: Till, sku: str, quantity: int) -> None:
        till.ask("POST", "/api/scans", {"data": self.code()})
        till.ask("POST", "/api/basket/lines", {"sku": sku, "quantity": quantity})

    def _pay(self, cashier: Cashier) -> Json:
        due = cashier.till.state()["basket"]["due_minor"]
        given = {"tendered_minor": due}
        sale = dict(cashier.till.ask("POST", "/api/basket/tenders/cash", given)["sale"])
        cashier.ledger.sold(sale)
        return sale

    def _earn(self, sale: Json, paid_by_points: int) -> None:
        """One product a basket, so that nothing has to be spread over lines; a point pays one won."""
        earned = half_up((sale["total_minor"] - paid_by_points) * EARN_BP, 10_000)
        check(
            sale["points_earned"] == earned,
            f"expected {earned} points for {sale['total_minor']:,}, got {sale['points_earned']}",
        )
        self.points += earned

    # -- afterwards --

    def compare(self, till: Till) -> str:
        """Hub, box and teller count alike, and no more was given away than was said."""
        wait(
            lambda: self._at_hub()["balance"] == self.points,
            WITHIN_S,
            f"expected {self.points:,} points at the hub",
        )
        shown = max(0, self.points)
        wait(lambda: self._at_box(till) == shown, WITHIN_S, f"expected {shown:,} points at the box")
        too_many = max(0, self.spent_in_the_dark - GIFT)
        check(
            too_many <= self.stated,
            f"expected at most {self.stated:,} points spent beyond the balance, got {too_many:,}",
        )
        return (
            f"{self.points:,} by hub, box and teller; "
            f"{too_many:,} spent beyond the balance, {self.stated:,} had been stated"
        )

    def _at_hub(self) -> Json:
        return dict(self.office.ask("GET", f"/api/members/{self.member_id}")["points"])

    def _at_box(self, till: Till) -> int:
        till.ask("POST", "/api/scans", {"data": self.code()})
        balance = till.ask("GET", "/api/basket/member")["balance"]
        till.ask("POST", "/api/basket/member/off")
        return int(balance)


def _by_points(fact: Json) -> int:
    return sum(paid["amount_minor"] for paid in fact["tenders"] if paid["kind"] == "points")
