"""The storefront's routes below /shop: pages, the forms on them, and one stream for an order that is followed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from cloud.changes import Changes
from cloud.errors import HubError, NotFoundError
from cloud.fleet import repository as fleet
from cloud.identity import Identity
from cloud.live import stream
from cloud.members.service import Members
from cloud.members.spending import Desk
from cloud.settings import Settings
from cloud.storefront import benefits, buying, coming_back, order_views, repository, views
from cloud.storefront.buying import Wanted
from cloud.storefront.paying import Paying
from cloud.storefront.repository import MOST_PIECES
from cloud.storefront.tables import ShopOrder
from cloud.storefront.tickets import name_on, new_name, ticket
from cloud.storefront.views import Scene
from contract.text import PlainText
from ui.kept import Kept
from ui.pages import A_YEAR_S, Look, Pages, Place, way_back
from ui.stream import response

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
    "/ways": ("ways.html", order_views.ways),
    "/take": ("take.html", order_views.take),
    "/pay/{payment_id}": ("pay.html", order_views.pay),
    "/o/{link}": ("order.html", order_views.order),
}


class Keys(NamedTuple):
    """`secret` signs the names of browsers in their cookies, `codes` what customers show in shops."""

    secret: bytes
    codes: Identity


class Storefront:
    """`on_change` tells the ingest that shops have work."""

    def __init__(
        self,
        settings: Settings,
        members: Members,
        changes: Changes,
        keys: Keys,
        paying: Paying,
        on_change: Callable[[], None],
    ) -> None:
        place = Place(settings.currency, settings.timezone, settings.accent, settings.language)
        self.pages = Pages(
            Path(__file__).parent, place, ROOT, Kept(settings.data_dir / "pages" / "shop")
        )
        self._settings = settings
        self._members = members
        self.database = members.database
        self.clock = members.clock
        self.changes = changes
        self.zone = settings.zone
        self._secret = keys.secret
        self._codes = keys.codes
        self._paying = paying
        self._on_change = on_change

    def add_to(self, app: FastAPI) -> None:
        for path, (template, view) in SCREENS.items():
            page = self.page(template, view)
            app.add_api_route(f"{ROOT}{path}", page, response_class=HTMLResponse)
        forms: dict[str, Callable[..., Response]] = {
            "/basket": self.put,
            "/basket/line": self.set_quantity,
            "/near": self.choose_near,
            "/take": self.take,
            "/pay/{payment_id}": self.pay,
            "/o/{link}/pay": self.ask,
            "/o/{link}/cancel": self.cancel,
            "/o/{link}/return": self.wish_return,
        }
        for path, form in forms.items():
            app.add_api_route(f"{ROOT}{path}", form, methods=["POST"])
        app.add_api_route(f"{ROOT}/pay/{{payment_id}}/back", self.come_back)
        app.add_api_route(f"{ROOT}/events/o/{{link}}", self.events)
        self.pages.add_files_to(app)

    # -- what a form does ----------------------------------------------------------------------

    def put(
        self,
        request: Request,
        sku: Annotated[PlainText, Form(max_length=100)],
        quantity: Annotated[int, Form(ge=1, le=MOST_PIECES)] = 1,
    ) -> Response:
        shopper_id = self.name(request) or new_name()
        with self.database.write() as session:
            if not repository.goods(session, [sku], "en"):
                raise NotFoundError(what="product", name=sku)
            repository.note_shopper(session, shopper_id, self.clock.now())
            repository.put(session, shopper_id, sku, quantity)
        return self._go("/basket", shopper_id)

    def set_quantity(
        self,
        request: Request,
        sku: Annotated[PlainText, Form(max_length=100)],
        quantity: Annotated[int, Form(ge=0, le=MOST_PIECES)],
    ) -> Response:
        shopper_id = self.name(request)
        with self.database.write() as session:
            if repository.shopper(session, shopper_id):
                repository.set_quantity(session, shopper_id, sku, quantity)
        return self._go("/basket", shopper_id)

    def choose_near(
        self,
        request: Request,
        near: Annotated[PlainText, Form(max_length=100)],
        back: Annotated[PlainText, Form(max_length=400)] = ROOT,
    ) -> Response:
        shopper_id = self.name(request) or new_name()
        with self.database.write() as session:
            repository.note_shopper(session, shopper_id, self.clock.now()).near = near
        return self.keep(RedirectResponse(way_back(back), 303), shopper_id)

    def take(self, request: Request, wanted: Annotated[Wanted, Form()]) -> Response:
        """Holds the goods, and goes on to the wallet; sent again, to where the first one went."""
        now = self.clock.now()
        self._claim(request, wanted)
        with self.database.write() as session:
            desk = Desk(session, now, self._settings.currency)
            language = self.pages.look(request).language
            order = buying.take(desk, self.name(request), wanted, language)
            path = self._to_pay(session, now, order)
        self._on_change()
        return RedirectResponse(path, 303)

    def _claim(self, request: Request, wanted: Wanted) -> None:
        """The coupon's own shop is told before the goods are held; a form that came before has its coupon already."""
        with self.database.read() as session:
            shopper = repository.shopper(session, self.name(request))
            is_known = repository.order_of_attempt(session, wanted.attempt) is not None
            member_id = shopper.member_id if shopper else ""
        if wanted.coupon and not is_known:
            benefits.claim(self._members, member_id, wanted.coupon)

    def ask(self, request: Request, link: str) -> Response:
        with self.database.write() as session:
            order = self._own(session, request, link)
            path = self._to_pay(session, self.clock.now(), order)
        return RedirectResponse(path, 303)

    def pay(
        self,
        request: Request,
        payment_id: str,
        wallet: Annotated[str, Form(pattern=r"^[a-z_]{1,20}$")],
    ) -> Response:
        """On to the wallet's own page; where nothing is to be paid any more, to the order."""
        link = self._own_payment(request, payment_id)
        url = self._paying.send(payment_id, wallet)
        if not url:
            return RedirectResponse(f"{ROOT}/o/{link}", 303)
        look = self.pages.look(request)
        values = self.values(look, request, views.nothing)
        return self.pages.response("leaving.html", look, **values, url=url, wallet=wallet)

    def come_back(self, request: Request, payment_id: str) -> Response:
        """From the wallet's page: what became of it is asked of the provider, and shown by the order's page."""
        link = self._own_payment(request, payment_id)
        self._paying.look(payment_id)
        return RedirectResponse(f"{ROOT}/o/{link}", 303)

    def _own_payment(self, request: Request, payment_id: str) -> str:
        """The order's link. Raises NotFoundError where it is somebody else's."""
        with self.database.read() as session:
            shopper = repository.shopper(session, self.name(request))
            order, _ = repository.own_payment(session, payment_id, shopper)
            return order.link

    def cancel(self, request: Request, link: str) -> Response:
        with self.database.read() as session:
            order_id = self._own(session, request, link).order_id
        self._paying.let_go(order_id)
        with self.database.write() as session:
            order = self._own(session, request, link)
            buying.give_up(session, self.clock.now(), order)
        self._on_change()
        return RedirectResponse(f"{ROOT}/o/{link}", 303)

    def wish_return(
        self,
        request: Request,
        link: str,
        line: Annotated[int, Form(ge=1)],
        reason: Annotated[Literal["changed_mind", "damaged", "wrong", "other"], Form()],
        to: Annotated[PlainText, Form(max_length=100)],
    ) -> Response:
        """Said before she comes: the shop that she names sees it, by the order's number."""
        with self.database.write() as session:
            order = self._own(session, request, link)
            if to not in {edge.location_id for edge in fleet.edges(session)}:
                raise NotFoundError(what="shop", name=to)
            coming_back.wish(session, self.clock.now(), order.order_id, line, to, reason)
        self._on_change()
        return RedirectResponse(f"{ROOT}/o/{link}#return", 303)

    def _to_pay(self, session: Session, now: datetime, order: ShopOrder) -> str:
        if not buying.is_held(session, order):
            return f"{ROOT}/o/{order.link}"
        if buying.finish(session, now, order):
            return f"{ROOT}/o/{order.link}"
        return f"{ROOT}/pay/{buying.ask(session, now, order).payment_id}"

    def _own(self, session: Session, request: Request, link: str) -> ShopOrder:
        shopper = repository.shopper(session, self.name(request))
        return repository.own_order(session, link, shopper)

    # -- pages ---------------------------------------------------------------------------------

    def refusal(self, request: Request, error: HubError) -> Response:
        """A page for a customer to whom the shop says no; in English where the catalogue lacks the words."""
        key = f"refused.{error.key}"
        look = self.pages.look(request)
        values = {
            **self.values(look, request, views.nothing),
            "stream": "",
            "error": error,
            "key": key if self.pages.has_text(key) else "refused",
        }
        return self.pages.response("refused.html", look, status=error.status, **values)

    def page(self, template: str, view: View) -> Callable[[Request], Response]:
        def show(request: Request) -> Response:
            look = self.pages.look(request)
            return self.pages.response(template, look, **self.values(look, request, view))

        return show

    async def events(self, request: Request, link: str) -> Response:
        """The order's page, kept live: its steps as the shop makes them, and the code that changes by itself."""
        del link  # among the request's own
        look = self.pages.look(request)
        # An order that is not hers has no stream: refuse before the first byte.
        await run_in_threadpool(self.values, look, request, order_views.order)
        return response(stream(self.changes, lambda: self._paint(look, request)))

    def _paint(self, look: Look, request: Request) -> dict[str, str]:
        values = self.values(look, request, order_views.order)
        return {"#order": self.pages.render("parts/order.html", look, **values)}

    def values(self, look: Look, request: Request, view: View) -> dict[str, Any]:
        asked = {**request.query_params, **request.path_params}
        with self.database.read() as session:
            shopper = repository.shopper(session, self.name(request))
            scene = Scene(
                session=session,
                now=self.clock.now(),
                zone=self.zone,
                company=self._settings.company,
                currency=self._settings.currency,
                language=look.language,
                shopper=shopper,
                wallets=tuple(self._paying.names),
                codes=self._codes,
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
            "near_name": scene.near_name,
            "is_member": bool(scene.shopper and scene.shopper.member_id),
            "here": request.url.path + query,
            "text": "",
            "category": "",
            "stream": _stream_at(request.url.path),
            "knows": self.pages.has_text,
        }

    # -- who it is -----------------------------------------------------------------------------

    def name(self, request: Request) -> str:
        return name_on(self._secret, request.cookies.get(COOKIE, ""))

    def _go(self, path: str, shopper_id: str) -> Response:
        return self.keep(RedirectResponse(f"{ROOT}{path}", 303), shopper_id)

    def keep(self, answer: Response, shopper_id: str) -> Response:
        """Lax, so that somebody who comes back from the wallet's page is still who she was."""
        if shopper_id:
            value = ticket(self._secret, shopper_id)
            answer.set_cookie(
                COOKIE, value, max_age=A_YEAR_S, path=ROOT, samesite="lax", httponly=True
            )
        return answer


def _stream_at(path: str) -> str:
    """Only an order changes while somebody looks at it."""
    start = f"{ROOT}/o/"
    return f"{ROOT}/events/o/{path.removeprefix(start)}" if path.startswith(start) else ""
