"""The line buffer: characters wait side by side until a line feed, or the paper's edge, prints them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

import segno
from PIL import Image

from hardware_sim.printers.fonts import CELL_W, Glyph, drawn
from hardware_sim.printers.unit import Rows

LINE_ROWS: Final = 30
ALIGN_LEFT, ALIGN_CENTER, ALIGN_RIGHT = range(3)


@dataclass(slots=True)
class Style:
    """What ESC @ sets back."""

    is_bold: bool = False
    scale: tuple[int, int] = (1, 1)
    align: int = ALIGN_LEFT
    spacing: int = LINE_ROWS
    page: int = 0
    international: int = 0
    is_double_byte: bool = False
    half: bytes = b""  # the first byte of a pair whose second has not come


@dataclass(slots=True)
class LineBuffer:
    """One line of `dots`, not printed yet."""

    dots: int
    placed: list[tuple[int, Image.Image]] = field(default_factory=list)
    text: str = ""
    x: int = 0

    def add(self, glyph: Glyph, style: Style, double_byte: str) -> Rows | None:
        """Places one character; the line that it pushes out, if it is full."""
        image = drawn(glyph, double_byte, style.scale, is_bold=style.is_bold)
        pushed = self.flush(style) if self.x + image.width > self.dots else None
        self.placed.append((self.x, image))
        self.text += glyph.char
        self.x += image.width
        return pushed

    def tab(self) -> None:
        """To the next eighth column."""
        stop = 8 * CELL_W
        target = min(self.dots, (self.x // stop + 1) * stop)
        self.text += " " * ((target - self.x) // CELL_W)
        self.x = target

    def flush(self, style: Style) -> Rows:
        """The line as rows, the space to the next one included."""
        height = max((image.height for _, image in self.placed), default=0)
        sheet = Image.new("1", (self.dots, max(height, style.spacing)))
        shift = aligned(self.x, self.dots, style.align)
        for x, image in self.placed:
            sheet.paste(image, (x + shift, height - image.height))
        indent = " " * (shift // CELL_W)
        rows = Rows(rows_of(sheet), indent + self.text.rstrip())
        self.placed, self.text, self.x = [], "", 0
        return rows


def aligned(width: int, dots: int, align: int) -> int:
    """Where something of `width` begins."""
    return {ALIGN_CENTER: (dots - width) // 2, ALIGN_RIGHT: dots - width}.get(align, 0)


def rows_of(image: Image.Image) -> deque[bytes]:
    """The rows of a one-bit picture whose width is a multiple of eight."""
    data, step = image.tobytes(), image.width // 8
    return deque(data[at : at + step] for at in range(0, len(data), step))


def blank(rows: int, dots: int) -> Rows:
    return Rows(deque(bytes(dots // 8) for _ in range(rows)))


def raster(data: bytes, row_bytes: int, dots: int, align: int) -> Rows:
    """GS v 0: what is wider than the paper is lost."""
    height = len(data) // row_bytes if row_bytes else 0
    if not height:
        return Rows(deque())
    picture = Image.frombytes("1", (row_bytes * 8, height), data)
    sheet = Image.new("1", (dots, height))
    sheet.paste(picture, (aligned(picture.width, dots, align), 0))
    return Rows(rows_of(sheet), "[picture]")


def qr(data: bytes, level: str, module_dots: int, dots: int, align: int) -> Rows:
    """The printer's own QR symbol, no quiet zone of its own, as most models print it."""
    modules = segno.make_qr(data, error=level, boost_error=False).matrix
    side = len(modules) * module_dots
    sheet = Image.new("1", (dots, side))
    shift = aligned(side, dots, align)
    for y, row in enumerate(modules):
        for x, is_dark in enumerate(row):
            if is_dark:
                left, top = shift + x * module_dots, y * module_dots
                sheet.paste(1, (left, top, left + module_dots, top + module_dots))
    return Rows(rows_of(sheet), f"[QR {data.decode('utf-8', 'replace')}]")
