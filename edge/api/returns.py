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
    """`is_sellable`: whether it comes back into stock; left out, the box judges."""

    line: fields.LineNumber
    quantity: fields.Pieces
    is_sellable: bool | None = None


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


class OfOrder(BaseModel):
    """The code of the customer's phone, or the order's number."""

    code: str = Field(default="", max_length=4_100)
    number: str = Field(default="", max_length=20)


class BroughtGoods(BaseModel):
    """`place` counts the goods that a look-up lists, from 1."""

    place: fields.LineNumber
    quantity: fields.Pieces
    is_sellable: bool = True


class NewReturnOfOrder(OfOrder):
    goods: list[BroughtGoods] = Field(max_length=MAX_LINES)
    reason: fields.Reason


def router(box: Box) -> APIRouter:
    api = APIRouter(prefix="/api/returns")

    @api.post("/look-up")
    def look_up(body: AgainstReceipt) -> dict[str, Any]:
        return shapes.returnable(returns.look_up(box.shop, body.receipt))

    @api.post("", status_code=201)
    def take_back(body: NewReturn) -> dict[str, Any]:
        elsewhere = _paid_elsewhere(box, body.receipt) if body.tender == "wallet" else ()
        wanted = [Wanted(line.line, line.quantity, line.is_sellable) for line in body.lines]
        done = returns.take_back(
            box.shop, body.receipt, wanted, body.reason, body.tender, elsewhere
        )
        return shapes.fact(done)

    @api.get("/awaited")
    def awaited() -> list[dict[str, Any]]:
        """What customers have said online that they will bring back here."""
        from edge.services import wished_returns  # loaded when somebody asks, not at the start

        return wished_returns.awaited(box.shop)

    @api.post("/orders/look-up")
    def look_up_order(body: OfOrder) -> dict[str, Any]:
        from edge.services import returns_of_orders
        from edge.services.returns_of_orders import Shown

        found = returns_of_orders.look_up(box.shop, Shown(body.code, body.number))
        goods = [
            it.goods.model_dump(mode="json") | {"name": it.name, "left": it.left}
            for it in found.coming
        ]
        order = found.order
        head = {"order_id": order.order_id, "number": order.number, "currency": order.currency}
        return head | {"until": order.until, "proof": order.proof, "goods": goods}

    @api.post("/orders", status_code=201)
    def take_order_back(body: NewReturnOfOrder) -> dict[str, Any]:
        from edge.services import returns_of_orders
        from edge.services.returns_of_orders import Shown, Wanted

        wanted = [Wanted(it.place, it.quantity, it.is_sellable) for it in body.goods]
        shown = Shown(body.code, body.number)
        done = returns_of_orders.take_back(
            box.shop, shown, wanted, body.reason, is_online=box.is_online()
        )
        return shapes.fact(done)

    @api.get("/{return_id}")
    def get(return_id: fields.IdInPath) -> dict[str, Any]:
        return returns.get(box.shop, return_id)

    return api


def _paid_elsewhere(box: Box, receipt: Receipt) -> tuple[Paid, ...]:
    wallets.refuse_offline_refund(is_online=box.is_online())
    sold = returns.look_up(box.shop, receipt).sold
    return wallets.paid_elsewhere(box.shop, box.ask_hub, sold)
