"""The verbs of wallets among what boxes ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloud.payments.service import WalletService
from cloud.questions import Asker, Verb
from contract.wallets import PaidAsk, PayAsk, PaymentAsk, RefundAsk


def verbs(service: WalletService) -> dict[str, Verb]:
    def pay(asker: Asker, arguments: dict[str, Any]) -> Mapping[str, Any]:
        return service.pay(asker, PayAsk.model_validate(arguments)).model_dump()

    def query(asker: Asker, arguments: dict[str, Any]) -> Mapping[str, Any]:
        return service.query(asker, PaymentAsk.model_validate(arguments)).model_dump()

    def reverse(asker: Asker, arguments: dict[str, Any]) -> Mapping[str, Any]:
        return service.reverse(asker, PaymentAsk.model_validate(arguments)).model_dump()

    def refund(asker: Asker, arguments: dict[str, Any]) -> Mapping[str, Any]:
        return service.refund(asker, RefundAsk.model_validate(arguments)).model_dump()

    def paid(_: Asker, arguments: dict[str, Any]) -> Mapping[str, Any]:
        return service.paid(PaidAsk.model_validate(arguments)).model_dump()

    return {
        "wallet.paid": paid,
        "wallet.pay": pay,
        "wallet.query": query,
        "wallet.reverse": reverse,
        "wallet.refund": refund,
    }
