"""Suppliers' terms, suggestions, purchase orders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlmodel import Session

from cloud.clock import Clock
from cloud.db import Database
from cloud.errors import NotFoundError
from cloud.purchasing import repository, service
from cloud.purchasing.service import Place, Purchase
from cloud.purchasing.tables import PurchaseOrder, SupplierTerm
from cloud.settings import Settings

Limit = Annotated[int, Query(ge=1, le=1_000)]
ENDED: Final = {"close": "closed", "cancel": "cancelled"}


class Terms(BaseModel):
    """`shelf_days` is 0 for what does not spoil."""

    sku: str = Field(min_length=1)
    supplier: str = Field(min_length=1)
    unit_cost_minor: int = Field(ge=0, lt=1 << 53)
    pack_size: int = Field(default=1, ge=1, le=10_000)
    lead_days: int = Field(default=1, ge=0, le=365)
    shelf_days: int = Field(default=0, ge=0, le=3_650)


def router(
    database: Database, settings: Settings, clock: Clock, on_change: Callable[[], None]
) -> APIRouter:
    """`on_change` tells the ingest that heads have moved."""
    routes = APIRouter(prefix="/api/purchasing")

    def place() -> Place:
        return Place(clock.now(), settings.zone, settings.currency)

    @routes.put("/terms")
    def put_terms(terms: list[Terms]) -> dict[str, int]:
        with database.write() as session:
            rows = [SupplierTerm(**term.model_dump()) for term in terms]
            repository.write_terms(session, rows)
        return {"terms": len(terms)}

    @routes.get("/suggestions")
    def suggestions(location_id: str) -> list[dict[str, Any]]:
        with database.read() as session:
            return [it._asdict() for it in service.suggest(session, place(), location_id)]

    @routes.post("/orders", status_code=201)
    def order(purchase: Purchase) -> dict[str, Any]:
        with database.write() as session:
            made = whole(session, service.order(session, place(), purchase))
        on_change()
        return made

    @routes.get("/orders")
    def orders(location_id: str = "", limit: Limit = 100) -> list[dict[str, Any]]:
        with database.read() as session:
            return [made.model_dump() for made in repository.orders(session, location_id, limit)]

    @routes.get("/orders/{purchase_id}")
    def one(purchase_id: str) -> dict[str, Any]:
        with database.read() as session:
            made = repository.order(session, purchase_id)
            if made is None:
                raise NotFoundError(what="purchase order", name=purchase_id)
            return whole(session, made)

    @routes.post("/orders/{purchase_id}/{end}")
    def ended(purchase_id: str, end: Literal["close", "cancel"]) -> dict[str, Any]:
        """Closed: no more will come. Cancelled: nothing is to come."""
        with database.write() as session:
            made = whole(session, service.end(session, purchase_id, ENDED[end]))
        on_change()
        return made

    return routes


def whole(session: Session, made: PurchaseOrder) -> dict[str, Any]:
    """With its lines, and how many of each have come."""
    session.flush()
    received = repository.received(session, [made.purchase_id])
    return {
        **made.model_dump(),
        "lines": [
            {
                **line.model_dump(exclude={"purchase_id"}),
                "received": received[made.purchase_id, line.sku],
            }
            for line in repository.lines(session, made.purchase_id)
        ],
    }
