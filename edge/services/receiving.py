"""Goods that come in, against what was announced (feed arrivals@SHOP) or by themselves: full, short, over, damaged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from contract.feeds import shop_feed
from contract.lots import is_fresh
from contract.stock import GoodsReceived, ReceivedLine, StockMove
from edge.db import goods_tables, tables
from edge.db.unit_of_work import Reader
from edge.domain.errors import (
    CameExpired,
    Malformed,
    MoreDamagedThanCame,
    MoreThanAnnounced,
    NotFound,
)
from edge.services import catalogue, feeds, stock
from edge.services.shop import Shop, Work

Over = Literal["refuse", "accept"]
Rest = Literal["awaited", "lost"]
Outcome = Literal["full", "short", "over", "unannounced"]

_CAME = "SELECT sku, sum(received), max(rest = 'lost') FROM received_line WHERE arrival_id = ? GROUP BY sku"


class Came(NamedTuple):
    """`received` pieces came, `damaged` of them not fit to be sold."""

    sku: str
    received: int
    damaged: int = 0
    lot: str = ""
    expiry: str = ""


class Arrival(NamedTuple):
    """What is on its way. `came` is what has come in of it already, by SKU; `source` and the rest are the sender's.

    `lots` are those that the sender named. `is_ended`: this shop said that what is missing will not come any more.
    """

    arrival_id: str
    source: Literal["purchase_order", "transfer", "none"]
    source_id: str
    number: str
    sender: str
    due: str
    announced: dict[str, int]
    came: dict[str, int]
    lots: tuple[StockMove, ...] = ()
    is_ended: bool = False

    @property
    def left(self) -> dict[str, int]:
        """What is still to come, by SKU; nothing once it is ended."""
        if self.is_ended:
            return {}
        left = Counter(self.announced)
        left.subtract(self.came)
        return {sku: quantity for sku, quantity in left.items() if quantity > 0}


def arrivals(shop: Shop) -> list[Arrival]:
    """What is still to come, the earliest first."""
    with shop.read() as reader:
        found = [_arrival(reader, value) for value in feeds.values(reader, _feed(shop)).values()]
    return sorted((it for it in found if it.left), key=lambda it: (it.due, it.arrival_id))


def receive(
    shop: Shop,
    arrival_id: str,
    lines: Sequence[Came],
    over: Over = "refuse",
    rest: Rest = "awaited",
) -> GoodsReceived:
    """Takes goods in; `arrival_id` is "" for goods that nobody announced.

    `rest` "lost" ends the arrival: nothing may have come of it at all then. Raises NotFound for an arrival that nobody
    knows or that has ended, UnknownCode, CameExpired, MoreDamagedThanCame, and MoreThanAnnounced unless `over` accepts
    it. Nothing was taken in then.
    """
    is_ending = bool(arrival_id and lines and rest == "lost")
    if not is_ending and not any(line.received > 0 for line in lines):
        raise Malformed(expected="at least one piece that came", got=0)

    def use_case(work: Work) -> GoodsReceived:
        arrival = _announced(work, arrival_id) if arrival_id else None
        for line in lines:
            _check(work, line)
        outcome = _outcome(work, arrival, lines, over)
        fact = _fact(work, arrival, lines, outcome, rest)
        _insert(work, fact)
        if fact.source == "transfer":
            from edge.services import keeping  # only for goods that may be an order's

            keeping.keep_arrival(work, fact.arrival_id)
        work.log(fact)
        return fact

    return shop.run(use_case)


def _feed(shop: Shop) -> str:
    return shop_feed("arrivals", shop.settings.location_id)


def _announced(work: Work, arrival_id: str) -> Arrival:
    value = feeds.value(work.unit, _feed(work.shop), arrival_id)
    arrival = _arrival(work.unit, value) if value is not None else None
    if arrival is None or arrival.is_ended:
        raise NotFound(what="arrival", name=arrival_id)
    return arrival


def _arrival(reader: Reader, value: dict[str, Any]) -> Arrival:
    announced = Counter[str]()
    for line in value["lines"]:
        announced[line["sku"]] += line["quantity"]
    came = reader.sql(_CAME, (value["arrival_id"],)).fetchall()
    return Arrival(
        value["arrival_id"],
        value["source"],
        value["source_id"],
        value.get("number", ""),
        value.get("from", ""),
        value.get("due", ""),
        dict(announced),
        {sku: quantity for sku, quantity, _ in came},
        tuple(
            StockMove(**line) for line in value["lines"] if line.get("lot") or line.get("expiry")
        ),
        any(is_lost for _, _, is_lost in came),
    )


def _check(work: Work, line: Came) -> None:
    stock.check_known(work, line.sku)
    name, day = _name(work, line.sku), work.business_date()
    if not 0 <= line.damaged <= line.received:
        raise MoreDamagedThanCame(name=name, damaged=line.damaged, received=line.received)
    if line.received > line.damaged and not is_fresh(line.expiry, day):
        raise CameExpired(name=name, expiry=line.expiry, business_date=day)


def _outcome(work: Work, arrival: Arrival | None, lines: Sequence[Came], over: Over) -> Outcome:
    if arrival is None:
        return "unannounced"
    came = Counter(arrival.came)
    for line in lines:
        came[line.sku] += line.received
    excess = [sku for sku in came if came[sku] > arrival.announced.get(sku, 0)]
    if excess and over == "refuse":
        expected = arrival.announced.get(excess[0], 0)
        name = _name(work, excess[0])
        raise MoreThanAnnounced(name=name, expected=expected, received=came[excess[0]])
    if excess:
        return "over"
    return "full" if all(came[sku] >= n for sku, n in arrival.announced.items()) else "short"


def _fact(
    work: Work, arrival: Arrival | None, lines: Sequence[Came], outcome: Outcome, rest: Rest
) -> GoodsReceived:
    left = Counter(arrival.left if arrival else {})
    return GoodsReceived(
        **work.header(work.business_date()),
        receiving_id=work.new_id(),
        arrival_id=arrival.arrival_id if arrival else "",
        source=arrival.source if arrival else "none",
        source_id=arrival.source_id if arrival else "",
        outcome=outcome,
        rest=rest if _is_missing(left, lines) else "none",
        cashier=stock.cashier(work),
        lines=tuple(
            ReceivedLine(**line._asdict(), expected=_expected(left, line)) for line in lines
        ),
    )


def _is_missing(left: Counter[str], lines: Sequence[Came]) -> bool:
    came = Counter[str]()
    for line in lines:
        came[line.sku] += line.received
    return any(quantity > came[sku] for sku, quantity in left.items())


def _expected(left: Counter[str], line: Came) -> int:
    """What was still to come of the SKU, given to its first line: two lots of it are not expected twice."""
    expected, left[line.sku] = left[line.sku], 0
    return max(0, expected)


def _insert(work: Work, fact: GoodsReceived) -> None:
    rows = [
        {"receiving_id": fact.receiving_id, "number": number, "arrival_id": fact.arrival_id}
        | line.model_dump()
        | {"rest": fact.rest, "received_at": work.stamp}
        for number, line in enumerate(fact.lines, 1)
    ]
    work.unit.insert(goods_tables.ReceivedLine, rows)
    own = {"cause": "received", "cause_id": fact.receiving_id}
    moves = [
        {"sku": line.sku, "quantity": line.received - line.damaged, "lot": line.lot}
        | {"expiry": line.expiry}
        | own
        for line in fact.lines
        if line.received > line.damaged
    ]
    work.unit.insert(tables.StockMove, moves)


def _name(work: Work, sku: str) -> str:
    return catalogue.name_of(work.unit, sku, work.shop.settings.language)
