"""The landing page: Maru drawn live, and the tour. A server of the demo's own, beside the nine processes."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from hardware_sim.demo.actions import ActionError, act
from hardware_sim.demo.chain import Chain
from hardware_sim.demo.drawing import drawing
from hardware_sim.demo.state import Picture, look
from hardware_sim.demo.tour import STEPS, Tour, advance
from ui import stream
from ui.pages import Look, Pages, Place
from ui.security import OwnNames

EVERY_S = 0.7
FOLDER = Path(__file__).parent


class Landing:
    """The page's state: how far the tour is, and the last refusal in words."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.tour = Tour()
        self.refusal = ""
        shop = chain.office.shop
        place = Place(shop.currency, shop.timezone, accent=shop.accent, language=shop.language)
        self.pages = Pages(FOLDER, place)

    async def see(self, client: httpx.AsyncClient) -> Picture:
        picture = await look(client, self.chain)
        self.tour = advance(self.tour, picture.first)
        return picture

    def take(self, step: str) -> None:
        try:
            act(step, self.chain.office, self.chain.items)
            self.refusal = ""
        except ActionError as error:
            self.refusal = str(error)

    def parts(self, picture: Picture, look: Look) -> dict[str, str]:
        """The parts of the page that change, by selector."""
        values = {
            "drawing": drawing(picture, self.chain),
            "counter": picture.first,
            "tour": self.tour,
            "steps": STEPS,
            "refusal": self.refusal,
        }
        return {
            f"#{name}": self.pages.render(f"{name}.html", look, **values)
            for name in ("drawing", "tour", "truth")
        }

    def page(self, picture: Picture, look: Look) -> Response:
        parts = self.parts(picture, look)
        return self.pages.response("landing.html", look, html=parts, shop=self.chain.office.shop)


def make_app(chain: Chain) -> FastAPI:
    landing = Landing(chain)
    app = FastAPI(title="Twinstore demo", openapi_url=None)
    landing.pages.add_to(app)
    app.add_middleware(OwnNames)

    @app.get("/")
    async def index(request: Request) -> Response:
        async with asking() as client:
            picture = await landing.see(client)
        return await asyncio.to_thread(landing.page, picture, landing.pages.look(request))

    @app.get("/events")
    async def events(request: Request) -> Response:
        return stream.response(changes(landing, landing.pages.look(request)))

    @app.post("/tour/{step}")
    def take(step: str, request: Request) -> Response:
        if step not in STEPS:
            return Response(f"Expected one of {', '.join(STEPS)}, got {step}.", status_code=404)
        landing.take(step)
        is_htmx = "hx-request" in request.headers
        return Response(status_code=204) if is_htmx else RedirectResponse("/", status_code=303)

    @app.post("/tour")
    def again(request: Request) -> Response:
        landing.tour, landing.refusal = Tour(), ""
        is_htmx = "hx-request" in request.headers
        return Response(status_code=204) if is_htmx else RedirectResponse("/", status_code=303)

    return app


async def changes(landing: Landing, chosen: Look) -> AsyncIterator[bytes]:
    """What differs from what this page shows, as long as it is open."""
    shown = stream.Parts()
    async with asking() as client:
        while True:
            picture = await landing.see(client)
            parts: Mapping[str, str] = await asyncio.to_thread(landing.parts, picture, chosen)
            yield stream.event(shown.changed(parts))
            await asyncio.sleep(EVERY_S)


def asking() -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False)
