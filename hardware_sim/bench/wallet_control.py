"""The customers' phones: asks the simulated providers to show a code, to follow a script, to decide."""

from __future__ import annotations

from typing import Final

from hardware_sim.bench.remote import Remote

PROVIDERS: Final = ("wechat_pay", "alipay")


class WalletControl(Remote):
    def __init__(self, url: str) -> None:
        super().__init__(url, "wallets_url", "the wallets' process", "/api/wallets")

    def show(self, provider: str) -> str:
        """A fresh code on a phone. ValueError where there are no wallets."""
        return str(self.post(f"/{provider}/show", {})["code"])

    def script(self, step: str) -> None:
        """The next customers of both do so."""
        for provider in PROVIDERS:
            self.post(f"/{provider}/script", {"next": [step]})

    def press(self, button: str) -> bool:
        """Whoever is asked for her password decides; whether somebody was."""
        state = self.ask() or {}
        asked = [it for it in PROVIDERS if state.get(it, {}).get("waiting")]
        for provider in asked[:1]:
            self.post(f"/{provider}/press", {"button": button})
        return bool(asked)

    def fault(self, name: str) -> None:
        """Spoils the next call of that kind at each provider."""
        for provider in PROVIDERS:
            self.post(f"/{provider}/fault", {"name": name})
