"""A row of numbers as one SVG path: drawn by the server, so that a table of boxes needs no script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

WIDTH: Final = 96
HEIGHT: Final = 20
MARGIN: Final = 2


def points(values: Sequence[float]) -> list[tuple[float, float]]:
    """Each value's place in a WIDTH x HEIGHT box, the smallest at the bottom; a flat row runs in the middle."""
    low, high = min(values), max(values)
    step = (WIDTH - 2 * MARGIN) / max(len(values) - 1, 1)
    room = HEIGHT - 2 * MARGIN

    def height(value: float) -> float:
        share = (value - low) / (high - low) if high > low else 0.5
        return round(HEIGHT - MARGIN - share * room, 1)

    return [(round(MARGIN + i * step, 1), height(value)) for i, value in enumerate(values)]


def sparkline(values: Sequence[float], label: str) -> Markup:
    """`label` says in words what the line shows, with its last value: the picture alone tells no one who cannot see."""
    if not values:
        return Markup("")
    placed = points(values)
    path = "M" + " L".join(f"{x:g} {y:g}" for x, y in placed)
    x, y = placed[-1]
    return Markup(
        '<svg class="spark" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' role="img" aria-label="{label}">'
        '<path d="{path}"/><circle cx="{x:g}" cy="{y:g}" r="1.8"/></svg>'
    ).format(width=WIDTH, height=HEIGHT, label=label, path=path, x=x, y=y)
