"""A provider's customers: which codes they show, and what an old one is worth."""

from __future__ import annotations

import re

import pytest

from hardware_sim.wallets.provider import CODE_S, Refusal, WalletProvider

FORMS = {"wechat_pay": r"1[0-5][0-9]{16}", "alipay": r"(2[5-9]|30)[0-9]{16}"}


@pytest.mark.parametrize("name", FORMS)
def test_a_phone_shows_codes_as_its_provider_spells_them_each_once(name: str) -> None:
    provider = WalletProvider(name)
    codes = [provider.show() for _ in range(200)]
    assert len(set(codes)) == 200
    assert [it for it in codes if not re.fullmatch(FORMS[name], it)] == []


def test_a_code_is_good_for_a_minute_and_once() -> None:
    seconds = [0.0]
    provider = WalletProvider("alipay", now=lambda: seconds[0])
    first, second = provider.show(), provider.show()
    seconds[0] = CODE_S
    provider.pay("order-1", first, 100, "KRW")
    seconds[0] = CODE_S + 1
    with pytest.raises(Refusal, match="code_old"):
        provider.pay("order-2", second, 100, "KRW")
    fresh = provider.show()
    provider.pay("order-3", fresh, 100, "KRW")
    with pytest.raises(Refusal, match="code_used"):
        provider.pay("order-4", fresh, 100, "KRW")
    assert provider.ledger.moved_minor == 200
