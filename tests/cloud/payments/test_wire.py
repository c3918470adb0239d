"""The providers' wire: signatures against the public example, and answers that must not be believed."""

import json

import pytest
from pydantic import SecretStr

from cloud.clock import SystemClock
from cloud.payments import alipay, wechat_pay
from cloud.payments.alipay import Alipay
from cloud.payments.providers import NoAnswer, Order, Told
from cloud.payments.wechat_pay import WechatPay
from hardware_sim.wallets import alipay as sim_alipay
from hardware_sim.wallets import wechat_pay as sim_wechat_pay

# The example of WeChat Pay's public page on signing.
EXAMPLE = {
    "appid": "wxd930ea5d5a258f4f",
    "mch_id": "10000100",
    "device_info": "1000",
    "body": "test",
    "nonce_str": "ibuaiVcKdpRxkhJA",
}
EXAMPLE_KEY = "192006250b4c09247ec02edce69f6a2d"
SIGNATURES = {
    "MD5": "9A0A8659F005D6984697E2CA0A9CF3B7",
    "HMAC-SHA256": "6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6",
}
KEY = SecretStr("k" * 32)
ORDER = Order("0190a", 8880, "CNY", "Maru")
CLOCK = SystemClock()
PAIR = sim_alipay.key_pair()


@pytest.mark.parametrize("kind", SIGNATURES)
@pytest.mark.parametrize("side", [wechat_pay, sim_wechat_pay])
def test_wechat_pay_signs_as_the_public_example(side, kind) -> None:
    assert side.signature(EXAMPLE, EXAMPLE_KEY, kind) == SIGNATURES[kind]


@pytest.mark.parametrize("side", [wechat_pay, sim_wechat_pay])
def test_wechat_pay_signs_neither_empty_fields_nor_the_signature(side) -> None:
    more = EXAMPLE | {"attach": "", "sign": "X"}
    assert side.signature(more, EXAMPLE_KEY) == SIGNATURES["HMAC-SHA256"]


@pytest.mark.parametrize("side", [alipay, sim_alipay])
def test_alipay_signs_every_parameter_but_the_signature_in_order(side) -> None:
    parameters = {"method": "m", "app_id": "1", "sign_type": "RSA2", "sign": "x", "notify_url": ""}
    assert side.signed_text(parameters) == "app_id=1&method=m&sign_type=RSA2"


def wechat(answer: bytes) -> WechatPay:
    return WechatPay("wx1", "190", KEY, CLOCK, lambda path, body: answer)


def wechat_answer(key: str = KEY.get_secret_value(), **fields: str) -> bytes:
    whole = {
        "return_code": "SUCCESS", "appid": "wx1", "mch_id": "190", "nonce_str": "n", "result_code": "SUCCESS",
        "out_trade_no": "0190a", "total_fee": "8880", "fee_type": "CNY", "transaction_id": "T1",
    } | fields  # fmt: skip
    return wechat_pay.to_xml(whole | {"sign": wechat_pay.signature(whole, key)})


def test_what_wechat_pay_is_asked_is_what_its_documents_say() -> None:
    asked = []

    def post(path: str, body: bytes) -> bytes:
        asked.append((path, wechat_pay.from_xml(body)))
        return wechat_answer()

    told = WechatPay("wx1", "190", KEY, CLOCK, post).pay(ORDER, "134567890123456789")
    ((path, fields),) = asked
    nonce, sign = fields.pop("nonce_str"), fields.pop("sign")
    assert (len(nonce), len(sign)) == (32, 64)
    assert (path, fields) == (
        "/pay/micropay",
        {
            "body": "Maru", "out_trade_no": "0190a", "total_fee": "8880", "fee_type": "CNY",
            "spbill_create_ip": "127.0.0.1", "auth_code": "134567890123456789", "appid": "wx1", "mch_id": "190",
            "sign_type": "HMAC-SHA256",
        },
    )  # fmt: skip
    assert told == Told("approved", "", "T1", 8880)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "unreadable"),
        (b"<xml><a>", "unreadable"),
        (b"<html/>", "unreadable"),
        (b"<xml><a><b/></a></xml>", "unreadable"),
        (b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><a>&e;</a></xml>', "unreadable"),
        (b"<xml><return_code>FAIL</return_code></xml>", "not_understood"),
        (wechat_answer("x" * 32), "bad_signature"),
        (wechat_answer().replace(b"8880", b"1"), "bad_signature"),
        (wechat_answer(appid="wx2"), "other_merchant"),
        (wechat_answer(total_fee="8881"), "differs"),
        (wechat_answer(out_trade_no="other"), "differs"),
        (wechat_answer(fee_type="KRW"), "differs"),
    ],
)  # fmt: skip
def test_an_answer_of_wechat_pay_that_cannot_be_believed_is_none(answer, reason) -> None:
    assert wechat(answer).pay(ORDER, "134567890123456789") == Told("unknown", reason)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"err_code": "USERPAYING"}, Told("waiting", "USERPAYING")),
        ({"err_code": "SYSTEMERROR"}, Told("unknown", "SYSTEMERROR")),
        ({"err_code": "BANKERROR"}, Told("unknown", "BANKERROR")),
        ({"err_code": "NOTENOUGH"}, Told("declined", "NOTENOUGH")),
        ({}, Told("unknown", "")),
    ],
)
def test_what_wechat_pay_says_to_a_payment(fields, told) -> None:
    answer = wechat_answer(result_code="FAIL", **fields)
    assert wechat(answer).pay(ORDER, "134567890123456789") == told


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("SUCCESS", "approved"), ("USERPAYING", "waiting"), ("NOTPAY", "waiting"), ("ACCEPT", "waiting"),
        ("PAYERROR", "declined"), ("CLOSED", "closed"), ("REVOKED", "closed"), ("REFUND", "closed"), ("NEW", "unknown"),
    ],
)  # fmt: skip
def test_every_state_of_a_wechat_pay_order(state, said) -> None:
    assert wechat(wechat_answer(trade_state=state)).query(ORDER).said == said


# -- Alipay --------------------------------------------------------------------------------------


def gateway(clock, answer) -> Alipay:
    """A merchant whose provider has the same pair: the test signs for both."""
    return Alipay("2014", SecretStr(PAIR[0]), PAIR[1], clock, answer, "http://127.0.0.1:9")


def alipay_answer(text: str, node: str = "alipay_trade_pay_response", key: str = PAIR[0]) -> bytes:
    return f'{{"{node}":{text},"sign":"{sim_alipay.sign(text, key)}"}}'.encode()


PAID = {"code": "10000", "out_trade_no": "0190a", "trade_no": "T1", "total_amount": "88.80"}


def test_what_alipay_is_asked_is_what_its_documents_say(clock) -> None:
    from urllib.parse import parse_qsl

    asked = []

    def post(body: bytes) -> bytes:
        asked.append(dict(parse_qsl(body.decode())))
        return alipay_answer(json.dumps(PAID))

    told = gateway(clock, post).pay(ORDER, "2876344382566439")
    ((parameters),) = asked
    assert sim_alipay.is_signed(sim_alipay.signed_text(parameters), parameters["sign"], PAIR[1])
    content = json.loads(parameters.pop("biz_content"))
    assert len(parameters.pop("sign")) == 344
    assert (parameters, content) == (
        {
            "app_id": "2014", "method": "alipay.trade.pay", "format": "JSON", "charset": "utf-8", "sign_type": "RSA2",
            "timestamp": "2026-11-23 11:00:00", "version": "1.0",
        },
        {
            "out_trade_no": "0190a", "scene": "bar_code", "auth_code": "2876344382566439", "subject": "Maru",
            "total_amount": "88.80", "trans_currency": "CNY",
        },
    )  # fmt: skip
    assert told == Told("approved", "", "T1", 8880)


def test_alipay_signs_its_answer_as_it_is_spelt(clock) -> None:
    """Spaces, order and escapes are the provider's: written again the text would be another one."""
    text = '{ "total_amount" : "88.80","code":"10000" ,"msg":"\\u6210\\u529f", "out_trade_no":"0190a","trade_no":"T1"}'
    told = gateway(clock, lambda body: alipay_answer(text)).pay(ORDER, "2876344382566439")
    assert told == Told("approved", "", "T1", 8880)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "unreadable"),
        (b"<html/>", "unreadable"),
        (b'{"error_response":{"code":"40002"},"sign":"x"}', "unreadable"),
        (b'{"alipay_trade_pay_response":[],"sign":"x"}', "unreadable"),
        (b'{"alipay_trade_pay_response":{"code":"10000"}}', "unreadable"),
        (b'{"alipay_trade_pay_response":{"code":"10000"},"sign":"!"}', "bad_signature"),
        (alipay_answer(json.dumps(PAID)).replace(b"88.80", b"0.01"), "bad_signature"),
        (alipay_answer(json.dumps(PAID), key=sim_alipay.key_pair()[0]), "bad_signature"),
        (alipay_answer(json.dumps(PAID | {"total_amount": "88.81"})), "differs"),
        (alipay_answer(json.dumps(PAID | {"total_amount": "much"})), "differs"),
        (alipay_answer(json.dumps(PAID | {"out_trade_no": "other"})), "differs"),
    ],
)
def test_an_answer_of_alipay_that_cannot_be_believed_is_none(clock, answer, reason) -> None:
    told = gateway(clock, lambda body: answer).pay(ORDER, "2876344382566439")
    assert told == Told("unknown", reason)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"code": "10003"}, Told("waiting", "10003")),
        ({"code": "20000", "sub_code": "isp.unknow-error"}, Told("unknown", "isp.unknow-error")),
        ({"code": "40004", "sub_code": "ACQ.SYSTEM_ERROR"}, Told("unknown", "ACQ.SYSTEM_ERROR")),
        (
            {"code": "40004", "sub_code": "ACQ.BUYER_BALANCE_NOT_ENOUGH"},
            Told("declined", "ACQ.BUYER_BALANCE_NOT_ENOUGH"),
        ),
    ],
)
def test_what_alipay_says_to_a_payment(clock, fields, told) -> None:
    answer = alipay_answer(json.dumps(fields))
    assert gateway(clock, lambda body: answer).pay(ORDER, "2876344382566439") == told


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("WAIT_BUYER_PAY", "waiting"),
        ("TRADE_SUCCESS", "approved"),
        ("TRADE_FINISHED", "approved"),
        ("TRADE_CLOSED", "closed"),
        ("NEW", "unknown"),
    ],
)
def test_every_status_of_an_alipay_trade(clock, status, said) -> None:
    answer = alipay_answer(
        json.dumps(PAID | {"trade_status": status}), "alipay_trade_query_response"
    )
    assert gateway(clock, lambda body: answer).query(ORDER).said == said


def test_alipay_asks_for_a_cancellation_again(clock) -> None:
    answer = alipay_answer(
        json.dumps({"code": "10000", "retry_flag": "Y"}), "alipay_trade_cancel_response"
    )
    assert gateway(clock, lambda body: answer).reverse(ORDER) == Told("unknown", "10000")


def test_no_answer_says_nothing_of_what_was_sent() -> None:
    def post(path: str, body: bytes) -> bytes:
        raise NoAnswer("no_answer")

    told = WechatPay("wx1", "190", KEY, CLOCK, post).pay(ORDER, "134567890123456789")
    assert told == Told("unknown", "no_answer")
