"""What counts as text: names, reasons and codes go to paper, to a screen and to two databases."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Final

from pydantic import AfterValidator

# Control characters, halves of surrogate pairs, ends of lines and of paragraphs (Unicode Standard, table 4-4).
# PostgreSQL keeps no NUL, UTF-8 no half of a pair, and a printer obeys some of the others.
NO_TEXT: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})


def is_plain(text: str) -> bool:
    r"""Whether every character of it can be shown, printed, kept and sent.

    >>> is_plain("거스름돈　change"), is_plain("a\0b")
    (True, False)
    """
    if text.isprintable():  # nearly always, and a hundred times as fast
        return True
    return not any(unicodedata.category(character) in NO_TEXT for character in text)


def check_plain(text: str) -> str:
    """Gives `text` back, or raises ValueError."""
    if not is_plain(text):
        raise ValueError(f"expected text without control characters, got {text!r}")
    return text


PlainText = Annotated[str, AfterValidator(check_plain)]
