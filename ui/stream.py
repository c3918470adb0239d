"""One live stream a page: server-sent events that carry htmx 4 partials, and only of the parts that differ.

An unnamed event's `<hx-partial hx-target=...>` elements are swapped each into its own target, so that one event
repaints several parts of a page in one go, and typed text and focus elsewhere are left alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Final

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

MORPH: Final = "outerMorph"
HEARTBEAT: Final = b": still here\n\n"  # lets a proxy and a dead socket be noticed
HEARTBEAT_S: Final = 15.0


def partial(target: str, html: str, swap: str = MORPH) -> str:
    """`html` for the element(s) of the CSS selector `target`; selectors are ours, never from data."""
    return f'<hx-partial hx-target="{target}" hx-swap="{swap}">{html}</hx-partial>'


def event(html: str) -> bytes:
    """One unnamed event (WHATWG HTML 9.2). Empty text is a heartbeat: htmx would clear its target otherwise."""
    if not html:
        return HEARTBEAT
    lines = "".join(f"data: {line}\n" for line in html.splitlines())
    return f"{lines}\n".encode()


class EventStream(StreamingResponse):
    """Ends properly where the server stops with pages still open; it would log a stack trace a page otherwise."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except asyncio.CancelledError:
            # Only the stopping server cancels a request, and it waits for nothing after this last empty chunk.
            await send({"type": "http.response.body", "body": b"", "more_body": False})


def response(events: AsyncIterator[bytes]) -> StreamingResponse:
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return EventStream(events, media_type="text/event-stream", headers=headers)


class Parts:
    """What one page shows, by selector. A fresh page knows nothing and gets the whole state first."""

    def __init__(self) -> None:
        self._shown: dict[str, str] = {}

    def changed(self, parts: Mapping[str, str]) -> str:
        """Partials of the parts that differ from what the page shows; "" where none does."""
        fresh = {target: html for target, html in parts.items() if self._shown.get(target) != html}
        self._shown.update(fresh)
        return "".join(partial(target, html) for target, html in fresh.items())
