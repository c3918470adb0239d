"""A company's colour, which stands in a style sheet and in two programs' settings."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

COLOUR = re.compile(r"oklch\([0-9.]+%? [0-9.]+ [0-9.]+(deg)?\)|#[0-9a-fA-F]{6}")


def check_accent(accent: str) -> str:
    """Gives `accent` back. Raises ValueError for anything else, so that a setting cannot smuggle in CSS."""
    if not COLOUR.fullmatch(accent):
        raise ValueError(
            f"Expected an accent such as oklch(0.6 0.15 25) or #a04030, got {accent!r}."
        )
    return accent


Accent = Annotated[str, AfterValidator(check_accent)]
