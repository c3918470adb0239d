"""`twinstore sim wallets wallets.toml`: both wallet providers as one process, with the page to work them."""

from __future__ import annotations

import contextlib
import signal
import sys
from pathlib import Path

from hardware_sim.wallets.alipay import Alipay
from hardware_sim.wallets.alipay import Merchant as AlipayMerchant
from hardware_sim.wallets.app import Wallets, create_app
from hardware_sim.wallets.cashier import Cashier
from hardware_sim.wallets.ledger import Ledger
from hardware_sim.wallets.provider import WalletProvider
from hardware_sim.wallets.settings import WalletsSettings, read_settings
from hardware_sim.wallets.wechat_pay import Merchant as WechatMerchant
from hardware_sim.wallets.wechat_pay import WechatPay
from ui.pages import Place
from ui.serving import open_port

GRACE_S = 1  # open pages hold an endless stream each


def run(file: Path) -> None:
    """Until the process is told to end. Raises SettingsError or PortError where it cannot start."""
    serve(read_settings(file))


def build(settings: WalletsSettings) -> Wallets:
    """Both providers, with the ledgers that they left behind."""
    wechat, alipay = settings.wechat_pay, settings.alipay
    wechat_provider = WalletProvider("wechat_pay", Ledger(wechat.ledger), speed=settings.speed)
    wechat_provider.set_script(wechat.script)
    alipay_provider = WalletProvider("alipay", Ledger(alipay.ledger), speed=settings.speed)
    alipay_provider.set_script(alipay.script)
    return Wallets(
        WechatPay(wechat_provider, WechatMerchant(wechat.app_id, wechat.merchant_id, wechat.key)),
        Alipay(
            alipay_provider,
            AlipayMerchant(alipay.app_id, alipay.merchant_key, alipay.private_key),
        ),
    )


def serve(settings: WalletsSettings) -> None:
    import uvicorn

    # uvicorn ends first and then hands the signal on: without this it would end us in the middle.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with open_port(settings.host, settings.port) as doors:
        port = doors[0].getsockname()[1]
        sys.stdout.write(
            f"Simulated WeChat Pay and Alipay: http://{settings.host}:{port}\nCtrl-C ends it.\n"
        )
        sys.stdout.flush()
        wallets = build(settings)
        app = create_app(wallets)
        place = Place(settings.currency, settings.timezone, settings.accent, settings.language)
        Cashier(wallets, f"http://{settings.host}:{port}", place).add_to(app)
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=GRACE_S)
        with contextlib.suppress(KeyboardInterrupt):  # uvicorn has obeyed, and hands it on
            uvicorn.Server(config).run(sockets=doors)
