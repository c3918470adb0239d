"""The signed code at the foot of a receipt: the sale in a QR symbol, checked with no network and no database.

"TW1:" + BASE32(key id, 4 bytes ‖ Ed25519 signature, 64 bytes ‖ raw DEFLATE of a JSON array), without padding.
Base32 (RFC 4648) needs only the symbol's alphanumeric mode, and no space that a scanner in keyboard mode could
lose. The signature (RFC 8032) is over "TW1:" ‖ key id ‖ the compressed array.

A sale too long for a symbol that a till's printer prints legibly travels without its lines: such a code proves the
sale, and a return then needs the box that sold it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from edge.domain.errors import ReceiptForged, ReceiptUnknownKey, ReceiptUnreadable
from edge.domain.sale import MemberPart, Sold, SoldLine

PREFIX = "TW1:"
KEY_ID_BYTES = 4
SIGNATURE_BYTES = 64
# QR version 22-M holds 1,134 alphanumeric characters (ISO/IEC 18004, table 7) in 105 modules; with its quiet zone
# that is 339 dots at 3 dots a module, and 58 mm paper has 384.
MAX_CHARACTERS = 1_134
MAX_INFLATED_BYTES = 20_000
LINES, OF_MEMBER = 7, 8  # places in the array; the second is there only for a member's purchase

Sign = Callable[[bytes], bytes]
Verify = Callable[[str, bytes, bytes], bool]


def is_receipt_code(data: str) -> bool:
    return data.strip().upper().startswith(PREFIX)


def key_id_of(public_key: str) -> str:
    """Eight hex digits that name a public key (hex)."""
    return hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[: 2 * KEY_ID_BYTES]


def encode(sold: Sold, public_key: str, sign: Sign) -> str:
    """The code of a sale, with its lines where they fit."""
    whole = _encode(sold, public_key, sign)
    if len(whole) <= MAX_CHARACTERS:
        return whole
    return _encode(replace(sold, lines=()), public_key, sign)


def decode(data: str, public_keys: dict[str, str], verify: Verify) -> Sold:
    """The sale that the code proves. `public_keys` by key id; `verify` takes public key, signature, message.

    Raises ReceiptUnreadable where it is no such code, ReceiptUnknownKey, ReceiptForged where the signature
    does not fit.
    """
    key_id, signature, packed = _split(data)
    public_key = public_keys.get(key_id.hex())
    if public_key is None:
        raise ReceiptUnknownKey(key_id=key_id.hex())
    if not verify(public_key, signature, PREFIX.encode() + key_id + packed):
        raise ReceiptForged
    return _unpack(packed)


def _encode(sold: Sold, public_key: str, sign: Sign) -> str:
    key_id = bytes.fromhex(key_id_of(public_key))
    packed = _pack(sold)
    signature = sign(PREFIX.encode() + key_id + packed)
    return PREFIX + _text_of(key_id + signature + packed)


def _text_of(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=")


def _split(data: str) -> tuple[bytes, bytes, bytes]:
    text = data.strip().upper()
    if not text.startswith(PREFIX):
        raise ReceiptUnreadable(got=_shown(data))
    body = text.removeprefix(PREFIX)
    try:
        raw = base64.b32decode(body + "=" * (-len(body) % 8))
    except binascii.Error as error:
        raise ReceiptUnreadable(got=_shown(data)) from error
    if _text_of(raw) != body:
        # The last character has bits that mean nothing: one code, one spelling, or a changed one would pass.
        raise ReceiptUnreadable(got=_shown(data))
    head = KEY_ID_BYTES + SIGNATURE_BYTES
    if len(raw) <= head:
        raise ReceiptUnreadable(got=f"{len(raw)} bytes")
    return raw[:KEY_ID_BYTES], raw[KEY_ID_BYTES:head], raw[head:]


def _pack(sold: Sold) -> bytes:
    lines = [
        [
            line.line,
            line.sku,
            line.quantity,
            line.amount_minor,
            line.tax_group,
            line.rate_bp,
            line.tax_minor,
            *(("", line.order_id) if line.order_id else ()),
        ]
        for line in sold.lines
    ]
    value: list[Any] = [
        sold.sale_id,
        sold.edge_id,
        sold.receipt_number,
        sold.business_date,
        sold.currency,
        sold.total_minor,
        sold.rounding_minor,
        lines,
    ]
    if sold.of_member is not None:
        value.append([[it.kind, it.amount_minor, it.reference] for it in sold.of_member])
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(text) + packer.flush()


def _unpack(packed: bytes) -> Sold:
    """Only after the signature fitted: what is wrong here was made wrong by a box of ours."""
    try:
        text = zlib.decompressobj(-15).decompress(packed, MAX_INFLATED_BYTES)
        values = json.loads(text)
        values[LINES] = tuple(SoldLine(*line) for line in values[LINES])
        if len(values) > OF_MEMBER:
            values[OF_MEMBER] = tuple(MemberPart(*part) for part in values[OF_MEMBER])
        return Sold(*values)
    except (zlib.error, ValueError, TypeError, LookupError) as error:
        raise ReceiptUnreadable(got=f"a newer form of receipt code ({error})") from error


def _shown(data: str) -> str:
    return repr(data[:20]) + ("…" if len(data) > 20 else "")
