"""What the providers' words come in by (POST /api/payments/notices/{provider}), and GET /api/storefront/takings."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from cloud.db import Database
from cloud.errors import NoticeRefusedError
from cloud.payments.providers import NoAnswer
from cloud.storefront import repository
from cloud.storefront.paying import NOTICES, Paying


def router(database: Database, paying: Paying) -> APIRouter:
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

    return routes
