"""Asking again where somebody is away for a moment, as people do, and giving up where nobody comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import httpx

from hardware_sim.proof.outside import Refused
from hardware_sim.proof.untrue import Untrue
from hardware_sim.stories.stage import wait

WITHIN_S: Final = 60.0
# What a shop says that a moment later may be otherwise: the line is back, the hub has heard, the goods are known.
NOT_YET: Final = frozenset(
    {"hub.unreachable", "hub.silent", "wallet.offline", "wallet.refund_offline"}
)


def insist(act: Callable[[], Any]) -> Any:
    """What `act` gives, once whoever is away is back. Raises Untrue with the last answer where nobody came back."""
    found: list[Any] = []
    last = ["nothing"]

    def is_done() -> bool:
        try:
            found.append(act())
        except (httpx.TransportError, httpx.HTTPStatusError) as error:
            last[0] = str(error)
        except Refused as error:
            last[0] = str(error)
            if error.key not in NOT_YET and error.status < 500:
                raise Untrue(str(error)) from error
        return bool(found)

    wait(is_done, WITHIN_S, "expected an answer")
    return found[-1]
