"""What a box asks about orders and waits for: `orders.quote`, `orders.hold`, `orders.release`, `orders.look`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, Field

from cloud.clock import Clock
from cloud.db import Database
from cloud.orders import places, service
from cloud.orders.service import MOST_LINES, WantedHold, WantedLine
from cloud.questions import Asker, Verb


class Quote(BaseModel):
    """`near` is what `places.spot_of` understands; "" is the asking shop itself."""

    lines: tuple[WantedLine, ...] = Field(min_length=1, max_length=MOST_LINES)
    near: str = Field(default="", max_length=60)
    language: str = ""


class Named(BaseModel):
    order_id: str


def verbs(database: Database, clock: Clock, on_change: Callable[[], None]) -> dict[str, Verb]:
    """`on_change` tells the ingest that feeds may have moved."""

    def quote(asker: Asker, arguments: dict[str, Any]) -> dict[str, Any]:
        wanted = Quote.model_validate(arguments)
        with database.read() as session:
            spot = places.spot_of(session, wanted.near, wanted.language)
            near = spot.near or asker.location_id
            found = service.quote(session, clock.now(), wanted.lines, near, wanted.language)
        return {
            "offers": [offer.model_dump(mode="json") for offer in found],
            "near": dict(spot.names),
        }

    def hold(asker: Asker, arguments: dict[str, Any]) -> dict[str, Any]:
        """The question's own id makes a second asking give the first answer."""
        own = {"key": asker.ask_id, "channel": "counter"}
        wanted = WantedHold.model_validate({**arguments, **own})
        with database.write() as session:
            return service.hold(session, clock.now(), wanted).model_dump(mode="json")

    def release(asker: Asker, arguments: dict[str, Any]) -> dict[str, Any]:
        del asker
        named = Named.model_validate(arguments)
        with database.write() as session:
            view = service.release(session, clock.now(), named.order_id)
        on_change()
        return {"order_id": view["order_id"], "state": view["state"]}

    def look(asker: Asker, arguments: dict[str, Any]) -> dict[str, Any]:
        del asker
        named = Named.model_validate(arguments)
        with database.read() as session:
            return service.order_view(session, clock.now(), named.order_id)

    return {
        "orders.quote": quote,
        "orders.hold": hold,
        "orders.release": release,
        "orders.look": look,
    }
