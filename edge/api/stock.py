"""Goods in the shop: moves, counts, what comes in, lots, and what is whose."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from contract.rights import RightsAccount
from edge.api import fields
from edge.api.box import Box
from edge.services import counting, lots, receiving, rights, stock

Day = Annotated[str, Field(default="", pattern=r"^(\d{4}-\d{2}-\d{2})?$")]
Counted = Annotated[int, Field(ge=0, le=1_000_000)]


class NewMove(BaseModel):
    sku: fields.Code = Field(min_length=1)
    quantity: fields.Pieces
    lot: fields.Code = ""
    expiry: Day


class NewMoves(BaseModel):
    reason: stock.Reason
    moves: list[NewMove] = Field(min_length=1, max_length=1000)


class CountedLine(BaseModel):
    sku: fields.Code = Field(min_length=1)
    counted: Counted
    lot: fields.Code = ""
    expiry: Day


class NewCount(BaseModel):
    lines: list[CountedLine] = Field(min_length=1, max_length=1000)


class CameLine(BaseModel):
    sku: fields.Code = Field(min_length=1)
    received: Counted
    damaged: Counted = 0
    lot: fields.Code = ""
    expiry: Day


class NewReceiving(BaseModel):
    """`arrival_id` is "" for goods that nobody announced; `over` accepts more than was announced.

    `rest` "lost" says that what is missing will not come any more.
    """

    arrival_id: fields.Code = ""
    lines: list[CameLine] = Field(min_length=1, max_length=1000)
    over: receiving.Over = "refuse"
    rest: receiving.Rest = "awaited"


def router(box: Box) -> APIRouter:
    api = APIRouter(prefix="/api/stock")

    @api.post("/moves", status_code=201)
    def move(body: NewMoves) -> dict[str, Any]:
        moves = [stock.Move(each.sku, each.quantity, each.lot, each.expiry) for each in body.moves]
        return stock.move(box.shop, body.reason, moves).model_dump(mode="json")

    @api.post("/counts", status_code=201)
    def count(body: NewCount) -> dict[str, Any]:
        done = counting.count(
            box.shop, [counting.Counted(**line.model_dump()) for line in body.lines]
        )
        told = [{"key": it.key, "message": it.message, "what_now": it.what_now, "fields": it.fields}
                for it in done.disagreements]  # fmt: skip
        return done.fact.model_dump(mode="json") | {"disagreements": told}

    @api.get("/arrivals")
    def arrivals() -> list[dict[str, Any]]:
        return [
            arrival._asdict() | {"left": arrival.left} for arrival in receiving.arrivals(box.shop)
        ]

    @api.post("/receivings", status_code=201)
    def receive(body: NewReceiving) -> dict[str, Any]:
        came = [receiving.Came(**line.model_dump()) for line in body.lines]
        done = receiving.receive(box.shop, body.arrival_id, came, body.over, body.rest)
        return done.model_dump(mode="json")

    @api.get("/rights")
    def all_rights() -> list[dict[str, Any]]:
        return [_rights(sku, account) for sku, account in rights.accounts(box.shop).items()]

    @api.get("/lots/{sku}")
    def lots_of(sku: fields.CodeInPath) -> list[dict[str, Any]]:
        with box.shop.read() as reader:
            return [lot._asdict() for lot in lots.lots(reader, sku)]

    @api.get("/{sku}")
    def level(sku: fields.CodeInPath) -> dict[str, Any]:
        return {"sku": sku, "quantity": stock.level(box.shop, sku)}

    return api


def _rights(sku: str, account: RightsAccount) -> dict[str, Any]:
    counted = {
        name: getattr(account, name)
        for name in ("free", "leased", "walk_in", "may_promise", "bound")
    }
    return {
        "sku": sku,
        **account._asdict(),
        **counted,
        "in_words": rights.sentences(account),
    }
