"""Print documents as text and back: what a print job keeps, so that a receipt prints as it was made."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from drivers.interfaces import Element, Feed, PrintDocument, QrSymbol, Rule, TextLine


def to_text(document: PrintDocument) -> str:
    return json.dumps(
        [document.language, document.is_cut, [_packed(element) for element in document.elements]],
        ensure_ascii=False,
        separators=(",", ":"),
    )


def from_text(text: str) -> PrintDocument:
    language, is_cut, elements = json.loads(text)
    return PrintDocument(language, tuple(_unpacked(element) for element in elements), is_cut)


def marked_as_copy(document: PrintDocument, mark: str) -> PrintDocument:
    """The document with the mark in double size over and under it: a copy must not pass for the original."""
    line = TextLine(mark, align="center", is_bold=True, scale=2)
    return replace(document, elements=(line, *document.elements, line))


def _packed(element: Element) -> list[Any]:
    if isinstance(element, TextLine):
        return ["text", element.left, element.right, element.align, element.is_bold, element.scale]
    if isinstance(element, QrSymbol):
        return ["qr", element.data]
    if isinstance(element, Feed):
        return ["feed", element.lines]
    return ["rule"]


def _unpacked(value: list[Any]) -> Element:
    kind, *fields = value
    makers: dict[str, type[Element]] = {
        "text": TextLine,
        "qr": QrSymbol,
        "feed": Feed,
        "rule": Rule,
    }
    return makers[kind](*fields)
