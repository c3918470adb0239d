"""The code by which goods of an order come back: what the hub signs any shop reads, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contract.members import kid_of
from contract.order_returns import (
    PREFIX,
    ReturnableGoods,
    ReturnCode,
    Verdict,
    issue,
    parse,
    read,
)
from contract.sales import LineLot

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
PUBLIC = KEY.public_key().public_bytes_raw().hex()
LOTS = (LineLot(lot="K1", expiry="2026-11-30", quantity=1),)
GOODS = (
    ReturnableGoods(line=1, sku="CAKE", quantity=1, unit_price_minor=32_000, lots=LOTS),
    ReturnableGoods(line=2, sku="소금빵", quantity=3, returned=1, unit_price_minor=3_200),
)
ORDER = "018f2f4e-0009-7abc-8def-0123456789ab"
CODE = ReturnCode(ORDER, "H7K2QP4", "KRW", int(NOW.timestamp()), "2026-12-12", GOODS)
TEXT = issue(CODE, kid_of(PUBLIC), KEY.sign)


def verify(public_key: str, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def judged(text: str, *, later: timedelta = timedelta(), key: str = PUBLIC) -> object:
    shown = parse(text)
    assert shown is not None
    return read(shown, {kid_of(key): key}, verify, NOW + later)


def test_what_the_hub_signs_every_shop_reads_whole() -> None:
    assert judged(TEXT) == (Verdict.GOOD, CODE)
    assert judged(TEXT.lower() + "\n") == (Verdict.GOOD, CODE)


def test_a_days_old_code_is_old_and_says_of_which_order() -> None:
    assert judged(TEXT, later=timedelta(hours=25)) == (Verdict.OLD, CODE)


def test_no_character_of_it_can_be_changed() -> None:
    for at in range(len(PREFIX), len(TEXT)):
        other = "A" if TEXT[at] != "A" else "B"
        shown = parse(TEXT[:at] + other + TEXT[at + 1 :])
        if shown is not None:
            verdict, code = read(shown, {kid_of(PUBLIC): PUBLIC}, verify, NOW)
            assert (verdict, code) in ((Verdict.FORGED, None), (Verdict.UNKNOWN_KEY, None))


def test_another_companys_code_is_nobodys_here() -> None:
    other = Ed25519PrivateKey.from_private_bytes(b"\x08" * 32).public_key()
    assert judged(TEXT, key=other.public_bytes_raw().hex()) == (Verdict.UNKNOWN_KEY, None)


@pytest.mark.parametrize(
    "text", ["", "TWR1.", "TWR1.AAAA", TEXT + "=", TEXT[:-1], "TWH1.H7K2.x.0.AAAA"]
)
def test_everything_else_is_no_such_code(text: str) -> None:
    shown = parse(text)
    assert shown is None or read(shown, {kid_of(PUBLIC): PUBLIC}, verify, NOW)[1] is None
