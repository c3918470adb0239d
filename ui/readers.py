"""Who reads an answer: a person at a browser, or a program."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from starlette.requests import Request


def wants_page(request: Request, for_programs: AbstractSet[str]) -> bool:
    """Whether a refusal is read by a person. `for_programs` are the first words of addresses that no person reads.

    What htmx asks for goes into a part of a page, where a whole one has no place.
    """
    first = request.url.path.split("/")[1]
    is_swapped = "hx-request" in request.headers
    accepted = request.headers.get("accept", "")
    return first not in for_programs and not is_swapped and "text/html" in accepted
