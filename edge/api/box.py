"""What the endpoints need of the running box; `edge.main` fills it in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from edge.domain.basket import EnteredCode
from edge.services.hub import AskHub, PayByWallet, no_wallet, nobody
from edge.services.shop import Shop


@dataclass(frozen=True, slots=True)
class Box:
    """`read_code` turns a scan (data, AIM identifier or "") into what it names, as the scanner's own path does.

    `is_online` says whether the hub answers now; `peripherals` is each one's state in plain values.
    `ask_hub` waits for the hub's answer; `pay_by_wallet` begins a payment by the code of a customer's wallet.
    """

    shop: Shop
    software: str
    boot: str
    read_code: Callable[[str, str], EnteredCode]
    is_online: Callable[[], bool]
    peripherals: Callable[[], Sequence[dict[str, Any]]]
    ask_hub: AskHub = nobody
    pay_by_wallet: PayByWallet = no_wallet
