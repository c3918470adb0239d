"""Card payments, looked at and reversed; they begin at the basket and are carried out at the payment terminal."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from edge.api import fields, shapes
from edge.api.box import Box
from edge.domain.errors import Malformed
from edge.services import payments


def router(box: Box) -> APIRouter:
    api = APIRouter(prefix="/api/payments")

    @api.get("")
    def in_state(state: fields.Code = "") -> list[dict[str, Any]]:
        """Payments in one state; without one, all that are not settled."""
        wanted = state.upper()
        if wanted and wanted not in payments.NEXT:
            raise Malformed(expected=f"one of {', '.join(payments.NEXT)}", got=state)
        found = payments.in_state(box.shop, wanted) if wanted else payments.unsettled(box.shop)
        return [shapes.payment(row) for row in found]

    @api.get("/{payment_id}")
    def get(payment_id: fields.IdInPath) -> dict[str, Any]:
        return shapes.payment(payments.get(box.shop, payment_id))

    @api.post("/{payment_id}/reverse", status_code=202)
    def reverse(payment_id: fields.IdInPath) -> dict[str, Any]:
        return shapes.payment(payments.reverse(box.shop, payment_id))

    return api
