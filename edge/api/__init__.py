"""The box in JSON, for screens that are not ours, for stories and for the curious."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends

from edge.api.box import Box
from edge.api.errors import Refusal, answer_errors
from edge.api.limits import BodyLimit, expect_json

__all__ = ["BodyLimit", "Box", "answer_errors", "routers"]


def routers(box: Box) -> list[APIRouter]:
    """Every router, bound to one box. The app that includes them also wants `answer_errors(app)` and BodyLimit.

    Imported here: a counter's first page needs none of them.
    """
    from edge.api import (
        baskets,
        members,
        metrics,
        ordering,
        orders,
        payments,
        returns,
        sales,
        shifts,
        state,
        stock,
    )

    rooms = (
        state,
        baskets,
        members,
        sales,
        payments,
        returns,
        ordering,
        orders,
        shifts,
        stock,
        metrics,
    )
    told: dict[int | str, dict[str, Any]] = {status: {"model": Refusal} for status in (409, 422)}
    whole = APIRouter(dependencies=[Depends(expect_json)], responses=told)
    for room in rooms:
        whole.include_router(room.router(box))
    return [whole]
