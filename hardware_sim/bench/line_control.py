"""The switch of the line: asks the line's own process over its control port."""

from __future__ import annotations

from typing import Any

import httpx

TIMEOUT_S = 2.0


class LineControl:
    """`url` "" where no line process stands between box and hub."""

    def __init__(self, url: str) -> None:
        self.url = url

    def state(self) -> dict[str, Any] | None:
        """What the line reports; None where there is none or it does not answer."""
        if not self.url:
            return None
        try:
            answer = httpx.get(self.url, timeout=TIMEOUT_S, trust_env=False)
        except httpx.TransportError:
            return None
        found: dict[str, Any] = answer.json()
        return found

    def change(self, condition: dict[str, Any]) -> dict[str, Any]:
        """ValueError with the line's own words where it refuses, or where no line is."""
        if not self.url:
            raise ValueError("Expected a line_control_url in shop.toml, got none.")
        try:
            answer = httpx.post(self.url, json=condition, timeout=TIMEOUT_S, trust_env=False)
        except httpx.TransportError as error:
            raise ValueError(f"Expected the line's process at {self.url}, got {error}.") from error
        content: dict[str, Any] = answer.json()
        if answer.is_error:
            raise ValueError(content.get("message", answer.text))
        return content
