"""The facts of some days, as the journal takes them. All SQL of the books."""

from __future__ import annotations

import heapq
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from cloud.books.costs import TRANSFER_ENDED, Moved
from cloud.books.journal import CashMoved, Counted, Delivered, Occasion, Paid, Part, Sold
from cloud.books.owed import Change, Ledger
from cloud.members.tables import MemberAct, MemberEntry, ProgrammeVersion
from cloud.money.tables import CashMove, ShiftClosing, ShiftOpening
from cloud.orders.tables import JobEvent
from cloud.sales.tables import Return, ReturnLineRow, ReturnTender, Sale, SaleLineRow, SaleTender
from cloud.stock.tables import GoodsReceipt, StockEntry
from contract.members import Programme

KEYS_A_QUERY = 500
HANDED_OVER = "job.handed_over"
Row = TypeVar("Row")


class Days(NamedTuple):
    """From `first` to `last`, both ISO dates and both included; `location_id` is "" for every place."""

    first: str
    last: str
    location_id: str = ""

    def has(self, day: str, location_id: str) -> bool:
        is_place = not self.location_id or self.location_id == location_id
        return is_place and self.first <= day <= self.last


def sales(session: Session, days: Days) -> Iterator[Sold]:
    found = session.exec(_of_days(select(Sale), Sale, days).order_by(col(Sale.position))).all()
    ids = [sale.sale_id for sale in found]
    lines = _by_key(session, select(SaleLineRow), SaleLineRow.sale_id, ids)
    tenders = _by_key(session, select(SaleTender), SaleTender.sale_id, ids)
    for sale in found:
        yield Sold(
            _occasion(sale, sale.sale_id),
            [_part(line, line.order_id) for line in lines[sale.sale_id]],
            [Paid(it.kind, it.amount_minor, _wallet(it)) for it in tenders[sale.sale_id]],
            sale.rounding_minor,
        )


def returns(session: Session, days: Days) -> Iterator[Sold]:
    found = session.exec(
        _of_days(select(Return), Return, days).order_by(col(Return.position))
    ).all()
    ids = [back.return_id for back in found]
    lines = _by_key(session, select(ReturnLineRow), ReturnLineRow.return_id, ids)
    tenders = _by_key(session, select(ReturnTender), ReturnTender.return_id, ids)
    orders = _undelivered(session, found)
    for back in found:
        sale_id = back.original_sale_id
        yield Sold(
            _occasion(back, back.return_id),
            [
                _part(line, orders.get((sale_id, line.original_line), ""))
                for line in lines[back.return_id]
            ],
            [Paid(it.kind, it.amount_minor, _wallet(it)) for it in tenders[back.return_id]],
            back.rounding_minor,
        )


def _undelivered(session: Session, returned: Sequence[Return]) -> dict[tuple[str, int], str]:
    """By sale and line, the order of goods that came back of a sale and were handed over to nobody."""
    sale_ids = [back.original_sale_id for back in returned]
    sold = _by_key(session, select(SaleLineRow), SaleLineRow.sale_id, sale_ids)
    of_orders = [line for lines in sold.values() for line in lines if line.order_id]
    if not of_orders:
        return {}
    query = select(JobEvent.order_id, JobEvent.body).where(JobEvent.type == HANDED_OVER)
    handed = {
        order_id
        for order_id, body in session.exec(query)
        if json.loads(body)["proof"]["kind"] != "transfer"
    }
    return {
        (line.sale_id, line.line): line.order_id
        for line in of_orders
        if line.order_id not in handed
    }


def ordered_parts(session: Session) -> dict[tuple[str, str], Part]:
    """What was sold by orders, by order and SKU."""
    query = select(SaleLineRow).where(SaleLineRow.order_id != "")
    return {(line.order_id, line.sku): _part(line, line.order_id) for line in session.exec(query)}


def deliveries(session: Session, days: Days, zone: ZoneInfo, currency: str) -> Iterator[Delivered]:
    """Every hand-over to a customer, with how many of the order's SKU had left before."""
    handed: Counter[tuple[str, str]] = Counter()
    query = select(JobEvent).where(JobEvent.type == HANDED_OVER)
    for event in session.exec(query.order_by(col(JobEvent.occurred_at), col(JobEvent.uid))):
        body = json.loads(event.body)
        if body["proof"]["kind"] == "transfer":
            continue
        day = _day(event.occurred_at, zone)
        occasion = Occasion(day, event.location_id, currency, event.uid)
        for line in body["handed"]:
            key = event.order_id, line["sku"]
            if days.has(day, event.location_id):
                yield Delivered(occasion, *key, line["quantity"], handed[key])
            handed[key] += line["quantity"]


def cash_moves(session: Session, days: Days) -> Iterator[CashMoved]:
    query = select(CashMove, ShiftOpening).where(CashMove.shift_id == ShiftOpening.shift_id)
    for move, shift in session.exec(_of_days(query, ShiftOpening, days)):
        sign = 1 if move.direction == "in" else -1
        occasion = _occasion(shift, move.movement_id)
        yield CashMoved(occasion, sign * move.amount_minor, move.reason)


def counts(session: Session, days: Days) -> Iterator[Counted]:
    query = _of_days(select(ShiftClosing), ShiftClosing, days)
    for closing in session.exec(query.order_by(col(ShiftClosing.occurred_at))):
        reported = json.loads(closing.reported)
        yield Counted(_occasion(closing, closing.shift_id), reported["variance_minor"])


def moves(
    session: Session, until: str, zone: ZoneInfo, currency: str, costs: dict[str, int]
) -> Iterator[Moved]:
    """Everything that ever moved up to that day, oldest first; what comes in from a supplier costs what `costs` say."""
    entries = select(StockEntry).order_by(col(StockEntry.occurred_at), col(StockEntry.uid))
    ends = select(GoodsReceipt).where(
        GoodsReceipt.source == "transfer", GoodsReceipt.rest != "awaited"
    )
    ends = ends.order_by(col(GoodsReceipt.occurred_at), col(GoodsReceipt.uid))
    told = heapq.merge(
        ((it.occurred_at, it.uid, 0, it) for it in _all(session, entries)),
        ((it.occurred_at, it.uid, 1, it) for it in _all(session, ends)),
        key=lambda it: it[:3],
    )
    for at, uid, _, row in told:
        day = _day(at, zone)
        if day <= until:
            yield _moved(row, Occasion(day, row.location_id, currency, uid), costs)


def ledgers(session: Session, until: str, zone: ZoneInfo, currency: str) -> Iterator[Ledger]:
    """Every move of the members' ledgers up to that day, in no order; what follows from a sale has the sale's day."""
    dated = (
        select(MemberEntry, Sale.business_date, Return.business_date)
        .join(Sale, col(Sale.sale_id) == MemberEntry.sale_id, isouter=True)
        .join(Return, col(Return.return_id) == MemberEntry.return_id, isouter=True)
    )
    for entry, sold, back in _all(session, dated):
        day = (back if entry.return_id else sold) or _day(entry.occurred_at, zone)
        if day <= until:
            occasion = Occasion(day, entry.location_id, currency, entry.entry_id)
            yield Ledger(occasion, entry.occurred_at, entry.unit, entry.kind, entry.amount)
    for act in _all(session, select(MemberAct)):
        if (day := _day(act.done_at, zone)) <= until:
            occasion = Occasion(day, act.location_id, currency, act.act_id)
            yield Ledger(occasion, act.done_at, act.unit, act.kind, act.amount)


def point_values(session: Session, zone: ZoneInfo, currency: str) -> list[Change]:
    """What a point is worth since when, by the programme's versions, the oldest first."""
    query = select(ProgrammeVersion).order_by(col(ProgrammeVersion.version))
    return [
        Change(
            Occasion(_day(row.since, zone), "", currency, f"programme:{row.version}"),
            row.since,
            Programme.model_validate_json(row.body).point_value_minor,
        )
        for row in session.exec(query)
    ]


def _all(session: Session, query: Any) -> Iterator[Any]:
    return iter(session.exec(query.execution_options(yield_per=1_000)))


def _moved(row: StockEntry | GoodsReceipt, occasion: Occasion, costs: dict[str, int]) -> Moved:
    if isinstance(row, GoodsReceipt):
        return Moved(occasion, "", 0, TRANSFER_ENDED, reference=row.source_id)
    cost = costs.get(row.sku) if row.reason in ("received", "opening") else None
    return Moved(occasion, row.sku, row.quantity, row.reason, cost, row.reference)


def _of_days(query: Any, table: Any, days: Days) -> Any:
    query = query.where(col(table.business_date).between(days.first, days.last))
    return query.where(table.location_id == days.location_id) if days.location_id else query


def _by_key(session: Session, query: Any, key: Any, ids: Sequence[str]) -> dict[str, list[Any]]:
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for start in range(0, len(ids), KEYS_A_QUERY):
        named = query.where(col(key).in_(ids[start : start + KEYS_A_QUERY]))
        for row in session.exec(named):
            found[getattr(row, key.key)].append(row)
    return found


def _occasion(row: Any, reference: str) -> Occasion:
    return Occasion(row.business_date, row.location_id, row.currency, reference)


def _part(line: Any, order_id: str) -> Part:
    return Part(
        line.sku, line.quantity, line.amount_minor, line.tax_minor, line.tax_group, order_id
    )


def _wallet(tender: SaleTender | ReturnTender) -> str:
    """A card's scheme is nobody's account: all cards are settled together."""
    return tender.scheme if tender.kind == "wallet" else ""


def _day(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).date().isoformat()
