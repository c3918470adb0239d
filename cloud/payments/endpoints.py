"""GET /api/payments: what customers paid by wallet, what went back, and what each provider was asked and said."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated, Any

from fastapi import APIRouter, Query

from cloud.db import Database
from cloud.errors import NotFoundError
from cloud.payments import repository
from cloud.payments.tables import WalletRefund

Limit = Annotated[int, Query(ge=1, le=5_000)]


def router(database: Database) -> APIRouter:
    routes = APIRouter(prefix="/api/payments")

    @routes.get("")
    def payments(limit: Limit = 500) -> dict[str, Any]:
        """`totals` is what the company has of each provider; with `payments`, the newest first."""
        with database.read() as session:
            rows = repository.newest(session, limit)
            refunds = by_payment(
                repository.refunds_of(session, [row.payment_id for row in rows]),
            )
            return {
                "totals": repository.totals(session),
                "payments": [
                    {**row.model_dump(), "refunds": refunds[row.payment_id]} for row in rows
                ],
            }

    @routes.get("/{payment_id}")
    def payment(payment_id: str) -> dict[str, Any]:
        with database.read() as session:
            row = repository.payment(session, payment_id)
            if row is None:
                raise NotFoundError(what="wallet payment", name=payment_id)
            calls = repository.calls_of(session, payment_id)
            refunds = by_payment(repository.refunds_of(session, [payment_id]))
            return {
                **row.model_dump(),
                "refunds": refunds[payment_id],
                "calls": [call.model_dump(exclude={"payment_id"}) for call in calls],
            }

    return routes


def by_payment(refunds: Any) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for refund in refunds:
        assert isinstance(refund, WalletRefund)
        found[refund.payment_id].append(refund.model_dump(exclude={"payment_id"}))
    return found
