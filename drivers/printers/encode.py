"""A document as the bytes of one model.

    printed(document, profile) -> ESC R 0 [FS &] [ESC t n], the elements, cut

Pure. The bytes take it that the printer has been initialised (ESC @) just before; that and the proof behind them is the
driver's part. `ESC R 0` is always there: Korean models start with the won sign at 5C, Chinese ones with the yen sign
in place of the dollar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Final

from drivers.interfaces import Element, Feed, PrintDocument, QrSymbol, Rule, TextLine
from drivers.printers import raster, text
from drivers.printers.layout import Row, lay_out
from drivers.printers.profile import EscposProfile

_USA: Final = b"\x1bR\x00"
_DOUBLE_BYTE_ON: Final = b"\x1c&"
_BOLD: Final = (b"\x1bE\x01", b"\x1bE\x00")
# With the line spacing that goes with it: at 30 dots the next line would touch.
_DOUBLE_SIZE: Final = (b"\x1d!\x11\x1b3\x3c", b"\x1d!\x00\x1b2")
_CENTER: Final = (b"\x1ba\x01", b"\x1ba\x00")
# To the knife and 6 mm further: the margin below the last line.
_FEED_AND_CUT: Final = b"\x1dVB\x30"


def printed(document: PrintDocument, profile: EscposProfile) -> bytes:
    """The whole document as commands."""
    fonts = profile.fonts
    elements = [_adapted(element, fonts) for element in document.elements]
    ways = _ways(elements, document.language, fonts)
    body = [
        _element(element, way, document.language, profile)
        for element, way in zip(elements, ways, strict=True)
    ]
    return _head(set(ways), profile) + b"".join(body) + _tail(document, profile)


def _head(ways: set[text.Way], profile: EscposProfile) -> bytes:
    double_byte = _DOUBLE_BYTE_ON if "double_byte" in ways else b""
    latin = b"\x1bt" + bytes([profile.fonts.latin_page]) if "latin" in ways else b""
    return _USA + double_byte + latin


def _tail(document: PrintDocument, profile: EscposProfile) -> bytes:
    if document.is_cut and profile.has_cutter:
        return _FEED_AND_CUT
    return _feed(profile.tail_lines)


def _feed(lines: int) -> bytes:
    return b"\x1bd" + bytes([min(255, lines)])


# -- which way ---------------------------------------------------------------------------------


def _adapted(element: Element, fonts: text.Fonts) -> Element:
    if not isinstance(element, TextLine):
        return element
    left, right = (text.adapt(text.clean(part), fonts) for part in (element.left, element.right))
    return TextLine(left, right, element.align, element.is_bold, element.scale)


def _ways(elements: list[Element], language: str, fonts: text.Fonts) -> list[text.Way]:
    """The way of each element; anything but text is "plain"."""
    texts = [it.left + it.right if isinstance(it, TextLine) else "" for it in elements]
    able = text.Fonts() if text.is_mixed(texts) else fonts
    return [text.choose_way(it, language, able) for it in texts]


# -- elements ----------------------------------------------------------------------------------


def _element(element: Element, way: text.Way, language: str, profile: EscposProfile) -> bytes:
    match element:
        case TextLine():
            draw = (
                partial(_picture, language=language)
                if way == "picture"
                else partial(_text, way=way)
            )
            return b"".join(draw(element, profile=profile))
        case Rule():
            return b"-" * profile.columns + b"\n"
        case QrSymbol(data):
            return _qr(data, profile)
        case Feed(lines):
            return _feed(lines)


def _text(line: TextLine, way: text.Way, profile: EscposProfile) -> Iterator[bytes]:
    """Rows in the printer's own fonts; both sides are set with spaces, so that nothing depends on tab stops."""
    limit = profile.columns // line.scale
    measure = partial(text.width, way=way)
    on, off = _styles(line)
    yield on
    for row in lay_out(line.left, line.right, limit, 1, measure):
        yield text.encode(_spaced(row, line, limit, way), way, profile.fonts) + b"\n"
    yield off


def _spaced(row: Row, line: TextLine, limit: int, way: text.Way) -> str:
    room = limit - text.width(row.left, way) - text.width(row.right, way)
    if row.right:
        return row.left + " " * room + row.right
    return " " * (room // 2 if line.align == "center" else 0) + row.left


def _styles(line: TextLine) -> tuple[bytes, bytes]:
    styles = [_BOLD] * line.is_bold + [_DOUBLE_SIZE] * (line.scale == 2)
    return b"".join(on for on, _ in styles), b"".join(off for _, off in styles)


def _picture(line: TextLine, language: str, profile: EscposProfile) -> Iterator[bytes]:
    face = raster.font(language, line.scale, is_bold=line.is_bold)
    measure = partial(raster.measure, face=face)
    for row in lay_out(line.left, line.right, profile.dots, raster.GAP_DOTS, measure):
        yield raster.text_row(
            row,
            language,
            profile.dots,
            line.scale,
            is_bold=line.is_bold,
            is_centered=line.align == "center" and not row.right,
        )


# -- QR symbols --------------------------------------------------------------------------------


def _qr(data: str, profile: EscposProfile) -> bytes:
    stored = data.encode()
    if (size := _qr_bytes(data)) > _QR_BYTES_M[-1]:  # a printer's own symbol would just not appear
        raise ValueError(f"Expected at most {_QR_BYTES_M[-1]} bytes for a QR symbol, got {size}.")
    if not profile.has_qr:
        return raster.qr_symbol(data, profile.dots)
    size = raster.module_dots(qr_modules(_qr_bytes(data)), profile.dots)
    margin = raster.quiet_zone(size)
    return b"".join(
        [
            margin + _CENTER[0],
            _qr_function(b"A", b"2\x00"),  # 165: model 2
            _qr_function(b"C", bytes([size])),  # 167: dots a module
            _qr_function(b"E", b"1"),  # 169: error correction M
            _qr_function(b"P", b"0" + stored),  # 180: store
            _qr_function(b"Q", b"0"),  # 181: print
            _CENTER[1] + margin,
        ]
    )


def _qr_function(function: bytes, parameters: bytes) -> bytes:
    body = b"1" + function + parameters
    return b"\x1d(k" + len(body).to_bytes(2, "little") + body


def _qr_bytes(data: str) -> int:
    """Bytes that `data` takes in a symbol: capitals and digits are packed two in 11 bits (ISO/IEC 18004, 7.4.4)."""
    if _QR_ALPHANUMERIC.fullmatch(data):
        return -(-len(data) * 11 // 16)
    return len(data.encode())


def qr_modules(data_bytes: int) -> int:
    """Modules along one side, quiet zone included, of the symbol that holds so many bytes at level M.

    >>> qr_modules(14), qr_modules(15)
    (29, 33)
    """
    version = next((v for v, most in enumerate(_QR_BYTES_M, 1) if data_bytes <= most), 40)
    return 17 + 4 * version + 8


_QR_ALPHANUMERIC: Final = re.compile(r"[0-9A-Z $%*+\-./:]+")
# Bytes a symbol of version 1, 2, ... holds at error correction M (ISO/IEC 18004, table 7).
_QR_BYTES_M: Final = (
    14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331, 362, 412, 450, 504, 560, 624, 666,
    711, 779, 857, 911, 997, 1059, 1125, 1190, 1264, 1370, 1452, 1538, 1628, 1722, 1809, 1911, 1989,
    2099, 2213, 2331,
)  # fmt: skip
