"""Alipay, a code shown by the customer: the gateway's trade.pay, .query, .cancel and .refund (JSON, RSA2).

A customer at home pays on the provider's page: alipay.trade.page.pay is an address that we sign and her browser opens.
The provider hears of the order with it, and posts a notice once it was paid.

RSA2 = SHA-256 with RSA, PKCS #1 v1.5, Base64. Ours is over every parameter that is not empty but `sign`, sorted by
name, joined as name=value with "&". Theirs is over the text of the answer's node exactly as it came: parsed and
written again it would be another text. Source: the provider's public documents of the gateway.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from pydantic import SecretStr

from cloud.clock import Clock
from cloud.payments.providers import (
    CHINA,
    Errand,
    NoAnswer,
    Notice,
    Order,
    Said,
    Told,
    believed,
    first_heard,
)
from contract.money import MINOR_DIGITS

Post = Callable[[bytes], bytes]
"""A form to the answer's body; raises NoAnswer."""

STATES: Final[dict[str, Said]] = {
    "WAIT_BUYER_PAY": "waiting",
    "TRADE_SUCCESS": "approved",
    "TRADE_FINISHED": "approved",
    "TRADE_CLOSED": "closed",
}
# Sub-codes under which the gateway itself does not know what happened.
DOUBTFUL: Final = frozenset({"ACQ.SYSTEM_ERROR", "AOP.ACQ.SYSTEM_ERROR"})


def signed_text(parameters: Mapping[str, str]) -> str:
    return "&".join(
        f"{it}={parameters[it]}" for it in sorted(parameters) if parameters[it] and it != "sign"
    )


def sign(text: str, key: RSAPrivateKey) -> str:
    return base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()


def is_signed(text: str, signature: str, key: RSAPublicKey) -> bool:
    try:
        seal = base64.b64decode(signature, validate=True)
        key.verify(seal, text.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error):
        return False
    return True


def private_key(pem: str) -> RSAPrivateKey:
    """ValueError where it is none."""
    key = load_pem_private_key(pem.encode(), None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("expected an RSA private key in PEM")  # noqa: TRY004 - settings are refused by ValueError
    return key


def public_key(pem: str) -> RSAPublicKey:
    """ValueError where it is none."""
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, RSAPublicKey):
        raise ValueError("expected an RSA public key in PEM")  # noqa: TRY004 - as above
    return key


def amount_of(minor: int, currency: str) -> str:
    """As the gateway writes it, in whole units of the currency.

    >>> amount_of(8880, "CNY"), amount_of(8880, "KRW")
    ('88.80', '8880')
    """
    return str(Decimal(minor).scaleb(-MINOR_DIGITS[currency]))


def node_of(body: bytes, name: str) -> tuple[str, dict[str, Any], str]:
    """The node's text exactly as it came, its value, and the signature. Raises NoAnswer."""
    try:
        text = body.decode("utf-8")
        opening = f'"{name}"'
        at = text.index(":", text.index(opening) + len(opening)) + 1
        start = at + len(text[at:]) - len(text[at:].lstrip())
        value, end = json.JSONDecoder().raw_decode(text, start)
        signature = json.loads(text)["sign"]
    except (ValueError, KeyError, TypeError) as error:
        raise NoAnswer("unreadable") from error
    if not isinstance(value, dict) or not isinstance(signature, str):
        raise NoAnswer("unreadable")
    return text[start:end], value, signature


class Alipay:
    """A `providers.Provider`. `post` carries one form to the gateway."""

    name = "alipay"
    thanks = b"success"

    def __init__(
        self,
        app_id: str,
        key: SecretStr,
        provider_key: str,
        clock: Clock,
        post: Post,
        gateway_url: str,
    ) -> None:
        self._gateway_url = gateway_url
        self._app_id = app_id
        self._key = private_key(key.get_secret_value())
        self._provider_key = public_key(provider_key)
        self._clock = clock
        self._post = post

    def pay(self, order: Order, code: str) -> Told:
        content = {
            "out_trade_no": order.number,
            "scene": "bar_code",
            "auth_code": code,
            "subject": order.subject,
            "total_amount": amount_of(order.amount_minor, order.currency),
            "trans_currency": order.currency,
        }
        return first_heard(lambda: _paid(self._ask("alipay.trade.pay", content), order))

    def open(self, order: Order, errand: Errand) -> tuple[Told, str]:
        """Nothing is sent: the browser brings the signed order along."""
        content = {
            "out_trade_no": order.number,
            "product_code": "FAST_INSTANT_TRADE_PAY",
            "subject": order.subject,
            "total_amount": amount_of(order.amount_minor, order.currency),
            "trans_currency": order.currency,
            "timeout_express": f"{max(1, errand.lasts_s // 60)}m",
        }
        urls = {"notify_url": errand.notify_url, "return_url": errand.return_url}
        parameters = self._signed("alipay.trade.page.pay", content, urls)
        return Told("waiting"), f"{self._gateway_url}?{urlencode(parameters)}"

    def query(self, order: Order) -> Told:
        content = {"out_trade_no": order.number}
        told = believed(lambda: _queried(self._ask("alipay.trade.query", content), order))
        if order.way == "page" and told.said == "missing":
            # The provider hears of such an order when its page is opened, not before.
            return Told("waiting", told.reason)
        return told

    def noticed(self, body: bytes) -> Notice:
        try:
            fields = dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True))
        except UnicodeDecodeError as error:
            raise NoAnswer("unreadable") from error
        plain = {name: value for name, value in fields.items() if name != "sign_type"}
        if not is_signed(signed_text(plain), fields.get("sign", ""), self._provider_key):
            raise NoAnswer("bad_signature")
        if fields.get("app_id") != self._app_id:
            raise NoAnswer("other_merchant")
        if STATES.get(fields.get("trade_status", "")) != "approved":
            raise NoAnswer("not_understood")
        currency = fields.get("trans_currency", "CNY")
        amount_minor = _minor_of(fields.get("total_amount", ""), currency)
        return Notice(fields.get("out_trade_no", ""), amount_minor, currency)

    def reverse(self, order: Order) -> Told:
        content = {"out_trade_no": order.number}
        return believed(lambda: _reversed(self._ask("alipay.trade.cancel", content)))

    def refund(self, order: Order, refund_number: str, amount_minor: int) -> Told:
        content = {
            "out_trade_no": order.number,
            "out_request_no": refund_number,
            "refund_amount": amount_of(amount_minor, order.currency),
        }
        return believed(lambda: _refunded(self._ask("alipay.trade.refund", content), amount_minor))

    def _ask(self, method: str, content: dict[str, str]) -> dict[str, Any]:
        """The answer's node, proved to be the provider's own. Raises NoAnswer."""
        body = self._post(urlencode(self._signed(method, content, {})).encode())
        text, value, signature = node_of(body, f"{method.replace('.', '_')}_response")
        if not is_signed(text, signature, self._provider_key):
            raise NoAnswer("bad_signature")
        return value

    def _signed(
        self, method: str, content: dict[str, str], more: Mapping[str, str]
    ) -> dict[str, str]:
        parameters = {
            "app_id": self._app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": _stamp(self._clock.now()),
            "version": "1.0",
            "biz_content": json.dumps(content, ensure_ascii=False, separators=(",", ":")),
            **more,
        }
        return parameters | {"sign": sign(signed_text(parameters), self._key)}


def _minor_of(amount: str, currency: str) -> int:
    """0 for what is no amount: no order is over 0."""
    try:
        return int(Decimal(amount).scaleb(MINOR_DIGITS.get(currency, 2)))
    except (InvalidOperation, ValueError, OverflowError):
        return 0


def _stamp(now: datetime) -> str:
    return f"{now.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"


def _paid(answer: dict[str, Any], order: Order) -> Told:
    code = answer.get("code")
    if code == "10000":
        return _checked(answer, order)
    if code == "10003":
        return Told("waiting", "10003")
    return _refused(answer)


def _queried(answer: dict[str, Any], order: Order) -> Told:
    if answer.get("code") != "10000":
        told = _refused(answer)
        return Told("missing" if told.reason == "ACQ.TRADE_NOT_EXIST" else "unknown", told.reason)
    status = str(answer.get("trade_status", ""))
    said = STATES.get(status, "unknown")
    return _checked(answer, order) if said == "approved" else Told(said, status)


def _checked(answer: dict[str, Any], order: Order) -> Told:
    """An approval of this very order over its very amount; anything else is not believed."""
    try:
        amount = Decimal(str(answer.get("total_amount")))
    except InvalidOperation:
        return Told("unknown", "differs")
    expected = Decimal(amount_of(order.amount_minor, order.currency))
    is_ours = answer.get("out_trade_no") == order.number
    if not is_ours or amount != expected:
        return Told("unknown", "differs")
    return Told("approved", "", str(answer.get("trade_no", "")), order.amount_minor)


def _reversed(answer: dict[str, Any]) -> Told:
    if answer.get("code") == "10000" and answer.get("retry_flag", "N") == "N":
        return Told("closed", str(answer.get("action", "")))
    return Told("unknown", _refused(answer).reason or "retry")


def _refunded(answer: dict[str, Any], amount_minor: int) -> Told:
    if answer.get("code") == "10000":
        return Told("closed", "", str(answer.get("trade_no", "")), amount_minor)
    return _refused(answer)


def _refused(answer: dict[str, Any]) -> Told:
    """40004 is a no; every other code (20000 above all) leaves it open."""
    code, reason = answer.get("code"), str(answer.get("sub_code", ""))
    is_no = code == "40004" and reason not in DOUBTFUL
    return Told("declined" if is_no else "unknown", reason or str(code))
