"""The bench's program: the control API and the page over one counter."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from hardware_sim.bench import api, page
from hardware_sim.bench.hands import Reach
from hardware_sim.bench.line_control import LineControl
from hardware_sim.bench.wallet_control import WalletControl
from hardware_sim.counter import Counter
from ui.security import OwnNames


def create_app(counter: Counter) -> FastAPI:
    settings = counter.settings
    reach = Reach(
        counter, LineControl(settings.line_control_url), WalletControl(settings.wallets_url)
    )

    @asynccontextmanager
    async def open_reach(_: FastAPI) -> AsyncIterator[None]:
        yield
        for remote in (reach.line, reach.wallets):
            await run_in_threadpool(remote.close)

    app = FastAPI(title="Twinstore bench", docs_url=None, redoc_url=None, lifespan=open_reach)
    app.add_exception_handler(ValueError, _refuse)
    app.include_router(api.router(reach))
    page.add_to(app, reach)
    app.add_middleware(OwnNames)
    return app


def _refuse(_: Request, error: Exception) -> Response:
    """The simulators' own words: "Expected approve, decline or cancel, got approved."."""
    return JSONResponse({"key": "bench.refused", "message": str(error)}, status_code=400)
