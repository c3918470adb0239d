"""The open basket: scans, lines, discounts, tenders, suspended baskets."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, SecretStr

from contract.sales import SaleCompleted
from edge.api import fields, members, shapes
from edge.api.box import Box
from edge.domain.basket import Discount, EnteredCode
from edge.domain.errors import Malformed
from edge.domain.member import is_member_code
from edge.services import payments, selling


class Scan(BaseModel):
    data: fields.ScannedData
    symbology: fields.Symbology = ""


class NewLine(BaseModel):
    sku: fields.Code = ""
    gtin: fields.Code = ""
    quantity: fields.Pieces = 1

    @property
    def code(self) -> str:
        """Raises Malformed unless exactly one of the two is named."""
        if bool(self.sku) == bool(self.gtin):
            raise Malformed(
                expected="either a sku or a gtin", got="both" if self.sku else "neither"
            )
        return self.sku or self.gtin


class Quantity(BaseModel):
    quantity: fields.Pieces


class NewDiscount(BaseModel):
    amount_minor: fields.Amount = 0
    percent_bp: fields.BasisPoints = 0
    line: fields.LineNumber | None = None


class Cash(BaseModel):
    tendered_minor: fields.Amount


class Card(BaseModel):
    amount_minor: fields.Amount | None = None


class Wallet(BaseModel):
    """`code` is what the customer's phone shows: a secret, in no answer and no log."""

    code: SecretStr = Field(min_length=1, max_length=fields.MAX_CODE)
    amount_minor: fields.Amount | None = None


def router(box: Box) -> APIRouter:
    api = APIRouter(prefix="/api")
    _lines(api, box)
    _whole(api, box)
    _tenders(api, box)
    return api


def _lines(api: APIRouter, box: Box) -> None:
    @api.post("/scans")
    def scan(body: Scan) -> dict[str, Any]:
        entered = box.read_code(body.data, body.symbology)
        if is_member_code(entered.code):
            return members.attached(box, entered.code)
        return shapes.open_basket(selling.add_scan(box.shop, entered))

    @api.post("/basket/lines")
    def add_line(body: NewLine) -> dict[str, Any]:
        entered = EnteredCode(body.code, entry_method="keyed")
        return shapes.open_basket(selling.add_scan(box.shop, entered, body.quantity))

    @api.post("/basket/lines/{line}/void")
    def void_line(line: fields.LineInPath) -> dict[str, Any]:
        return shapes.open_basket(selling.void_line(box.shop, line))

    @api.post("/basket/lines/{line}/quantity")
    def set_quantity(line: fields.LineInPath, body: Quantity) -> dict[str, Any]:
        return shapes.open_basket(selling.set_quantity(box.shop, line, body.quantity))

    @api.post("/basket/discount")
    def discount(body: NewDiscount) -> dict[str, Any]:
        given = Discount(body.amount_minor, body.percent_bp)
        if body.line is None:
            return shapes.open_basket(selling.discount_basket(box.shop, given))
        return shapes.open_basket(selling.discount_line(box.shop, body.line, given))


def _whole(api: APIRouter, box: Box) -> None:
    @api.post("/basket/void", status_code=204, response_class=Response)
    def void_basket() -> None:
        selling.void_basket(box.shop)

    @api.post("/basket/suspend", status_code=204, response_class=Response)
    def suspend() -> None:
        selling.suspend(box.shop)

    @api.get("/baskets/suspended")
    def suspended() -> list[dict[str, Any]]:
        return [shapes.open_basket(view) for view in selling.suspended(box.shop)]

    @api.post("/baskets/{basket_id}/resume")
    def resume(basket_id: fields.IdInPath) -> dict[str, Any]:
        return shapes.open_basket(selling.resume(box.shop, basket_id))


def _tenders(api: APIRouter, box: Box) -> None:
    @api.post("/basket/tenders/cash")
    def cash(body: Cash) -> dict[str, Any]:
        result = selling.tender_cash(box.shop, body.tendered_minor)
        if isinstance(result, SaleCompleted):
            return {"sale": shapes.fact(result)}
        return {"basket": shapes.open_basket(result)}

    @api.post("/basket/tenders/card", status_code=202)
    def card(body: Card) -> dict[str, Any]:
        return shapes.payment(payments.begin(box.shop, body.amount_minor))

    @api.post("/basket/tenders/wallet", status_code=202)
    def wallet(body: Wallet) -> dict[str, Any]:
        code = body.code.get_secret_value()
        return shapes.payment(box.pay_by_wallet(code, body.amount_minor))
