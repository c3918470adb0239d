"""The member on the basket, and what of theirs pays for it. The use cases are loaded by the first that is asked for."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from contract.sales import SaleCompleted
from edge.api import fields, shapes
from edge.api.box import Box
from edge.domain.errors import NoBasket
from edge.domain.member_errors import NoMember
from edge.services import selling
from edge.services.selling import BasketView


class Shown(BaseModel):
    code: Annotated[str, Field(min_length=1, max_length=fields.MAX_CODE * 2)]


class Points(BaseModel):
    """Without `points`, as many as may be."""

    points: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None


class StoredValue(BaseModel):
    """Without `amount_minor`, all that is due."""

    amount_minor: fields.Amount | None = None


def router(box: Box) -> APIRouter:
    api = APIRouter(prefix="/api/basket")
    _member(api, box)
    _tenders(api, box)
    return api


def attached(box: Box, code: str) -> dict[str, Any]:
    from edge.services import members

    return shapes.open_basket(members.attach(box.shop, code))


def _member(api: APIRouter, box: Box) -> None:
    @api.post("/member")
    def attach(body: Shown) -> dict[str, Any]:
        return attached(box, body.code)

    @api.get("/member")
    def standing() -> dict[str, Any]:
        """What the member may spend now and why; `twice` is how many points could be spent again elsewhere."""
        from edge.services import members

        view = selling.current(box.shop)
        if view is None:
            raise NoBasket
        if view.basket.member is None:
            raise NoMember
        found = members.standing(box.shop, view.basket.member, is_online=box.is_online())
        return asdict(view.basket.member) | asdict(found) | {"tier_names": dict(found.tier_names)}

    @api.post("/member/off")
    def take_off() -> dict[str, Any]:
        """Takes back what the member and coupons paid; where that is nothing, the member leaves the basket."""
        from edge.services import members

        after = members.take_off(box.shop)
        members.give_back(box.shop, box.ask_hub)
        return shapes.open_basket(after)


def _tenders(api: APIRouter, box: Box) -> None:
    @api.post("/tenders/points")
    def points(body: Points) -> dict[str, Any]:
        from edge.services import members

        return _result(members.tender_points(box.shop, box.ask_hub, body.points))

    @api.post("/tenders/stored-value")
    def stored_value(body: StoredValue) -> dict[str, Any]:
        from edge.services import members

        return _result(members.tender_stored_value(box.shop, box.ask_hub, body.amount_minor))

    @api.post("/tenders/coupon")
    def coupon(body: Shown) -> dict[str, Any]:
        from edge.services import members

        return _result(members.tender_coupon(box.shop, box.ask_hub, body.code))


def _result(result: BasketView | SaleCompleted) -> dict[str, Any]:
    if isinstance(result, SaleCompleted):
        return {"sale": shapes.fact(result)}
    return {"basket": shapes.open_basket(result)}
