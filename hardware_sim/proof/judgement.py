"""Receipts kept by the prover against what box and hub say afterwards. Pure: lists in, counts out."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from contract.envelope import GENESIS, chain

Json = dict[str, Any]


class Receipt(NamedTuple):
    """What the customer holds: the box answered 201 with it. `lines` are (sku, quantity, amount)."""

    sale_id: str
    total_minor: int
    lines: tuple[tuple[str, int, int], ...]

    @classmethod
    def of(cls, sale: Mapping[str, Any]) -> Receipt:
        lines = ((line["sku"], line["quantity"], line["amount_minor"]) for line in sale["lines"])
        return cls(sale["sale_id"], sale["total_minor"], tuple(lines))


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of it of one box; what another box sold and the hub took for its own is a phantom.

    `streams`: the hub's inbox, by epoch in order. `rows`: the box's outbox, {(epoch, seq): body}.

    `books`: sale ids in the hub's books. `heads`: the box's chain head of each epoch.
    """

    receipts: Sequence[Receipt]
    streams: Mapping[str, Sequence[Json]]
    rows: Mapping[tuple[str, int], str]
    books: Sequence[str]
    heads: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Judgement:
    lost: int
    doubled: int
    out_of_order: int
    bodies_unequal: int
    phantoms: int
    gaps: int
    chains_unequal: int

    @property
    def is_clean(self) -> bool:
        return not any(getattr(self, field.name) for field in fields(self))

    def plus(self, other: Judgement) -> Judgement:
        names = [field.name for field in fields(self)]
        return Judgement(*(getattr(self, name) + getattr(other, name) for name in names))


def judge(evidence: Evidence) -> Judgement:
    told = [
        json.loads(fact["body"])
        for stream in evidence.streams.values()
        for fact in stream
        if fact["alias_of"] is None
    ]
    sales = [Receipt.of(body) for body in told if body["type"] == "sale.completed"]
    known = {sale.sale_id: sale for sale in sales}
    made = {json.loads(body).get("sale_id") for body in evidence.rows.values()}
    return Judgement(
        lost=_lost(evidence, known),
        doubled=_doubled([sale.sale_id for sale in sales]) + _doubled(evidence.books),
        out_of_order=_out_of_order(evidence.receipts, [sale.sale_id for sale in sales]),
        bodies_unequal=_unequal(evidence, known),
        phantoms=len((known.keys() | set(evidence.books)) - made),
        gaps=sum(_gaps(stream) for stream in evidence.streams.values()),
        chains_unequal=sum(
            _head(stream) != evidence.heads.get(epoch) for epoch, stream in evidence.streams.items()
        ),
    )


def _lost(evidence: Evidence, known: Mapping[str, Receipt]) -> int:
    """In the inbox and in the books: a receipt is lost where either lacks it."""
    books = set(evidence.books)
    return sum(
        receipt.sale_id not in known or receipt.sale_id not in books
        for receipt in evidence.receipts
    )


def _doubled(names: Iterable[str]) -> int:
    return sum(count - 1 for count in Counter(names).values())


def _out_of_order(receipts: Sequence[Receipt], sales: Sequence[str]) -> int:
    """Receipts that the hub has before one that was given earlier."""
    place = {sale_id: number for number, sale_id in enumerate(sales)}
    places = [place[receipt.sale_id] for receipt in receipts if receipt.sale_id in place]
    return sum(later < earlier for earlier, later in itertools.pairwise(places))


def _unequal(evidence: Evidence, known: Mapping[str, Receipt]) -> int:
    """Receipt against fact by content, the box's row against the hub's byte by byte."""
    receipts = sum(known.get(receipt.sale_id, receipt) != receipt for receipt in evidence.receipts)
    bodies = sum(
        evidence.rows.get((epoch, fact["seq"])) != fact["body"]
        for epoch, stream in evidence.streams.items()
        for fact in stream
    )
    return int(receipts + bodies)


def _gaps(stream: Sequence[Json]) -> int:
    return sum(fact["seq"] != number for number, fact in enumerate(stream, 1))


def _head(stream: Sequence[Json]) -> str:
    link = GENESIS
    for fact in stream:
        link = chain(link, fact["uid"], fact["body"])
    return link
