"""GET /api/boxes, /api/facts, /api/quarantine; POST /api/boxes/ID/commands, DELETE /api/boxes/ID/receipt-key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query

from cloud.clock import Clock
from cloud.db import Database
from cloud.fleet import commands, receipt_keys, repository, service
from cloud.fleet.commands import Wanted
from cloud.fleet.presence import Presence
from cloud.fleet.service import Box

Limit = Annotated[int, Query(ge=1, le=10_000)]


def router(database: Database, clock: Clock, on_ask: Callable[[], None]) -> APIRouter:
    """`on_ask` tells the ingest that a box has been asked for something."""
    routes = APIRouter(prefix="/api")
    routes.include_router(_boxes(database, clock))
    routes.include_router(_keys(database))
    routes.include_router(_commands(database, clock, on_ask))
    routes.include_router(_inbox(database, clock))
    return routes


def _boxes(database: Database, clock: Clock) -> APIRouter:
    routes = APIRouter()

    @routes.get("/boxes")
    def boxes() -> list[dict[str, Any]]:
        with database.read() as session:
            return [as_dict(box) for box in service.boxes(session, clock.now())]

    @routes.get("/boxes/{edge_id}")
    def box(edge_id: str) -> dict[str, Any]:
        with database.read() as session:
            found = service.box(session, edge_id, clock.now())
            alarms = repository.alarms(session, edge_id)
            return as_dict(found) | {"alarms": [alarm.model_dump() for alarm in alarms]}

    return routes


def _keys(database: Database) -> APIRouter:
    routes = APIRouter()

    @routes.delete("/boxes/{edge_id}/receipt-key", status_code=204)
    def withdraw(edge_id: str) -> None:
        """The box was lost: no other takes goods back against receipts that it signs, until it has a new key."""
        with database.write() as session:
            receipt_keys.withdraw(session, edge_id)

    return routes


def _commands(database: Database, clock: Clock, on_ask: Callable[[], None]) -> APIRouter:
    routes = APIRouter(prefix="/boxes/{edge_id}")

    @routes.post("/commands", status_code=202)
    def ask(edge_id: str, wanted: Wanted) -> dict[str, Any]:
        asked = commands.ask(database, clock, edge_id, wanted)
        on_ask()
        return asked.as_dict()

    @routes.get("/commands")
    def asked(edge_id: str, limit: Limit = 100) -> list[dict[str, Any]]:
        """Newest first."""
        now = clock.now()
        with database.read() as session:
            service.box(session, edge_id, now)
            return [one.as_dict() for one in commands.of_box(session, edge_id, now, limit)]

    return routes


def _inbox(database: Database, clock: Clock) -> APIRouter:
    """What came in: facts, and what could not be taken in."""
    routes = APIRouter()

    @routes.get("/facts")
    def facts(
        edge_id: str, after: int = 0, epoch: str = "", limit: Limit = 1_000
    ) -> list[dict[str, Any]]:
        """Raw, of the newest epoch unless one is named; `after` is a seq."""
        with database.read() as session:
            wanted = epoch or service.box(session, edge_id, clock.now()).edge.epoch
            return [
                {"epoch": wanted, "seq": seq, "uid": uid, "body": body, "alias_of": alias_of}
                for seq, uid, body, alias_of in repository.facts(
                    session, edge_id, wanted, after, limit
                )
            ]

    @routes.get("/quarantine")
    def quarantine(edge_id: str | None = None, limit: Limit = 200) -> list[dict[str, Any]]:
        with database.read() as session:
            return [row.model_dump() for row in repository.quarantine(session, limit, edge_id)]

    return routes


def as_dict(box: Box) -> dict[str, Any]:
    edge = box.edge
    return {
        "edge_id": edge.edge_id,
        "location_id": edge.location_id,
        "software": edge.software,
        "public_key": edge.public_key,
        "online": box.presence is Presence.ONLINE,
        "presence": box.presence.value,
        "boot": edge.boot,
        "epoch": edge.epoch,
        "box_high": edge.box_high,
        "hub_high": box.hub_high,
        "hub_chain": box.hub_chain,
        "lag": box.lag,
        "chain_equal": box.is_chain_equal,
        "epochs": [stream.model_dump(exclude={"edge_id", "shard"}) for stream in box.streams],
        "quarantined": box.quarantined,
        "last_seen": edge.last_seen,
        "health": box.health.model_dump() if box.health else None,
    }
