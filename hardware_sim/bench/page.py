"""The bench's page."""

from __future__ import annotations

from fastapi import FastAPI

from hardware_sim.bench.line_control import LineControl
from hardware_sim.counter import Counter


def add_to(app: FastAPI, counter: Counter, line: LineControl) -> None:
    """The page."""
