"""Finding products by what people type, in Korean, Chinese and English, alike on SQLite and PostgreSQL.

Each name is kept as a set of small keys that are looked up by equality alone: a Latin word as all its beginnings
("lip", "lips", ... find "lipstick"), writing without spaces as its single signs and pairs of signs ("딸기 케이크" is
found by "케이크", "딸기케이크" and "케이크 딸기"). Codes are kept whole.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import pairwise

from contract.feeds import Product, gtin14

LONGEST = 24  # characters of a word; what comes after them finds nothing more
# Hangul, kana and Han: written without spaces between words, or with spaces that people leave out.
_WIDE_SIGNS = r"\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff"
_RUNS = re.compile(rf"[{_WIDE_SIGNS}]+|[^\W_{_WIDE_SIGNS}]+")
_WIDE = re.compile(rf"[{_WIDE_SIGNS}]+")


def product_keys(product: Product) -> set[str]:
    """All by which `product` is found.

    >>> sorted(product_keys(Product(sku="B-1", names={"en": "Tea", "zh": "红茶"}, tax_group="A", tax_rate_bp=0)))
    ['1', 'b', 'b-1', 't', 'te', 'tea', '红', '红茶', '茶']
    """
    keys = {_plain(product.sku)} | {gtin14(code) or _plain(code) for code in product.gtins}
    return keys.union(*(name_keys(name) for name in (*product.names.values(), product.sku)))


def name_keys(name: str) -> set[str]:
    runs = _runs(name)
    narrow = [run for run in runs if not _WIDE.fullmatch(run)]
    joined = "".join(run for run in runs if _WIDE.fullmatch(run))
    return {key for word in narrow for key in _beginnings(word)} | set(_signs(joined))


def asked_keys(text: str) -> set[str]:
    """What a product must have to fit `text`; empty where it says nothing that can be looked for."""
    whole = _plain(text)
    if gtin14(whole):
        return {gtin14(whole)}
    return {key for run in _runs(text) for key in _asked(run)}


def _asked(run: str) -> Iterable[str]:
    if not _WIDE.fullmatch(run):
        return [run[:LONGEST]]
    return [run] if len(run) == 1 else [first + second for first, second in pairwise(run)]


def _runs(text: str) -> list[str]:
    """Words as they are compared: wide and narrow digits alike (NFKC), letters without case."""
    return _RUNS.findall(_plain(text))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()[:200]


def _beginnings(word: str) -> Iterator[str]:
    return (word[:end] for end in range(1, min(len(word), LONGEST) + 1))


def _signs(run: str) -> Iterator[str]:
    yield from run
    yield from (first + second for first, second in pairwise(run))
