"""A QR symbol (ISO/IEC 18004) as SVG inside the page: no picture to fetch, no inline style, sharp at any size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from markupsafe import Markup

QUIET = 4  # modules of white around it, as the standard wants


def symbol(text: str, words: str) -> Markup:
    """`words` say to those who do not see it what it is."""
    import segno

    rows = segno.make_qr(text, error="m", boost_error=False).matrix
    size = len(rows) + 2 * QUIET
    path = "".join(_bars(rows))
    return Markup(
        '<svg class="symbol" viewBox="0 0 {size} {size}" role="img" aria-label="{words}" shape-rendering="crispEdges">'
        '<rect width="{size}" height="{size}" class="light"/><path class="dark" d="{path}"/></svg>'
    ).format(size=size, words=words, path=path)


def _bars(rows: Iterable[Iterable[int]]) -> Iterator[str]:
    """One bar for each run of dark modules in a row."""
    for y, row in enumerate(rows, QUIET):
        x = QUIET
        for dark, run in groupby(row):
            width = len(list(run))
            if dark:
                yield f"M{x} {y}h{width}v1h-{width}z"
            x += width
