"""The control API: what hands do at a counter, as JSON. Errors are {"key", "message"} with status 400.

GET  /api/shop                          every peripheral's state
POST /api/scanner/scan                  {"data", "symbology"?}
POST /api/scanner/fault                 {"name", ...}   spoils the next scan (scanners/serial_line.py: FAULTS)
POST /api/scanner/plug                  {"state": "in" | "out"}
POST /api/printer/{paper|cover|cutter|power|head}   {"state"}: ok|low|out, closed|open, ok|jam, on|off, ok|hot
POST /api/printer/tear                  takes the paper
GET  /api/printer/paper.png | paper.txt | receipts | bytes
GET  /api/drawer     POST /api/drawer/close     POST /api/drawer/jam {"state": "ok" | "jam"}
POST /api/payment_terminal/script       {"next": ["approve", "decline", ...]}
POST /api/payment_terminal/press        {"button": "approve" | "decline" | "cancel"}
POST /api/payment_terminal/fault        {"name"}        (payment_terminals/nexo.py: FAULTS)
POST /api/payment_terminal/plug         {"state": "in" | "out"}
GET  /api/payment_terminal/ledger       what moved
POST /api/wallets/{provider}/show       a customer shows her code, and it is scanned; all else is at `wallets_url`
GET  /api/line       POST /api/line     {"state": "up" | "cut" | "hole" | "slow", ...}
"""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response
from pydantic import BaseModel, ConfigDict

from hardware_sim.bench.hands import Reach, show_code
from hardware_sim.bench.line_control import LineControl
from hardware_sim.counter import Counter
from hardware_sim.payment_terminals.nexo import FAULTS as TERMINAL_FAULTS
from hardware_sim.scanners.serial_line import FAULTS as SCANNER_FAULTS


class Scan(BaseModel):
    data: str
    symbology: str = ""


class Named(BaseModel):
    """A fault by name; the scanner's have figures beside it."""

    model_config = ConfigDict(extra="allow")

    name: str


class Script(BaseModel):
    next: list[str]


class Press(BaseModel):
    button: str


class Plug(BaseModel):
    state: Literal["in", "out"]


class Jam(BaseModel):
    state: Literal["ok", "jam"]


class Paper(BaseModel):
    state: Literal["ok", "low", "out"]


class Cover(BaseModel):
    state: Literal["closed", "open"]


class Power(BaseModel):
    state: Literal["on", "off"]


class Head(BaseModel):
    state: Literal["ok", "hot"]


def router(reach: Reach) -> APIRouter:
    counter = reach.counter
    whole = APIRouter(prefix="/api")
    whole.include_router(_shop(counter, reach.line))
    whole.include_router(_scanner(counter))
    whole.include_router(_printer(counter))
    whole.include_router(_drawer(counter))
    whole.include_router(_paper(counter))
    whole.include_router(_terminal(counter))
    whole.include_router(_wallets(reach))
    return whole


def _shop(counter: Counter, line: LineControl) -> APIRouter:
    routes = APIRouter()

    @routes.get("/shop")
    def shop() -> dict[str, Any]:
        return {**counter.state(), "line": line.state()}

    @routes.get("/line")
    def line_state() -> dict[str, Any] | None:
        return line.state()

    @routes.post("/line")
    def change_line(condition: dict[str, Any]) -> dict[str, Any]:
        return line.change(condition)

    return routes


def _scanner(counter: Counter) -> APIRouter:
    routes = APIRouter(prefix="/scanner")

    @routes.get("")
    def scanner() -> dict[str, Any]:
        return {**counter.scanner.state(), "known_faults": sorted(SCANNER_FAULTS)}

    @routes.post("/scan")
    def scan(body: Scan) -> dict[str, Any]:
        return {"bytes": counter.scanner.scan(body.data, body.symbology).hex(" ")}

    @routes.post("/fault")
    def fault(body: Named) -> dict[str, Any]:
        counter.scanner.arm(body.name, **(body.model_extra or {}))
        return counter.scanner.state()

    @routes.post("/plug")
    def plug(body: Plug) -> dict[str, Any]:
        counter.scanner.plug(is_in=body.state == "in")
        return counter.scanner.state()

    return routes


def _printer(counter: Counter) -> APIRouter:
    routes = APIRouter()
    printer = counter.printer

    @routes.get("/printer")
    def state() -> dict[str, Any]:
        return printer.state()

    @routes.post("/printer/paper")
    def paper(body: Paper) -> dict[str, Any]:
        printer.set_paper(body.state)
        return printer.state()

    @routes.post("/printer/cover")
    def cover(body: Cover) -> dict[str, Any]:
        printer.set_cover(is_open=body.state == "open")
        return printer.state()

    @routes.post("/printer/cutter")
    def cutter(body: Jam) -> dict[str, Any]:
        printer.set_cutter(will_jam=body.state == "jam")
        return printer.state()

    @routes.post("/printer/power")
    def power(body: Power) -> dict[str, Any]:
        printer.set_power(is_on=body.state == "on")
        return printer.state()

    @routes.post("/printer/head")
    def head(body: Head) -> dict[str, Any]:
        printer.set_head(is_hot=body.state == "hot")
        return printer.state()

    return routes


def _drawer(counter: Counter) -> APIRouter:
    """The drawer hangs on the printer."""
    routes = APIRouter()
    printer = counter.printer

    @routes.get("/drawer")
    def drawer() -> dict[str, Any]:
        return printer.drawer_state()

    @routes.post("/drawer/close")
    def close_drawer() -> dict[str, Any]:
        printer.close_drawer()
        return printer.drawer_state()

    @routes.post("/drawer/jam")
    def jam_drawer(body: Jam) -> dict[str, Any]:
        printer.jam_drawer(is_jammed=body.state == "jam")
        return printer.drawer_state()

    return routes


def _paper(counter: Counter) -> APIRouter:
    routes = APIRouter(prefix="/printer")
    printer = counter.printer

    @routes.post("/tear")
    def tear() -> dict[str, Any]:
        printer.tear()
        return printer.state()

    @routes.get("/paper.png")
    def picture(receipt: int | None = None) -> Response:
        try:
            return Response(printer.picture(receipt), media_type="image/png")
        except IndexError:
            raise ValueError(
                f"Expected a receipt of 0 to {len(printer.receipts()) - 1}, got {receipt}."
            ) from None

    @routes.get("/paper.txt")
    def text() -> Response:
        return PlainTextResponse(printer.text())

    @routes.get("/receipts")
    def receipts() -> list[dict[str, Any]]:
        return [
            {"number": number, "text": it.text, "is_cut": it.is_cut, "rows": it.last - it.first}
            for number, it in enumerate(printer.receipts())
        ]

    @routes.get("/bytes")
    def received(last: int | None = None) -> Response:
        return Response(printer.received(last), media_type="application/octet-stream")

    return routes


def _terminal(counter: Counter) -> APIRouter:
    routes = APIRouter(prefix="/payment_terminal")
    terminal = counter.payment_terminal

    @routes.get("")
    def state() -> dict[str, Any]:
        return {**terminal.state(), "known_faults": TERMINAL_FAULTS}

    @routes.post("/script")
    def script(body: Script) -> dict[str, Any]:
        terminal.set_script(body.next)
        return terminal.state()

    @routes.post("/press")
    def press(body: Press) -> dict[str, Any]:
        if not terminal.press(body.button):
            raise ValueError("Expected a payment at the terminal, got none.")
        return terminal.state()

    @routes.post("/fault")
    def fault(body: Named) -> dict[str, Any]:
        terminal.arm(body.name)
        return terminal.state()

    @routes.post("/plug")
    def plug(body: Plug) -> dict[str, Any]:
        terminal.plug(is_in=body.state == "in")
        return terminal.state()

    @routes.get("/ledger")
    def ledger() -> dict[str, Any]:
        book = terminal.ledger
        return {
            "entries": book.rows(),
            "moved_minor": book.moved_minor,
            "times_charged": book.times_charged(),
        }

    return routes


def _wallets(reach: Reach) -> APIRouter:
    """The code itself stays between phone and scanner."""
    routes = APIRouter(prefix="/wallets")

    @routes.post("/{provider}/show")
    def show(provider: str) -> dict[str, Any]:
        show_code(reach, provider)
        return {"provider": provider}

    return routes
