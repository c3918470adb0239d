from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import WireError
from contract.feeds import (
    BUCKETS,
    MAX_OPS_BYTES_INFLATED,
    Head,
    SnapshotReference,
    bucket_of,
    canonical,
    compress,
    decompress,
    digests,
    gtin14,
)

ROW = ("BREAD-1", 7, '{"sku":"BREAD-1"}')


def test_what_is_compressed_is_decompressed_to_the_same_bytes() -> None:
    assert decompress(compress(Head(feeds={"prices": 3}))) == b'{"feeds":{"prices":3}}'


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b"{}", "Expected zlib data, got 7b7d: "),
        (compress(Head(feeds={}))[:-3], "Expected a whole zlib stream, got a part of one."),
        (
            zlib.compress(bytes(MAX_OPS_BYTES_INFLATED + 1)),
            f"Expected at most {MAX_OPS_BYTES_INFLATED} bytes inflated, got more.",
        ),
    ],
    ids=["no zlib", "cut", "bomb"],
)
def test_what_is_no_zlib_or_too_much_of_it_is_refused(payload: bytes, message: str) -> None:
    with pytest.raises(ValueError) as refusal:
        decompress(payload)
    assert str(refusal.value).startswith(message)


def test_a_value_has_one_text_however_it_travelled() -> None:
    assert canonical({"b": "소금빵", "a": [1, None]}) == '{"a":[1,null],"b":"소금빵"}'


def test_digest_vector() -> None:
    found = digests([ROW])
    expected = ["00000000"] * BUCKETS
    expected[bucket_of("BREAD-1")] = (
        f"{zlib.crc32(b'BREAD-1' + bytes(1) + b'7' + bytes(1) + ROW[2].encode() + bytes(1)):08x}"
    )
    assert found == expected


@given(st.permutations([ROW, ("CAKE-1", 2, "{}"), ("TEA-1", 3, "{}")]))
def test_digests_do_not_depend_on_the_order_of_rows(rows: list[tuple[str, int, str]]) -> None:
    assert digests(rows) == digests(sorted(rows))


def test_digests_tell_a_changed_body() -> None:
    changed = digests([("BREAD-1", 7, "{}")])
    assert [n for n, (a, b) in enumerate(zip(changed, digests([ROW]), strict=True)) if a != b] == [
        bucket_of("BREAD-1")
    ]


def test_what_of_a_snapshot_is_signed() -> None:
    reference = SnapshotReference(
        feed="prices", version=7, path="/p", size_bytes=10, sha256="ab", signature=""
    )
    assert reference.signed_text() == b"prices:7:10:ab:1"


@pytest.mark.parametrize(
    ("key", "error"), [("wire.fork", WireError.FORK), ("wire.new", WireError.UNKNOWN)]
)
def test_an_error_of_a_newer_peer_is_unknown(key: str, error: WireError) -> None:
    assert WireError.of(key) is error


@pytest.mark.parametrize(
    ("code", "gtin"),
    [
        ("50123452", "00000050123452"),
        ("8801234500012", "08801234500012"),
        ("18801234500019", "18801234500019"),
        ("123", ""),
        ("BREAD-01", ""),
        ("１２３４５６７８", ""),
    ],
)
def test_a_gtin_has_fourteen_digits(code: str, gtin: str) -> None:
    assert gtin14(code) == gtin
