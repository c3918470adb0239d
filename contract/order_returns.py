"""Goods of an order that come back: what a customer has announced, the code that she shows, what a shop took.

    TWR1.BASE32(key id, 4 bytes ‖ Ed25519 signature, 64 bytes ‖ raw DEFLATE of a JSON array), without padding

The signature (RFC 8032) is the hub's over "TWR1." ‖ key id ‖ the compressed array, with the key of its member codes
(feed `keys`, "hub:KID"). Any shop of the chain knows by it what was handed over and what it cost, with the line down.
No money is paid at the till: the hub hears of the goods and gives back what was paid online, the way it was paid.
"""

from __future__ import annotations

import base64
import binascii
import enum
import json
import re
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from pydantic import AwareDatetime, Field

from contract.envelope import Currency, FactBody, Message, Uid
from contract.members import Verify
from contract.sales import LineLot

PREFIX: Final = "TWR1."
WINDOW_DAYS: Final = 14
"""How long after the hand-over goods are taken back; the last day is said with each order (`until`)."""
LIFETIME_S: Final = 24 * 3_600
"""How long a code is good: what it says has come back already may be more by then."""
SKEW_S: Final = 120
KEY_ID_BYTES: Final = 4
SIGNATURE_BYTES: Final = 64
MAX_CHARACTERS: Final = 2_900
"""What a phone still shows so that it can be scanned (QR version 37-M, ISO/IEC 18004). An order that says more is known
to shops by its number."""
MAX_INFLATED_BYTES: Final = 20_000
_BODY: Final = re.compile(r"[A-Z2-7]{110,4000}")


class ReturnableGoods(Message):
    """What was handed over of `sku` for a line of the order, and how much of it the hub knows to have come back.

    `lots` are those of the pieces that were handed over, as far as the shop that did so knew them.
    """

    line: int = Field(ge=1)
    sku: str
    names: dict[str, str] = {}
    quantity: int = Field(ge=1)
    returned: int = Field(default=0, ge=0)
    unit_price_minor: int = Field(ge=0)
    lots: tuple[LineLot, ...] = ()


class WishedReturn(Message):
    """Value of the feed returns@SHOP, key "ORDER_ID:LINE": a customer will bring this line back to that shop.

    `until` (ISO date) is the last day on which she may. `sku`, `names` and `quantity` are those of the order's line.
    """

    v: int = 1
    order_id: Uid
    number: str
    line: int = Field(ge=1)
    sku: str
    names: dict[str, str] = {}
    quantity: int
    reason: str
    location_id: str
    asked_at: AwareDatetime
    until: str = ""
    currency: Currency
    goods: tuple[ReturnableGoods, ...] = ()


class BroughtBack(Message):
    """Pieces of one lot that came back for a line. `is_restocked` where they can be sold again."""

    line: int = Field(ge=1)
    sku: str
    name: str
    quantity: int = Field(ge=1)
    is_restocked: bool = True
    lot: str = ""
    expiry: str = ""


class OrderReturned(FactBody):
    """A shop has taken goods of an order back that was paid online: what they cost is to be given back.

    `proof` is how the shop knew the order: by its signed code, by what was announced, or as one that it handed over.
    """

    type: Literal["order.returned"] = "order.returned"
    version: Literal[1] = 1
    return_id: Uid
    order_id: Uid
    number: str
    shift_id: Uid
    cashier: str
    reason: str
    proof: Literal["code", "announced", "order"]
    goods: tuple[BroughtBack, ...] = Field(min_length=1)


class ReturnCode(NamedTuple):
    """What a code says; goods travel without names. `issued_at` is seconds since 1970, `until` an ISO date."""

    order_id: str
    number: str
    currency: str
    issued_at: int
    until: str
    goods: tuple[ReturnableGoods, ...]


class Signed(NamedTuple):
    kid: str
    signature: bytes
    packed: bytes


class Verdict(enum.StrEnum):
    GOOD = "good"
    OLD = "old"
    FORGED = "forged"
    UNKNOWN_KEY = "unknown_key"


def issue(code: ReturnCode, kid: str, sign: Callable[[bytes], bytes]) -> str:
    """The text of the QR symbol, of characters that its alphanumeric mode has. `kid` is 8 hex digits."""
    key_id, packed = bytes.fromhex(kid), _pack(code)
    content = key_id + sign(_signed_text(key_id, packed)) + packed
    return PREFIX + base64.b32encode(content).decode().rstrip("=")


def parse(text: str) -> Signed | None:
    """None for anything that is no return code. One code has one spelling."""
    body = text.strip().upper().removeprefix(PREFIX)
    if not text.strip().upper().startswith(PREFIX) or _BODY.fullmatch(body) is None:
        return None
    try:
        raw = base64.b32decode(body + "=" * (-len(body) % 8))
    except binascii.Error:
        return None
    if base64.b32encode(raw).decode().rstrip("=") != body:
        return None
    head = KEY_ID_BYTES + SIGNATURE_BYTES
    return Signed(raw[:KEY_ID_BYTES].hex(), raw[KEY_ID_BYTES:head], raw[head:])


def read(
    shown: Signed, keys: Mapping[str, str], verify: Verify, now: datetime
) -> tuple[Verdict, ReturnCode | None]:
    """What a shop makes of a code, offline; what it says only where the signature is the hub's."""
    key = keys.get(shown.kid)
    if key is None:
        return Verdict.UNKNOWN_KEY, None
    text = _signed_text(bytes.fromhex(shown.kid), shown.packed)
    code = _unpack(shown.packed) if verify(key, text, shown.signature) else None
    if code is None:
        return Verdict.FORGED, None
    is_old = now.timestamp() > code.issued_at + LIFETIME_S + SKEW_S
    return (Verdict.OLD if is_old else Verdict.GOOD), code


def _signed_text(key_id: bytes, packed: bytes) -> bytes:
    return PREFIX.encode() + key_id + packed


def _pack(code: ReturnCode) -> bytes:
    goods = [
        [
            it.line,
            it.sku,
            it.quantity,
            it.returned,
            it.unit_price_minor,
            [[lot.lot, lot.expiry, lot.quantity] for lot in it.lots],
        ]
        for it in code.goods
    ]
    value: list[Any] = [*code[:-1], goods]
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return packer.compress(text) + packer.flush()


def _unpack(packed: bytes) -> ReturnCode | None:
    """Only after the signature fitted: None is a form of a newer hub."""
    try:
        *head, goods = json.loads(zlib.decompressobj(-15).decompress(packed, MAX_INFLATED_BYTES))
        order_id, number, currency, issued_at, until = head
        whole = tuple(_goods(*row) for row in goods)
        return ReturnCode(order_id, number, currency, issued_at, until, whole)
    except (zlib.error, ValueError, TypeError):
        return None


def _goods(
    line: int, sku: str, quantity: int, returned: int, unit_price_minor: int, lots: list[list[Any]]
) -> ReturnableGoods:
    return ReturnableGoods(
        line=line,
        sku=sku,
        quantity=quantity,
        returned=returned,
        unit_price_minor=unit_price_minor,
        lots=tuple(
            LineLot(lot=lot, expiry=expiry, quantity=pieces) for lot, expiry, pieces in lots
        ),
    )
