"""What both wallet providers are inside: orders, customers who follow a script, and faults. No wire here.

A customer follows a script: each payment takes its next step, and the last step repeats.

    approve      small enough to need no password
    decline      not enough in the wallet
    password     she types her password, then it is paid
    gives_up     she is asked for her password and the payment fails
    wait         until somebody presses a button on the bench
    late         she pays only after the shop has given up: the reversal is answered, then the money comes

Faults are armed by name for the next call of their kind; `FAULTS` says what each does.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from hardware_sim.wallets.ledger import Entry, Ledger

PASSWORD_S: Final = 4.0
LATE_S: Final = 3.0
CODE_S: Final = 60.0  # a phone shows a fresh code after that, and the old one is worth nothing
CODE_DIGITS: Final = 18
FIRST_CODES: Final = {"wechat_pay": range(10, 16), "alipay": range(25, 31)}
STEPS: Final = ("approve", "decline", "password", "gives_up", "wait", "late")
BUTTONS: Final = ("approve", "decline")

FAULTS: Final = {
    "open_late": "the customer pays on the page only after the shop has closed the order",
    "open_lost": "an order for the page is lost on its way",
    "open_answer_lost": "an order for the page is taken, its answer is lost",
    "close_lost": "a closing is lost on its way",
    "close_answer_lost": "a closing is done, its answer is lost",
    "notify_lost": "the word that an order was paid never arrives",
    "notify_forged": "the word that an order was paid bears a wrong signature",
    "pay_lost": "the payment is lost on its way: nothing is asked of anybody",
    "pay_answer_lost": "the payment is taken, its answer is lost",
    "pay_system_error": "a system error is answered, and nothing happened",
    "pay_system_error_paid": "a system error is answered, though it was paid",
    "pay_forged": "the answer to the payment bears a wrong signature",
    "pay_garbage": "the answer to the payment is no answer",
    "pay_wrong_amount": "the answer to the payment names another amount",
    "query_lost": "a query is not answered",
    "query_system_error": "a query is answered with a system error",
    "query_forged": "the answer to a query bears a wrong signature",
    "reverse_lost": "a reversal is lost on its way",
    "reverse_answer_lost": "a reversal is done, its answer is lost",
    "reverse_refused": "a reversal is refused and must be asked again",
    "refund_lost": "a refund is lost on its way",
    "refund_answer_lost": "a refund is done, its answer is lost",
    "refund_system_error": "a refund is answered with a system error, and nothing happened",
}


class Refusal(Exception):
    """The provider says no; `kind` is spelt by each wire in its own way."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(kind)


@dataclass(slots=True)
class Order:
    """One payment that a shop asked for. `due_s` is when the customer decides, None while nobody knows.

    `closes_s` is when a page stops taking the money, None for a code that was shown.
    """

    number: str
    amount_minor: int
    currency: str
    transaction_id: str
    step: str = "wait"
    state: str = "waiting"  # paid, failed, closed, revoked
    due_s: float | None = None
    closes_s: float | None = None
    refunds: dict[str, int] = field(default_factory=dict)

    @property
    def refunded_minor(self) -> int:
        return sum(self.refunds.values())


class WalletProvider:
    """One provider: `lock` is held by each call of the wire, so that a script is followed in order."""

    def __init__(
        self,
        name: str,
        ledger: Ledger | None = None,
        now: Callable[[], float] = time.monotonic,
        speed: float = 1.0,
    ) -> None:
        self.name = name
        self.ledger = ledger or Ledger()
        self.script: deque[str] = deque(["approve"])
        self.faults: deque[str] = deque()
        self.orders: dict[str, Order] = {}
        self.lock = threading.RLock()
        self._now = now
        self._speed = speed
        self._used_codes: set[str] = set()  # in memory alone: a code is a secret
        self._shown_s: dict[str, float] = {}
        for entry in self.ledger.entries:
            self._remember(entry)

    # -- hands --

    def set_script(self, steps: list[str]) -> None:
        unknown = [it for it in steps if it not in STEPS]
        if unknown or not steps:
            raise ValueError(
                f"Expected steps of {', '.join(STEPS)}, got {', '.join(unknown) or 'none'}."
            )
        with self.lock:
            self.script = deque(steps)

    def arm(self, name: str) -> None:
        if name not in FAULTS:
            raise ValueError(f"Expected one of {', '.join(FAULTS)}, got {name}.")
        with self.lock:
            self.faults.append(name)

    def take_fault(self, operation: str) -> str:
        """The next armed fault, without the name of the operation, where it is one of this operation."""
        if not self.faults or not self.faults[0].startswith(f"{operation}_"):
            return ""
        return self.faults.popleft().removeprefix(f"{operation}_")

    def press(self, button: str) -> None:
        """The customer who has waited longest decides now."""
        if button not in BUTTONS:
            raise ValueError(f"Expected {' or '.join(BUTTONS)}, got {button}.")
        with self.lock:
            self._live()
            waiting = [it for it in self.orders.values() if it.state == "waiting"]
            if not waiting:
                raise ValueError("Expected a customer who is asked to pay, got none.")
            waiting[0].step, waiting[0].due_s = button, self._now()
            self._live()

    def state(self) -> dict[str, object]:
        with self.lock:
            self._live()
            return {
                "name": self.name,
                "script": list(self.script),
                "faults": list(self.faults),
                "waiting": [
                    {"number": it.number, "amount_minor": it.amount_minor, "currency": it.currency}
                    for it in self.orders.values()
                    if it.state == "waiting"
                ],
                **self.ledger.summary(),
            }

    def show(self) -> str:
        """A fresh payment code on a customer's phone. One that no phone here has shown is taken as somebody else's."""
        start = str(secrets.choice(FIRST_CODES[self.name]))
        left = CODE_DIGITS - len(start)
        code = f"{start}{secrets.randbelow(10**left):0{left}d}"
        with self.lock:
            self._shown_s[code] = self._now()
        return code

    # -- what shops ask --

    def pay(self, number: str, code: str, amount_minor: int, currency: str) -> Order:
        if number in self.orders:
            raise Refusal("number_used")
        if code in self._used_codes:
            raise Refusal("code_used")
        if self._now() - self._shown_s.get(code, self._now()) > CODE_S / self._speed:
            raise Refusal("code_old")
        self._used_codes.add(code)
        step = self.script.popleft() if len(self.script) > 1 else self.script[0]
        order = Order(number, amount_minor, currency, self._fresh_id(), step)
        self.orders[number] = order
        self._write("asked", order, asked_minor=amount_minor)
        order.due_s = self._due_s(step)
        self._live()
        return order

    def open(
        self, number: str, amount_minor: int, currency: str, lasts_s: float, fault: str
    ) -> Order:
        """An order that its customer pays on a page of ours; again with the same figures, the same order.

        With the `fault` "late" she pays only after the shop has closed it.
        """
        self._live()
        known = self.orders.get(number)
        if known is not None:
            if known.state == "waiting" and (known.amount_minor, known.currency) == (
                amount_minor,
                currency,
            ):
                return known
            raise Refusal("number_used")
        step = "late" if fault == "late" else "wait"
        order = Order(number, amount_minor, currency, self._fresh_id(), step)
        order.closes_s = self._now() + lasts_s
        self.orders[number] = order
        self._write("asked", order, asked_minor=amount_minor)
        return order

    def decide(self, number: str, button: str) -> Order | None:
        """The customer presses a button on the page of this order; once it is decided, nothing changes it."""
        if button not in BUTTONS:
            raise ValueError(f"Expected {' or '.join(BUTTONS)}, got {button}.")
        with self.lock:
            self._live()
            order = self.orders.get(number)
            if order is not None and order.state == "waiting" and order.step != "late":
                order.step, order.due_s = button, self._now()
                self._live()
            return order

    def query(self, number: str) -> Order | None:
        self._live()
        return self.orders.get(number)

    def reverse(self, number: str) -> str:
        """Closes an order that is not paid, gives the money of a paid one back: "close", "refund" or "" for nothing.

        A number that nobody knows is closed too: it can never be paid.
        """
        self._live()
        order = self.orders.get(number)
        if order is None:
            order = self.orders[number] = Order(number, 0, "", "")
        if order.state == "paid":
            self._give_back(order, f"{number}-reversal", order.amount_minor - order.refunded_minor)
            order.state = "revoked"
            return "refund"
        if order.state == "waiting" and order.step == "late":
            order.due_s = self._now() + LATE_S / self._speed
            return "close"
        if order.state in ("waiting", "failed"):
            order.state = "closed"
            self._write("closed", order)
            return "close"
        return ""

    def refund(self, number: str, refund_number: str, amount_minor: int) -> Order:
        self._live()
        order = self.orders.get(number)
        if order is None:
            raise Refusal("missing")
        if order.refunds.get(refund_number) == amount_minor:
            return order
        if order.state != "paid" or refund_number in order.refunds:
            raise Refusal("not_refundable")
        if amount_minor <= 0 or order.refunded_minor + amount_minor > order.amount_minor:
            raise Refusal("refund_too_large")
        self._give_back(order, refund_number, amount_minor)
        return order

    # -- inside --

    def _live(self) -> None:
        """Lets every customer decide whose moment has come."""
        now_s = self._now()
        for order in self.orders.values():
            if order.state != "waiting":
                continue
            if order.due_s is not None and order.due_s <= now_s:
                self._decide(order)
            elif order.step == "wait" and order.closes_s is not None and order.closes_s <= now_s:
                order.state = "closed"
                self._write("closed", order)

    def _decide(self, order: Order) -> None:
        if order.step in ("decline", "gives_up"):
            order.state = "failed"
            self._write("failed", order)
        else:
            order.state = "paid"
            self._write("paid", order, amount_minor=order.amount_minor)

    def _due_s(self, step: str) -> float | None:
        if step in ("approve", "decline"):
            return self._now()
        if step in ("password", "gives_up"):
            return self._now() + PASSWORD_S / self._speed
        return None

    def _give_back(self, order: Order, refund_number: str, amount_minor: int) -> None:
        order.refunds[refund_number] = amount_minor
        self._write("refunded", order, amount_minor=-amount_minor, refund_number=refund_number)

    def _write(
        self,
        event: str,
        order: Order,
        *,
        amount_minor: int = 0,
        refund_number: str = "",
        asked_minor: int = 0,
    ) -> None:
        self.ledger.write(
            Entry(
                self.name,
                event,
                order.number,
                order.transaction_id,
                amount_minor,
                order.currency,
                refund_number,
                asked_minor,
            )
        )

    def _fresh_id(self) -> str:
        """28 digits, as both providers' numbers have."""
        return f"42{sum(it.event == 'asked' for it in self.ledger.entries) + 1:026d}"

    def _remember(self, entry: Entry) -> None:
        """One line of the book again. A customer who was deciding waits for a hand now."""
        if entry.event == "asked":
            self.orders[entry.order_number] = Order(
                entry.order_number, entry.asked_minor, entry.currency, entry.transaction_id
            )
            return
        order = self.orders.setdefault(entry.order_number, Order(entry.order_number, 0, "", ""))
        if entry.event == "refunded":
            order.refunds[entry.refund_number] = -entry.amount_minor
            if entry.refund_number == f"{entry.order_number}-reversal":
                order.state = "revoked"
        else:
            order.state = entry.event
