"""/api/orders (quote, hold, place, cancel, look), PUT /api/shops and PUT /api/rights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from pydantic import BaseModel, Field

from cloud.clock import Clock
from cloud.db import Database
from cloud.orders import service, settling, shops
from cloud.orders.asks import Quote
from cloud.orders.jobs import new_uid
from cloud.orders.service import Held, WantedHold, WantedLine
from cloud.orders.settling import PaidBack
from cloud.orders.shops import RightChange, ShopChange

Limit = Annotated[int, Query(ge=1, le=1_000)]
Key = Annotated[str, Header(alias="Idempotency-Key", max_length=100)]


class HoldRequest(BaseModel):
    """As `service.WantedHold`; its key is the header Idempotency-Key."""

    offer_id: str = Field(max_length=400)
    lines: tuple[WantedLine, ...] = Field(min_length=1, max_length=service.MOST_LINES)
    customer: str = Field(default="", max_length=60)
    member_id: str = Field(default="", max_length=60)
    language: str = Field(default="", max_length=8)
    note: str = Field(default="", max_length=400)
    channel: str = Field(default="api", max_length=20)


class PlaceRequest(BaseModel):
    """`paid_minor` 0: to be paid at hand-over. `payment` says by which payment it was paid."""

    paid_minor: int = Field(default=0, ge=0)
    payment: str = Field(default="", max_length=100)


class CancelRequest(BaseModel):
    reason: str = Field(default="", max_length=200)


class ShopChanges(BaseModel):
    shops: list[ShopChange]


class RightChanges(BaseModel):
    rights: list[RightChange]


def router(database: Database, clock: Clock, on_change: Callable[[], None]) -> APIRouter:
    """`on_change` tells the ingest that feeds have moved."""
    routes = APIRouter(prefix="/api")
    routes.include_router(_promises(database, clock))
    routes.include_router(_orders(database, clock, on_change))
    routes.include_router(_looks(database, clock))
    routes.include_router(_head_office(database, clock, on_change))
    return routes


def _promises(database: Database, clock: Clock) -> APIRouter:
    routes = APIRouter(prefix="/orders")

    @routes.post("/quote")
    def quote(wanted: Quote) -> dict[str, Any]:
        with database.read() as session:
            found = service.quote(session, clock.now(), wanted.lines, wanted.near, wanted.language)
        return {"offers": [offer.model_dump(mode="json") for offer in found]}

    @routes.post("/hold")
    def hold(wanted: HoldRequest, key: Key = "") -> Held:
        now = clock.now()
        whole = WantedHold(key=key or new_uid(now), **wanted.model_dump())
        with database.write() as session:
            return service.hold(session, now, whole)

    return routes


def _orders(database: Database, clock: Clock, on_change: Callable[[], None]) -> APIRouter:
    routes = APIRouter(prefix="/orders/{order_id}")

    @routes.post("/place")
    def place(order_id: str, paid: PlaceRequest) -> dict[str, Any]:
        with database.write() as session:
            view = service.place(session, clock.now(), order_id, paid.paid_minor, paid.payment)
        on_change()
        return view

    @routes.post("/cancel")
    def cancel(order_id: str, wanted: CancelRequest) -> dict[str, Any]:
        with database.write() as session:
            view = service.cancel(session, clock.now(), order_id, wanted.reason)
        on_change()
        return view

    @routes.post("/credits/{number}/paid")
    def paid(order_id: str, number: int, paid: PaidBack) -> dict[str, Any]:
        """Head office has paid back what was owed."""
        with database.write() as session:
            return settling.pay_back(session, clock.now(), order_id, number, paid)

    @routes.post("/release")
    def release(order_id: str) -> dict[str, Any]:
        with database.write() as session:
            return service.release(session, clock.now(), order_id)

    return routes


def _looks(database: Database, clock: Clock) -> APIRouter:
    routes = APIRouter(prefix="/orders")

    @routes.get("")
    def orders(
        location_id: str = "", member_id: str = "", state: str = "", limit: Limit = 100
    ) -> list[dict[str, Any]]:
        """Newest first."""
        now = clock.now()
        with database.read() as session:
            return service.listed(session, now, limit, location_id, member_id, state)

    @routes.get("/owed")
    def owed(limit: Limit = 100) -> list[dict[str, Any]]:
        """What customers are owed and have not been given, the oldest first."""
        with database.read() as session:
            return settling.owed(session, limit)

    @routes.get("/{order_id}")
    def order(order_id: str) -> dict[str, Any]:
        with database.read() as session:
            return service.order_view(session, clock.now(), order_id)

    @routes.get("/{order_id}/code")
    def code(order_id: str) -> dict[str, Any]:
        with database.read() as session:
            return service.rotating_code(session, clock.now(), order_id)

    return routes


def _head_office(database: Database, clock: Clock, on_change: Callable[[], None]) -> APIRouter:
    routes = APIRouter()

    @routes.put("/shops")
    def put_shops(changes: ShopChanges) -> list[dict[str, Any]]:
        with database.write() as session:
            shops.write_shops(session, changes.shops)
            return shops.listed(session, clock.now())

    @routes.get("/shops")
    def get_shops() -> list[dict[str, Any]]:
        with database.read() as session:
            return shops.listed(session, clock.now())

    @routes.get("/shops/{location_id}/promisable")
    def promisable(location_id: str, sku: Annotated[list[str], Query()]) -> list[dict[str, Any]]:
        with database.read() as session:
            return shops.promisable(session, clock.now(), location_id, sku)

    @routes.put("/rights")
    def put_rights(changes: RightChanges) -> dict[str, int]:
        with database.write() as session:
            shops.write_rights(session, changes.rights)
        on_change()
        return {"rights": len(changes.rights)}

    return routes
