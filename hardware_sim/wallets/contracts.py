"""What a made-up company and its wallet providers agreed on: names, and both sides' keys, fresh each time."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any, Final

from hardware_sim.wallets.alipay import key_pair

WECHAT_APP: Final = "wx2421b1c4370ec43b"
WECHAT_MERCHANT: Final = "1900000109"
ALIPAY_APP: Final = "2014072300007148"
KEY_BYTES: Final = 16
LEDGERS: Final = "data/wallets"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Contracts:
    """`merchant` and `provider` are Alipay's two key pairs (private, public), PEM; `key` is shared with WeChat Pay."""

    key: str = field(default_factory=lambda: secrets.token_hex(KEY_BYTES), repr=False)
    merchant: tuple[str, str] = field(default_factory=key_pair, repr=False)
    provider: tuple[str, str] = field(default_factory=key_pair, repr=False)

    def of_company(self, url: str) -> Json:
        """The hub's side: the table `wallets` of its settings. `url` is where the providers are."""
        return {
            "wechat_pay": {
                "url": f"{url}/wechat",
                "app_id": WECHAT_APP,
                "merchant_id": WECHAT_MERCHANT,
                "key": self.key,
            },
            "alipay": {
                "url": f"{url}/alipay/gateway.do",
                "app_id": ALIPAY_APP,
                "private_key": self.merchant[0],
                "provider_key": self.provider[1],
            },
        }

    def of_providers(self) -> Json:
        """The providers' side: two tables of wallets.toml."""
        return {
            "wechat_pay": {
                "app_id": WECHAT_APP,
                "merchant_id": WECHAT_MERCHANT,
                "key": self.key,
                "ledger": f"{LEDGERS}/wechat_pay.jsonl",
            },
            "alipay": {
                "app_id": ALIPAY_APP,
                "merchant_key": self.merchant[1],
                "private_key": self.provider[0],
                "ledger": f"{LEDGERS}/alipay.jsonl",
            },
        }
