"""Rows of wallet payments: read, moved on, and every call of a provider added to the journal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, func, select

from cloud.payments.tables import WalletCall, WalletPayment, WalletRefund
from cloud.sales.tables import Sale, SaleTender


def payment(session: Session, payment_id: str) -> WalletPayment | None:
    return session.get(WalletPayment, payment_id)


def by_number(session: Session, provider: str, number: str) -> WalletPayment | None:
    query = select(WalletPayment).where(WalletPayment.order_number == number)
    return session.exec(query.where(WalletPayment.provider == provider)).first()


def refund(session: Session, refund_id: str) -> WalletRefund | None:
    return session.get(WalletRefund, refund_id)


def is_sale(session: Session, sale_id: str) -> bool:
    return session.exec(select(Sale.sale_id).where(Sale.sale_id == sale_id)).first() is not None


def of_sale(session: Session, sale_id: str) -> Sequence[WalletPayment]:
    """The wallet payments that a sale was settled with, as its box told."""
    tenders = select(SaleTender.payment_id).where(
        col(SaleTender.sale_id) == sale_id, col(SaleTender.kind) == "wallet"
    )
    statement = select(WalletPayment).where(col(WalletPayment.payment_id).in_(tenders))
    return session.exec(statement.order_by(col(WalletPayment.payment_id))).all()


def refunded_minor(session: Session, payment_id: str) -> int:
    """All that was given back or may have been."""
    statement = select(func.coalesce(func.sum(WalletRefund.amount_minor), 0)).where(
        col(WalletRefund.payment_id) == payment_id, col(WalletRefund.state) != "refused"
    )
    return int(session.exec(statement).one())


def due(session: Session, now: datetime, limit: int) -> Sequence[str]:
    """Payments that a provider should be asked about again."""
    statement = (
        select(WalletPayment.payment_id)
        .where(col(WalletPayment.check_at) <= now)
        .order_by(col(WalletPayment.check_at))
        .limit(limit)
    )
    return session.exec(statement).all()


def newest(session: Session, limit: int) -> Sequence[WalletPayment]:
    statement = select(WalletPayment).order_by(col(WalletPayment.asked_at).desc()).limit(limit)
    return session.exec(statement).all()


def refunds_of(session: Session, payment_ids: Sequence[str]) -> Sequence[WalletRefund]:
    statement = select(WalletRefund).where(col(WalletRefund.payment_id).in_(payment_ids))
    return session.exec(statement.order_by(col(WalletRefund.asked_at))).all()


def calls_of(session: Session, payment_id: str) -> Sequence[WalletCall]:
    statement = select(WalletCall).where(col(WalletCall.payment_id) == payment_id)
    return session.exec(statement.order_by(col(WalletCall.position))).all()


def totals(session: Session) -> dict[str, int]:
    """What the company has of each provider: approved payments less what was given back of them."""
    paid = select(WalletPayment.provider, func.sum(WalletPayment.amount_minor)).where(
        col(WalletPayment.state) == "approved"
    )
    back = (
        select(WalletPayment.provider, func.sum(WalletRefund.amount_minor))
        .join(WalletPayment, col(WalletPayment.payment_id) == col(WalletRefund.payment_id))
        .where(col(WalletRefund.state) == "done")
    )
    given = dict(session.exec(back.group_by(WalletPayment.provider)).all())
    return {
        provider: int(amount) - int(given.get(provider, 0))
        for provider, amount in session.exec(paid.group_by(WalletPayment.provider)).all()
    }
