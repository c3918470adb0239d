"""Wallet payments at the hub: charged once, never after a reversal, and the provider's ledger is the judge."""

import pytest
from sqlmodel import select

from cloud.errors import NotFoundError, WalletMismatchError, WalletNotSetUpError, WalletRefundError
from cloud.ingest.tables import Alarm
from cloud.payments import repository
from cloud.payments.service import CHECK_AFTER_S, WalletService
from cloud.payments.setup import providers
from cloud.questions import Asker
from contract.wallets import PaymentTold, RefundTold
from tests.wallets import ASKER, asked, paying, refunding, uid

both = pytest.mark.parametrize("name", ["wechat_pay", "alipay"])
FIRST = "4200000000000000000000000001"


def approved(amount_minor: int = 6500) -> PaymentTold:
    return PaymentTold(state="approved", transaction_id=FIRST, amount_minor=amount_minor)


@both
def test_an_approved_payment_is_charged_once_however_often_it_is_asked_for(
    service, bench, name
) -> None:
    assert service.pay(ASKER, paying(name)) == approved()
    assert service.pay(ASKER, paying(name)) == approved()
    assert service.query(ASKER, asked(name)) == approved()
    assert bench.wallets.state()[name]["orders"] == {uid(1).replace("-", ""): 6500}


@both
def test_a_customer_who_types_her_password_is_waited_for(service, bench, name) -> None:
    bench.provider(name).set_script(["password"])
    assert service.pay(ASKER, paying(name)).state == "waiting"
    assert service.query(ASKER, asked(name)).state == "waiting"
    bench.pass_time(5)
    assert service.query(ASKER, asked(name)) == approved()


@both
@pytest.mark.parametrize("step", ["decline", "gives_up"])
def test_a_declined_payment_moves_nothing(service, bench, name, step) -> None:
    bench.provider(name).set_script([step])
    service.pay(ASKER, paying(name))
    bench.pass_time(5)
    assert service.query(ASKER, asked(name)).state == "declined"
    assert service.reverse(ASKER, asked(name)).state == "declined"
    assert bench.moved_minor == 0


@both
@pytest.mark.parametrize(
    ("fault", "moved_minor"),
    [
        ("pay_answer_lost", 6500),
        ("pay_system_error_paid", 6500),
        ("pay_forged", 6500),
        ("pay_garbage", 6500),
        ("pay_wrong_amount", 6500),
        ("pay_lost", 0),
        ("pay_system_error", 0),
    ],
)
def test_no_answer_or_none_that_can_be_believed_is_unknown_until_it_is_asked_about(
    service, bench, name, fault, moved_minor
) -> None:
    bench.provider(name).arm(fault)
    assert service.pay(ASKER, paying(name)).state == "unknown"
    found = service.query(ASKER, asked(name))
    assert found.state == ("approved" if moved_minor else "unknown")
    assert bench.moved_minor == moved_minor


@both
def test_a_provider_that_is_not_reached_charged_nothing(bench, database, clock, held, name) -> None:
    away = "http://127.0.0.1:9"
    settings = bench.settings
    closed = type(settings)(
        wechat_pay=settings.wechat_pay.model_copy(update={"url": away}),
        alipay=settings.alipay.model_copy(update={"url": away}),
    )
    service = WalletService(database, clock, providers(closed, clock, held), "Maru")
    told = service.pay(ASKER, paying(name))
    assert told == PaymentTold(state="declined", reason="unreachable")


@both
@pytest.mark.parametrize("step", ["approve", "wait"])
@pytest.mark.parametrize(
    "fault", ["", "reverse_lost", "reverse_answer_lost", "reverse_refused", "query_forged"]
)
def test_a_reversal_is_asked_until_it_is_proved_and_then_final(
    service, bench, name, step, fault
) -> None:
    bench.provider(name).set_script([step])
    service.pay(ASKER, paying(name))
    if fault:
        bench.provider(name).arm(fault)
    first = service.reverse(ASKER, asked(name))
    assert first.state == ("reversing" if fault else "reversed")
    assert service.reverse(ASKER, asked(name)).state == "reversed"
    assert service.query(ASKER, asked(name)).state == "reversed"
    assert service.pay(ASKER, paying(name)).state == "reversed"
    assert bench.moved_minor == 0


@both
def test_a_wallet_that_answers_after_its_reversal_gives_the_money_back(
    service, bench, database, clock, name
) -> None:
    bench.provider(name).set_script(["late"])
    assert service.pay(ASKER, paying(name)).state == "waiting"
    assert service.reverse(ASKER, asked(name)).state == "reversed"
    bench.pass_time(5)
    assert bench.moved_minor == 6500  # the money came, and nobody has looked yet
    clock.jump(CHECK_AFTER_S[0])
    assert service.watch() == 1
    assert bench.moved_minor == 0
    assert service.query(ASKER, asked(name)).state == "reversed"
    with database.read() as session:
        told = [(it.edge_id, it.key, it.detail) for it in session.exec(select(Alarm))]
    detail = f"{name} took the money of {uid(1)} after it was reversed."
    assert told == [("maru-1", "payments.answered_after_reversal", detail)]


def test_a_reversal_is_looked_at_again_as_often_as_planned_and_no_more(
    service, database, clock
) -> None:
    service.pay(ASKER, paying("alipay"))
    service.reverse(ASKER, asked("alipay"))
    for after_s in CHECK_AFTER_S:
        assert service.watch() == 0
        clock.jump(after_s)
        assert service.watch() == 1
    clock.jump(10 * CHECK_AFTER_S[-1])
    assert service.watch() == 0


def test_a_reversal_that_its_box_left_behind_is_carried_on(service, bench, clock) -> None:
    service.pay(ASKER, paying("wechat_pay"))
    bench.provider("wechat_pay").arm("reverse_lost")
    assert service.reverse(ASKER, asked("wechat_pay")).state == "reversing"
    clock.jump(600)
    assert service.watch() == 1
    assert bench.moved_minor == 0


@both
def test_a_payment_that_the_hub_never_heard_of_can_never_begin_once_it_is_reversed(
    service, bench, name
) -> None:
    assert service.query(ASKER, asked(name)) == PaymentTold(state="missing")
    assert service.reverse(ASKER, asked(name)).state == "reversed"
    assert service.pay(ASKER, paying(name)).state == "reversed"
    assert bench.wallets.state()[name]["entries"] == []


@both
@pytest.mark.parametrize("fault", ["", "refund_lost", "refund_answer_lost", "refund_system_error"])
def test_a_refund_is_done_once_whatever_is_lost(service, bench, name, fault) -> None:
    service.pay(ASKER, paying(name))
    if fault:
        bench.provider(name).arm(fault)
    first = service.refund(ASKER, refunding(1, 2500))
    assert first.state == ("asked" if fault else "done")
    assert service.refund(ASKER, refunding(1, 2500)) == RefundTold(state="done")
    assert bench.moved_minor == 4000
    assert service.refund(ASKER, refunding(1, 4000, refund=0x101)) == RefundTold(state="done")
    assert bench.moved_minor == 0


# -- what is refused, and what stays ------------------------------------------------------------


def test_no_more_than_was_paid_goes_back(service, bench) -> None:
    service.pay(ASKER, paying("alipay"))
    service.refund(ASKER, refunding(1, 6000))
    with pytest.raises(WalletRefundError) as refused:
        service.refund(ASKER, refunding(1, 501, refund=0x101))
    assert refused.value.message == (
        "More was to go back to the wallet than the payment has left. Nothing was given back."
    )
    assert bench.moved_minor == 500


def test_a_wallet_without_a_contract_is_refused(database, clock) -> None:
    service = WalletService(database, clock, {}, "Maru")
    with pytest.raises(WalletNotSetUpError) as refused:
        service.pay(ASKER, paying("alipay"))
    assert refused.value.message == (
        "This company takes no alipay: the hub has no contract with it. Nothing was charged."
    )
    with database.read() as session:
        assert repository.newest(session, 9) == []


def test_the_same_payment_with_other_figures_is_refused(service, bench) -> None:
    service.pay(ASKER, paying("alipay"))
    with pytest.raises(WalletMismatchError):
        service.pay(ASKER, paying("alipay", amount_minor=1))
    assert bench.moved_minor == 6500


def test_another_box_sees_nothing_of_a_payment(service, bench) -> None:
    service.pay(ASKER, paying("alipay"))
    with pytest.raises(NotFoundError):
        service.reverse(Asker("maru-2", "maru", ""), asked("alipay"))
    assert bench.moved_minor == 6500


def test_a_code_that_was_used_is_declined(service, bench) -> None:
    ask = paying("wechat_pay")
    service.pay(ASKER, ask)
    again = ask.model_copy(update={"payment_id": uid(2)})
    assert service.pay(ASKER, again) == PaymentTold(state="declined", reason="AUTH_CODE_INVALID")
    assert bench.moved_minor == 6500


def test_the_journal_tells_every_call_in_order_and_no_code(service, bench, database) -> None:
    bench.provider("alipay").set_script(["wait"])
    service.pay(ASKER, paying("alipay"))
    service.reverse(ASKER, asked("alipay"))
    with database.read() as session:
        calls = repository.calls_of(session, uid(1))
    assert [(it.operation, it.said, it.reason) for it in calls] == [
        ("pay", "waiting", "10003"),
        ("reverse", "closed", "close"),
        ("query", "closed", "TRADE_CLOSED"),
    ]
    code = paying("alipay").code.get_secret_value()
    assert code not in repr([it.model_dump() for it in calls])


def test_totals_are_what_the_providers_say(service, bench, database) -> None:
    service.pay(ASKER, paying("alipay", 1))
    service.pay(ASKER, paying("alipay", 2, 1000))
    service.pay(ASKER, paying("wechat_pay", 3, 700))
    service.reverse(ASKER, asked("alipay", 2, 1000))
    service.refund(ASKER, refunding(1, 500))
    with database.read() as session:
        totals = repository.totals(session)
    told = {name: it["moved_minor"] for name, it in bench.wallets.state().items()}
    assert totals == told == {"alipay": 6000, "wechat_pay": 700}
