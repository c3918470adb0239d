"""What every page of ours says to the browser, and whom it lets act: plain ASGI, because streams pass through it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def policy(*goes_to: str) -> str:
    """No inline script or style, nothing from elsewhere: an injected name of a product stays text.

    `goes_to` are the origins that a form of this page may lead to beside our own: a browser asks for them even where
    we send it on ourselves (CSP 3, form-action).

    >>> policy("http://127.0.0.1:8310").split("; ")[2]
    "form-action 'self' http://127.0.0.1:8310"
    """
    forms = " ".join(("'self'", *goes_to))
    return (
        f"default-src 'self'; base-uri 'none'; form-action {forms}; "
        "frame-ancestors 'none'; object-src 'none'"
    )


HEADERS: Final = {
    "Content-Security-Policy": policy(),
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
UNKNOWN_NAME: Final = (
    "This page is not known under the name that it was asked for, so nothing was done. Ask for it by its "
    "IP address, or add the name to host_names in its settings.\n"
)


def is_foreign(method: str, headers: Headers) -> bool:
    """Whether another site's page is trying to act through this browser.

    Browsers say so (Fetch Metadata, W3C) to 127.0.0.1 and to https. To a plain http address of a shop's network
    they send Origin alone (Fetch Standard, 3.2): ours where it names the host that was asked. Programs send neither.
    """
    if method in SAFE_METHODS:
        return False
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site not in OWN_SITES
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


@lru_cache(maxsize=256)
def is_out_of_strangers_reach(host: str) -> bool:
    """Whether nobody outside can make the name in `host` (a Host header) point here.

    That is what DNS rebinding does: a stranger's name, resolved to our address, makes his page one of our own site
    to the browser. An address, a name without a dot and one of mDNS (RFC 6762) stand in no public DNS.
    """
    name = name_in(host)
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "." not in name or name.endswith((".local", ".localhost"))
    return True


def name_in(host: str) -> str:
    """The name or address in a Host header, without port and brackets, in lower case."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return f"{host}."  # no name at all, and none that is out of reach


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


class OwnNames:
    """Answers only under addresses, names of the local network and the `names` it is given."""

    def __init__(self, app: ASGIApp, names: Iterable[str] = ()) -> None:
        self._app = app
        self._names = frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._is_own(Headers(scope=scope).get("host", "")):
            await self._app(scope, receive, send)
        else:
            refusal = PlainTextResponse(UNKNOWN_NAME, status_code=421)  # RFC 9110, 15.5.20
            await refusal(scope, receive, send)

    def _is_own(self, host: str) -> bool:
        return is_out_of_strangers_reach(host) or name_in(host) in self._names
