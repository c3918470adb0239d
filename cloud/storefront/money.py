"""The shop's money and what comes back, for programs.

POST /api/payments/notices/{provider}   what a wallet's provider says by itself
GET  /api/storefront/takings            what the shop has, by wallet
GET  /api/storefront/returns            what customers want to bring back (?location_id=)
POST /api/storefront/returns            {"order_id", "line"}: a shop has it, and it is given back
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from cloud.clock import Clock
from cloud.db import Database
from cloud.errors import NoticeRefusedError
from cloud.orders import service as orders
from cloud.payments.providers import NoAnswer
from cloud.storefront import coming_back, repository
from cloud.storefront.paying import NOTICES, Paying


class Taken(BaseModel):
    order_id: str = Field(max_length=60)
    line: int = Field(ge=1)


def router(database: Database, clock: Clock, paying: Paying) -> APIRouter:
    routes = APIRouter()

    @routes.post(f"{NOTICES}/{{provider}}")
    async def notice(request: Request, provider: str) -> Response:
        """Refused, a provider says it again: nothing is lost, for it is asked as well."""
        body = await request.body()
        try:
            thanks = await run_in_threadpool(paying.noticed, provider, body)
        except NoAnswer as error:
            raise NoticeRefusedError(provider=provider, reason=error.reason) from error
        return Response(thanks)

    @routes.get("/api/storefront/takings")
    def takings() -> dict[str, Any]:
        """What the online shop has by wallet, in minor units: paid, less what went back."""
        with database.read() as session:
            found = repository.takings(session)
        return {"wallets": found, "total_minor": sum(found.values())}

    @routes.get("/api/storefront/returns")
    def awaited(location_id: str = "") -> list[dict[str, Any]]:
        with database.read() as session:
            return coming_back.awaited(session, location_id)

    @routes.post("/api/storefront/returns")
    def taken(body: Taken) -> dict[str, Any]:
        with database.write() as session:
            coming_back.taken(session, clock.now(), body.order_id, body.line)
        paying.give_back()
        with database.read() as session:
            return orders.order_view(session, clock.now(), body.order_id)

    return routes
