"""A process beside the bench that the page shows and works: asked over HTTP, its state a second old at most."""

from __future__ import annotations

import threading
import time
from typing import Any, Final

import httpx

TIMEOUT_S: Final = 2.0
FRESH_S: Final = 1.0


class Remote:
    """`url` "" where no such process runs; `setting` is where shop.toml would name it, `name` how people call it."""

    def __init__(self, url: str, setting: str, name: str, path: str = "") -> None:
        self.url = url
        self._setting = setting
        self._name = name
        self._path = path
        self._client = httpx.Client(timeout=TIMEOUT_S, trust_env=False)
        self._lock = threading.Lock()
        self._known: dict[str, Any] | None = None
        self._known_at_s = float("-inf")

    def state(self) -> dict[str, Any] | None:
        """What it reports, a second old at most; None where there is none or it does not answer."""
        if not self.url:
            return None
        with self._lock:
            if time.monotonic() - self._known_at_s > FRESH_S:
                self._known = self.ask()
                self._known_at_s = time.monotonic()
            return self._known

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """ValueError with its own words where it refuses, or where there is none."""
        if not self.url:
            raise ValueError(f"Expected a {self._setting} in shop.toml, got none.")
        try:
            answer = self._client.post(self.url + self._path + path, json=body)
        except httpx.TransportError as error:
            raise ValueError(f"Expected {self._name} at {self.url}, got {error}.") from error
        content: dict[str, Any] = answer.json()
        if answer.is_error:
            raise ValueError(content.get("message", answer.text))
        with self._lock:
            self._known_at_s = float("-inf")
        return content

    def close(self) -> None:
        self._client.close()

    def ask(self) -> dict[str, Any] | None:
        """Its state this moment, None where it does not answer."""
        try:
            answer = self._client.get(self.url + self._path)
        except httpx.TransportError:
            return None
        found: dict[str, Any] | None = answer.json() if answer.is_success else None
        return found
