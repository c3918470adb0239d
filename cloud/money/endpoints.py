"""GET /api/shifts: what the boxes reported, what their facts give, and where the two differ."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query

from cloud.db import Database
from cloud.money import repository
from cloud.money.tables import ShiftClosing, ShiftComparison, ShiftOpening

Limit = Annotated[int, Query(ge=1, le=1_000)]


def router(database: Database) -> APIRouter:
    routes = APIRouter(prefix="/api")

    @routes.get("/shifts")
    def shifts(edge_id: str = "", limit: Limit = 100) -> list[dict[str, Any]]:
        with database.read() as session:
            return [as_dict(*row) for row in repository.shifts(session, limit, edge_id)]

    return routes


def as_dict(
    opening: ShiftOpening | None, closing: ShiftClosing | None, comparison: ShiftComparison | None
) -> dict[str, Any]:
    known = opening or closing
    assert known is not None
    return {
        "shift_id": known.shift_id,
        "edge_id": known.edge_id,
        "location_id": known.location_id,
        "number": known.number,
        "cashier": known.cashier,
        "currency": known.currency,
        "business_date": known.business_date,
        "opened_at": opening.occurred_at if opening else None,
        "closed_at": closing.occurred_at if closing else None,
        "reported": json.loads(closing.reported) if closing else None,
        "derived": json.loads(comparison.derived) if comparison else None,
        "differences": json.loads(comparison.differences) if comparison else [],
    }
