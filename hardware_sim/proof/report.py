"""What a long command says while it runs (standard error), and what it says at the end (standard output)."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

QUIET_S = 1.0

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Layer:
    """One part of a proof or one benchmark: its verdict, its figures, and the words for a person."""

    name: str
    ok: bool
    figures: Figures
    lines: tuple[str, ...] = ()


@dataclass(slots=True)
class Progress:
    """Says where it is: on a terminal over the same line, else a line a second at most."""

    _said_at_s: float = field(default=0.0)
    _width: int = 0

    def __call__(self, words: str) -> None:
        now_s = time.monotonic()
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{words:<{self._width}}")
            self._width = len(words)
            sys.stderr.flush()
        elif now_s - self._said_at_s >= QUIET_S:
            self._said_at_s = now_s
            sys.stderr.write(words + "\n")

    def end(self) -> None:
        if self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            self._width = 0


def say(words: str = "") -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def tell(layer: Layer) -> None:
    say(f"{'ok  ' if layer.ok else 'FAIL'} {layer.name}")
    for line in layer.lines:
        say(f"     {line}")


def last_line(name: str, *, ok: bool, figures: Figures) -> str:
    """The one JSON object that a program reads: {"name", "ok", "figures"}."""
    return json.dumps({"name": name, "ok": ok, "figures": figures}, ensure_ascii=False)


def plain(value: Any) -> str:
    """A figure for a person: 12,345 or 0.0123, never 1.2e-05."""
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, float):
        return f"{value:,.4g}" if 0.001 <= abs(value) < 10_000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else json.dumps(value, ensure_ascii=False)
