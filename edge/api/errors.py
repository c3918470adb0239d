"""The one place where an error becomes an HTTP status: chosen by its type, told with key, message and what to do.

A program gets JSON, a person at a browser a page: `answer_errors` is given who paints it.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from edge.api.limits import MAX_BODY_BYTES
from edge.domain.errors import (
    Broken,
    DiskFull,
    Fault,
    Malformed,
    NoSuchAddress,
    NotFound,
    Refused,
    ShopError,
    TooLong,
    Unreadable,
    WrongContent,
    WrongMethod,
)
from ui.readers import wants_page

Page = Callable[[Request, ShopError, int], Response]

# The first that fits. 422 means only "malformed"; a business refusal is 409.
STATUSES: tuple[tuple[type[ShopError], int], ...] = (
    (Unreadable, 400),
    (WrongMethod, 405),
    (TooLong, 413),
    (WrongContent, 415),
    (Malformed, 422),
    (NotFound, 404),
    (Refused, 409),
    (DiskFull, 507),
    (Fault, 500),
    (Broken, 503),
)
# What a rule expects, by pydantic's name for it; the braces are the rule's own values.
EXPECTED: Final = {
    "missing": "not to be missing",
    "int_type": "to be a whole number",
    "int_parsing": "to be a whole number",
    "int_parsing_size": "to be a number that fits the box",
    "int_from_float": "to be a whole number",
    "finite_number": "to be a whole number",
    "greater_than_equal": "to be {ge} or more",
    "less_than_equal": "to be {le} or less",
    "string_type": "to be text",
    "string_unicode": "to be text without half characters",
    "string_too_short": "to have {min_length} or more characters",
    "string_too_long": "to have {max_length} or fewer characters",
    "plain_text": "to be text without control characters",
    "literal_error": "to be {expected}",
    "list_type": "to be a list",
    "too_short": "to have {min_length} or more entries",
    "too_long": "to have {max_length} or fewer entries",
    "model_attributes_type": "to be an object",
    "json_invalid": "to be JSON",
}
WHOLE: Final = {"body": "the body", "query": "the query", "path": "the address"}
SHOWN: Final = 200  # characters of an address: somebody may send thousands
FOR_PROGRAMS: Final = frozenset({"api", "health", "metrics", "openapi.json", "events"})
"""The first words of addresses that no person reads, whatever the request says that it accepts."""
_brief = reprlib.Repr()
_brief.maxstring = _brief.maxother = _brief.maxlong = 60


class Refusal(BaseModel):
    """The error form, for whoever reads /openapi.json. `fields` are what the message was filled with."""

    key: str
    message: str
    what_now: str
    fields: dict[str, str | int]


def answer_errors(app: FastAPI, page: Page | None = None) -> None:
    """Every refusal in our form. Not coroutines: a page's template is read from disk, which is not for the loop."""

    def refuse(request: Request, error: Exception) -> Response:
        answer = _answer(request, in_words(request, error), page)
        if isinstance(error, HTTPException):
            answer.headers.update(error.headers or {})
        return answer

    for kind in (ShopError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, refuse)


def status_of(error: ShopError) -> int:
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 500)


def body_of(error: ShopError) -> dict[str, Any]:
    return {
        "key": error.key,
        "message": error.message,
        "what_now": error.what_now,
        "fields": error.fields,
    }


def in_words(request: Request, error: Exception) -> ShopError:
    if isinstance(error, ShopError):
        return error
    if isinstance(error, RequestValidationError):
        return _malformed(error)
    if isinstance(error, HTTPException):
        return _of_framework(request, error)
    return Fault()  # the server itself logs what it was


def _answer(request: Request, error: ShopError, page: Page | None) -> Response:
    status = status_of(error)
    if page is not None and wants_page(request, FOR_PROGRAMS):
        return page(request, error, status)
    return JSONResponse(body_of(error), status)


def _of_framework(request: Request, error: HTTPException) -> ShopError:
    path = request.url.path[:SHOWN]
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            return NoSuchAddress(path=path)
        case HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = (error.headers or {}).get("Allow", "another method")
            return WrongMethod(path=path, method=request.method, allowed=allowed)
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return TooLong(maximum=MAX_BODY_BYTES)
    return Unreadable(detail=str(error.detail).rstrip("."))


def _malformed(error: RequestValidationError) -> Malformed:
    """The first thing wrong, in one sentence."""
    first = error.errors()[0]
    rule = EXPECTED.get(first["type"])
    told = rule.format(**first.get("ctx", {})) if rule else f"to be right ({first['msg']})"
    match first["type"]:
        case "missing":
            return Malformed(expected=f"{_place(first['loc'])} {told}", got="nothing")
        case "json_invalid":
            at = f"{first['ctx']['error']} at character {first['loc'][-1]}"
            return Malformed(expected=f"{WHOLE['body']} {told}", got=at)
    return Malformed(expected=f"{_place(first['loc'])} {told}", got=_brief.repr(first["input"]))


def _place(loc: tuple[str | int, ...]) -> str:
    """Where it is, without the part of the request: "lines.0.quantity"; the part itself where all of it is wrong."""
    return ".".join(str(part) for part in loc[1:]) or WHOLE[str(loc[0])]
