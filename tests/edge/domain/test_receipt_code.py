import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edge.domain import receipt_code
from edge.domain.errors import ReceiptForged, ReceiptUnknownKey, ReceiptUnreadable
from edge.domain.sale import MemberPart, Sold, SoldLine
from edge.keys import BoxKey, verify

KEY = BoxKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
TRUSTED = {receipt_code.key_id_of(KEY.public): KEY.public}
SOLD = Sold(
    "01a209a3-5c0e-7621-a962-976bba360528",
    "maru-office-tower-1",
    123,
    "2026-11-23",
    "KRW",
    7_300,
    0,
    (
        SoldLine(1, "BREAD", 1, 4_500, "standard", 1000, 409),
        SoldLine(2, "MILK", 1, 2_800, "free", 0, 0),
    ),
)
CODE = receipt_code.encode(SOLD, KEY.public, KEY.sign)


def decode(code: str) -> Sold:
    return receipt_code.decode(code, TRUSTED, verify)


def test_a_code_proves_the_sale_with_its_lines() -> None:
    assert decode(CODE) == SOLD


def test_a_code_is_one_alphanumeric_symbol() -> None:
    assert set(CODE) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:")
    assert len(CODE) < 350


def test_a_scanner_in_lower_case_with_a_line_end_is_understood() -> None:
    assert decode(CODE.lower() + "\r\n") == SOLD


def test_names_are_not_in_the_code() -> None:
    named = replace(SOLD, lines=(replace(SOLD.lines[0], name="우유 식빵"),))
    assert decode(receipt_code.encode(named, KEY.public, KEY.sign)).lines[0].name == ""


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("8801234500005", "Expected the code of a receipt, got '8801234500005'."),
        ("TW1:not base32!", "Expected the code of a receipt, got 'TW1:not base32!'."),
        ("TW1:AAAA", "Expected the code of a receipt, got 2 bytes."),
        ("x" * 30, "Expected the code of a receipt, got 'xxxxxxxxxxxxxxxxxxxx'…."),
    ],
)
def test_anything_else_is_unreadable(code: str, message: str) -> None:
    with pytest.raises(ReceiptUnreadable) as caught:
        decode(code)
    assert caught.value.message == message
    assert caught.value.what_now == (
        "Scan the QR code at the foot of the receipt again, flat and clean."
    )


def test_a_changed_amount_is_forged() -> None:
    raw = bytearray(base64.b32decode(CODE[4:] + "=" * (-len(CODE[4:]) % 8)))
    dearer = replace(SOLD, total_minor=73_000)
    packed = receipt_code._pack(dearer)
    forged = "TW1:" + base64.b32encode(bytes(raw[:68]) + packed).decode().rstrip("=")
    with pytest.raises(ReceiptForged) as caught:
        decode(forged)
    assert caught.value.message == (
        "The receipt's code was changed after it was printed: its signature does not fit."
    )
    assert caught.value.what_now == "Do not give money back; keep the receipt and tell the manager."


def test_a_key_that_nobody_told_us_of_is_not_trusted() -> None:
    stranger = BoxKey(Ed25519PrivateKey.from_private_bytes(bytes(32)))
    code = receipt_code.encode(SOLD, stranger.public, stranger.sign)
    with pytest.raises(ReceiptUnknownKey) as caught:
        decode(code)
    key_id = receipt_code.key_id_of(stranger.public)
    assert (
        caught.value.message
        == f"The receipt was signed by the key {key_id}, which this box does not know."
    )


def test_a_stranger_cannot_sign_under_our_key_id() -> None:
    stranger = BoxKey(Ed25519PrivateKey.from_private_bytes(bytes(32)))
    with pytest.raises(ReceiptForged):
        decode(receipt_code.encode(SOLD, KEY.public, stranger.sign))


def test_a_sale_too_long_to_print_legibly_travels_without_its_lines() -> None:
    lines = tuple(
        SoldLine(
            n, f"SKU-{n * 7919 % 100_000:05d}", n % 9 + 1, n * 1_237, "standard", 1000, n * 112
        )
        for n in range(1, 201)
    )
    code = receipt_code.encode(replace(SOLD, lines=lines), KEY.public, KEY.sign)
    assert len(code) <= receipt_code.MAX_CHARACTERS
    assert decode(code) == replace(SOLD, lines=())


def test_a_bomb_signed_by_us_does_not_inflate() -> None:
    packed = b"\x00" * 10
    signature = KEY.sign(b"TW1:" + bytes.fromhex(receipt_code.key_id_of(KEY.public)) + packed)
    raw = bytes.fromhex(receipt_code.key_id_of(KEY.public)) + signature + packed
    with pytest.raises(ReceiptUnreadable) as caught:
        decode("TW1:" + base64.b32encode(raw).decode().rstrip("="))
    assert caught.value.message.startswith("Expected the code of a receipt, got a newer form")


@settings(max_examples=200)
@given(st.integers(4, len(CODE) - 1), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_every_single_changed_character_is_refused(position: int, character: str) -> None:
    assume(character != CODE[position])
    changed = CODE[:position] + character + CODE[position + 1 :]
    with pytest.raises((ReceiptForged, ReceiptUnknownKey, ReceiptUnreadable)):
        decode(changed)


def test_the_bits_that_base32_does_not_use_are_none_to_change() -> None:
    assert len(CODE.removeprefix("TW1:")) % 8 in {2, 4, 5, 7}, "expected a code with unused bits"
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    changed = CODE[:-1] + alphabet[alphabet.index(CODE[-1]) ^ 1]
    with pytest.raises(ReceiptUnreadable):
        decode(changed)


@pytest.mark.parametrize(
    "of_member", [(), (MemberPart("points", 500, ""), MemberPart("coupon", 1_000, "c0" * 32))]
)
def test_a_members_receipt_says_what_must_not_go_back_as_money(
    of_member: tuple[MemberPart, ...],
) -> None:
    sold = replace(SOLD, of_member=of_member)
    code = receipt_code.encode(sold, KEY.public, KEY.sign)
    assert decode(code) == sold
    assert len(code) < 450
