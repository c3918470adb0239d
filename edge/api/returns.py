"""Goods back against a receipt."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from edge.api import fields, shapes
from edge.api.box import Box
from edge.domain.basket import MAX_LINES
from edge.domain.errors import Malformed
from edge.domain.returns import Wanted
from edge.services import returns, wallets
from edge.services.returns import Receipt
from edge.services.wallets import Paid


class WantedLine(BaseModel):
    line: fields.LineNumber
    quantity: fields.Pieces


class AgainstReceipt(BaseModel):
    receipt_qr: fields.ReceiptQr = ""
    sale_id: fields.Id = ""

    @property
    def receipt(self) -> Receipt:
        """Raises Malformed unless exactly one of the two is named."""
        if bool(self.receipt_qr) == bool(self.sale_id):
            got = "both" if self.sale_id else "neither"
            raise Malformed(expected="either a receipt_qr or a sale_id", got=got)
        return Receipt(self.receipt_qr, self.sale_id)


class NewReturn(AgainstReceipt):
    lines: list[WantedLine] = Field(max_length=MAX_LINES)
    reason: fields.Reason
    tender: Literal["cash", "card", "wallet"] = "cash"


def router(box: Box) -> APIRouter:
    api = APIRouter(prefix="/api/returns")

    @api.post("/look-up")
    def look_up(body: AgainstReceipt) -> dict[str, Any]:
        return shapes.returnable(returns.look_up(box.shop, body.receipt))

    @api.post("", status_code=201)
    def take_back(body: NewReturn) -> dict[str, Any]:
        elsewhere = _paid_elsewhere(box, body.receipt) if body.tender == "wallet" else ()
        wanted = [Wanted(line.line, line.quantity) for line in body.lines]
        done = returns.take_back(
            box.shop, body.receipt, wanted, body.reason, body.tender, elsewhere
        )
        return shapes.fact(done)

    @api.get("/awaited")
    def awaited() -> list[dict[str, Any]]:
        """What customers have said online that they will bring back here."""
        from edge.services import wished_returns  # loaded when somebody asks, not at the start

        return wished_returns.awaited(box.shop)

    @api.get("/{return_id}")
    def get(return_id: fields.IdInPath) -> dict[str, Any]:
        return returns.get(box.shop, return_id)

    return api


def _paid_elsewhere(box: Box, receipt: Receipt) -> tuple[Paid, ...]:
    wallets.refuse_offline_refund(is_online=box.is_online())
    sold = returns.look_up(box.shop, receipt).sold
    return wallets.paid_elsewhere(box.shop, box.ask_hub, sold)
