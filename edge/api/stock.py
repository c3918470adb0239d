"""Stock moves other than those of sales and returns, and what they come to."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from edge.api import fields
from edge.api.box import Box
from edge.services import stock


class NewMove(BaseModel):
    sku: fields.Code = Field(min_length=1)
    quantity: fields.Pieces
    lot: fields.Code = ""
    expiry: str = Field(default="", pattern=r"^(\d{4}-\d{2}-\d{2})?$")


class NewMoves(BaseModel):
    reason: stock.Reason
    moves: list[NewMove] = Field(min_length=1, max_length=1000)


def router(box: Box) -> APIRouter:
    api = APIRouter(prefix="/api/stock")

    @api.post("/moves", status_code=201)
    def move(body: NewMoves) -> dict[str, Any]:
        moves = [stock.Move(each.sku, each.quantity, each.lot, each.expiry) for each in body.moves]
        return stock.move(box.shop, body.reason, moves).model_dump(mode="json")

    @api.get("/{sku}")
    def level(sku: fields.CodeInPath) -> dict[str, Any]:
        return {"sku": sku, "quantity": stock.level(box.shop, sku)}

    return api
