"""Asking the hub, as the use cases see it: a function that answers or says why it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from edge.db.tables import Payment
from edge.domain.errors import HubUnreachable, WalletOffline


class AskHub(Protocol):
    """Waits up to `timeout_s` for the hub's answer and gives its body. Called in a thread that may wait.

    `ask_id` (a UUIDv7) makes the question idempotent: to ask again with the same one is safe. Raises HubUnreachable
    where nothing was sent, HubSilent where it was sent and nobody knows whether it was done, HubRefused where the hub
    said no.
    """

    def __call__(
        self, verb: str, arguments: Mapping[str, Any], *, ask_id: str, timeout_s: float
    ) -> dict[str, Any]: ...


def nobody(
    verb: str, arguments: Mapping[str, Any], *, ask_id: str, timeout_s: float
) -> dict[str, Any]:
    """For a box that has no hub to ask."""
    del verb, arguments, ask_id, timeout_s
    raise HubUnreachable


class PayByWallet(Protocol):
    """Begins a payment by a wallet's code, for all that is due or the part that is named."""

    def __call__(self, code: str, amount_minor: int | None = None) -> Payment: ...


def no_wallet(code: str, amount_minor: int | None = None) -> Payment:
    """For a box that has no hub to ask."""
    del code, amount_minor
    raise WalletOffline
