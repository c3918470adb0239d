"""Ordering for a customer at this counter, as the counter's screen does it: goods from anywhere, paid here.

A client calls, in this order:

    POST /api/basket/lines              the goods, as for any sale
    POST /api/orders/quote              {near, language}: every way to get the open basket, the best first
    POST /api/orders/hold               {offer: one of them, as it came, customer, note}: the hub keeps the goods for a
                                        while, the basket's lines belong to the order, its fee is one more line
    POST /api/orders/{order_id}/place   {tendered_minor}: cash, exact where no amount is named; or any of
                                        /api/basket/tenders/*: a card, a wallet, points
    GET  /api/orders/{order_id}/ordered what became of it; once it is paid with its sale and the code of the receipt

`near` is where the customer wants it: a location_id, "latitude,longitude", a shop or a district by its name or how that
begins, or "" for this shop; the quote's answer names in `near` the place that was understood. The money lies in this
shop's drawer and stands on its X and Z reports, whatever shop the goods come from; the sale's fact places the order.
To hold with the same offer again, and to place again, is safe: it gives what was given. With the line down quote and
hold answer 409 hub.unreachable and nothing has changed. Nobody need take back what nobody pays: the hold lapses.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from edge.api import fields, shapes
from edge.api.box import Box

if TYPE_CHECKING:
    from edge.services.placing import Made


class NewQuote(BaseModel):
    near: fields.Code = ""
    language: fields.Language = ""


class ChosenWindow(BaseModel):
    start: AwareDatetime
    end: AwareDatetime


class ChosenWay(BaseModel):
    """An offer of the quote as it came; what only a person looks at (confidence, plan B) may be left out."""

    model_config = ConfigDict(extra="ignore")

    offer_id: fields.OfferId = Field(min_length=1)
    hold_id: fields.Id = ""
    kind: fields.Code
    location_id: fields.Code
    location_name: fields.Name
    window: ChosenWindow
    fee_minor: fields.Price = 0
    fee_sku: fields.Code = ""
    expires_at: AwareDatetime


class NewHold(BaseModel):
    """`customer` is what to call out, `note` where to bring it."""

    offer: ChosenWay
    customer: fields.Reason = ""
    note: fields.Reason = ""


class NewPlacing(BaseModel):
    tendered_minor: fields.Price | None = None


def router(box: Box) -> APIRouter:
    api = APIRouter(prefix="/api/orders")
    _choosing(api, box)
    _paying(api, box)
    return api


def _choosing(api: APIRouter, box: Box) -> None:
    @api.post("/quote")
    def quote(body: NewQuote) -> dict[str, Any]:
        from edge.services import ordering

        found = ordering.offers(box.shop, box.ask_hub, body.near, body.language)
        ways = [offer.model_dump(mode="json") for offer in found.offers]
        return {"offers": ways, "near": found.near}

    @api.post("/hold", status_code=201)
    def hold(body: NewHold) -> dict[str, Any]:
        from edge.services import ordering, placing

        offer = ordering.Offer.model_validate(body.offer.model_dump())
        choice = ordering.Choice(body.customer, body.note)
        done = ordering.hold(box.shop, box.ask_hub, offer, choice)
        found = made(placing.look(box.shop, done.order_id))
        return found | {"basket": shapes.open_basket(done.view)}


def _paying(api: APIRouter, box: Box) -> None:
    @api.post("/{order_id}/place", status_code=201)
    def place(order_id: fields.IdInPath, body: NewPlacing) -> dict[str, Any]:
        from edge.services import placing, sales

        found = placing.place(box.shop, order_id, body.tendered_minor)
        return made(found) | {"sale": sales.get(box.shop, found.sale_id)}

    @api.get("/{order_id}/ordered")
    def ordered(order_id: fields.IdInPath) -> dict[str, Any]:
        from edge.services import placing

        return made(placing.look(box.shop, order_id))


def made(found: Made) -> dict[str, Any]:
    return asdict(found)
