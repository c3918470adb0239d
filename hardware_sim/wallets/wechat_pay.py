"""WeChat Pay's payment-code interface, version 2: XML over HTTP, signed with the merchant's key.

POST /pay/micropay, /pay/orderquery, /secapi/pay/reverse, /secapi/pay/refund; for an order that is paid on a page (H5),
/pay/unifiedorder (cashier.py) and /pay/closeorder. The signature: every field that is not
empty, sorted by name, joined as name=value with "&", then "&key=" and the key; HMAC-SHA256 or MD5, in capitals.
The real /secapi wants the merchant's client certificate beside it; here everybody on loopback has it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from hardware_sim.wallets.provider import Order, Refusal, WalletProvider

Fields = dict[str, str]
NEEDED: Final = {
    "pay": ("body", "out_trade_no", "total_fee", "auth_code", "spbill_create_ip"),
    "query": ("out_trade_no",),
    "reverse": ("out_trade_no",),
    "refund": ("out_trade_no", "out_refund_no", "total_fee", "refund_fee"),
    "open": ("body", "out_trade_no", "total_fee", "spbill_create_ip", "notify_url", "trade_type"),
    "close": ("out_trade_no",),
}
TRADE_STATES: Final = {
    "waiting": "USERPAYING",
    "paid": "SUCCESS",
    "failed": "PAYERROR",
    "closed": "REVOKED",
    "revoked": "REVOKED",
}
ERRORS: Final = {
    "number_used": ("OUT_TRADE_NO_USED", "商户订单号重复"),
    "code_used": ("AUTH_CODE_INVALID", "付款码已被使用"),
    "code_old": ("AUTHCODEEXPIRE", "付款码已过期，请用户刷新后再试"),
    "missing": ("ORDERNOTEXIST", "订单不存在"),
    "not_refundable": ("TRADE_STATE_ERROR", "订单状态错误"),
    "refund_too_large": ("REFUND_FEE_MISMATCH", "退款金额大于订单金额"),
    "system_error": ("SYSTEMERROR", "系统超时"),
    "refused": ("SYSTEMERROR", "支付中, 请稍后再试"),
    "paid": ("ORDERPAID", "订单已支付"),
}


@dataclass(frozen=True, slots=True)
class Merchant:
    app_id: str
    merchant_id: str
    key: str


def signature(fields: Mapping[str, str], key: str, kind: str = "HMAC-SHA256") -> str:
    pairs = [f"{it}={fields[it]}" for it in sorted(fields) if fields[it] and it != "sign"]
    text = "&".join([*pairs, f"key={key}"]).encode()
    if kind == "MD5":
        return hashlib.md5(text).hexdigest().upper()  # noqa: S324 - the provider's own
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest().upper()


def to_xml(fields: Mapping[str, str]) -> bytes:
    rows = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
    return f"<xml>{rows}</xml>".encode()


def from_xml(body: bytes) -> Fields:
    """Raises ValueError where it is no flat XML; a document type is refused, for it can read our files."""
    if b"<!" in body.replace(b"<![CDATA[", b""):
        raise ValueError("a document type")
    try:
        root = ET.fromstring(body)  # noqa: S314 - without a document type there is nothing to expand
    except ET.ParseError as error:
        raise ValueError("no XML") from error
    return {child.tag: child.text or "" for child in root}


class WechatPay:
    """The wire of one provider for one merchant. `answer` gives the bytes of the answer."""

    def __init__(self, provider: WalletProvider, merchant: Merchant) -> None:
        self.provider = provider
        self.merchant = merchant
        self.operations: dict[str, Callable[[Fields, str], Fields]] = {
            "close": self._close,
            "pay": self._pay,
            "query": self._query,
            "reverse": self._reverse,
            "refund": self._refund,
        }

    def answer(self, operation: str, body: bytes, fault: str = "") -> bytes:
        try:
            fields = from_xml(body)
        except ValueError:
            return to_xml({"return_code": "FAIL", "return_msg": "XML格式错误"})
        refusal = self._refusal(operation, fields)
        if refusal:
            return to_xml({"return_code": "FAIL", "return_msg": refusal})
        try:
            if fault == "system_error":
                raise Refusal(fault)  # noqa: TRY301 - as the provider's own inside would
            told = {"result_code": "SUCCESS"} | self.operations[operation](fields, fault)
        except Refusal as error:
            code, words = ERRORS[error.kind]
            told = {"result_code": "FAIL", "err_code": code, "err_code_des": words}
            if operation == "reverse":
                told["recall"] = "Y"
        return self._signed(told, is_forged=fault == "forged")

    def _refusal(self, operation: str, fields: Fields) -> str:
        missing = [it for it in NEEDED[operation] if not fields.get(it)]
        if missing:
            return f"缺少参数: {missing[0]}"
        if (fields.get("appid"), fields.get("mch_id")) != (
            self.merchant.app_id,
            self.merchant.merchant_id,
        ):
            return "appid和mch_id不匹配"
        expected = signature(fields, self.merchant.key, fields.get("sign_type", "MD5"))
        return "" if hmac.compare_digest(expected, fields.get("sign", "")) else "签名错误"

    def _signed(self, told: Fields, *, is_forged: bool) -> bytes:
        fields = {
            "return_code": "SUCCESS",
            "return_msg": "OK",
            "appid": self.merchant.app_id,
            "mch_id": self.merchant.merchant_id,
            "nonce_str": secrets.token_hex(16),
            **told,
        }
        key = "f" * 32 if is_forged else self.merchant.key
        return to_xml(fields | {"sign": signature(fields, key)})

    def _pay(self, fields: Fields, fault: str) -> Fields:
        order = self.provider.pay(
            fields["out_trade_no"],
            fields["auth_code"],
            int(fields["total_fee"]),
            fields.get("fee_type", "CNY"),
        )
        if fault == "system_error_paid":
            raise Refusal("system_error")
        if order.state == "paid":
            amount_minor = order.amount_minor + (1 if fault == "wrong_amount" else 0)
            return {"trade_type": "MICROPAY", **_paid(order), "total_fee": str(amount_minor)}
        code, words = (
            ("USERPAYING", "需要用户输入支付密码")
            if order.state == "waiting"
            else ("NOTENOUGH", "用户账户余额不足")
        )
        return {"result_code": "FAIL", "err_code": code, "err_code_des": words}

    def _query(self, fields: Fields, _: str) -> Fields:
        order = self.provider.query(fields["out_trade_no"])
        if order is None:
            raise Refusal("missing")
        state = TRADE_STATES[order.state]
        if order.state == "paid" and order.refunds:
            state = "REFUND"
        return {"trade_state": state, "trade_state_desc": state, **_paid(order)}

    def _reverse(self, fields: Fields, fault: str) -> Fields:
        if fault == "refused":
            raise Refusal("refused")
        self.provider.reverse(fields["out_trade_no"])
        return {"recall": "N"}

    def _close(self, fields: Fields, _: str) -> Fields:
        """Only what is not paid: for that there is the refund."""
        number = fields["out_trade_no"]
        order = self.provider.query(number)
        if order is None:
            raise Refusal("missing")
        if order.state in ("paid", "revoked"):
            raise Refusal("paid")
        self.provider.reverse(number)
        return {}

    def _refund(self, fields: Fields, _: str) -> Fields:
        number, refund = fields["out_trade_no"], fields["out_refund_no"]
        order = self.provider.refund(number, refund, int(fields["refund_fee"]))
        return {
            "out_trade_no": number,
            "out_refund_no": refund,
            "transaction_id": order.transaction_id,
            "refund_id": f"50{abs(hash_of(refund)) % 10**26:026d}",
            "refund_fee": fields["refund_fee"],
            "total_fee": str(order.amount_minor),
        }


def hash_of(text: str) -> int:
    """The same number for the same text in every process."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:24], 16)


def _paid(order: Order) -> Fields:
    return {
        "out_trade_no": order.number,
        "transaction_id": order.transaction_id,
        "total_fee": str(order.amount_minor),
        "fee_type": order.currency,
    }
