"""Goods of an order that come back: what may, until when, and what is owed for those that did, once.

Shops take goods back without asking (`contract.order_returns`), also two of them that are both cut off: however many
pieces they say, no more are paid back than were handed over, and what is beyond them head office sees.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session

from cloud.ingest.quarantine import raise_alarm
from cloud.orders import owing, repository
from cloud.orders.owing import Desk
from cloud.orders.stands import stands
from cloud.orders.tables import CustomerOrder, OrderLine
from contract.order_returns import WINDOW_DAYS, ReturnableGoods, ReturnCode
from contract.orders import PickedLine
from contract.sales import LineLot

REASON: Final = "returned"
RETURNED_TWICE: Final = "orders.returned_twice"


def until(session: Session, order: CustomerOrder) -> str:
    """The last day on which goods are taken back, in the time of the shop that handed them over; "" before that."""
    if order.completed_at is None:
        return ""
    return _day(session, order, order.completed_at + timedelta(days=WINDOW_DAYS))


def _day(session: Session, order: CustomerOrder, moment: datetime) -> str:
    shop = repository.shops(session, {order.location_id}).get(order.location_id)
    return shop.date(moment) if shop else moment.date().isoformat()


def goods(
    session: Session, order: CustomerOrder, lines: Sequence[OrderLine]
) -> tuple[ReturnableGoods, ...]:
    """What was handed over and may come back, with how many of it have. Nothing of one that a till took money for."""
    if order.completed_at is None or repository.paid_sale(session, order.order_id) is not None:
        return ()
    by_line = {line.line: line for line in lines}
    back: Counter[tuple[int, str]] = Counter()
    for row in repository.taken_back(session, order.order_id):
        back[row.line, row.sku] += row.quantity
    handed = _handed(session, order.order_id)
    return tuple(
        _goods(session, by_line[line], sku, lots, back[line, sku])
        for (line, sku), lots in handed.items()
        if line in by_line
    )


def code(session: Session, now: datetime, order: CustomerOrder) -> ReturnCode | None:
    """What the customer's code says now, None where nothing may come back any more."""
    last = until(session, order)
    if not last or is_over(session, now, order):
        return None
    found = goods(session, order, repository.lines(session, order.order_id))
    if all(it.returned >= it.quantity for it in found):
        return None
    return ReturnCode(
        order.order_id, order.number, order.currency, int(now.timestamp()), last, found
    )


def is_over(session: Session, now: datetime, order: CustomerOrder) -> bool:
    """Whether it is too late to bring anything back."""
    last = until(session, order)
    return last != "" and _day(session, order, now) > last


def note(desk: Desk, lines: Sequence[OrderLine], says: Callable[..., None]) -> None:
    """Brings an order that was handed over up to what has come back of it, and owes what its goods cost.

    One that ended with a part stays what it is: a shop may still say that it handed over the rest.
    """
    session, order = desk.session, desk.order
    at_tills = repository.brought_back(session, order.order_id)
    rows = repository.taken_back(session, order.order_id)
    by_order: Counter[int] = Counter()
    for row in rows:
        by_order[row.line] += row.quantity
    pieces = 0
    for line in lines:
        sold_back = min(line.handed, at_tills.get(line.sku, 0))
        _pay_back_until(desk, line, min(line.handed - sold_back, by_order[line.line]))
        now_back = min(line.handed, sold_back + by_order[line.line])
        pieces += max(0, now_back - line.returned)
        line.returned = max(line.returned, now_back)
    if order.state not in ("cancelled", "broken") and any(line.returned for line in lines):
        is_all = all(line.returned == line.handed for line in lines)
        order.state = "returned" if is_all else "partly_returned"
    if pieces:
        place = rows[-1].location_id if rows else ""
        place = repository.brought_back_to(session, order.order_id) or place
        says("returned", location_id=place, pieces=sum(line.returned for line in lines))
    _note_too_many(desk, lines, by_order, says)


def pay_back(desk: Desk, line: OrderLine, pieces: int) -> None:
    """So many pieces more of the line have come back, and no shop's fact says so."""
    pieces = min(pieces, line.handed - line.returned)
    _pay_back_until(desk, line, line.paid_back + pieces)
    line.returned += max(0, pieces)


def _pay_back_until(desk: Desk, line: OrderLine, pieces: int) -> None:
    """The money of so many pieces of the line in all: what was owed for them before is not owed again."""
    new_minor = sum(_prices(desk.session, line)[line.paid_back : pieces])
    if pieces > line.paid_back:
        line.paid_back = pieces
        owing.owe(desk, "refund", min(new_minor, owing.rest_minor(desk)), REASON)


def _note_too_many(
    desk: Desk, lines: Sequence[OrderLine], by_order: Mapping[int, int], says: Callable[..., None]
) -> None:
    handed = {line.line: line.handed for line in lines}
    beyond = sum(max(0, back - handed.get(line, 0)) for line, back in by_order.items())
    told = repository.pieces_told(desk.session, desk.order.order_id, "returned_too_often")
    if beyond <= told:
        return
    places = {row.location_id for row in repository.taken_back(desk.session, desk.order.order_id)}
    says("returned_too_often", pieces=beyond - told)
    detail = (
        f"Of order {desk.order.number} {beyond} more came back than were handed over, at "
        f"{', '.join(sorted(places))}; it was paid back once."
    )
    raise_alarm(desk.session, "", RETURNED_TWICE, detail, desk.now)


def _prices(session: Session, line: OrderLine) -> list[int]:
    """What was paid in the end for each piece that was handed over of a line; a cheaper substitute cost less."""
    handed = _handed(session, line.order_id)
    found: list[int] = []
    for (number, sku), lots in handed.items():
        if number == line.line:
            found += [_price(line, sku)] * sum(lot.quantity for lot in lots)
    return found[: line.handed]


def _price(line: OrderLine, sku: str) -> int:
    """Nothing was asked for a substitute that is dearer."""
    substitutes: dict[str, int] = json.loads(line.substitutes)
    return min(line.unit_price_minor, substitutes.get(sku, line.unit_price_minor))


def _names(session: Session, line: OrderLine, sku: str) -> dict[str, str]:
    if sku == line.sku:
        return dict(json.loads(line.names))
    found = repository.goods(session, [sku]).get(sku)
    return dict(json.loads(found[0].names)) if found else {}


def _handed(session: Session, order_id: str) -> dict[tuple[int, str], list[LineLot]]:
    """By line and SKU: the lots that the customer was handed, in their order."""
    found: dict[tuple[int, str], list[LineLot]] = {}
    for one in _handed_lots(session, order_id):
        lot = LineLot(lot=one.lot, expiry=one.expiry, quantity=one.quantity)
        found.setdefault((one.line, one.sku), []).append(lot)
    return found


def _handed_lots(session: Session, order_id: str) -> Iterator[PickedLine]:
    told = stands(repository.events(session, order_id))
    for job in repository.jobs(session, order_id):
        if job.kind != "transfer" and job.job_id in told:
            yield from told[job.job_id].lots


def _goods(
    session: Session, line: OrderLine, sku: str, lots: Sequence[LineLot], back: int
) -> ReturnableGoods:
    pieces = sum(lot.quantity for lot in lots)
    return ReturnableGoods(
        line=line.line,
        sku=sku,
        names=_names(session, line, sku),
        quantity=pieces,
        returned=min(pieces, back),
        unit_price_minor=_price(line, sku),
        lots=tuple(lot for lot in lots if lot.lot or lot.expiry),
    )
