"""Payments by wallet from the scan to the provider's ledger: the box's own thread, the real hub, the real providers.

Only the line between box and hub is the test's: it loses questions and answers where it is told to.
"""

import itertools
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from cloud.db import Database as HubDatabase
from cloud.payments import asks
from cloud.payments.service import WalletService
from cloud.payments.setup import providers
from cloud.questions import QuestionDesk
from contract.asks import Ask
from edge.domain.basket import EnteredCode
from edge.domain.errors import (
    HubUnreachable,
    PaymentIsSold,
    ShiftHasPayment,
    WalletNotTaken,
    WalletOffline,
    WalletRefundImpossible,
    WalletRunning,
    WalletScanned,
    WalletUnknown,
)
from edge.domain.returns import Wanted
from edge.services import payments, returns, sales, selling, shifts, wallets
from edge.services.notices import Notices
from edge.services.returns import Receipt
from edge.uplink.asking import body_of
from edge.uplink.wallet_desk import WalletDesk
from tests.wallets import Bench, served_bench

both = pytest.mark.parametrize("name", ["wechat_pay", "alipay"])
NUMBERS = itertools.count(1)


def fresh_code(name: str) -> str:
    """A phone shows each code once."""
    return f"{ {'wechat_pay': '13', 'alipay': '28'}[name] }{next(NUMBERS):016d}"


class Stop(BaseException):
    """The box loses its power here."""


@dataclass
class Line:
    """Between box and hub. `faults`, one a question: "" carries it, "question" and "answer" lose that."""

    questions: QuestionDesk
    clock: Any
    is_up: bool = True
    faults: deque[str] = field(default_factory=deque)
    asked: list[str] = field(default_factory=list)

    def ask(self, verb, arguments, *, ask_id, timeout_s):
        if not self.is_up:
            raise HubUnreachable
        self.asked.append(verb)
        fault = self.faults.popleft() if self.faults else ""
        if fault == "question":
            return body_of(None, timeout_s)
        if fault == "power":
            raise Stop
        answer = self.questions.answer(
            "maru-office-tower-1",
            Ask(id=ask_id, verb=verb, not_after=self.clock.now(), arguments=dict(arguments)),
        )
        if fault == "power_after":
            raise Stop
        return body_of(None if fault == "answer" else answer, timeout_s)


@pytest.fixture(scope="session")
def servers() -> Iterator[Bench]:
    with served_bench() as bench:
        yield bench


@pytest.fixture
def bench(servers) -> Bench:
    servers.renew()
    return servers


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


@pytest.fixture
def make_counter(bench, clock, tmp_path):
    with ExitStack() as held:

        def make(shop, folder="hub") -> Counter:
            database = HubDatabase(f"sqlite:///{tmp_path / folder}.sqlite3")
            database.create()
            held.callback(database.close)
            service = WalletService(database, clock, providers(bench.settings, clock, held), "Maru")
            questions = QuestionDesk(database, clock, asks.verbs(service), lambda: None)
            held.callback(questions.close)
            notices = Notices(clock, lambda: None)
            line = Line(questions, clock)
            return Counter(shop, bench, line, clock, notices, service, database)

        yield make


@pytest.fixture
def counter(make_counter, make_shop) -> Counter:
    shop = make_shop()
    shifts.open_shift(shop, "Kim", 50_000)
    return make_counter(shop)


@both
def test_a_code_pays_the_basket(counter, facts, name) -> None:
    counter.scan()
    payment = counter.pay(name)
    assert (payment.state, payment.kind, payment.scheme) == ("NEW", "wallet", name)
    counter.step()
    assert counter.state(payment) == "APPROVED"
    (sale,) = sales.newest(counter.shop, 1)
    transaction = "4200000000000000000000000001"
    assert sales.get(counter.shop, sale.sale_id)["tenders"] == [
        {
            "position": 1, "kind": "wallet", "amount_minor": 4500, "tendered_minor": 4500, "change_minor": 0,
            "payment_id": payment.payment_id, "masked_pan": "", "scheme": name, "auth_code": transaction,
        }
    ]  # fmt: skip
    settled = next(it for it in facts(counter.shop) if it["type"] == "payment.settled")
    told = {key: settled[key] for key in ("kind", "scheme", "outcome", "terminal_transaction_id")}
    assert told == {
        "kind": "wallet",
        "scheme": name,
        "outcome": "approved",
        "terminal_transaction_id": transaction,
    }
    assert counter.bench.moved_minor == counter.tendered_minor() == 4500


@both
def test_a_password_is_waited_for_and_nothing_else_is_taken_meanwhile(counter, name) -> None:
    counter.bench.provider(name).set_script(["password"])
    counter.scan()
    payment = counter.pay(name)
    counter.step()
    assert counter.state(payment) == "IN_PROGRESS"
    with pytest.raises(WalletRunning) as refused:
        counter.scan()
    assert refused.value.message == "The customer is paying 4,500 KRW by wallet."
    counter.step(10)
    assert counter.state(payment) == "APPROVED"
    assert counter.bench.moved_minor == 4500


@both
def test_who_never_types_it_is_given_up_and_the_basket_is_free_again(counter, name) -> None:
    counter.bench.provider(name).set_script(["wait"])
    counter.scan()
    payment = counter.pay(name)
    counter.step()
    counter.step(wallets.PACES[name].give_up_s - 1)
    assert counter.state(payment) == "IN_PROGRESS"
    counter.step(wallets.PACES[name].query_s)
    assert counter.state(payment) == "REVERSED"
    assert counter.notices.newest.message == (
        "The wallet payment over 4,500 KRW was given up; the customer is not charged."
    )
    assert selling.current(counter.shop).due_minor == 4500
    assert counter.bench.moved_minor == 0


def test_the_cancel_key_waits_as_long_as_the_provider_wants(counter) -> None:
    """WeChat Pay: not reversed earlier than 15 s after the payment."""
    counter.bench.provider("wechat_pay").set_script(["wait"])
    counter.scan()
    payment = counter.pay("wechat_pay")
    counter.step()
    counter.desk.stop(payment.payment_id)
    assert counter.step() == 15.0
    assert counter.line.asked == ["wallet.pay"]
    counter.step(15)
    assert counter.line.asked == ["wallet.pay", "wallet.reverse"]
    assert counter.state(payment) == "REVERSED"


def test_a_payment_stopped_before_it_was_sent_is_never_sent(counter) -> None:
    counter.scan()
    payment = counter.pay("alipay")
    counter.desk.stop(payment.payment_id)
    counter.step()
    assert (counter.state(payment), counter.line.asked) == ("CANCELLED", [])


@both
@pytest.mark.parametrize("fault", ["question", "answer"])
def test_no_answer_is_unknown_and_asked_about(counter, name, fault) -> None:
    counter.line.faults.append(fault)
    counter.scan()
    payment = counter.pay(name)
    counter.step()
    assert counter.state(payment) == "UNKNOWN"
    with pytest.raises(WalletUnknown) as refused:
        selling.tender_cash(counter.shop, 4500)
    assert refused.value.message == "The wallet payment over 4,500 KRW is not settled yet."
    with pytest.raises(ShiftHasPayment):
        shifts.close(counter.shop, 50_000)
    counter.until_settled()
    assert counter.state(payment) == ("APPROVED" if fault == "answer" else "REVERSED")
    assert counter.bench.moved_minor == counter.tendered_minor()


def test_a_long_silence_gives_nothing_up_until_the_hub_has_spoken(counter) -> None:
    counter.line.faults.append("answer")
    counter.scan()
    payment = counter.pay("alipay")
    counter.step()
    counter.line.is_up = False
    for _ in range(20):
        counter.step(60)
    assert counter.state(payment) == "UNKNOWN"
    counter.line.is_up = True
    counter.step(60)
    assert counter.state(payment) == "APPROVED"
    assert counter.notices.newest.message == (
        "The wallet payment over 4,500 KRW was approved after all."
    )


@both
def test_a_wallet_that_answers_after_its_reversal_ends_with_no_money_moved(counter, name) -> None:
    counter.bench.provider(name).set_script(["late"])
    counter.scan()
    payment = counter.pay(name)
    counter.step()
    counter.desk.stop(payment.payment_id)
    counter.step(20)
    assert counter.state(payment) == "REVERSED"
    counter.step(20)
    assert counter.bench.moved_minor == 4500
    assert counter.hub.watch() == 1
    assert counter.bench.moved_minor == counter.tendered_minor() == 0


@both
@pytest.mark.parametrize("moment", ["power", "power_after"])
@pytest.mark.parametrize("at", ["pay", "query", "reverse", "refund"])
def test_power_lost_at_any_question_is_made_good_after_the_start(counter, name, moment, at) -> None:
    counter.bench.provider(name).set_script(["wait" if at in ("query", "reverse") else "approve"])
    counter.scan()
    payment = counter.pay(name)
    if at == "pay":
        counter.line.faults.append(moment)
    else:
        counter.step()
        if at == "reverse":
            counter.desk.stop(payment.payment_id)
        if at == "refund":
            give_back(counter, 1)
        counter.line.faults.append(moment)
    with pytest.raises(Stop):
        counter.step(20)
    payments.recover(counter.shop)
    counter.start()
    counter.until_settled()
    counter.step(60)
    assert counter.bench.moved_minor == counter.tendered_minor()
    assert wallets.pending_refunds(counter.shop) == []
    assert set(counter.bench.provider(name).ledger.times_charged().values()) <= {1}


def test_power_lost_before_the_code_is_sent_charges_nobody(counter) -> None:
    counter.scan()
    payment = counter.pay("alipay")
    payments.recover(counter.shop)
    counter.start()
    counter.step()
    assert (counter.state(payment), counter.line.asked) == ("CANCELLED", [])


def test_a_payment_in_part_leaves_the_rest_due(counter) -> None:
    counter.scan()
    counter.pay("alipay", 1000)
    counter.step()
    view = selling.current(counter.shop)
    assert (view.due_minor, view.basket.remote_minor) == (3500, 1000)
    payment = payments.reverse(counter.shop, view.basket.tenders[0].payment_id)
    counter.step()
    assert counter.state(payment) == "REVERSED"
    assert selling.current(counter.shop).basket.tenders == ()
    assert counter.bench.moved_minor == 0


# -- returns --------------------------------------------------------------------------------------


def give_back(counter, pieces):
    (sale,) = sales.newest(counter.shop, 1)
    receipt = Receipt(sale_id=sale.sale_id)
    return returns.take_back(counter.shop, receipt, [Wanted(1, pieces)], "unwanted", "wallet")


@both
def test_goods_come_back_and_their_money_goes_back_to_the_wallet_in_parts(counter, name) -> None:
    counter.scan()
    counter.scan()
    payment = counter.pay(name)
    counter.step()
    for pieces_left in (1, 0):
        back = give_back(counter, 1)
        assert [(it.kind, it.amount_minor, it.payment_id) for it in back.tenders] == [
            ("wallet", 4500, payment.payment_id)
        ]
        counter.step()
        assert counter.bench.moved_minor == counter.tendered_minor() == 4500 * pieces_left


@pytest.mark.parametrize("fault", ["question", "answer", "refund_lost", "refund_system_error"])
def test_a_refund_that_is_not_proved_is_asked_for_again(counter, fault) -> None:
    counter.scan()
    counter.pay("alipay")
    counter.step()
    give_back(counter, 1)
    if fault.startswith("refund"):
        counter.bench.provider("alipay").arm(fault)
    else:
        counter.line.faults.append(fault)
    counter.step()
    assert len(wallets.pending_refunds(counter.shop)) == 1
    assert counter.notices.newest.message == (
        "4,500 KRW has not gone back to the wallet yet; it is asked for again until it has."
    )
    counter.step(10)
    assert wallets.pending_refunds(counter.shop) == []
    assert counter.bench.moved_minor == 0


# -- what is refused, and what stays ----------------------------------------------------------------


def test_offline_is_refused_at_once_and_never_sent_later(counter, rows) -> None:
    counter.line.is_up = False
    counter.scan()
    with pytest.raises(WalletOffline) as refused:
        counter.pay("alipay")
    assert refused.value.message == (
        "The line to the hub is down: no wallet can be asked. Nothing was charged."
    )
    counter.line.is_up = True
    counter.step(60)
    assert (rows(counter.shop, "SELECT * FROM payment"), counter.line.asked) == ([], [])


def test_a_line_that_goes_between_scan_and_question_charges_nobody(counter) -> None:
    counter.scan()
    payment = counter.pay("alipay")
    counter.line.is_up = False
    counter.step()
    counter.line.is_up = True
    counter.step(60)
    assert (counter.state(payment), counter.line.asked) == ("CANCELLED", [])
    assert counter.notices.newest.message == WalletOffline().message


def test_a_code_shown_before_there_is_anything_to_pay_is_refused(counter, rows) -> None:
    with pytest.raises(WalletScanned) as refused:
        counter.pay("wechat_pay")
    assert refused.value.message == (
        "That is the payment code of WeChat Pay, and there is nothing to pay."
    )
    assert rows(counter.shop, "SELECT * FROM payment") == []


def test_a_wallet_that_is_not_taken_is_refused(counter, rows) -> None:
    counter.scan()
    with pytest.raises(WalletNotTaken) as refused:
        counter.desk.pay("6212345678901234567")
    assert refused.value.message == "UnionPay is not taken here. Nothing was charged."
    assert rows(counter.shop, "SELECT * FROM payment") == []


def test_a_wallet_without_a_contract_is_declined_in_the_hub_s_words(counter, clock) -> None:
    bare = WalletService(counter.hub_database, clock, {}, "Maru")
    counter.line.questions = QuestionDesk(
        counter.hub_database, clock, asks.verbs(bare), lambda: None
    )
    counter.scan()
    payment = counter.pay("alipay")
    counter.step()
    counter.line.questions.close()
    assert counter.state(payment) == "DECLINED"
    assert counter.notices.newest.key == "hub.wallet_not_set_up"
    assert counter.notices.newest.message == (
        "This company takes no alipay: the hub has no contract with it. Nothing was charged."
        " Take another wallet, a card or cash."
    )


def test_a_sold_payment_goes_back_with_its_goods_only(counter) -> None:
    counter.scan()
    payment = counter.pay("alipay")
    counter.step()
    with pytest.raises(PaymentIsSold):
        payments.reverse(counter.shop, payment.payment_id)
    assert counter.bench.moved_minor == 4500


def test_more_than_a_wallet_paid_never_goes_back_to_it(counter, rows) -> None:
    counter.scan()
    selling.tender_cash(counter.shop, 1500)
    counter.pay("alipay")
    counter.step()
    with pytest.raises(WalletRefundImpossible) as refused:
        give_back(counter, 1)
    assert refused.value.message == (
        "4,500 KRW cannot go back to the wallet: 3,000 KRW of what it paid is left."
    )
    assert rows(counter.shop, "SELECT * FROM wallet_refund") == []
    assert counter.bench.moved_minor == 3000


# -- the code ---------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("step", ["approve", "password", "decline", "late"])
def test_no_file_and_no_log_of_box_or_hub_ever_holds_the_code(
    counter, tmp_path, caplog, name, step
) -> None:
    caplog.set_level("DEBUG")
    counter.bench.provider(name).set_script([step])
    code = fresh_code(name)
    counter.scan()
    payment = counter.desk.pay(code)
    counter.step()
    counter.desk.stop(payment.payment_id)
    counter.until_settled()
    counter.shop.database.checkpoint()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".sqlite3"}
    assert [path.name for path in files if code.encode() in path.read_bytes()] == []
    assert code not in caplog.text
    assert code not in repr(counter.notices.after(0))
