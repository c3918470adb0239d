"""Which lines a model can print from its own fonts, and in which bytes; the others become pictures.

ESC/POS has no Unicode. A model carries one double-byte set at most, Korean or Chinese, and shows a wrong character
without a word where a code is not in it. So a line goes as text only if every character of it is surely in the font:

* two bytes or nothing: in GB18030 U+00A5 is 81 30 84 36 and a GBK printer prints "0" and "6" from it; rare Hangul
  becomes eight bytes in EUC-KR. Both codecs are asked for exactly two.
* the yen sign means yuan to a Chinese shop: U+00A5 is set as U+FFE5, A3 A4 in GBK.
* the won sign U+20A9 is in no double-byte set at one column; ESC R 13 puts it at 5C on models that know that set.
* Chinese and Korean in one document: the fonts of a model draw the same character differently from the picture's, so
  the whole document is pictures then.

Widths are in columns of the paper: a double-byte character takes two.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

Way = Literal["plain", "latin", "double_byte", "picture"]
Encode = Callable[[str], bytes]

CODECS: Final = {"ksc5601": "euc_kr", "gb18030": "gbk"}
# The languages whose readers expect that set's shapes of the shared characters.
_LANGUAGES: Final = {"ksc5601": {"ko", "en"}, "gb18030": {"zh", "en"}}
_PLAIN: Final = str.maketrans(
    {"×": "x", "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "..."}
)
_WON: Final = "₩"
_SELECT_SET: Final = b"\x1bR"
_WON_CODE: Final = b"\x5c"
_KEPT: Final = 4096  # characters: a shop's names and headings come again and again


@dataclass(frozen=True, slots=True)
class Fonts:
    """What one model can draw by itself.

    `double_byte` is "" unless the set was verified by a test print. `won_set` is the international set (ESC R) with
    the won sign at 5C, `latin_page` the code page (ESC t) of `latin_codec`; 0 where there is none.
    """

    double_byte: Literal["", "ksc5601", "gb18030"] = ""
    won_set: int = 0
    latin_page: int = 0
    latin_codec: str = ""


def clean(text: str) -> str:
    """Composed, and free of control characters: no text of a shop can carry a command of the printer."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(char if char.isprintable() else "?" for char in composed)


def is_mixed(texts: Iterable[str]) -> bool:
    """Whether both Hangul and Chinese characters occur."""
    scripts = {script_of(char) for text in texts for char in text}
    return {"hangul", "han"} <= scripts


def script_of(char: str) -> Literal["hangul", "han", ""]:
    if "\uac00" <= char <= "\ud7a3" or "\u1100" <= char <= "\u11ff" or "\u3130" <= char <= "\u318f":
        return "hangul"
    if "\u3400" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff" or char >= "\U00020000":
        return "han"
    return ""


def choose_way(text: str, language: str, fonts: Fonts) -> Way:
    """How `text`, already `clean` and `adapt`ed, gets onto this model's paper."""
    if text.isascii():
        return "plain"
    if fonts.double_byte:
        fits = language in _LANGUAGES[fonts.double_byte] and _fits(text, _double_byte(fonts))
        return "double_byte" if fits else "picture"
    if fonts.latin_codec and _fits(text, _latin(fonts)):
        return "latin"
    return "picture"


def adapt(text: str, fonts: Fonts) -> str:
    """`text` with the characters that this model has under another code point, or in a plainer form.

    >>> adapt("¥12", Fonts(double_byte="gb18030")), adapt("2 × 5", Fonts())
    ('￥12', '2 x 5')
    """
    if fonts.double_byte == "gb18030":
        return text.replace("¥", "￥")
    plain = text.translate(_PLAIN)
    is_plainer = plain.isascii() and not fonts.double_byte and not fonts.latin_codec
    return plain if is_plainer else text


def encode(text: str, way: Way, fonts: Fonts) -> bytes:
    """The bytes of a line that `choose_way` found to fit."""
    if way == "plain":
        return text.encode("ascii")
    one = _latin(fonts) if way == "latin" else _double_byte(fonts)
    return b"".join(one(char) for char in text)


def width(text: str, way: Way) -> int:
    """Columns of `text`.

    >>> width("₩1,000", "double_byte"), width("신라면 1", "double_byte")
    (6, 8)
    """
    if way in {"plain", "latin"}:
        return len(text)
    return sum(_columns(char) for char in text)


@functools.lru_cache(maxsize=_KEPT)
def _columns(char: str) -> int:
    """Ambiguous ones (×, ·, ①) are as wide as the double-byte fonts have them, accented letters are letters."""
    if unicodedata.combining(char):
        return 0
    kind = unicodedata.east_asian_width(char)
    is_letter = char < "\u0250" and char.isalpha()
    return 2 if kind in "WF" or (kind == "A" and not is_letter) else 1


# -- one character -----------------------------------------------------------------------------


def _fits(text: str, one: Encode) -> bool:
    try:
        for char in text:
            one(char)
    except UnicodeEncodeError:
        return False
    return True


def _latin(fonts: Fonts) -> Encode:
    return lambda char: char.encode(fonts.latin_codec)


def _double_byte(fonts: Fonts) -> Encode:
    return functools.partial(_coded, double_byte=fonts.double_byte, won_set=fonts.won_set)


@functools.lru_cache(maxsize=_KEPT)
def _coded(char: str, double_byte: str, won_set: int) -> bytes:
    """UnicodeEncodeError where the set has no code of two bytes for `char`."""
    if char == _WON and won_set:
        return _SELECT_SET + bytes([won_set]) + _WON_CODE + _SELECT_SET + b"\0"
    codec = CODECS[double_byte]
    coded = char.encode(codec)
    if len(coded) != (1 if char.isascii() else 2):
        raise UnicodeEncodeError(codec, char, 0, 1, "takes more than two bytes")
    return coded
