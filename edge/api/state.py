"""How the box is, in one answer."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from edge.api import shapes
from edge.api.box import Box
from edge.db import outbox
from edge.services import catalogue, selling, shifts


def router(box: Box) -> APIRouter:
    api = APIRouter()

    @api.get("/health")
    def health() -> dict[str, str]:
        return {
            "status": "ok",
            "edge_id": box.shop.settings.edge_id,
            "software": box.software,
            "boot": box.boot,
        }

    @api.get("/api/state")
    def state() -> dict[str, Any]:
        versions = catalogue.cursors(box.shop.database)
        return {
            "basket": shapes.basket(selling.current(box.shop)),
            "shift": shapes.shift(shifts.current(box.shop)),
            "line": _line(box),
            "peripherals": list(box.peripherals()),
            "catalogue_version": versions["catalogue"],
            "prices_version": versions["prices"],
        }

    return api


def _line(box: Box) -> dict[str, Any]:
    with box.shop.read() as reader:
        head = outbox.head(reader)
    if head is None:
        return {"online": box.is_online(), "waiting": 0}
    return {"online": box.is_online(), "waiting": head.waiting, **head._asdict()}
