"""The bench's page: the counter drawn as its peripherals, each to be pressed, and what the bytes did."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import FastAPI, Form, Request
from fastapi.responses import RedirectResponse, Response

from hardware_sim.bench.hands import HANDS, Reach, Told, use
from hardware_sim.bench.listing import listing
from hardware_sim.bench.symbols import bars, modules
from hardware_sim.bench.wallet_control import PROVIDERS
from hardware_sim.demo.products import products
from hardware_sim.payment_terminals.nexo import FAULTS as TERMINAL_FAULTS
from hardware_sim.payment_terminals.nexo import STEPS
from hardware_sim.printers.models import models
from hardware_sim.printers.paper import Receipt
from hardware_sim.scanners.serial_line import FAULTS as SCANNER_FAULTS
from hardware_sim.settings import ProductSettings
from hardware_sim.wallets.provider import FAULTS as WALLET_FAULTS
from hardware_sim.wallets.provider import STEPS as WALLET_STEPS
from ui import stream
from ui.pages import Look, Pages, Place

EVERY_S: Final = 0.2
PRODUCTS_SHOWN: Final = 8
RECEIPTS_SHOWN: Final = 3
MOVEMENTS_SHOWN: Final = 4
PARTS: Final = (
    *("told", "scanner", "paper", "printer", "bytes", "drawer", "terminal", "line", "wallets"),
)
CODECS: Final = {"": "ascii", "ksc5601": "cp949", "gb18030": "gb18030"}
LINE_STATES: Final = ("up", "cut", "hole", "slow")


@dataclass(frozen=True, slots=True)
class Goods:
    """Something on the page to be scanned, with its bars where it has some."""

    names: dict[str, str]
    data: str
    bars: str
    width: int


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of paper and where its picture is; the address changes whenever the picture does."""

    url: str
    text: str
    is_cut: bool
    width: int
    height: int


class Bench:
    """One counter's page."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self.counter = reach.counter
        self.told = Told()
        settings = reach.counter.settings
        place = Place(settings.currency, settings.timezone, settings.accent, settings.language)
        self.pages = Pages(Path(__file__).parent, place)
        self.codec = CODECS[models()[settings.printer.model].double_byte]
        self.goods = [goods_of(it) for it in settings.products or demo_products()]

    def values(self) -> dict[str, Any]:
        """Everything the parts show, taken at one moment each."""
        return {
            **self.counter.state(),
            "line": self.reach.line.state(),
            "has_line": bool(self.reach.line.url),
            "wallets": self.reach.wallets.state(),
            "has_wallets": bool(self.reach.wallets.url),
            "told": self.told,
            "pieces": self._pieces(),
            "commands": listing(self.counter.printer.received(), self.codec),
            "movements": self.counter.payment_terminal.ledger.rows()[-MOVEMENTS_SHOWN:],
            "steps": STEPS,
            "line_states": LINE_STATES,
            "providers": PROVIDERS,
            "wallet_steps": WALLET_STEPS,
        }

    def parts(self, look: Look) -> dict[str, str]:
        """The parts of the page that change, by selector."""
        values = self.values()
        return {f"#{it}": self.pages.render(f"bench/{it}.html", look, **values) for it in PARTS}

    def page(self, look: Look) -> Response:
        return self.pages.response(
            "bench.html",
            look,
            html=self.parts(look),
            shop=self.counter.settings.name,
            goods=self.goods,
            scanner_faults=sorted(SCANNER_FAULTS),
            terminal_faults=list(TERMINAL_FAULTS),
            wallet_faults=list(WALLET_FAULTS) if self.reach.wallets.url else [],
        )

    def use(self, name: str, value: str) -> None:
        self.told = use(name, value, self.reach)

    def _pieces(self) -> list[Piece]:
        printer = self.counter.printer
        receipts = printer.receipts()
        shown = list(enumerate(receipts))[-RECEIPTS_SHOWN:]
        return [piece_of(number, it, printer.simulator.paper.dots) for number, it in shown]


def piece_of(number: int, receipt: Receipt, dots: int) -> Piece:
    url = f"/api/printer/paper.png?receipt={number}&rows={receipt.first}-{receipt.last}"
    return Piece(url, receipt.text, receipt.is_cut, dots + 64, receipt.last - receipt.first)


def goods_of(product: ProductSettings) -> Goods:
    return Goods(product.name, product.data, bars(product.data), len(modules(product.data)))


def demo_products() -> list[ProductSettings]:
    """Maru's own, where shop.toml lists none."""
    return [ProductSettings(name=it.names, data=it.gtin) for it in products()[:PRODUCTS_SHOWN]]


def add_to(app: FastAPI, reach: Reach) -> None:
    bench = Bench(reach)
    bench.pages.add_to(app)

    @app.get("/", include_in_schema=False)
    def index(request: Request) -> Response:
        return bench.page(bench.pages.look(request))

    @app.get("/events", include_in_schema=False)
    async def events(request: Request) -> Response:
        return stream.response(changes(bench, bench.pages.look(request)))

    @app.post("/hands/{name}", include_in_schema=False)
    def hand(name: str, request: Request, value: Annotated[str, Form()] = "") -> Response:
        if name not in HANDS:
            return Response(f"Expected one of {', '.join(HANDS)}, got {name}.", status_code=404)
        bench.use(name, value)
        is_htmx = "hx-request" in request.headers
        return Response(status_code=204) if is_htmx else RedirectResponse("/", status_code=303)


async def changes(bench: Bench, look: Look) -> AsyncGenerator[bytes, None]:
    """What differs from what this page shows, as long as it is open."""
    shown = stream.Parts()
    quiet_s = 0.0
    while True:
        parts = await asyncio.to_thread(bench.parts, look)
        if changed := shown.changed(parts):
            quiet_s = 0.0
            yield stream.event(changed)
        elif quiet_s >= stream.HEARTBEAT_S:
            quiet_s = 0.0
            yield stream.HEARTBEAT
        await asyncio.sleep(EVERY_S)
        quiet_s += EVERY_S
