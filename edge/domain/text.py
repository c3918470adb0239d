"""What counts as text: names, reasons and codes go to paper, to a screen and to the hub's database."""

from __future__ import annotations

import unicodedata
from typing import Final

# Control characters, halves of surrogate pairs, ends of lines and of paragraphs (Unicode Standard, table 4-4).
# PostgreSQL keeps no NUL, UTF-8 no half of a pair, and a printer obeys some of the others.
NO_TEXT: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
GROUP_SEPARATOR: Final = "\x1d"  # FNC1 as scanners send it (GS1 General Specifications 7.8.3)


def is_plain(text: str) -> bool:
    r"""Whether every character of it can be shown, printed and sent.

    >>> is_plain("거스름돈　change"), is_plain("a\0b")
    (True, False)
    """
    return not any(unicodedata.category(character) in NO_TEXT for character in text)


def is_scanned(data: str) -> bool:
    """As a scanner sends it: perhaps with separators between fields, and a line end behind them."""
    return is_plain(data.replace(GROUP_SEPARATOR, "").rstrip("\r\n"))
