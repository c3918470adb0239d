"""Payments by wallet from the scan to the provider's ledger: the box's own thread, the real hub, the real providers.

Only the line between box and hub is the test's: it loses questions and answers where it is told to.
"""

import pytest

from cloud.payments import asks
from cloud.payments.service import WalletService
from cloud.questions import QuestionDesk
from edge.domain.errors import (
    PaymentIsSold,
    ShiftHasPayment,
    WalletNotTaken,
    WalletOffline,
    WalletRunning,
    WalletScanned,
    WalletUnknown,
)
from edge.services import payments, sales, selling, shifts, wallets
from tests.wallet_counter import Stop, fresh_code

both = pytest.mark.parametrize("name", ["wechat_pay", "alipay"])


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
    assert counter.notices.newest.message == (
        "The wallet payment over 4,500 KRW was given up; the customer is not charged."
    )
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
            counter.give_back(1)
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
