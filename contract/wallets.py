"""Questions of a box about payments by wallet: verbs "wallet.pay", ".query", ".reverse", ".paid" and ".refund".

The customer's code is a secret for as long as it lives: it is in `PayAsk` alone, and neither side writes it down.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from pydantic import Field, SecretStr, field_serializer

from contract.envelope import Currency, Message, Uid

WalletName = Literal["wechat_pay", "alipay"]
# WeChat Pay: 18 digits from 10 to 15. Alipay: 16 to 24 digits from 25 to 30.
CODES: Final[dict[WalletName, re.Pattern[str]]] = {
    "wechat_pay": re.compile(r"1[0-5][0-9]{16}"),
    "alipay": re.compile(r"(?:2[5-9]|30)[0-9]{14,22}"),
}


class PaymentAsk(Message):
    """Asks what became of a payment, or for its reversal."""

    payment_id: Uid
    provider: WalletName
    amount_minor: int = Field(gt=0)
    currency: Currency


class PayAsk(PaymentAsk):
    code: SecretStr = Field(min_length=16, max_length=24)

    @field_serializer("code")
    def _revealed(self, code: SecretStr) -> str:
        """On the wire it is what it is; a log or a repr still shows stars."""
        return code.get_secret_value()


class PaymentTold(Message):
    """The state of a payment at the hub.

    approved, declined and reversed are last words; waiting = the customer is typing her password; reversing = not
    proved yet, ask again; unknown = ask again; missing = the hub never heard of it.
    """

    state: Literal["approved", "declined", "waiting", "unknown", "reversing", "reversed", "missing"]
    transaction_id: str = ""
    amount_minor: int = 0
    reason: str = ""


class PaidAsk(Message):
    """Asks by which wallets a sale was paid, whichever box of the company sold it (verb "wallet.paid")."""

    sale_id: Uid


class PaidPart(Message):
    """One wallet payment of a sale; `left_minor` has not gone back of it, and may."""

    payment_id: Uid
    provider: WalletName
    currency: Currency
    left_minor: int = Field(ge=0)


class PaidTold(Message):
    payments: tuple[PaidPart, ...] = ()


class RefundAsk(Message):
    """Money of an approved payment back to its wallet, once for each `refund_id`."""

    refund_id: Uid
    payment_id: Uid
    amount_minor: int = Field(gt=0)
    currency: Currency


class RefundTold(Message):
    """done; asked = not proved yet, ask again; refused = the provider said no, and may be asked again later."""

    state: Literal["done", "asked", "refused"]
    reason: str = ""
