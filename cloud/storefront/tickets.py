"""The name of a browser in its cookie, signed so that nobody takes another's; and links that nobody guesses."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets

_TICKET = re.compile(r"(?P<name>[A-Za-z0-9_-]{22})\.(?P<mac>[A-Za-z0-9_-]{43})")


def new_name() -> str:
    """128 bits of chance in 22 characters that need no quoting anywhere."""
    return secrets.token_urlsafe(16)


def ticket(secret: bytes, name: str) -> str:
    return f"{name}.{_mac(secret, name)}"


def name_on(secret: bytes, text: str) -> str:
    """The name on a ticket of ours; "" for anything else, however much it resembles one."""
    found = _TICKET.fullmatch(text)
    if found is None or not hmac.compare_digest(_mac(secret, found["name"]), found["mac"]):
        return ""
    return found["name"]


def _mac(secret: bytes, name: str) -> str:
    digest = hmac.digest(secret, name.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
