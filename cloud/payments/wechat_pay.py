"""WeChat Pay, a code shown by the customer: the version 2 interface (XML, HMAC-SHA256 with the merchant's key).

A customer at home pays on the provider's page: unifiedorder (trade_type MWEB, "H5") gives its address, closeorder
ends it before it is paid, and the provider posts a notice once it was.

Signature: every field that is not empty but `sign`, sorted by name in ASCII, joined as name=value with "&", then
"&key=" and the merchant's key; in capitals. `reverse` and `refund` want the merchant's client certificate, which is
given to the HTTP client. Source: the provider's public documents of micropay, orderquery, reverse and refund.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode
from xml.parsers import expat
from xml.sax.saxutils import escape

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

Fields = dict[str, str]
Post = Callable[[str, bytes], bytes]
"""(path, body) to the answer's body; raises NoAnswer."""

SIGN_TYPE: Final = "HMAC-SHA256"
# The server's own address is asked for and means nothing to anybody.
OUR_ADDRESS: Final = "127.0.0.1"
MAX_BODY_CHARACTERS: Final = 40
# Answered to a payment, these leave it open: the provider's documents say "query".
DOUBTFUL: Final = frozenset({"SYSTEMERROR", "BANKERROR", "USERPAYING"})
# Answered to a closing: there is nothing that could still be paid.
CLOSED_ALREADY: Final = frozenset({"ORDERCLOSED", "ORDERNOTEXIST"})
STAMP: Final = "%Y%m%d%H%M%S"  # of the provider's own time
STATES: Final[dict[str, Said]] = {
    "SUCCESS": "approved",
    "USERPAYING": "waiting",
    "NOTPAY": "waiting",
    "ACCEPT": "waiting",
    "PAYERROR": "declined",
    "CLOSED": "closed",
    "REVOKED": "closed",
    "REFUND": "closed",
}


def signature(fields: Mapping[str, str], key: str, kind: str = SIGN_TYPE) -> str:
    """`kind` is HMAC-SHA256 or MD5, as the field sign_type names it."""
    pairs = [f"{it}={fields[it]}" for it in sorted(fields) if fields[it] and it != "sign"]
    text = "&".join([*pairs, f"key={key}"]).encode()
    if kind == "MD5":
        return hashlib.md5(text).hexdigest().upper()  # noqa: S324 - the provider's own choice
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest().upper()


def to_xml(fields: Mapping[str, str]) -> bytes:
    rows = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
    return f"<xml>{rows}</xml>".encode()


def from_xml(body: bytes) -> Fields:
    """The fields of one flat <xml>. Raises NoAnswer for anything else, a document type above all (XXE)."""
    reader = _Flat()
    try:
        reader.parser.Parse(body, True)
    except (expat.ExpatError, ValueError) as error:
        raise NoAnswer("unreadable") from error
    return reader.fields


class _Flat:
    def __init__(self) -> None:
        self.fields: Fields = {}
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        self._open: list[str] = []

    def _start(self, name: str, _: dict[str, str]) -> None:
        self._open.append(name)
        if len(self._open) == 2:
            self.fields[name] = ""
        elif len(self._open) > 2 or name != "xml":
            raise ValueError

    def _end(self, _: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        if len(self._open) == 2:
            self.fields[self._open[1]] += text

    def _doctype(self, *_: object) -> None:
        raise ValueError


class WechatPay:
    """A `providers.Provider`. `post` carries one request to the provider's server."""

    name = "wechat_pay"
    thanks = (
        b"<xml><return_code><![CDATA[SUCCESS]]></return_code>"
        b"<return_msg><![CDATA[OK]]></return_msg></xml>"
    )

    def __init__(
        self, app_id: str, merchant_id: str, key: SecretStr, clock: Clock, post: Post
    ) -> None:
        self._clock = clock
        self._app_id = app_id
        self._merchant_id = merchant_id
        self._key = key
        self._post = post

    def pay(self, order: Order, code: str) -> Told:
        fields = {
            "body": order.subject[:MAX_BODY_CHARACTERS],
            "out_trade_no": order.number,
            "total_fee": str(order.amount_minor),
            "fee_type": order.currency,
            "spbill_create_ip": OUR_ADDRESS,
            "auth_code": code,
        }
        return first_heard(lambda: _paid(self._ask("/pay/micropay", fields), order))

    def open(self, order: Order, errand: Errand) -> tuple[Told, str]:
        now = self._clock.now().astimezone(CHINA)
        fields = {
            "body": order.subject[:MAX_BODY_CHARACTERS],
            "out_trade_no": order.number,
            "total_fee": str(order.amount_minor),
            "fee_type": order.currency,
            "spbill_create_ip": OUR_ADDRESS,
            "notify_url": errand.notify_url,
            "trade_type": "MWEB",
            "time_start": f"{now:{STAMP}}",
            "time_expire": f"{now + timedelta(seconds=errand.lasts_s):{STAMP}}",
        }
        found: list[str] = []

        def exchange() -> Told:
            answer = self._ask("/pay/unifiedorder", fields)
            found.append(answer.get("mweb_url", ""))
            return _opened(answer)

        told = first_heard(exchange)
        if told.said != "waiting" or not found[0]:
            return told, ""
        return told, f"{found[0]}?{urlencode({'redirect_url': errand.return_url})}"

    def query(self, order: Order) -> Told:
        fields = {"out_trade_no": order.number}
        return believed(lambda: _queried(self._ask("/pay/orderquery", fields), order))

    def noticed(self, body: bytes) -> Notice:
        fields = self._believed(from_xml(body))
        amount = fields.get("total_fee", "")
        if fields.get("result_code") != "SUCCESS" or not amount.isdecimal():
            raise NoAnswer("not_understood")
        return Notice(fields.get("out_trade_no", ""), int(amount), fields.get("fee_type", "CNY"))

    def reverse(self, order: Order) -> Told:
        if order.way == "page":
            return believed(lambda: self._close(order))
        fields = {"out_trade_no": order.number}
        return believed(lambda: _reversed(self._ask("/secapi/pay/reverse", fields)))

    def refund(self, order: Order, refund_number: str, amount_minor: int) -> Told:
        fields = {
            "out_trade_no": order.number,
            "out_refund_no": refund_number,
            "total_fee": str(order.amount_minor),
            "refund_fee": str(amount_minor),
            "refund_fee_type": order.currency,
        }
        return believed(
            lambda: _refunded(self._ask("/secapi/pay/refund", fields), refund_number, amount_minor)
        )

    def _close(self, order: Order) -> Told:
        """What is paid already cannot be closed: it goes back whole, under a number of its own. Raises NoAnswer."""
        answer = self._ask("/pay/closeorder", {"out_trade_no": order.number})
        reason = answer.get("err_code", "")
        if reason == "ORDERPAID":
            return self.refund(order, f"{order.number}R", order.amount_minor)
        is_over = answer.get("result_code") == "SUCCESS" or reason in CLOSED_ALREADY
        return Told("closed" if is_over else "unknown", reason)

    def _ask(self, path: str, fields: Fields) -> Fields:
        """The provider's fields, proved to be its own. Raises NoAnswer."""
        key = self._key.get_secret_value()
        whole = fields | {
            "appid": self._app_id,
            "mch_id": self._merchant_id,
            "nonce_str": secrets.token_hex(16),
            "sign_type": SIGN_TYPE,
        }
        answer = from_xml(self._post(path, to_xml(whole | {"sign": signature(whole, key)})))
        if answer.get("return_code") != "SUCCESS":
            # Such an answer bears no signature: it says that our request was not understood, and proves nothing.
            raise NoAnswer("not_understood")
        return self._believed(answer)

    def _believed(self, answer: Fields) -> Fields:
        key = self._key.get_secret_value()
        if not hmac.compare_digest(signature(answer, key), answer.get("sign", "")):
            raise NoAnswer("bad_signature")
        if (answer.get("appid"), answer.get("mch_id")) != (self._app_id, self._merchant_id):
            raise NoAnswer("other_merchant")
        return answer


def _paid(answer: Fields, order: Order) -> Told:
    if answer.get("result_code") == "SUCCESS":
        return _checked(answer, order)
    reason = answer.get("err_code", "")
    if reason == "USERPAYING":
        return Told("waiting", reason)
    return Told("unknown" if reason in DOUBTFUL or not reason else "declined", reason)


def _opened(answer: Fields) -> Told:
    if answer.get("result_code") == "SUCCESS":
        return Told("waiting")
    reason = answer.get("err_code", "")
    return Told("unknown" if reason in DOUBTFUL or not reason else "declined", reason)


def _queried(answer: Fields, order: Order) -> Told:
    if answer.get("result_code") != "SUCCESS":
        reason = answer.get("err_code", "")
        return Told("missing" if reason == "ORDERNOTEXIST" else "unknown", reason)
    state = answer.get("trade_state", "")
    said = STATES.get(state, "unknown")
    return _checked(answer, order) if said == "approved" else Told(said, state)


def _checked(answer: Fields, order: Order) -> Told:
    """An approval of this very order over its very amount; anything else is not believed."""
    theirs = answer.get("out_trade_no"), answer.get("total_fee"), answer.get("fee_type", "CNY")
    if theirs != (order.number, str(order.amount_minor), order.currency):
        return Told("unknown", "differs")
    return Told("approved", "", answer.get("transaction_id", ""), order.amount_minor)


def _reversed(answer: Fields) -> Told:
    if answer.get("result_code") == "SUCCESS" and answer.get("recall", "N") == "N":
        return Told("closed")
    return Told("unknown", answer.get("err_code", "recall"))


def _refunded(answer: Fields, refund_number: str, amount_minor: int) -> Told:
    if answer.get("result_code") == "SUCCESS":
        theirs = answer.get("out_refund_no"), answer.get("refund_fee")
        if theirs != (refund_number, str(amount_minor)):
            return Told("unknown", "differs")
        return Told("closed", "", answer.get("refund_id", ""), amount_minor)
    reason = answer.get("err_code", "")
    return Told("unknown" if reason in DOUBTFUL or not reason else "declined", reason)
