"""A printer's own characters: 12 by 24 dots for one byte, 24 by 24 for two, by the set in its firmware.

Bytes that the firmware does not know come out as its code page has them, or as an empty box: wrong on the paper, as at
a real counter.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFont

CELL_W: Final = 12
CELL_H: Final = 24
BASELINE: Final = 19
FONT_DOTS: Final = 22  # so that descenders stay within the cell
BOX: Final = "\u25a1"
_FACES: Final = {"ksc5601": 1, "gb18030": 2}
_CODECS: Final = {"ksc5601": "euc_kr", "gb18030": "gbk"}
# ESC t: code pages by number (Epson).
_PAGES: Final = {0: "cp437", 2: "cp850", 16: "cp1252"}
# ESC R: what replaces an ASCII character (Epson, international character sets).
_INTERNATIONAL: Final = {8: {"\\": "¥"}, 13: {"\\": "₩"}, 15: {"$": "¥"}}


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character in `cells` columns."""

    char: str
    cells: int


def read_text(
    data: bytes, double_byte: str, page: int, international: int
) -> tuple[list[Glyph], bytes]:
    """The characters of `data` in one mode, and the first half of a pair whose second has not come.

    `double_byte` is "" where the mode is off (FS .) or the firmware has no such set.
    """
    glyphs: list[Glyph] = []
    at = 0
    while at < len(data):
        lead = data[at]
        if double_byte and lead >= 0x81:
            if at + 1 == len(data):
                return glyphs, data[at:]
            glyph = _pair(data[at : at + 2], double_byte)
            glyphs += [glyph] if glyph else []
            at += 2 if glyph else 1
        else:
            glyphs.append(_single(lead, page, international))
            at += 1
    return glyphs, b""


def _pair(pair: bytes, double_byte: str) -> Glyph | None:
    """None where the second byte cannot be one: the first is swallowed, the second printed by itself."""
    if pair[1] < 0x40:
        return None
    try:
        return Glyph(pair.decode(_CODECS[double_byte]), 2)
    except UnicodeDecodeError:
        return Glyph(BOX, 2)


def _single(code: int, page: int, international: int) -> Glyph:
    char = bytes([code]).decode(_PAGES.get(page, "cp437"), "replace")
    return Glyph(_INTERNATIONAL.get(international, {}).get(char, char), 1)


# -- drawing -----------------------------------------------------------------------------------


@functools.cache
def _face(double_byte: str) -> ImageFont.FreeTypeFont:
    path = files("manimgx_fonts_cjk") / "NotoSansCJK-VF.otf.ttc"
    face = ImageFont.truetype(str(path), FONT_DOTS, index=_FACES.get(double_byte, 0))
    face.set_variation_by_axes([500])
    return face


@functools.lru_cache(maxsize=4096)
def drawn(glyph: Glyph, double_byte: str, scale: tuple[int, int], *, is_bold: bool) -> Image.Image:
    """The dots of one character; bold is the same character once more, one dot to the right."""
    width = CELL_W * glyph.cells
    cell = _fitted(glyph.char, double_byte, width)
    if is_bold:
        cell = ImageChops.lighter(cell, ImageChops.offset(cell, 1, 0))
    size = (width * scale[0], CELL_H * scale[1])
    return cell.resize(size, Image.Resampling.NEAREST).point(lambda level: 255 * (level > 110), "1")


def _fitted(char: str, double_byte: str, width: int) -> Image.Image:
    """Drawn at its own width, pressed into the cell where it is wider."""
    face = _face(double_byte)
    natural = max(1, round(face.getlength(char)))
    wide = Image.new("L", (natural, CELL_H))
    ImageDraw.Draw(wide).text((0, BASELINE), char, 255, font=face, anchor="ls")
    if natural > width:
        return wide.resize((width, CELL_H), Image.Resampling.BILINEAR)
    cell = Image.new("L", (width, CELL_H))
    cell.paste(wide, ((width - natural) // 2, 0))
    return cell
