"""GET /api/stock, its lots, transfers and drift; PUT /api/markdowns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from cloud.db import Database
from cloud.stock import markdowns, repository
from cloud.stock.transfers import Transfer


class MarkdownRule(BaseModel):
    """`category` is "" for every product; `percent_bp` 0 takes the rule back."""

    category: str = Field(default="", max_length=64)
    hours_left: int = Field(ge=0, le=24 * 365)
    percent_bp: int = Field(ge=0, le=10_000)


class MarkdownChange(BaseModel):
    markdowns: list[MarkdownRule] = Field(min_length=1, max_length=1000)


def router(database: Database, on_change: Callable[[], None]) -> APIRouter:
    """`on_change` tells the ingest that heads have moved."""
    routes = APIRouter(prefix="/api")

    @routes.get("/stock")
    def stock(location_id: str = "") -> list[dict[str, Any]]:
        with database.read() as session:
            return [level._asdict() for level in repository.levels(session, location_id)]

    @routes.get("/stock/drift")
    def drift(location_id: str = "") -> dict[str, Any]:
        """Where the ledger cannot be true, and whose goods were sold to somebody else."""
        with database.read() as session:
            below = repository.below_zero(session, location_id)
            overrides = repository.overrides(session, location_id)
            return {
                "below_zero": [level._asdict() for level in below],
                "overrides": [row.model_dump(mode="json") for row in overrides],
            }

    @routes.get("/stock/transfers")
    def between_shops(location_id: str = "") -> list[dict[str, Any]]:
        """What was sent from shop to shop, what of it is on its way, and what its sender bears."""
        with database.read() as session:
            found = repository.between_shops(session)
        return [_transfer(it) for it in found if location_id in ("", it.sender, it.receiver)]

    @routes.get("/stock/{location_id}/{sku}")
    def lots(location_id: str, sku: str) -> list[dict[str, Any]]:
        with database.read() as session:
            found = repository.promisable(session, [sku], [location_id])
        return [_with_lots(it) for it in found]

    @routes.put("/markdowns")
    def put_markdowns(change: MarkdownChange) -> dict[str, int]:
        rules = {rule.category: (rule.hours_left, rule.percent_bp) for rule in change.markdowns}
        with database.write() as session:
            changed = markdowns.write(session, rules)
        on_change()
        return {"changed": changed}

    return routes


def _transfer(it: Transfer) -> dict[str, Any]:
    return {
        "transfer_id": it.transfer_id,
        "from": it.sender,
        "to": it.receiver,
        "state": it.state,
        "sent": dict(it.sent),
        "received": dict(it.received),
        "damaged": dict(it.damaged),
        "in_transit": it.in_transit,
        "borne_by_sender": it.borne_by_sender,
    }


def _with_lots(found: repository.Promisable) -> dict[str, Any]:
    lots = [lot._asdict() for lot in found.lots]
    return found._asdict() | {"free": found.free, "lots": lots}
