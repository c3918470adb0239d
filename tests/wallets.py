"""Both simulated wallet providers on loopback, and what boxes ask about them."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn

from cloud.questions import Asker
from cloud.settings import AlipaySettings, WalletsSettings, WechatPaySettings
from contract.wallets import PayAsk, PaymentAsk, RefundAsk
from hardware_sim.wallets.alipay import Alipay, key_pair
from hardware_sim.wallets.alipay import Merchant as AlipayMerchant
from hardware_sim.wallets.app import Wallets, create_app
from hardware_sim.wallets.cashier import Cashier
from hardware_sim.wallets.provider import WalletProvider
from hardware_sim.wallets.wechat_pay import Merchant, WechatPay
from ui.pages import Place

KEY = "0123456789abcdef0123456789abcdef"
APP, MERCHANT = "wx2421b1c4370ec43b", "1900000109"
ALIPAY_APP = "2014072300007148"
ASKER = Asker("maru-1", "maru", "")


@dataclass
class Bench:
    """Both providers, how the hub reaches them, and their customers' clock."""

    wallets: Wallets
    settings: WalletsSettings
    url: str
    cashier: Cashier
    seconds: list[float] = field(default_factory=lambda: [1000.0])

    def __post_init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Nobody has paid anything yet."""
        self.cashier.notices.sent.clear()
        self.wallets.wechat_pay.provider = WalletProvider("wechat_pay", now=lambda: self.seconds[0])
        self.wallets.alipay.provider = WalletProvider("alipay", now=lambda: self.seconds[0])

    def provider(self, name: str) -> WalletProvider:
        return self.wallets.providers[name]

    def pass_time(self, seconds: float) -> None:
        self.seconds[0] += seconds

    @property
    def moved_minor(self) -> int:
        return sum(it["moved_minor"] for it in self.wallets.state().values())


@contextmanager
def served_bench() -> Iterator[Bench]:
    merchant, provider = key_pair(), key_pair()
    wallets = Wallets(
        WechatPay(WalletProvider("wechat_pay"), Merchant(APP, MERCHANT, KEY)),
        Alipay(WalletProvider("alipay"), AlipayMerchant(ALIPAY_APP, merchant[1], provider[0])),
    )
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = create_app(wallets)
    cashier = Cashier(wallets, url, Place(language="en"))
    cashier.add_to(app)
    config = uvicorn.Config(app, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    settings = WalletsSettings(
        wechat_pay=WechatPaySettings(
            url=f"{url}/wechat", app_id=APP, merchant_id=MERCHANT, key=KEY
        ),
        alipay=AlipaySettings(
            url=f"{url}/alipay/gateway.do",
            app_id=ALIPAY_APP,
            private_key=merchant[0],
            provider_key=provider[1],
        ),
    )
    try:
        yield Bench(wallets, settings, url, cashier)
    finally:
        cashier.notices.close()
        server.should_exit = True
        thread.join(5)
        listener.close()


def uid(number: int) -> str:
    return f"018f2f4e-{number:04x}-7abc-8def-0123456789ab"


def asked(name: str, number: int = 1, amount_minor: int = 6500) -> PaymentAsk:
    return PaymentAsk(
        payment_id=uid(number), provider=name, amount_minor=amount_minor, currency="KRW"
    )


def paying(name: str, number: int = 1, amount_minor: int = 6500) -> PayAsk:
    """Each payment with a code of its own, as a phone shows it."""
    prefix = {"wechat_pay": "13", "alipay": "28"}[name]
    return PayAsk(**asked(name, number, amount_minor).model_dump(), code=f"{prefix}{number:016d}")


def refunding(number: int, amount_minor: int, refund: int = 0x100) -> RefundAsk:
    return RefundAsk(
        refund_id=uid(refund), payment_id=uid(number), amount_minor=amount_minor, currency="KRW"
    )
