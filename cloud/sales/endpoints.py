"""GET /api/sales, /api/returns."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from cloud.db import Database
from cloud.errors import NotFoundError
from cloud.sales import repository

Limit = Annotated[int, Query(ge=1, le=5_000)]
# Up to the highest number that a column holds.
After = Annotated[int, Query(ge=0, lt=1 << 63)]


def router(database: Database) -> APIRouter:
    routes = APIRouter(prefix="/api")

    @routes.get("/sales")
    def sales(edge_id: str = "", after: After = 0, limit: Limit = 200) -> list[dict[str, Any]]:
        """`after` is the `position` of the last one seen."""
        with database.read() as session:
            found = repository.after(session, edge_id, after, limit)
            return [sale.model_dump() for sale in found]

    @routes.get("/sales/{sale_id}")
    def sale(sale_id: str) -> dict[str, Any]:
        with database.read() as session:
            whole = repository.whole(session, sale_id)
            if whole is None:
                raise NotFoundError(what="sale", name=sale_id)
            return {
                **whole.sale.model_dump(),
                "lines": [line.model_dump(exclude={"sale_id"}) for line in whole.lines],
                "tax": [tax.model_dump(exclude={"sale_id"}) for tax in whole.tax],
                "tenders": [tender.model_dump(exclude={"sale_id"}) for tender in whole.tenders],
                "returns": [back.return_id for back in whole.returns],
            }

    @routes.get("/returns")
    def returns(after: After = 0, limit: Limit = 200) -> list[dict[str, Any]]:
        with database.read() as session:
            return [
                {
                    **back.model_dump(),
                    "lines": [
                        line.model_dump(exclude={"return_id"})
                        for line in repository.return_lines(session, back.return_id)
                    ],
                }
                for back in repository.returns_after(session, after, limit)
            ]

    return routes
