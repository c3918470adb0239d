"""The paper that comes out: rows of dots, and beside them the text that was meant, split where it was cut."""

from __future__ import annotations

import io
import itertools
from dataclasses import dataclass, field
from typing import Final

from PIL import Image, ImageDraw

MARGIN_DOTS: Final = 32  # 80 mm paper, 72 mm of print
BLACK: Final = 32
WHITE: Final = 250
CUT_GREY: Final = 170
KNIFE_ROWS: Final = 96  # from the head up to the knife or the tear bar: 12 mm
# A bench that runs for days must not keep kilometres: 40 m, then the oldest is thrown away.
KEPT_ROWS: Final = 320_000


@dataclass(frozen=True, slots=True)
class Receipt:
    """One piece of paper: the rows from `first` up to `last`, and its text."""

    first: int
    last: int
    text: str
    is_cut: bool


@dataclass(slots=True)
class Paper:
    """Rows of `dots` / 8 bytes, most significant bit left, 1 = black."""

    dots: int
    rows: list[bytes] = field(default_factory=list)
    marks: list[tuple[int, str]] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._hang_out()

    def add_row(self, row: bytes) -> None:
        self.rows.append(row)

    def add_text(self, text: str) -> None:
        """Notes what the coming rows say."""
        self.marks.append((len(self.rows), text))

    def cut(self) -> None:
        """At the knife, above the head: what was not fed past it hangs on the next piece."""
        self.cuts.append(max(0, len(self.rows) - KNIFE_ROWS))
        if len(self.rows) > KEPT_ROWS:
            self._forget(self.cuts[len(self.cuts) // 2])

    def tear(self) -> None:
        """A hand takes everything that hangs out."""
        self.rows.clear()
        self.marks.clear()
        self.cuts.clear()
        self._hang_out()

    def _hang_out(self) -> None:
        """Paper between head and knife is never printed on: the margin above every receipt."""
        self.rows += [bytes(self.dots // 8)] * KNIFE_ROWS

    def _forget(self, before: int) -> None:
        del self.rows[:before]
        self.marks = [(row - before, text) for row, text in self.marks if row >= before]
        self.cuts = [cut - before for cut in self.cuts if cut > before]

    def receipts(self) -> list[Receipt]:
        """The pieces in the order they came, the one that still hangs in the printer last."""
        edges = [0, *self.cuts, len(self.rows)]
        pieces = [
            Receipt(first, last, self._text(first, last), is_cut=last in self.cuts)
            for first, last in itertools.pairwise(edges)
        ]
        return [piece for piece in pieces if piece.is_cut or self._has_ink(piece)]

    def _has_ink(self, piece: Receipt) -> bool:
        return any(row.strip(b"\0") for row in self.rows[piece.first : piece.last])

    def text(self) -> str:
        return self._text(0, len(self.rows) + 1)

    def _text(self, first: int, last: int) -> str:
        lines = [text for row, text in self.marks if first <= row < last]
        return "\n".join(lines)

    def picture(self, first: int = 0, last: int | None = None) -> Image.Image:
        """The rows from `first` up to `last` as a customer sees them, with the cuts between."""
        rows = self.rows[first:last]
        height = max(1, len(rows))
        ink = Image.frombytes("1", (self.dots, height), b"".join(rows) or bytes(self.dots // 8))
        sheet = Image.new("L", (self.dots + 2 * MARGIN_DOTS, height), WHITE)
        sheet.paste(BLACK, (MARGIN_DOTS, 0), ink)
        draw = ImageDraw.Draw(sheet)
        for cut in self.cuts:
            if first < cut < first + len(rows):
                draw.line((0, cut - first, sheet.width, cut - first), fill=CUT_GREY, width=2)
        return sheet

    def png(self, first: int = 0, last: int | None = None) -> bytes:
        held = io.BytesIO()
        self.picture(first, last).save(held, "PNG")
        return held.getvalue()
