"""Texts to the left and right of a line, wrapped to the paper's width.

The same rules for both ways onto the paper: a measure says how wide a text is, in columns for the printer's own fonts
and in dots for pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from drivers.printers.text import is_ideograph

Measure = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Row:
    left: str
    right: str = ""


def lay_out(left: str, right: str, limit: int, gap: int, measure: Measure) -> list[Row]:
    """Rows of at most `limit`; `right` stands in the last one, or below it where it does not fit.

    >>> lay_out("Instant noodles", "12.00", 12, 1, len)
    [Row(left='Instant', right=''), Row(left='noodles', right=''), Row(left='', right='12.00')]
    """
    rows = [Row(text) for text in wrap(left, limit, measure)]
    last = rows[-1].left
    if not right:
        return rows
    if measure(last) + bool(last) * gap + measure(right) <= limit:
        return [*rows[:-1], Row(last, right)]
    below = [Row("", text) for text in wrap(right, limit, measure)]
    return [*(rows if last else rows[:-1]), *below]


def wrap(text: str, limit: int, measure: Measure) -> list[str]:
    """At least one row. Words stay whole, Chinese and Korean break between any two characters."""
    if measure(text) <= limit:
        return [text]
    rows = [""]
    for piece in _pieces(text, limit, measure):
        if rows[-1] and measure((rows[-1] + piece).rstrip()) > limit:
            rows.append("")
        rows[-1] += piece if rows[-1] or piece.strip() else ""
    return [row.rstrip() for row in rows]


def _pieces(text: str, limit: int, measure: Measure) -> Iterator[str]:
    """What must not be broken: a word with the space behind it, or one character."""
    word = ""
    for char in text:
        is_alone = is_ideograph(char)
        if word and (is_alone or measure(word + char) > limit):
            yield word
            word = ""
        word += char
        if is_alone or char == " ":
            yield word
            word = ""
    if word:
        yield word
