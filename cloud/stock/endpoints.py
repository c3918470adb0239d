"""GET /api/stock."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from cloud.db import Database
from cloud.stock import repository


def router(database: Database) -> APIRouter:
    routes = APIRouter(prefix="/api")

    @routes.get("/stock")
    def stock(location_id: str = "") -> list[dict[str, Any]]:
        with database.read() as session:
            return [level._asdict() for level in repository.levels(session, location_id)]

    return routes
