"""What comes down: a feed is a log of versioned operations on keys; the box pulls with a cursor.

A pull acknowledges everything up to `after`. The answer is operations, or a snapshot where the cursor is too old.
Operations travel zlib-compressed (RFC 1950), because a thousand price changes must stay a few kilobytes.

    catalogue   what can be sold                        orders@SHOP    the orders that the shop fulfils
    prices      what it costs                           rights@SHOP    what the hub may promise of its goods
    keys        whose signatures are honoured           arrivals@SHOP  what is on its way to it
    offers      markdowns, coupons, what members get    returns@SHOP   what customers want to bring back to it
    members     which member codes are no longer good
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from typing import Any, Final

from pydantic import BaseModel, Field

from contract.envelope import Currency, Message

BUCKETS = 1024
SNAPSHOT_FORMAT = 1
GTIN_LENGTHS = (8, 12, 13, 14)
MAX_OPS_BYTES_INFLATED = 4_000_000

SHARED_FEEDS: Final = ("catalogue", "prices", "keys", "offers", "members")
SHOP_FEEDS: Final = ("orders", "rights", "arrivals", "returns")


class Product(Message):
    """One thing that can be sold. `names` by language ("ko", "zh", "en"); the box falls back to any it has."""

    sku: str = Field(min_length=1)
    gtins: tuple[str, ...] = ()
    names: dict[str, str]
    tax_group: str
    tax_rate_bp: int = Field(ge=0, le=10_000)
    unit: str = "ea"
    category: str = ""
    is_quick: bool = False


class Price(Message):
    """What `sku` costs, tax included. Zero is allowed only where head office set `is_free`."""

    sku: str = Field(min_length=1)
    currency: Currency
    amount_minor: int = Field(ge=0)
    is_free: bool = False


def gtin14(code: str) -> str:
    """The code as a GTIN-14 (GS1 General Specifications 3.3), "" where it is none by its length.

    >>> gtin14("9501101530003"), gtin14("MARU-7")
    ('09501101530003', '')
    """
    return code.zfill(14) if len(code) in GTIN_LENGTHS and code.isascii() and code.isdigit() else ""


def shop_feed(feed: str, location_id: str) -> str:
    """The name of one shop's own feed.

    >>> shop_feed("orders", "hillside")
    'orders@hillside'
    """
    return f"{feed}@{location_id}"


def shop_of(feed: str) -> str:
    """Whose the feed is: a location, "" where it is everybody's.

    >>> shop_of("orders@hillside"), shop_of("prices")
    ('hillside', '')
    """
    return feed.partition("@")[2]


def is_known(cursors: Iterable[int], version: int) -> bool:
    """Whether boxes whose pulls have acknowledged so much all hold what was logged as `version`.

    >>> is_known([7, 9], 7), is_known([6, 9], 7)
    (True, False)
    """
    return all(cursor >= version for cursor in cursors)


class Operation(Message):
    """`value` is the feed's model as a dict, None for a deletion (a tombstone)."""

    key: str
    version: int = Field(ge=1)
    value: dict[str, Any] | None = None


class Pull(Message):
    """`digest` asks for repair instead: BUCKETS digests of 8 hex digits, joined (see `bucket_of`)."""

    v: int = 1
    feed: str
    after: int = Field(ge=0)
    max_bytes: int = Field(default=64_000, ge=1_000, le=100_000)
    digest: str | None = None


class SnapshotReference(Message):
    """A whole feed as one SQLite file, zlib-compressed: `row(key, version, body)`, `meta(key, value)`.

    `body` is `canonical` text; `meta` holds "feed", "version" and "format"; `path` starts with "/" and belongs to
    the hub's address.

    `sha256` and `signature` (Ed25519, hex, over `signed_text`) are of the compressed file as it is fetched.
    """

    feed: str
    version: int
    path: str
    size_bytes: int
    sha256: str
    signature: str
    format: int = SNAPSHOT_FORMAT

    def signed_text(self) -> bytes:
        return f"{self.feed}:{self.version}:{self.size_bytes}:{self.sha256}:{self.format}".encode()


class Ops(Message):
    """`through` is the cursor after these operations; `has_more` asks for another pull at once.

    With `repaired_buckets`, the operations are the whole content of those buckets.
    """

    v: int = 1
    feed: str
    after: int
    through: int
    has_more: bool = False
    operations: tuple[Operation, ...] = ()
    reset: SnapshotReference | None = None
    repaired_buckets: tuple[int, ...] | None = None


class Head(Message):
    """Retained hint of each feed's version: only a reason to pull."""

    feeds: dict[str, int]


def compress(message: BaseModel) -> bytes:
    return zlib.compress(message.model_dump_json(exclude_none=True).encode(), 9)


def decompress(payload: bytes) -> bytes:
    """Raises ValueError for anything that is not zlib, or that inflates past MAX_OPS_BYTES_INFLATED."""
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(payload, MAX_OPS_BYTES_INFLATED)
    except zlib.error as error:
        raise ValueError(f"Expected zlib data, got {payload[:8].hex()}: {error}.") from error
    if inflater.unconsumed_tail:
        raise ValueError(f"Expected at most {MAX_OPS_BYTES_INFLATED} bytes inflated, got more.")
    if not inflater.eof:
        raise ValueError("Expected a whole zlib stream, got a part of one.")
    return text


def canonical(value: dict[str, Any]) -> str:
    """The one JSON text of a value: both ends hold and digest this, however it travelled."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def bucket_of(key: str) -> int:
    return zlib.crc32(key.encode()) % BUCKETS


def digests(rows: list[tuple[str, int, str]]) -> list[str]:
    """One 8-digit CRC for each bucket over its sorted rows, "00000000" where it is empty.

    A row is (key, version, canonical body); tombstones are not rows.
    """
    sums = [0] * BUCKETS
    for key, version, body in sorted(rows):
        bucket = bucket_of(key)
        sums[bucket] = zlib.crc32(f"{key}\0{version}\0{body}\0".encode(), sums[bucket])
    return [f"{value:08x}" for value in sums]
