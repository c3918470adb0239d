"""The providers' clients from the hub's settings."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Final

from cloud.clock import Clock
from cloud.payments.alipay import Alipay
from cloud.payments.providers import Provider, open_client, post
from cloud.payments.wechat_pay import WechatPay
from cloud.settings import AlipaySettings, WalletsSettings, WechatPaySettings

XML: Final = "text/xml"
FORM: Final = "application/x-www-form-urlencoded;charset=utf-8"


def providers(settings: WalletsSettings, clock: Clock, held: ExitStack) -> dict[str, Provider]:
    """Those that are set up; their connections are `held`."""
    found: dict[str, Provider] = {}
    if settings.wechat_pay:
        found["wechat_pay"] = _wechat_pay(settings.wechat_pay, clock, held)
    if settings.alipay:
        found["alipay"] = _alipay(settings.alipay, clock, held)
    return found


def _wechat_pay(settings: WechatPaySettings, clock: Clock, held: ExitStack) -> WechatPay:
    client = held.enter_context(open_client(settings.certificate, settings.certificate_key))
    return WechatPay(
        settings.app_id,
        settings.merchant_id,
        settings.key,
        clock,
        lambda path, body: post(client, settings.url + path, body, XML),
    )


def _alipay(settings: AlipaySettings, clock: Clock, held: ExitStack) -> Alipay:
    client = held.enter_context(open_client())
    return Alipay(
        settings.app_id,
        settings.private_key,
        settings.provider_key,
        clock,
        lambda body: post(client, settings.url, body, FORM),
        settings.url,
    )
