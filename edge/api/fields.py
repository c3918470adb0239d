"""What a request may say: bounds that hold before a use case sees the value, so that none meets what no shop means.

A number fits the database's 64 bits with room for sums; a text is one that paper, screens and the hub can hold.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Path
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from edge.domain.basket import MAX_LINES
from edge.domain.money import MAX_AMOUNT_MINOR
from edge.domain.text import is_plain, is_scanned

MAX_ROW: Final = 2**63 - 1  # SQLite's largest rowid
MAX_ID: Final = 64
MAX_CODE: Final = 128


def _plain(text: str) -> str:
    if not is_plain(text):
        raise PydanticCustomError("plain_text", "text without control characters")
    return text


def _scanned(text: str) -> str:
    return text if is_scanned(text) else _plain(text)


Amount = Annotated[int, Field(ge=-MAX_AMOUNT_MINOR, le=MAX_AMOUNT_MINOR)]
Price = Annotated[int, Field(ge=0, le=MAX_AMOUNT_MINOR)]
Pieces = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
BasisPoints = Annotated[int, Field(ge=0, le=10_000)]
LineNumber = Annotated[int, Field(ge=1, le=MAX_LINES)]
Reason = Annotated[str, Field(max_length=200), AfterValidator(_plain)]
Name = Annotated[str, Field(max_length=200), AfterValidator(_plain)]
Code = Annotated[str, Field(max_length=MAX_CODE), AfterValidator(_plain)]
Language = Annotated[str, Field(max_length=8), AfterValidator(_plain)]
OfferId = Annotated[str, Field(max_length=400), AfterValidator(_plain)]
Id = Annotated[str, Field(max_length=MAX_ID), AfterValidator(_plain)]
ReceiptQr = Annotated[str, Field(max_length=4096), AfterValidator(_plain)]
ScannedData = Annotated[str, Field(min_length=1, max_length=4096), AfterValidator(_scanned)]
Symbology = Annotated[str, Field(max_length=8), AfterValidator(_plain)]

LineInPath = Annotated[LineNumber, Path()]
JobInPath = Annotated[int, Path(ge=1, le=MAX_ROW)]
IdInPath = Annotated[Id, Path()]
CodeInPath = Annotated[Code, Path()]
