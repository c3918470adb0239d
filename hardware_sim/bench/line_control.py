"""The switch of the line: asks the line's own process over its control port."""

from __future__ import annotations

from typing import Any

from hardware_sim.bench.remote import Remote


class LineControl(Remote):
    def __init__(self, url: str) -> None:
        super().__init__(url, "line_control_url", "the line's process")

    def change(self, condition: dict[str, Any]) -> dict[str, Any]:
        """ValueError with the line's own words where it refuses, or where no line is."""
        return self.post("", condition)
