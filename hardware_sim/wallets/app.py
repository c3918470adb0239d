"""The providers' servers and the bench's control of them, in one program on loopback.

POST /wechat/pay/micropay ...           WeChat Pay (wechat_pay.py)
POST /alipay/gateway.do                 Alipay (alipay.py)
GET  /cashier/{provider}/{visit}        where customers pay at home; the shops' way there is beside it (cashier.py)
GET  /api/wallets                       both providers' state
GET  /api/wallets/ledger                what moved, by provider
POST /api/wallets/{provider}/show       {"code"}: a fresh one, as a phone shows it
POST /api/wallets/{provider}/script     {"next": ["approve", "password", ...]}
POST /api/wallets/{provider}/press      {"button": "approve" | "decline"}
POST /api/wallets/{provider}/fault      {"name"}        (provider.py: FAULTS)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from hardware_sim.wallets.alipay import METHODS, Alipay
from hardware_sim.wallets.provider import FAULTS, WalletProvider
from hardware_sim.wallets.wechat_pay import WechatPay
from ui.security import OwnNames

WECHAT_PATHS: Final = {
    "/pay/micropay": "pay",
    "/pay/orderquery": "query",
    "/secapi/pay/reverse": "reverse",
    "/secapi/pay/refund": "refund",
    "/pay/closeorder": "close",
}


LEDGER_PARTS: Final = ("entries", "orders", "moved_minor", "times_charged")


class Script(BaseModel):
    next: list[str]


class Press(BaseModel):
    button: str


class Fault(BaseModel):
    name: str


class Dropped(Response):
    """The connection ends in the middle of the answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        headers = [(b"content-length", b"64")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class Wallets:
    """Both providers with their wires."""

    def __init__(self, wechat_pay: WechatPay, alipay: Alipay) -> None:
        self.wechat_pay = wechat_pay
        self.alipay = alipay

    @property
    def providers(self) -> dict[str, WalletProvider]:
        return {"wechat_pay": self.wechat_pay.provider, "alipay": self.alipay.provider}

    def provider(self, name: str) -> WalletProvider:
        if name not in self.providers:
            raise ValueError(f"Expected {' or '.join(self.providers)}, got {name}.")
        return self.providers[name]

    def state(self) -> dict[str, Any]:
        return {name: it.state() for name, it in self.providers.items()}


def served(
    provider: WalletProvider, operation: str, media_type: str, answer: Callable[[str], bytes]
) -> Response:
    """One call of a shop, with the fault that was armed for it."""
    with provider.lock:
        fault = provider.take_fault(operation)
        if fault == "lost":
            return Dropped()
        content = answer(fault)
    if fault == "answer_lost":
        return Dropped()
    if fault == "garbage":
        return Response(b"<html>502 Bad Gateway</html>", media_type="text/html")
    return Response(content, media_type=media_type)


def create_app(wallets: Wallets) -> FastAPI:
    app = FastAPI(title="Twinstore wallets", docs_url=None, redoc_url=None)
    app.add_exception_handler(ValueError, _refuse)
    app.include_router(_wechat(wallets.wechat_pay))
    app.include_router(_alipay(wallets.alipay))
    app.include_router(_bench(wallets))
    app.add_middleware(OwnNames)
    return app


def _wechat(wire: WechatPay) -> APIRouter:
    routes = APIRouter(prefix="/wechat")

    def route(operation: str) -> Callable[[Request], Any]:
        async def call(request: Request) -> Response:
            body = await request.body()
            return await run_in_threadpool(
                served,
                wire.provider,
                operation,
                "text/xml",
                lambda fault: wire.answer(operation, body, fault),
            )

        return call

    for path, operation in WECHAT_PATHS.items():
        routes.add_api_route(path, route(operation), methods=["POST"])
    return routes


def _alipay(wire: Alipay) -> APIRouter:
    routes = APIRouter(prefix="/alipay")

    @routes.post("/gateway.do")
    async def gateway(request: Request) -> Response:
        text = (await request.body()).decode("utf-8", "replace")
        parameters = dict(parse_qsl(f"{request.url.query}&{text}", keep_blank_values=True))
        operation = METHODS.get(parameters.get("method", ""), "none")
        return await run_in_threadpool(
            served,
            wire.provider,
            operation,
            "application/json",
            lambda fault: wire.answer(parameters, fault),
        )

    return routes


def _bench(wallets: Wallets) -> APIRouter:
    routes = APIRouter(prefix="/api/wallets")

    @routes.get("")
    def state() -> dict[str, Any]:
        return {**wallets.state(), "known_faults": FAULTS}

    @routes.get("/ledger")
    def ledger() -> dict[str, Any]:
        return {
            name: {key: state[key] for key in LEDGER_PARTS}
            for name, state in wallets.state().items()
        }

    @routes.post("/{provider}/show")
    def show(provider: str) -> dict[str, Any]:
        return {"code": wallets.provider(provider).show()}

    @routes.post("/{provider}/script")
    def script(provider: str, body: Script) -> dict[str, Any]:
        wallets.provider(provider).set_script(body.next)
        return wallets.provider(provider).state()

    @routes.post("/{provider}/press")
    def press(provider: str, body: Press) -> dict[str, Any]:
        wallets.provider(provider).press(body.button)
        return wallets.provider(provider).state()

    @routes.post("/{provider}/fault")
    def fault(provider: str, body: Fault) -> dict[str, Any]:
        wallets.provider(provider).arm(body.name)
        return wallets.provider(provider).state()

    return routes


def _refuse(_: Request, error: Exception) -> Response:
    return JSONResponse({"key": "bench.refused", "message": str(error)}, status_code=400)
