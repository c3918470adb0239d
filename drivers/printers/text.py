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
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

Way = Literal["plain", "latin", "double_byte", "picture"]

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
_HANGUL: Final = re.compile("[\uac00-\ud7a3\u1100-\u11ff\u3130-\u318f]")
_HAN: Final = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0010ffff]")


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
    if composed.isprintable():
        return composed
    return "".join(char if char.isprintable() else "?" for char in composed)


def is_mixed(texts: Iterable[str]) -> bool:
    """Whether both Hangul and Chinese characters occur."""
    whole = "".join(texts)
    return bool(_HANGUL.search(whole) and _HAN.search(whole))


def is_ideograph(char: str) -> bool:
    """Whether a line may be broken before and after it: Hangul and Chinese characters."""
    return bool(_HANGUL.match(char) or _HAN.match(char))


def choose_way(text: str, language: str, fonts: Fonts) -> Way:
    """How `text`, already `clean` and `adapt`ed, gets onto this model's paper."""
    if text.isascii():
        return "plain"
    if fonts.double_byte:
        fits = language in _LANGUAGES[fonts.double_byte] and _fits(text, "double_byte", fonts)
        return "double_byte" if fits else "picture"
    if fonts.latin_codec and _fits(text, "latin", fonts):
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
    """The bytes of a line that `choose_way` found to fit; UnicodeEncodeError for any other."""
    if way == "plain":
        return text.encode("ascii")
    return text.encode(fonts.latin_codec) if way == "latin" else _double_byte(text, fonts)


def width(text: str, way: Way) -> int:
    """Columns of `text`.

    >>> width("₩1,000", "double_byte"), width("신라면 1", "double_byte")
    (6, 8)
    """
    if way in {"plain", "latin"} or text.isascii():
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


# -- bytes -------------------------------------------------------------------------------------


def _fits(text: str, way: Way, fonts: Fonts) -> bool:
    try:
        encode(text, way, fonts)
    except UnicodeEncodeError:
        return False
    return True


def _double_byte(text: str, fonts: Fonts) -> bytes:
    codec = CODECS[fonts.double_byte]
    if not (fonts.won_set and _WON in text):
        return _two_bytes_each(text, codec)
    won = _SELECT_SET + bytes([fonts.won_set]) + _WON_CODE + _SELECT_SET + b"\0"
    return won.join(_two_bytes_each(part, codec) for part in text.split(_WON))


def _two_bytes_each(text: str, codec: str) -> bytes:
    """UnicodeEncodeError where the set has no code of two bytes for a character beyond ASCII."""
    coded = text.encode(codec)
    if len(coded) != len(text) + sum(not char.isascii() for char in text):
        raise UnicodeEncodeError(codec, text, 0, len(text), "takes more than two bytes")
    return coded
