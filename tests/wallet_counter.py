"""A counter that takes wallets: a box's own thread, the real hub, the real providers, and the line that a test cuts."""

import itertools
import os
from collections import deque
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from cloud.db import Database as HubDatabase
from cloud.payments.service import WalletService
from cloud.projection import Projected, project, registry, store_rows, upcasters
from cloud.questions import QuestionDesk
from contract.asks import Ask
from contract.envelope import make_uid
from edge.domain.basket import EnteredCode
from edge.domain.errors import HubUnreachable
from edge.domain.returns import Wanted
from edge.services import payments, returns, sales, selling
from edge.services.notices import Notices
from edge.services.returns import Receipt
from edge.uplink.asking import body_of
from edge.uplink.wallet_desk import WalletDesk
from tests.wallets import Bench

NUMBERS = itertools.count(1)


def fresh_code(name: str) -> str:
    """A phone shows each code once."""
    return f"{ {'wechat_pay': '13', 'alipay': '28'}[name] }{next(NUMBERS):016d}"


class Stop(BaseException):
    """The box loses its power here."""


@dataclass
class Line:
    """Between box and hub. `faults`, one a question: "" carries it, "question" and "answer" lose that, "twice"
    asks it twice as two questions, the power goes at "power" before it and at "power_after" after it.
    """

    edge_id: str
    questions: QuestionDesk
    clock: Any
    is_up: bool = True
    faults: deque[str] = field(default_factory=deque)
    asked: list[str] = field(default_factory=list)

    def _answer(self, verb, arguments, ask_id):
        question = Ask(id=ask_id, verb=verb, not_after=self.clock.now(), arguments=dict(arguments))
        return self.questions.answer(self.edge_id, question)

    def another_id(self) -> str:
        return make_uid(next(NUMBERS), os.urandom)

    def ask(self, verb, arguments, *, ask_id, timeout_s):
        if not self.is_up:
            raise HubUnreachable
        self.asked.append(verb)
        fault = self.faults.popleft() if self.faults else ""
        if fault == "question":
            return body_of(None, timeout_s)
        if fault == "power":
            raise Stop
        if fault == "twice":
            self._answer(verb, arguments, self.another_id())
        answer = self._answer(verb, arguments, ask_id)
        if fault == "power_after":
            raise Stop
        return body_of(None if fault == "answer" else answer, timeout_s)


@dataclass
class Counter:
    """A box with its wallet thread, a hub, and the providers; `step` lets time pass and the thread work once."""

    shop: Any
    bench: Bench
    line: Line
    clock: Any
    notices: Notices
    hub: WalletService
    hub_database: HubDatabase
    desk: WalletDesk = field(init=False)
    delivered: int = 0

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """As after a start: nothing is in memory."""
        self.desk = WalletDesk(
            self.shop, self.line.ask, lambda: self.line.is_up, self.clock, self.notices
        )

    def scan(self, code="8801234500012"):
        return selling.add_scan(self.shop, EnteredCode(code))

    def pay(self, name, amount_minor=None):
        return self.desk.pay(fresh_code(name), amount_minor)

    def step(self, seconds=0.0):
        self.clock.pass_s(seconds)
        self.bench.pass_time(seconds)
        return self.desk.step()

    def until_settled(self):
        for _ in range(40):
            self.step(10)
            if not payments.of_kind(self.shop, "wallet", *selling.UNSETTLED):
                return
        raise AssertionError("not settled after 400 s")

    def state(self, payment) -> str:
        return payments.get(self.shop, payment.payment_id).state

    def tendered_minor(self) -> int:
        """All that the box counts as paid by wallet: of sales and of baskets, less what went back."""
        with self.shop.read() as reader:
            (approved,) = reader.sql(
                "SELECT coalesce(sum(amount_minor), 0) FROM payment WHERE kind = 'wallet' AND state = 'APPROVED'"
            ).fetchone()
            (back,) = reader.sql(
                "SELECT coalesce(sum(amount_minor), 0) FROM wallet_refund WHERE state = 'DONE'"
            ).fetchone()
        return approved - back

    def give_back(self, pieces):
        """Goods of the newest sale, their money to the wallet."""
        (sale,) = sales.newest(self.shop, 1)
        receipt = Receipt(sale_id=sale.sale_id)
        return returns.take_back(self.shop, receipt, [Wanted(1, pieces)], "unwanted", "wallet")

    def deliver(self) -> None:
        """Everything that this box has written reaches the hub's books, in order and once."""
        with self.shop.read() as reader:
            rows = reader.sql(
                f"SELECT epoch, seq, uid, body FROM outbox WHERE seq > {self.delivered} ORDER BY seq"
            ).fetchall()
        edge_id = self.shop.settings.edge_id
        with self.hub_database.write() as session:
            for epoch, seq, uid, body in rows:
                fact: Any = SimpleNamespace(
                    edge_id=edge_id, epoch=epoch, seq=seq, uid=uid, body=body
                )
                outcome = project(fact, registry(), upcasters())
                assert isinstance(outcome, Projected), outcome
                store_rows(session, [outcome])
                self.delivered = seq
