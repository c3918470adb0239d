"""Completed sales, the receipts of them, and the drawer."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from edge.api import fields, shapes
from edge.api.baskets import NewLine
from edge.api.box import Box
from edge.domain.basket import MAX_LINES
from edge.services import drawers, printing, sales, selling
from edge.services.selling import Ordered


class WholeSale(BaseModel):
    lines: list[NewLine] = Field(min_length=1, max_length=MAX_LINES)
    tendered_minor: fields.Amount | None = None


def router(box: Box) -> APIRouter:
    api = APIRouter(prefix="/api")
    _sales(api, box)
    _paper(api, box)
    return api


def _sales(api: APIRouter, box: Box) -> None:
    @api.post("/sales", status_code=201)
    def sell(body: WholeSale) -> dict[str, Any]:
        """A whole cash sale. The answer leaves after the commit: what it names is durable."""
        ordered = [Ordered(line.code, line.quantity) for line in body.lines]
        return shapes.fact(selling.sell(box.shop, ordered, body.tendered_minor))

    @api.get("/sales")
    def newest(limit: Annotated[int, Query(ge=1, le=1000)] = 50) -> list[dict[str, Any]]:
        return [row.model_dump() for row in sales.newest(box.shop, limit)]

    @api.get("/sales/{sale_id}")
    def get(sale_id: fields.IdInPath) -> dict[str, Any]:
        return sales.get(box.shop, sale_id)

    @api.post("/sales/{sale_id}/reprint", status_code=202)
    def reprint(sale_id: fields.IdInPath) -> dict[str, Any]:
        return shapes.print_job(printing.copy_of_subject(box.shop, sale_id))


def _paper(api: APIRouter, box: Box) -> None:
    @api.get("/print-jobs")
    def jobs(limit: Annotated[int, Query(ge=1, le=1000)] = 50) -> list[dict[str, Any]]:
        return [shapes.print_job(row) for row in printing.recent(box.shop, limit)]

    @api.post("/print-jobs/{job_id}/copy", status_code=202)
    def copy(job_id: fields.JobInPath) -> dict[str, Any]:
        return shapes.print_job(printing.copy(box.shop, job_id))

    @api.post("/print-jobs/{job_id}/printed")
    def printed(job_id: fields.JobInPath) -> dict[str, Any]:
        """A person has seen the paper of a job of which the printer could not say whether it came out."""
        return shapes.print_job(printing.confirm_printed(box.shop, job_id))

    @api.post("/drawer/open", status_code=202, response_class=Response)
    def open_drawer() -> None:
        drawers.open_without_sale(box.shop)
