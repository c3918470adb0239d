"""What a request must be before anybody looks at what it says: short enough, and in JSON where it has a body."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from fastapi import Request
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.domain.errors import WrongContent

MAX_BODY_BYTES: Final = 500_000  # a thousand stock moves are a fifth of it


class BodyLimit:
    """Reads no more of a request than a box has room for, whatever its length was said to be."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        said = Headers(scope=scope).get("content-length", "0")
        is_too_long = not said.isdecimal() or len(said) > 9 or int(said) > MAX_BODY_BYTES
        taken = 0

        async def receive_some() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if is_too_long or taken > MAX_BODY_BYTES:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return message

        await self._app(scope, receive_some, send)


async def expect_json(request: Request) -> None:
    """For every route that takes JSON. Raises WrongContent for a body that says that it is something else."""
    headers = request.headers
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if has_body and media_type != "application/json":
        raise WrongContent(got=media_type[:60] or "none")
