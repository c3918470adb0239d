"""How the hub says no: our error form for a program, a page of the console for a person at a browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from cloud.errors import (
    HubError,
    MalformedError,
    NoSuchAddressError,
    UnreadableError,
    WrongMethodError,
)
from ui.readers import wants_page

FOR_PROGRAMS = frozenset({"api", "events", "health", "openapi.json", "snapshots", ".well-known"})
"""The first words of addresses that no person reads, whatever the request says that it accepts."""
SHOWN = 200  # characters of an address: somebody may send thousands
Page = Callable[[Request, HubError], Response]


def add_to(app: FastAPI, page: Page) -> None:
    """`page` shows a refusal to a person. Not a coroutine: it reads templates, which is not for the loop."""

    def refuse(request: Request, error: Exception) -> Response:
        refusal = in_words(request, error)
        answer = page(request, refusal) if wants_page(request, FOR_PROGRAMS) else as_json(refusal)
        if isinstance(error, HTTPException):
            answer.status_code = error.status_code
            answer.headers.update(error.headers or {})
        return answer

    for kind in (HubError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, refuse)
    app.add_middleware(NoNul, refuse=refuse)


def by_face(page: Page, faces: Mapping[str, Page]) -> Page:
    """`faces` by the first word of their addresses; all others are `page`'s."""

    def refuse(request: Request, error: HubError) -> Response:
        return faces.get(request.url.path.split("/")[1], page)(request, error)

    return refuse


class NoNul:
    """Refuses an address that names NUL, in its path or its query: PostgreSQL takes none, not even to look for it."""

    def __init__(self, app: ASGIApp, refuse: Callable[[Request, Exception], Response]) -> None:
        self._app = app
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not names_nul(scope):
            await self._app(scope, receive, send)
            return
        error = MalformedError(place="address", problem="Expected text without NUL, got one")
        answer = await run_in_threadpool(self._refuse, Request(scope), error)
        await answer(scope, receive, send)


def names_nul(scope: Scope) -> bool:
    return (
        "\0" in scope["path"] or b"%00" in scope["query_string"] or b"\0" in scope["query_string"]
    )


def as_json(error: HubError) -> JSONResponse:
    return JSONResponse(error.as_dict(), status_code=error.status)


def in_words(request: Request, error: Exception) -> HubError:
    if isinstance(error, HubError):
        return error
    if isinstance(error, RequestValidationError):
        return malformed(error)
    assert isinstance(error, HTTPException)
    path = request.url.path[:SHOWN]
    if error.status_code == NoSuchAddressError.status:
        return NoSuchAddressError(path=path)
    if error.status_code == WrongMethodError.status:
        allowed = (error.headers or {}).get("Allow", "another method")
        return WrongMethodError(path=path, method=request.method, allowed=allowed)
    return UnreadableError(detail=str(error.detail).rstrip("."))


def malformed(error: RequestValidationError) -> MalformedError:
    problem = error.errors()[0]
    return MalformedError(
        place=".".join(str(part) for part in problem["loc"]), problem=problem["msg"]
    )
