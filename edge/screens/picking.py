"""The picking list on a phone: what to take from the shelf, lot by lot, and where it lies then. Forms, no scripts.

What works for orders is loaded by the first request: the counter's first page needs none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Request, Response
from starlette.responses import RedirectResponse

from edge.domain.errors import Malformed, ShopError
from edge.screens.paint import name_in, sentence_of
from edge.screens.parts import Notice, Words
from edge.screens.state import refusal
from edge.services.shop import Shop
from ui.pages import Pages

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_TEXT = 60
Text = Annotated[str, Form(max_length=MAX_TEXT)]
Lot = Annotated[str, Form(max_length=400)]
Pieces = Annotated[int, Form(ge=1, le=999)]


def router(shop: Shop, pages: Pages) -> APIRouter:
    routes = APIRouter()
    view = View(shop, pages)
    _pages(routes, view)
    _forms(routes, view)
    return routes


class View:
    """Paints the two pages."""

    def __init__(self, shop: Shop, pages: Pages) -> None:
        self.shop = shop
        self._pages = pages

    def listed(self, request: Request) -> Response:
        from edge.screens import picking_list

        look = self._pages.look(request)
        rows = picking_list.listed(self.shop)
        return self._pages.response(
            "picking.html",
            look,
            rows=rows,
            named=lambda names: name_in(dict(names), look.language),
            sentence=sentence_of(self._pages, look.language),
        )

    def one(
        self, request: Request, job_id: str, told: Notice | None = None, status: int = 200
    ) -> Response:
        from edge.screens import picking_list

        look = self._pages.look(request)
        return self._pages.response(
            "picking_order.html",
            look,
            status,
            job=picking_list.one(self.shop, job_id),
            notice=told,
            named=lambda names: name_in(dict(names), look.language),
            sentence=sentence_of(self._pages, look.language),
        )

    def done(self, request: Request, job_id: str, act: Callable[[], object]) -> Response:
        """Back to the order, also by the reader's own reload; a refusal stands above it."""
        try:
            act()
        except ShopError as error:
            status = 422 if isinstance(error, Malformed) else 409
            return self.one(request, job_id, refusal(error), status)
        return RedirectResponse(f"/picking/{job_id}", 303)


def _pages(routes: APIRouter, view: View) -> None:
    @routes.get("/picking")
    def listed(request: Request) -> Response:
        return view.listed(request)

    @routes.get("/picking/{job_id}")
    def one(request: Request, job_id: str) -> Response:
        return view.one(request, job_id)


def _forms(routes: APIRouter, view: View) -> None:
    shop = view.shop

    @routes.post("/picking/{job_id}/lines/{line}")
    def pick(
        request: Request, job_id: str, line: int, quantity: Pieces, take: Lot = ""
    ) -> Response:
        from edge.screens import picking_list
        from edge.services import jobs

        def act() -> object:
            return jobs.pick(shop, job_id, [picking_list.picked(line, quantity, take)])

        return view.done(request, job_id, act)

    @routes.post("/picking/{job_id}/ready")
    def ready(request: Request, job_id: str, place: Text = "", packages: Pieces = 1) -> Response:
        from edge.services import jobs

        if not place.strip():
            told = Notice(
                "warn",
                Words("counter.notice.need_place"),
                Words("picking.need_place.now"),
            )
            return view.one(request, job_id, told, 422)
        return view.done(request, job_id, lambda: jobs.ready(shop, job_id, place, packages))

    @routes.post("/picking/{job_id}/missing")
    def missing(request: Request, job_id: str) -> Response:
        from edge.services import jobs

        return view.done(request, job_id, lambda: jobs.decline(shop, job_id, "out_of_stock"))
