"""PUT /api/catalogue, PUT /api/prices, the snapshots and the hub's own identity."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter
from fastapi.responses import FileResponse
from pydantic import BaseModel

from cloud.catalogue import service
from cloud.catalogue.checking import CatalogueChange
from cloud.db import Database
from cloud.errors import NotFoundError
from cloud.feeds.snapshots import Snapshots
from contract.feeds import Price

A_DAY = "public, max-age=86400, immutable"


class PriceChange(BaseModel):
    prices: list[Price]


def router(database: Database, snapshots: Snapshots, on_change: Callable[[], None]) -> APIRouter:
    """`on_change` tells the ingest that heads have moved."""
    routes = APIRouter()

    @routes.put("/api/catalogue")
    def put_catalogue(change: CatalogueChange) -> dict[str, int]:
        versions = service.apply(database, change)
        on_change()
        return versions

    @routes.put("/api/prices")
    def put_prices(change: PriceChange) -> dict[str, int]:
        return put_catalogue(CatalogueChange(prices=change.prices))

    @routes.get("/snapshots/{file}")
    def snapshot(file: str) -> FileResponse:
        """Ranges (RFC 9110, 14) by the framework; the name is the content's, so it is the ETag too."""
        path = snapshots.path_of(file)
        if path is None:
            raise NotFoundError(what="snapshot", name=file)
        headers = {"ETag": f'"{file}"', "Cache-Control": A_DAY}
        return FileResponse(path, media_type="application/octet-stream", headers=headers)

    return routes
