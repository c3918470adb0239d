"""The switch of the line: asks the line's own process over its control port."""

from __future__ import annotations

import threading
import time
from typing import Any, Final

import httpx

TIMEOUT_S: Final = 2.0
FRESH_S: Final = 1.0


class LineControl:
    """`url` "" where no line process stands between box and hub."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = httpx.Client(timeout=TIMEOUT_S, trust_env=False)
        self._lock = threading.Lock()
        self._known: dict[str, Any] | None = None
        self._known_at_s = float("-inf")

    def state(self) -> dict[str, Any] | None:
        """What the line reports, a second old at most; None where there is none or it does not answer."""
        if not self.url:
            return None
        with self._lock:
            if time.monotonic() - self._known_at_s > FRESH_S:
                self._known = self._ask()
                self._known_at_s = time.monotonic()
            return self._known

    def change(self, condition: dict[str, Any]) -> dict[str, Any]:
        """ValueError with the line's own words where it refuses, or where no line is."""
        if not self.url:
            raise ValueError("Expected a line_control_url in shop.toml, got none.")
        try:
            answer = self._client.post(self.url, json=condition)
        except httpx.TransportError as error:
            raise ValueError(f"Expected the line's process at {self.url}, got {error}.") from error
        content: dict[str, Any] = answer.json()
        if answer.is_error:
            raise ValueError(content.get("message", answer.text))
        with self._lock:
            self._known_at_s = float("-inf")
        return content

    def close(self) -> None:
        self._client.close()

    def _ask(self) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._client.get(self.url).json()
        except httpx.TransportError:
            return None
        return found
