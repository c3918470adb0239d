"""The payment codes that wallets show: which wallet a scan is of. A code is a secret while it lives, and it lives once.

By the providers' public documents; there is no check digit.
"""

from __future__ import annotations

import re
from typing import Final

_CODES: Final = {
    "wechat_pay": re.compile(r"1[0-5][0-9]{16}"),
    "alipay": re.compile(r"(?:2[5-9]|30)[0-9]{14,22}"),
    "unionpay": re.compile(r"62[0-9]{17}"),
}
SHORTEST: Final = 16  # longer than whatever is scanned of goods
# What a cashier reads; the screens' catalogues have their own words.
NAMES: Final = {"wechat_pay": "WeChat Pay", "alipay": "Alipay", "unionpay": "UnionPay"}


def wallet_of(code: str) -> str:
    """The name of the wallet that shows such codes, "" where it is something else.

    >>> wallet_of("134567890123456789"), wallet_of("2876344382566439"), wallet_of("8801234500012")
    ('wechat_pay', 'alipay', '')
    """
    if len(code) < SHORTEST:
        return ""
    return next((name for name, form in _CODES.items() if form.fullmatch(code)), "")
