"""The one place where an error becomes an HTTP status: chosen by its type, told with key, message and what to do."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from edge.domain.errors import Broken, DiskFull, Malformed, NotFound, Refused, ShopError

# The first that fits. 422 means only "malformed"; a business refusal is 409.
STATUSES: tuple[tuple[type[ShopError], int], ...] = (
    (Malformed, 422),
    (NotFound, 404),
    (Refused, 409),
    (DiskFull, 507),
    (Broken, 503),
)


def answer_errors(app: FastAPI) -> None:
    app.add_exception_handler(ShopError, _shop_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)


def status_of(error: ShopError) -> int:
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 500)


def body_of(error: ShopError) -> dict[str, Any]:
    return {
        "key": error.key,
        "message": error.message,
        "what_now": error.what_now,
        "fields": error.fields,
    }


async def _shop_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ShopError)  # registered for it above
    return JSONResponse(body_of(error), status_of(error))


async def _invalid_request(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # registered for it above
    return JSONResponse(body_of(_malformed(error)), 422)


def _malformed(error: RequestValidationError) -> Malformed:
    """The first thing wrong, in one sentence."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return Malformed(expected=f"{place}: {first['msg']}", got=repr(first.get("input"))[:60])
