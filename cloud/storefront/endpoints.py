"""The storefront's routes below /shop: pages, the forms on them, and one stream for an order that is followed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cloud.clock import Clock
from cloud.db import Database
from cloud.errors import HubError, NotFoundError
from cloud.settings import Settings
from cloud.storefront import repository, views
from cloud.storefront.repository import MOST_PIECES
from cloud.storefront.tickets import name_on, new_name, ticket
from cloud.storefront.views import Scene
from contract.text import PlainText
from ui.pages import A_YEAR_S, Look, Pages, Place, way_back

ROOT = "/shop"
COOKIE = "shopper"
View = Callable[[Scene, Mapping[str, str]], dict[str, Any]]
SCREENS: dict[str, tuple[str, View]] = {
    "": ("home.html", views.home),
    "/c/{category}": ("category.html", views.category),
    "/search": ("search.html", views.search),
    "/p/{sku}": ("product.html", views.product),
    "/basket": ("basket.html", views.basket),
    "/places": ("places.html", views.places),
}


class Storefront:
    """`secret` signs the names of browsers in their cookies."""

    def __init__(self, settings: Settings, database: Database, clock: Clock, secret: bytes) -> None:
        place = Place(settings.currency, settings.timezone, settings.accent, settings.language)
        self.pages = Pages(Path(__file__).parent, place, ROOT)
        self._settings = settings
        self._database = database
        self._clock = clock
        self._secret = secret

    def add_to(self, app: FastAPI) -> None:
        for path, (template, view) in SCREENS.items():
            page = self._page(template, view)
            app.add_api_route(f"{ROOT}{path}", page, response_class=HTMLResponse)
        app.add_api_route(f"{ROOT}/basket", self.put, methods=["POST"])
        app.add_api_route(f"{ROOT}/basket/line", self.set_quantity, methods=["POST"])
        app.add_api_route(f"{ROOT}/near", self.choose_near, methods=["POST"])
        self.pages.add_files_to(app)

    # -- what a form does ----------------------------------------------------------------------

    def put(
        self,
        request: Request,
        sku: Annotated[PlainText, Form(max_length=100)],
        quantity: Annotated[int, Form(ge=1, le=MOST_PIECES)] = 1,
    ) -> Response:
        shopper_id = self._name(request) or new_name()
        with self._database.write() as session:
            if not repository.goods(session, [sku], "en"):
                raise NotFoundError(what="product", name=sku)
            repository.note_shopper(session, shopper_id, self._clock.now())
            repository.put(session, shopper_id, sku, quantity)
        return self._go("/basket", shopper_id)

    def set_quantity(
        self,
        request: Request,
        sku: Annotated[PlainText, Form(max_length=100)],
        quantity: Annotated[int, Form(ge=0, le=MOST_PIECES)],
    ) -> Response:
        shopper_id = self._name(request)
        with self._database.write() as session:
            if repository.shopper(session, shopper_id):
                repository.set_quantity(session, shopper_id, sku, quantity)
        return self._go("/basket", shopper_id)

    def choose_near(
        self,
        request: Request,
        near: Annotated[PlainText, Form(max_length=100)],
        back: Annotated[PlainText, Form(max_length=400)] = ROOT,
    ) -> Response:
        shopper_id = self._name(request) or new_name()
        with self._database.write() as session:
            repository.note_shopper(session, shopper_id, self._clock.now()).near = near
        return self._keep(RedirectResponse(way_back(back), 303), shopper_id)

    # -- pages ---------------------------------------------------------------------------------

    def refusal(self, request: Request, error: HubError) -> Response:
        """A page for a customer to whom the shop says no; in English where the catalogue lacks the words."""
        key = f"refused.{error.key}"
        look = self.pages.look(request)
        values = {
            **self._values(look, request, views.nothing),
            "error": error,
            "key": key if self.pages.has_text(key) else "refused",
        }
        return self.pages.response("refused.html", look, status=error.status, **values)

    def _page(self, template: str, view: View) -> Callable[[Request], Response]:
        def page(request: Request) -> Response:
            look = self.pages.look(request)
            return self.pages.response(template, look, **self._values(look, request, view))

        return page

    def _values(self, look: Look, request: Request, view: View) -> dict[str, Any]:
        asked = {**request.query_params, **request.path_params}
        with self._database.read() as session:
            shopper = repository.shopper(session, self._name(request))
            scene = Scene(
                session=session,
                now=self._clock.now(),
                zone=self._settings.zone,
                company=self._settings.company,
                language=look.language,
                shopper=shopper,
            )
            values = {**self._frame(scene, request), **view(scene, asked)}
            session.expunge_all()
        return values

    def _frame(self, scene: Scene, request: Request) -> dict[str, Any]:
        query = f"?{request.url.query}" if request.url.query else ""
        return {
            "company_name": self._settings.company_name,
            "categories": repository.categories(scene.session),
            "pieces": repository.piece_count(scene.session, scene.shopper_id),
            "near": scene.near,
            "near_name": scene.shops.get(scene.near, ""),
            "is_member": bool(scene.shopper and scene.shopper.member_id),
            "here": request.url.path + query,
            "text": "",
            "category": "",
            "stream": "",
            "knows": self.pages.has_text,
        }

    # -- who it is -----------------------------------------------------------------------------

    def _name(self, request: Request) -> str:
        return name_on(self._secret, request.cookies.get(COOKIE, ""))

    def _go(self, path: str, shopper_id: str) -> Response:
        return self._keep(RedirectResponse(f"{ROOT}{path}", 303), shopper_id)

    def _keep(self, answer: Response, shopper_id: str) -> Response:
        """Lax, so that somebody who comes back from the wallet's page is still who she was."""
        if shopper_id:
            value = ticket(self._secret, shopper_id)
            answer.set_cookie(
                COOKIE, value, max_age=A_YEAR_S, path=ROOT, samesite="lax", httponly=True
            )
        return answer
