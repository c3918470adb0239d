"""A provider's word to a shop that an order was paid: signed, sent until the shop says that it has it.

WeChat Pay posts XML and wants <return_code>SUCCESS back, Alipay a form and wants "success". Source: the providers'
public documents of asynchronous notices.
"""

from __future__ import annotations

import logging
import secrets
import threading
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

import httpx

from hardware_sim.wallets import alipay, wechat_pay
from hardware_sim.wallets.alipay import Alipay, amount_of
from hardware_sim.wallets.provider import Order
from hardware_sim.wallets.wechat_pay import WechatPay

log = logging.getLogger(__name__)
AGAIN_AFTER_S: Final = (0.0, 2.0, 15.0)
PATIENCE_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Notice:
    """`heard` is what the shop's answer contains once it has understood."""

    url: str
    content: bytes
    media_type: str
    heard: bytes


class Notices:
    """`sent` is every word that was given, those that were lost on their way too."""

    def __init__(self) -> None:
        self.sent: list[Notice] = []
        self._stopping = threading.Event()

    def add(self, notice: Notice, *, is_lost: bool) -> None:
        self.sent.append(notice)
        if not is_lost:
            threading.Thread(target=self._deliver, args=(notice,), daemon=True).start()

    def close(self) -> None:
        self._stopping.set()

    def _deliver(self, notice: Notice) -> None:
        for wait_s in AGAIN_AFTER_S:
            if self._stopping.wait(wait_s) or _is_heard(notice):
                return
        log.warning("A shop did not take the word about a payment: it will have to ask.")


def _is_heard(notice: Notice) -> bool:
    headers = {"content-type": notice.media_type}
    try:
        answer = httpx.post(
            notice.url,
            content=notice.content,
            headers=headers,
            timeout=PATIENCE_S,
            trust_env=False,
        )
    except httpx.HTTPError:
        return False
    return answer.is_success and notice.heard in answer.content


def of_wechat(wire: WechatPay, url: str, order: Order) -> Notice:
    fields = {
        "return_code": "SUCCESS",
        "result_code": "SUCCESS",
        "appid": wire.merchant.app_id,
        "mch_id": wire.merchant.merchant_id,
        "nonce_str": secrets.token_hex(16),
        "trade_type": "MWEB",
        "out_trade_no": order.number,
        "transaction_id": order.transaction_id,
        "total_fee": str(order.amount_minor),
        "fee_type": order.currency,
    }
    sign = wechat_pay.signature(fields, wire.merchant.key)
    body = wechat_pay.to_xml(fields | {"sign": sign})
    return Notice(url, body, "text/xml", b"SUCCESS")


def of_alipay(wire: Alipay, url: str, order: Order) -> Notice:
    """The signature is over everything but itself and its kind."""
    parameters = {
        "notify_type": "trade_status_sync",
        "notify_id": secrets.token_hex(17),
        "charset": "utf-8",
        "app_id": wire.merchant.app_id,
        "out_trade_no": order.number,
        "trade_no": order.transaction_id,
        "trade_status": "TRADE_SUCCESS",
        "total_amount": amount_of(order.amount_minor, order.currency),
        "trans_currency": order.currency,
    }
    text = alipay.signed_text(parameters)
    seal = {"sign_type": "RSA2", "sign": alipay.sign(text, wire.merchant.private_key)}
    body = urlencode(parameters | seal).encode()
    return Notice(url, body, "application/x-www-form-urlencoded;charset=utf-8", b"success")


def forged(notice: Notice, order: Order) -> Notice:
    """As somebody without the key can send it: a good notice of another payment, with its signature."""
    other = b"0" * len(order.transaction_id)
    return replace(notice, content=notice.content.replace(order.transaction_id.encode(), other))
