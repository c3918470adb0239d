"""Goods back against a receipt."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from edge.api import shapes
from edge.api.box import Box
from edge.domain.errors import Malformed
from edge.domain.returns import Wanted
from edge.services import returns
from edge.services.returns import Receipt


class WantedLine(BaseModel):
    line: int
    quantity: int


class AgainstReceipt(BaseModel):
    receipt_qr: str = Field(default="", max_length=4096)
    sale_id: str = ""

    @property
    def receipt(self) -> Receipt:
        """Raises Malformed unless exactly one of the two is named."""
        if bool(self.receipt_qr) == bool(self.sale_id):
            got = "both" if self.sale_id else "neither"
            raise Malformed(expected="either a receipt_qr or a sale_id", got=got)
        return Receipt(self.receipt_qr, self.sale_id)


class NewReturn(AgainstReceipt):
    lines: list[WantedLine]
    reason: str = Field(max_length=200)
    tender: Literal["cash", "card"] = "cash"


def router(box: Box) -> APIRouter:
    api = APIRouter(prefix="/api/returns")

    @api.post("/look-up")
    def look_up(body: AgainstReceipt) -> dict[str, Any]:
        return shapes.returnable(returns.look_up(box.shop, body.receipt))

    @api.post("", status_code=201)
    def take_back(body: NewReturn) -> dict[str, Any]:
        wanted = [Wanted(line.line, line.quantity) for line in body.lines]
        done = returns.take_back(box.shop, body.receipt, wanted, body.reason, body.tender)
        return shapes.fact(done)

    @api.get("/{return_id}")
    def get(return_id: str) -> dict[str, Any]:
        return returns.get(box.shop, return_id)

    return api
