"""The console's routes: each page, the stream beside it under /events, and the few things one can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from cloud.changes import Changes
from cloud.clock import Clock
from cloud.console import member_views, office_views, order_views, views
from cloud.console.tables import SavedFilter
from cloud.console.views import Desk, View
from cloud.db import Database
from cloud.errors import HubError, MalformedError, NotFoundError
from cloud.fleet import commands
from cloud.fleet import repository as fleet
from cloud.fleet.commands import VERB_PATTERN, Wanted
from cloud.ingest.tables import Alarm
from cloud.live import stream
from cloud.orders import settling
from cloud.orders.settling import PaidBack
from cloud.purchasing import service as purchasing
from cloud.purchasing.service import purchase_of
from cloud.settings import Settings
from contract.text import PlainText
from ui.kept import Kept
from ui.pages import Look, Pages, Place
from ui.stream import response

Ending = Literal["closed", "cancelled"]
Build = Callable[[Desk, Mapping[str, str]], View]
SCREENS: dict[str, Build] = {
    "/": views.fleet_view,
    "/boxes/{edge_id}": views.box_view,
    "/sales": views.sales_view,
    "/sales/{sale_id}": views.sale_view,
    "/stock": views.stock_view,
    "/stock/transfers": office_views.transfers_view,
    "/stock/{location_id}/{sku}": views.ledger_view,
    "/stock/purchasing": office_views.purchasing_view,
    "/orders": order_views.orders_view,
    "/orders/{order_id}": order_views.order_view,
    "/members": member_views.members_view,
    "/members/{name}": member_views.member_view,
    "/money": views.money_view,
    "/money/books": office_views.books_view,
    "/money/{shift_id}": views.shift_view,
    "/data": views.data_view,
    "/find": views.find_view,
}


class Console:
    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        changes: Changes,
        on_ask: Callable[[], None],
        on_feeds: Callable[[], None],
    ) -> None:
        """`on_ask` tells the ingest that a box has been asked for something, `on_feeds` that heads have moved."""
        place = Place(settings.currency, settings.timezone, settings.accent, settings.language)
        self.pages = Pages(
            Path(__file__).parent, place, kept=Kept(settings.data_dir / "pages" / "console")
        )
        self._settings = settings
        self._database = database
        self._clock = clock
        self._changes = changes
        self._on_ask = on_ask
        self._on_feeds = on_feeds

    def add_to(self, app: FastAPI) -> None:
        for path, build in SCREENS.items():
            app.add_api_route(path, self._page(build), response_class=HTMLResponse)
            app.add_api_route(f"/events{path}".rstrip("/"), self._events(build))
        app.add_api_route("/sales/filters", self.save_filter, methods=["POST"])
        app.add_api_route("/sales/filters/forget", self.forget_filter, methods=["POST"])
        app.add_api_route("/boxes/{edge_id}/commands", self.ask, methods=["POST"])
        app.add_api_route("/stock/purchasing", self.order, methods=["POST"])
        app.add_api_route("/stock/purchasing/{purchase_id}", self.end_order, methods=["POST"])
        app.add_api_route("/orders/{order_id}/credits/{number}", self.paid, methods=["POST"])
        app.add_api_route("/data/alarms/done", self.alarm_done, methods=["POST"])
        self.pages.add_to(app)

    def save_filter(
        self,
        name: Annotated[PlainText, Form(min_length=1, max_length=40)],
        query: Annotated[PlainText, Form()],
    ) -> Response:
        with self._database.write() as session:
            session.merge(SavedFilter(name=name.strip(), query=query))
        return RedirectResponse(f"/sales?{query}", 303)

    def forget_filter(self, name: Annotated[PlainText, Form()]) -> Response:
        with self._database.write() as session:
            saved = session.get(SavedFilter, name)
            if saved is not None:
                session.delete(saved)
        return RedirectResponse("/sales", 303)

    def alarm_done(
        self, edge_id: Annotated[PlainText, Form()], key: Annotated[PlainText, Form()]
    ) -> Response:
        """Somebody has seen to it; the same again raises it anew."""
        with self._database.write() as session:
            alarm = session.get(Alarm, (edge_id, key))
            if alarm is not None:
                session.delete(alarm)
        self._changes.announce()
        return RedirectResponse("/data", 303)

    def ask(
        self,
        edge_id: str,
        verb: Annotated[str, Form(pattern=VERB_PATTERN)],
        feed: Annotated[str, Form()] = "",
    ) -> Response:
        wanted = Wanted(verb=verb, arguments={"feed": feed} if feed else {})
        commands.ask(self._database, self._clock, edge_id, wanted)
        self._on_ask()
        return RedirectResponse(f"/boxes/{edge_id}#commands-title", 303)

    async def order(self, request: Request) -> Response:
        """The fields are `Purchase`'s, with a quantity for each SKU under its name; 0 leaves it out."""
        form = {name: str(value) for name, value in (await request.form()).items()}
        at = await run_in_threadpool(self._order, form)
        return RedirectResponse(f"/stock/purchasing?{urlencode({'location_id': at})}#orders", 303)

    def _order(self, form: dict[str, str]) -> str:
        try:
            purchase = purchase_of(form)
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, problem["loc"]))
            raise MalformedError(place=place, problem=problem["msg"]) from error
        own = self._settings
        with self._database.write() as session:
            where = purchasing.Place(self._clock.now(), own.zone, own.currency)
            purchasing.order(session, where, purchase)
        self._on_feeds()
        return purchase.location_id

    def end_order(self, purchase_id: str, end: Annotated[Ending, Form()]) -> Response:
        with self._database.write() as session:
            made = purchasing.end(session, purchase_id, end)
        self._on_feeds()
        at = urlencode({"location_id": made.location_id})
        return RedirectResponse(f"/stock/purchasing?{at}#orders", 303)

    def paid(
        self,
        order_id: str,
        number: int,
        by: Annotated[Literal["cash", "bank"], Form()],
        reference: Annotated[PlainText, Form(min_length=1, max_length=80)],
    ) -> Response:
        """Somebody has paid back what an order's customer was owed."""
        told = PaidBack(by=by, reference=reference.strip())
        with self._database.write() as session:
            settling.pay_back(session, self._clock.now(), order_id, number, told)
        self._changes.announce()
        return RedirectResponse(f"/orders/{order_id}#owed", 303)

    def refusal(self, request: Request, error: HubError) -> Response:
        """A page for a person to whom the hub says no; in English where the catalogue lacks the words."""
        key = f"refused.{error.key}"
        values = {
            **self._frame(View("refused.html", "", {})),
            "error": error,
            "key": key if self.pages.has_text(key) else "",
        }
        look = self.pages.look(request)
        return self.pages.response("refused.html", look, status=error.status, **values)

    def _page(self, build: Build) -> Callable[[Request], Response]:
        def page(request: Request) -> Response:
            look = self.pages.look(request)
            try:
                values = self._values(build, look, request)
            except NotFoundError as error:
                return self.refusal(request, error)
            return self.pages.response(values["view"].template, look, **values)

        return page

    def _events(self, build: Build) -> Callable[[Request], Any]:
        async def events(request: Request) -> Response:
            look = self.pages.look(request)
            # A page that is not there has no stream: refuse before the first byte.
            await run_in_threadpool(self._values, build, look, request)
            return response(stream(self._changes, lambda: self._paint(build, look, request)))

        return events

    def _paint(self, build: Build, look: Look, request: Request) -> dict[str, str]:
        values = self._values(build, look, request)
        return {
            f"#{part}": self.pages.render(f"parts/{part}.html", look, **values)
            for part in ("nav", *values["view"].parts)
        }

    def _values(self, build: Build, look: Look, request: Request) -> dict[str, Any]:
        asked = {**request.query_params, **request.path_params}
        query = f"?{request.url.query}" if request.url.query else ""
        with self._database.read() as session:
            desk = self._desk(session, look)
            view = build(desk, asked)
            count = len(fleet.alarms(session))
            session.expunge_all()
        stream_at = f"/events{request.url.path}".rstrip("/") + query if view.parts else ""
        return {
            **view.values,
            **self._frame(view),
            "alarm_count": count,
            "stream": stream_at,
            "asked": asked,
            "worst": views.WORST,
        }

    def _desk(self, session: Session, look: Look) -> Desk:
        own = self._settings
        return Desk(session, self._clock.now(), own.company, look.language, own.zone, own.currency)

    def _frame(self, view: View) -> dict[str, Any]:
        """What every page has around its own part; of one that shows no state, all there is."""
        return {
            "view": view,
            "alarm_count": 0,
            "company_name": self._settings.company_name,
            "stream": "",
            "asked": {},
            "knows": self.pages.has_text,
        }
