"""Shifts: open, cash in and out, X, close, Z."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel

from edge.api import fields, shapes
from edge.api.box import Box
from edge.services import shifts


class NewShift(BaseModel):
    cashier: fields.Name
    float_minor: fields.Amount


class CashMove(BaseModel):
    direction: Literal["in", "out"]
    amount_minor: fields.Amount
    reason: fields.Reason = ""


class Count(BaseModel):
    counted_minor: fields.Amount


def router(box: Box) -> APIRouter:
    api = APIRouter(prefix="/api/shifts")

    @api.post("", status_code=201)
    def open_shift(body: NewShift) -> dict[str, Any] | None:
        return shapes.shift(shifts.open_shift(box.shop, body.cashier, body.float_minor))

    @api.get("/current")
    def current() -> dict[str, Any] | None:
        return shapes.shift(shifts.current(box.shop))

    @api.post("/current/cash", status_code=201)
    def cash(body: CashMove) -> dict[str, Any]:
        moved = shifts.move_cash(box.shop, body.direction, body.amount_minor, body.reason)
        return moved.model_dump(mode="json")

    @api.get("/current/x")
    def x() -> dict[str, Any]:
        return _x(shifts.x(box.shop))

    @api.post("/current/x", status_code=202)
    def print_x() -> dict[str, Any]:
        return _x(shifts.print_x(box.shop))

    @api.post("/current/close")
    def close(body: Count) -> dict[str, Any]:
        return shifts.close(box.shop, body.counted_minor).model_dump(mode="json")

    @api.get("/{shift_id}/z")
    def z(shift_id: fields.IdInPath) -> dict[str, Any]:
        return shifts.z_of(box.shop, shift_id).model_dump(mode="json")

    return api


def _x(found: shifts.X) -> dict[str, Any]:
    return {"shift": shapes.shift(found.shift), **shapes.figures(found.figures)}
