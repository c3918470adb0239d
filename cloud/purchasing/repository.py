"""All SQL of purchasing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, func, select

from cloud.db import upsert
from cloud.purchasing.tables import PurchaseLine, PurchaseOrder, SupplierTerm
from cloud.stock.tables import StockEntry

ASKED_FOR = ("sold", "handed_over")
DEMAND_DAYS = 28


def terms(session: Session) -> dict[str, SupplierTerm]:
    return {term.sku: term for term in session.exec(select(SupplierTerm)).all()}


def unit_costs(session: Session) -> dict[str, int]:
    """What a piece costs from its supplier now."""
    return dict(session.exec(select(SupplierTerm.sku, SupplierTerm.unit_cost_minor)).all())


def write_terms(session: Session, rows: Sequence[SupplierTerm]) -> None:
    upsert(session, SupplierTerm, ["sku"], [row.model_dump() for row in rows])


def demand(
    session: Session, location_id: str, now: datetime, zone: ZoneInfo
) -> dict[str, list[int]]:
    """Pieces that went out on each of the last DEMAND_DAYS whole days, by SKU; the oldest day first."""
    today = now.astimezone(zone).date()
    first = today - timedelta(days=DEMAND_DAYS)
    query = select(StockEntry.sku, StockEntry.occurred_at, StockEntry.quantity).where(
        StockEntry.location_id == location_id,
        col(StockEntry.reason).in_(ASKED_FOR),
        StockEntry.occurred_at >= _midnight(first, zone),
        StockEntry.occurred_at < _midnight(today, zone),
    )
    found: defaultdict[str, list[int]] = defaultdict(lambda: [0] * DEMAND_DAYS)
    for sku, at, quantity in session.exec(query):
        found[sku][(at.astimezone(zone).date() - first).days] -= quantity
    return dict(found)


def still_to_come(session: Session, location_id: str) -> Counter[str]:
    """Pieces that suppliers still owe, by SKU."""
    query = (
        select(PurchaseLine.purchase_id, PurchaseLine.sku, func.sum(PurchaseLine.quantity))
        .join(PurchaseOrder, col(PurchaseOrder.purchase_id) == PurchaseLine.purchase_id)
        .where(PurchaseOrder.location_id == location_id, PurchaseOrder.state == "sent")
        .group_by(PurchaseLine.purchase_id, PurchaseLine.sku)
    )
    ordered = session.exec(query).all()
    came = received(session, [purchase_id for purchase_id, _, _ in ordered])
    owed: Counter[str] = Counter()
    for purchase_id, sku, total in ordered:
        owed[sku] += max(0, int(total) - came[purchase_id, sku])
    return owed


def received(session: Session, purchase_ids: Sequence[str]) -> Counter[tuple[str, str]]:
    """Pieces that came, by order and SKU: what the shops' own facts say."""
    query = (
        select(StockEntry.reference, StockEntry.sku, func.sum(StockEntry.quantity))
        .where(col(StockEntry.reference).in_(purchase_ids), StockEntry.reason == "received")
        .group_by(StockEntry.reference, StockEntry.sku)
    )
    return Counter({(ref, sku): int(total) for ref, sku, total in session.exec(query)})


def order(session: Session, purchase_id: str) -> PurchaseOrder | None:
    return session.get(PurchaseOrder, purchase_id)


def orders(session: Session, location_id: str, limit: int) -> Sequence[PurchaseOrder]:
    """Newest first; `location_id` is "" for every place."""
    query = select(PurchaseOrder).order_by(col(PurchaseOrder.number).desc()).limit(limit)
    if location_id:
        query = query.where(PurchaseOrder.location_id == location_id)
    return session.exec(query).all()


def lines(session: Session, purchase_id: str) -> Sequence[PurchaseLine]:
    query = select(PurchaseLine).where(PurchaseLine.purchase_id == purchase_id)
    return session.exec(query.order_by(col(PurchaseLine.line))).all()


def ordered(session: Session, purchase_id: str) -> Counter[str]:
    """Pieces by SKU."""
    total: Counter[str] = Counter()
    for line in lines(session, purchase_id):
        total[line.sku] += line.quantity
    return total


def order_count(session: Session) -> int:
    return session.exec(select(func.count()).select_from(PurchaseOrder)).one()


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)
