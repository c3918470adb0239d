"""Lines and symbols as pictures: GS v 0, in strips that any model's buffer can hold.

A printer acts on DLE EOT, DLE ENQ and DLE DC4 wherever they appear, also inside a picture: 10 14 01 there opens the
drawer. `defuse` sets one more dot beside such a lone dot, which no eye sees.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

    from drivers.printers.layout import Row

STRIP_ROWS_MAX: Final = 255
STRIP_BYTES_MAX: Final = 4096
# One row of text: 24 dots of character, 6 between rows, as the printer's own line spacing (ESC 2).
ROW_DOTS: Final = 30
BASELINE_DOTS: Final = 23
FONT_DOTS: Final = 25
GAP_DOTS: Final = 12

# Faces of Noto Sans CJK by language: the shared characters differ in shape.
_FACES: Final = {"ko": 1, "zh": 2}
_WEIGHT: Final = 500  # thermal heads thin a stroke out
_BOLD_WEIGHT: Final = 800
_INK: Final = 110  # of 255: where an edge counts as black
_QUIET_MODULES: Final = 4  # ISO/IEC 18004, quiet zone

_REAL_TIME: Final = re.compile(rb"\x10(?=[\x04\x05\x14])")


def strips(data: bytes, row_bytes: int) -> bytes:
    """A picture (rows of `row_bytes`, most significant bit left, 1 = black) as GS v 0 commands."""
    safe = defuse(data)
    rows = max(1, min(STRIP_ROWS_MAX, STRIP_BYTES_MAX // row_bytes))
    step = rows * row_bytes
    return b"".join(_strip(safe[at : at + step], row_bytes) for at in range(0, len(safe), step))


def _strip(data: bytes, row_bytes: int) -> bytes:
    size = row_bytes.to_bytes(2, "little") + (len(data) // row_bytes).to_bytes(2, "little")
    return b"\x1dv0\x00" + size + data


def defuse(data: bytes) -> bytes:
    """`data` without DLE EOT, DLE ENQ and DLE DC4.

    >>> defuse(bytes.fromhex("00 10 14 01 10 00")).hex(" ")
    '00 18 14 01 10 00'
    """
    return _REAL_TIME.sub(b"\x18", data)


# -- text --------------------------------------------------------------------------------------


@functools.cache
def font(language: str, scale: int, *, is_bold: bool) -> FreeTypeFont:
    """Loaded when the first picture is drawn: 30 ms for the first face, next to nothing for the others."""
    from importlib.resources import files

    from PIL import ImageFont

    path = files("manimgx_fonts_cjk") / "NotoSansCJK-VF.otf.ttc"
    face = ImageFont.truetype(str(path), FONT_DOTS * scale, index=_FACES.get(language, 1))
    face.set_variation_by_axes([_BOLD_WEIGHT if is_bold else _WEIGHT])
    return face


@functools.lru_cache(maxsize=1024)
def measure(text: str, face: FreeTypeFont) -> int:
    """Width of `text` in dots."""
    return int(face.getlength(text)) + 1


@functools.lru_cache(maxsize=1024)
def text_row(
    row: Row, language: str, dots: int, scale: int, *, is_bold: bool, is_centered: bool
) -> bytes:
    """One row of text as commands. Kept: shop names, headings and popular products come again and again."""
    from PIL import Image, ImageDraw

    face = font(language, scale, is_bold=is_bold)
    picture = Image.new("L", (dots, ROW_DOTS * scale))
    draw = ImageDraw.Draw(picture)
    left_x = (dots - measure(row.left, face)) // 2 if is_centered else 0
    draw.text((left_x, BASELINE_DOTS * scale), row.left, 255, font=face, anchor="ls")
    if row.right:
        draw.text((dots - 1, BASELINE_DOTS * scale), row.right, 255, font=face, anchor="rs")
    inked = picture.point(lambda level: 255 * (level > _INK), "1")
    return strips(inked.tobytes(), dots // 8)


# -- QR symbols --------------------------------------------------------------------------------


def qr_symbol(data: str, dots: int) -> bytes:
    """A QR symbol in the middle of the paper, error correction M."""
    import segno

    modules = segno.make_qr(data, error="m", boost_error=False).matrix
    size = module_dots(len(modules) + 2 * _QUIET_MODULES, dots)
    left = (dots - len(modules) * size) // 2
    rows = [_qr_row(row, size, left, dots) * size for row in modules]
    margin = quiet_zone(size)
    return margin + strips(b"".join(rows), dots // 8) + margin


def quiet_zone(size: int) -> bytes:
    """Paper above and below a symbol of `size` dots a module (ESC J)."""
    return b"\x1bJ" + bytes([_QUIET_MODULES * size])


def _qr_row(modules: bytearray, size: int, left: int, dots: int) -> bytes:
    """One row of modules as one row of dots."""
    line = 0
    for module in modules:
        line = line << size | ((1 << size) - 1 if module else 0)
    return (line << (dots - left - len(modules) * size)).to_bytes(dots // 8, "big")


def module_dots(modules: int, dots: int) -> int:
    """Dots a module: 8 at most, as fits two thirds of the paper; where that would be under 3, as fits all of it.

    >>> module_dots(41, 576), module_dots(81, 384), module_dots(145, 384)
    (8, 3, 2)
    """
    wanted = min(8, dots * 2 // 3 // modules)
    return max(wanted, min(3, dots // modules))
