"""Alipay's gateway: a signed form in, signed JSON out (RSA2: SHA-256 with RSA, PKCS #1 v1.5, Base64).

The request's signature is over every parameter that is not empty, sorted by name, joined as name=value with "&", all
but `sign`. The answer's is over the text of its `..._response` exactly as it is sent.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from hardware_sim.wallets.provider import Order, Refusal, WalletProvider

METHODS: Final = {
    "alipay.trade.pay": "pay",
    "alipay.trade.query": "query",
    "alipay.trade.cancel": "reverse",
    "alipay.trade.refund": "refund",
}
WHOLE_CURRENCIES: Final = frozenset({"JPY", "KRW", "VND"})
TRADE_STATUS: Final = {
    "waiting": "WAIT_BUYER_PAY",
    "paid": "TRADE_SUCCESS",
    "failed": "TRADE_CLOSED",
    "closed": "TRADE_CLOSED",
    "revoked": "TRADE_CLOSED",
}
ERRORS: Final = {
    "number_used": ("ACQ.CONTEXT_INCONSISTENT", "交易信息被篡改"),
    "code_used": ("ACQ.PAYMENT_AUTH_CODE_INVALID", "支付授权码无效"),
    "code_old": ("ACQ.PAYMENT_AUTH_CODE_INVALID", "支付授权码无效"),
    "missing": ("ACQ.TRADE_NOT_EXIST", "交易不存在"),
    "not_refundable": ("ACQ.TRADE_STATUS_ERROR", "交易状态不合法"),
    "refund_too_large": ("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", "退款金额超限"),
    "declined": ("ACQ.BUYER_BALANCE_NOT_ENOUGH", "买家余额不足"),
}
BAD_REQUESTS: Final = {
    "sign": ("40002", "isv.invalid-signature", "无效签名"),
    "app": ("40002", "isv.invalid-app-id", "无效的AppID参数"),
    "method": ("40002", "isv.invalid-method", "不存在的方法名"),
    "content": ("40004", "ACQ.INVALID_PARAMETER", "参数无效"),
}


@dataclass(frozen=True, slots=True)
class Merchant:
    """`public_key` is the merchant's, `private_key` our own (both PEM)."""

    app_id: str
    public_key: str
    private_key: str


def signed_text(parameters: Mapping[str, str]) -> str:
    return "&".join(
        f"{it}={parameters[it]}" for it in sorted(parameters) if parameters[it] and it != "sign"
    )


def sign(text: str, private_key: str) -> str:
    key = serialization.load_pem_private_key(private_key.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()


def is_signed(text: str, signature: str, public_key: str) -> bool:
    key = serialization.load_pem_public_key(public_key.encode())
    assert isinstance(key, rsa.RSAPublicKey)
    try:
        key.verify(base64.b64decode(signature), text.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def key_pair() -> tuple[str, str]:
    """A fresh pair (private, public), both PEM."""
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


def minor_of(amount: Any, currency: str) -> int:
    """ValueError where it is no amount of that currency."""
    try:
        value = Decimal(str(amount)).scaleb(0 if currency in WHOLE_CURRENCIES else 2)
    except InvalidOperation as error:
        raise ValueError(f"Expected an amount, got {amount}.") from error
    if value != value.to_integral_value():
        raise ValueError(f"Expected an amount in {currency}, got {amount}.")
    return int(value)


def amount_of(minor: int, currency: str) -> str:
    digits = 0 if currency in WHOLE_CURRENCIES else 2
    return str(Decimal(minor).scaleb(-digits))


class Alipay:
    """The wire of one provider for one merchant. `answer` gives the bytes of the answer."""

    def __init__(self, provider: WalletProvider, merchant: Merchant) -> None:
        self.provider = provider
        self.merchant = merchant
        self._operations: dict[str, Callable[[dict[str, Any], str], dict[str, Any]]] = {
            "pay": self._pay,
            "query": self._query,
            "reverse": self._reverse,
            "refund": self._refund,
        }

    def answer(self, parameters: Mapping[str, str], fault: str = "") -> bytes:
        method = parameters.get("method", "")
        refusal = self._refusal(parameters)
        if refusal:
            code, sub_code, words = BAD_REQUESTS[refusal]
            told = _no(code, sub_code, words)
        else:
            told = self._told(METHODS[method], parameters["biz_content"], fault)
        return self._signed(method, told, is_forged=fault == "forged")

    def _told(self, operation: str, content: str, fault: str) -> dict[str, Any]:
        try:
            if fault == "system_error":
                raise Refusal(fault)  # noqa: TRY301 - as the provider's own inside would
            return self._operations[operation](json.loads(content), fault)
        except Refusal as error:
            if error.kind == "system_error":
                return _no(
                    "20000", "isp.unknow-error", "系统繁忙", msg="Service Currently Unavailable"
                )
            return _no("40004", *ERRORS[error.kind])
        except (KeyError, ValueError, TypeError):
            return _no(*BAD_REQUESTS["content"])

    def _refusal(self, parameters: Mapping[str, str]) -> str:
        if parameters.get("app_id") != self.merchant.app_id:
            return "app"
        if parameters.get("method") not in METHODS:
            return "method"
        text = signed_text(parameters)
        is_good = is_signed(text, parameters.get("sign", ""), self.merchant.public_key)
        return "" if is_good else "sign"

    def _signed(self, method: str, told: dict[str, Any], *, is_forged: bool) -> bytes:
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        seal = sign(text + ("!" if is_forged else ""), self.merchant.private_key)
        node = f"{method.replace('.', '_') or 'error'}_response"
        return f'{{"{node}":{text},"sign":"{seal}"}}'.encode()

    def _pay(self, content: dict[str, Any], fault: str) -> dict[str, Any]:
        currency = content.get("trans_currency", "CNY")
        order = self.provider.pay(
            content["out_trade_no"],
            content["auth_code"],
            minor_of(content["total_amount"], currency),
            currency,
        )
        if fault == "system_error_paid":
            raise Refusal("system_error")
        if order.state == "paid":
            extra = 1 if fault == "wrong_amount" else 0
            return _yes() | _trade(order, order.amount_minor + extra)
        if order.state == "waiting":
            return {"code": "10003", "msg": "order success pay inprocess", **_trade(order)}
        return _no("40004", *ERRORS["declined"])

    def _query(self, content: dict[str, Any], _: str) -> dict[str, Any]:
        order = self.provider.query(content["out_trade_no"])
        if order is None:
            raise Refusal("missing")
        return _yes() | _trade(order) | {"trade_status": TRADE_STATUS[order.state]}

    def _reverse(self, content: dict[str, Any], fault: str) -> dict[str, Any]:
        number = content["out_trade_no"]
        if fault == "refused":
            return _yes() | {"out_trade_no": number, "retry_flag": "Y"}
        action = self.provider.reverse(number)
        done = {"action": action} if action else {}
        return _yes() | {"out_trade_no": number, "retry_flag": "N", **done}

    def _refund(self, content: dict[str, Any], _: str) -> dict[str, Any]:
        number, refund = content["out_trade_no"], content["out_request_no"]
        found = self.provider.query(number)
        if found is None:
            raise Refusal("missing")
        is_new = refund not in found.refunds
        amount_minor = minor_of(content["refund_amount"], found.currency)
        order = self.provider.refund(number, refund, amount_minor)
        returned = amount_of(order.refunded_minor, order.currency)
        change = {"fund_change": "Y" if is_new else "N", "refund_fee": returned}
        return _yes() | _trade(order) | change


def _yes() -> dict[str, Any]:
    return {"code": "10000", "msg": "Success"}


def _no(code: str, sub_code: str, words: str, msg: str = "Business Failed") -> dict[str, Any]:
    return {"code": code, "msg": msg, "sub_code": sub_code, "sub_msg": words}


def _trade(order: Order, amount_minor: int | None = None) -> dict[str, Any]:
    shown = order.amount_minor if amount_minor is None else amount_minor
    return {
        "out_trade_no": order.number,
        "trade_no": order.transaction_id,
        "total_amount": amount_of(shown, order.currency),
        "trans_currency": order.currency,
    }
