"""The counter over HTTP: the page, its one live stream, and the keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, StreamingResponse

from edge import changes
from edge.screens.compose import compose, stage_name
from edge.screens.desk import Desk
from edge.screens.paint import Counter, Painter
from edge.screens.readings import Box, Readings, read
from edge.screens.state import DeskState
from ui import stream
from ui.formats import LANGUAGES
from ui.pages import Look, Pages, keep_look

LANGUAGE_KEY: Final = "F1"
AFTER_A_SCAN: Final = frozenset({changes.BASKET, changes.NOTICES})
SCAN_S: Final = 1.0  # a disk that takes longer to commit is read from in its own time
LOOK_S: Final = 0.1
MAX_TEXT: Final = 4_000  # a receipt's code is at most 1,219 characters


class Page:
    """One open page: what it shows, and what it last read."""

    def __init__(self, box: Box, desk: Desk, painter: Painter) -> None:
        self._box = box
        self._desk = desk
        self._painter = painter
        self._seen = Readings()

    def for_template(self) -> dict[str, Any]:
        """What counter.html needs: the parts, and each part's HTML by selector."""
        parts = self._composed(changes.TOPICS)
        return {"parts": parts, "html": self._painter.whole(parts)}

    def changed(self, topics: frozenset[str]) -> str:
        """Partials of what the topics changed; "" where the page shows it already."""
        return self._painter.changed(self._composed(topics))

    def at_once(self, topics: frozenset[str]) -> Iterator[str] | None:
        """As `changed`, but from memory alone, for the scans after a basket's first: a thread takes time to wake.

        None where something must be read: a basket that a scan did not change, goods that this page does not
        know yet, a stage whose template it has not painted.
        """
        state, basket = self._desk.state, self._desk.just_scanned()
        if (
            not topics
            or not topics <= AFTER_A_SCAN
            or basket is None
            or not self._is_selling(state)
        ):
            return None
        if any(line.article.sku not in self._seen.known for line in basket.basket.lines):
            return None
        notice, version = self._box.notices.newest, self._desk.version_of(basket)
        self._seen = replace(
            self._seen, basket=basket, version=version, notice=notice, print_job=None
        )
        return self._painter.partials(compose(self._box.shop, self._seen, state))

    def _is_selling(self, state: DeskState) -> bool:
        return stage_name(self._seen, state) == "selling" and state.done is None

    async def settled(self, follower: changes.Follower, topics: frozenset[str]) -> frozenset[str]:
        """`topics`, and those that a scan under way still brings: its commit is told before the desk is done."""
        while self._desk.is_scanning:
            topics |= await follower.wait(SCAN_S)
        return topics

    def _composed(self, topics: frozenset[str]) -> Counter:
        if changes.PAYMENTS in topics:
            self._desk.follow()
        state = self._desk.state
        seen = read(self._box, self._seen, topics, state)
        self._seen = replace(seen, version=self._desk.version_of(seen.basket))
        return compose(self._box.shop, self._seen, state)


def router(box: Box, desk: Desk, pages: Pages) -> APIRouter:
    routes = APIRouter()
    under_way: set[asyncio.Future[bool]] = set()

    @routes.get("/")
    def counter(request: Request) -> Response:
        look = pages.look(request)
        page = Page(box, desk, Painter(pages, look))
        return pages.response("counter.html", look, **page.for_template())

    @routes.get("/events")
    async def events(request: Request) -> StreamingResponse:
        page = Page(box, desk, Painter(pages, pages.look(request)))
        return stream.response(follow(box, page))

    @routes.post("/counter/press")
    async def press(
        request: Request,
        key: Annotated[str, Form(max_length=40)],
        text: Annotated[str, Form(max_length=MAX_TEXT)] = "",
    ) -> Response:
        if key == LANGUAGE_KEY:
            return next_language(pages.look(request))
        carried_out = asyncio.ensure_future(run_in_threadpool(desk.press, key, text))
        under_way.add(carried_out)
        carried_out.add_done_callback(under_way.discard)
        while not carried_out.done():
            await asyncio.wait({carried_out}, timeout=LOOK_S)
            if desk.is_asking and "hx-request" in request.headers:
                break  # the page sends one key at a time, and the next one may be the one that leaves
        return pressed(request, is_read=not carried_out.done() or carried_out.result())

    return routes


async def follow(box: Box, page: Page) -> AsyncGenerator[bytes]:
    """The whole state first, so that a reconnection repairs the page; then every change."""
    async with box.changes.follow() as follower:
        yield stream.event(await run_in_threadpool(page.changed, changes.TOPICS))
        while True:
            topics = await page.settled(follower, await follower.wait(stream.HEARTBEAT_S))
            painted = page.at_once(topics)
            if painted is None:
                yield stream.event(await run_in_threadpool(page.changed, topics))
                continue
            for html in painted:
                yield stream.event(html)


def pressed(request: Request, *, is_read: bool) -> Response:
    """Nothing for htmx to swap: the stream shows what came of it. A browser without scripts gets the page again."""
    if "hx-request" not in request.headers:
        return RedirectResponse("/", 303)
    headers = {} if is_read else {"HX-Trigger": "typed:keep"}
    return Response(status_code=204, headers=headers)


def next_language(look: Look) -> Response:
    after = LANGUAGES[(LANGUAGES.index(look.language) + 1) % len(LANGUAGES)]
    response = Response(status_code=204, headers={"HX-Trigger": "look:changed"})
    keep_look(response, replace(look, language=after))
    return response
