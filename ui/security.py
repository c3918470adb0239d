"""What every page of ours says to the browser, and whom it lets act: plain ASGI, because streams pass through it."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS: Final = {
    # No inline script or style, nothing from elsewhere: an injected name of a product stays text.
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITES: Final = frozenset({"same-origin", "none"})
REFUSAL: Final = (
    "This request came from another site's page, so nothing was done. "
    "Open the page itself and try again.\n"
)


def is_foreign(method: str, headers: Headers) -> bool:
    """Whether another site's page is trying to act through this browser (Fetch Metadata, W3C).

    Browsers always send Sec-Fetch-Site to 127.0.0.1 and https; programs that speak to the API send none.
    """
    site = headers.get("sec-fetch-site")
    return method not in SAFE_METHODS and site is not None and site not in OWN_SITES


class Guard:
    """Adds HEADERS to every answer and refuses foreign requests that could change something."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if is_foreign(scope["method"], Headers(scope=scope)):
            refusal = PlainTextResponse(REFUSAL, status_code=403)
            await refusal(scope, receive, send_with_headers)
        else:
            await self._app(scope, receive, send_with_headers)
