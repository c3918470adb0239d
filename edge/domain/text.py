"""What a scanner may send, beside the text that box and hub agree on."""

from __future__ import annotations

from typing import Final

from contract.text import is_plain

__all__ = ["is_plain", "is_scanned"]

GROUP_SEPARATOR: Final = "\x1d"  # FNC1 as scanners send it (GS1 General Specifications 7.8.3)


def is_scanned(data: str) -> bool:
    """As a scanner sends it: perhaps with separators between fields, and a line end behind them."""
    return is_plain(data.replace(GROUP_SEPARATOR, "").rstrip("\r\n"))
