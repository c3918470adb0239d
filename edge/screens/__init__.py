"""The counter: what a cashier sees and presses. Calls the same use cases as the api, and waits on the same changes.

`edge.main` makes the desk and mounts the screens:

    box = Box(shop, changes, notices, conditions=manager.conditions, line=lambda: LineSeen(...), ask_to_stop=...)
    screens = Screens(box)
    scan_desk = ScanDesk(screens.desk.scanned, notices)     # goods into the basket, a receipt opens its return
    screens.add_to(app)                                     # GET /, /events, /static/..., POST /counter/press, /look

    keys      every key in one table: what it does, its button, when it is there
    state     what the desk remembers between two keys
    typed     codes, quantities, amounts and discounts as people type them
    *_keys    what each key does: one use case each
    desk      takes keys and scans, one at a time
    readings  what the screen reads from the box, and which changes make it stale
    compose   from readings and state to parts: pure
    parts     what the screen shows, as plain values
    paint     from parts to HTML, only where they differ
    counter   the routes
    order_*   the same for orders: loaded when the first one is looked at
    stock_*   the same for goods that come in, are counted and taken off the shelf: loaded when somebody looks
    picking   the picking list on a phone
    refused   a page of one message, for whoever asked for what is not there
"""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI, Request
from starlette.responses import Response

from edge.domain.errors import ShopError
from edge.screens import counter, picking, refused
from edge.screens.desk import Desk
from edge.screens.readings import Box, LineSeen
from ui.kept import Kept
from ui.pages import Pages, Place

__all__ = ["Box", "LineSeen", "Screens"]


class Screens:
    """The counter's pages over one box."""

    def __init__(self, box: Box) -> None:
        settings = box.shop.settings
        place = Place(settings.currency, settings.timezone, settings.accent, settings.language)
        self._shop = box.shop
        self.desk = Desk(box)
        self.pages = Pages(Path(__file__).parent, place, kept=Kept(settings.data_dir / "pages"))
        self._router = counter.router(box, self.desk, self.pages)

    def add_to(self, app: FastAPI) -> None:
        app.include_router(self._router)
        app.include_router(picking.router(self._shop, self.pages))
        self.pages.add_to(app)

    def refusal(self, request: Request, error: ShopError, status: int) -> Response:
        """What the box refuses, as a page: `api.answer_errors` asks for it."""
        return refused.page(self.pages, request, error, status)
