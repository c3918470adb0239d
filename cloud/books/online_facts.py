"""The orders of the online shop that some days book. All SQL of `cloud.books.online`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from cloud.books import online
from cloud.books.journal import Entry, Occasion, Paid
from cloud.books.repository import Days
from cloud.catalogue.tables import CatalogueProduct
from cloud.orders import repository as orders
from cloud.orders import returning, tenders
from cloud.orders.splitting import WALLET
from cloud.orders.tables import CustomerOrder, OrderRefund, OrderTender
from cloud.payments.tables import WalletPayment


class Desk(NamedTuple):
    """Which days, and where the day ends."""

    session: Session
    days: Days
    zone: ZoneInfo

    def occasion(
        self, order: CustomerOrder, at: datetime | None, reference: str
    ) -> Occasion | None:
        """None for what was not on these days, or at another place."""
        day = at.astimezone(self.zone).date().isoformat() if at else ""
        if not self.days.has(day, order.location_id):
            return None
        return Occasion(day, order.location_id, order.currency, reference)


def entries(desk: Desk) -> Iterator[Entry]:
    paid = select(OrderTender.order_id).where(OrderTender.state == "paid")
    query = select(CustomerOrder).where(col(CustomerOrder.order_id).in_(paid))
    for order in desk.session.exec(query.order_by(CustomerOrder.order_id)).all():
        yield from _of_order(desk, order)


def _of_order(desk: Desk, order: CustomerOrder) -> Iterator[Entry]:
    own = tenders.paid(desk.session, order.order_id)
    schemes = _schemes(desk.session, own)
    at = order.placed_at or max(it.at for it in own)
    if occasion := desk.occasion(order, at, f"{order.order_id}:paid"):
        paid = [Paid(it.kind, it.amount_minor, schemes.get(it.number, "")) for it in own]
        yield online.paid(occasion, paid)
    sold = goods(desk.session, order.order_id)
    debts = orders.credits_of(desk.session, order.order_id)
    is_back = {it.number: it.reason == returning.REASON for it in debts}
    if occasion := desk.occasion(order, order.completed_at, f"{order.order_id}:handed"):
        never = sum(
            it.amount_minor for it in debts if it.kind == tenders.REFUND and not is_back[it.number]
        )
        yield online.handed_over(occasion, sum(it.amount_minor for it in own) - never, sold)
    for credit, rows in _refunds(desk.session, order.order_id).items():
        reference = f"{order.order_id}:refund:{credit}"
        if occasion := desk.occasion(order, rows[0].at, reference):
            back = [Paid(it.kind, it.amount_minor, schemes.get(it.number, "")) for it in rows]
            if is_back.get(credit):
                yield online.brought_back(occasion, back, sold)
            else:
                yield online.refunded(occasion, back)


def _refunds(session: Session, order_id: str) -> dict[int, list[OrderRefund]]:
    found: dict[int, list[OrderRefund]] = {}
    for row in tenders.refunds(session, order_id):
        found.setdefault(row.credit, []).append(row)
    return found


def _schemes(session: Session, own: Sequence[OrderTender]) -> dict[int, str]:
    """The wallet of each tender that one paid."""
    ids = {it.number: it.payment_id for it in own if it.kind == WALLET}
    query = select(WalletPayment.payment_id, WalletPayment.provider)
    known = dict(session.exec(query.where(col(WalletPayment.payment_id).in_(ids.values()))).all())
    return {number: known.get(payment_id, "") for number, payment_id in ids.items()}


def goods(session: Session, order_id: str) -> online.Goods:
    """By the tax that the catalogue has for them; what it has no more is taxed at nothing, by a name of its own."""
    found = Counter[tuple[str, int]]()
    for line in orders.lines(session, order_id):
        product = session.get(CatalogueProduct, line.sku)
        group = (product.tax_group, product.tax_rate_bp) if product else ("unknown", 0)
        found[group] += line.unit_price_minor * line.quantity
    return found
