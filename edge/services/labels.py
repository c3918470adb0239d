"""The label that lies with the goods of an order, in the shop's language."""

from __future__ import annotations

from collections.abc import Iterator

from drivers.interfaces import Element, Feed, PrintDocument, Rule, TextLine
from edge.db.unit_of_work import Reader
from edge.services import catalogue
from edge.services.job_rows import Kept
from edge.services.shop import Shop
from edge.services.words import Words, of


def label(shop: Shop, reader: Reader, kept: Kept) -> PrintDocument:
    """What it is, for whom, and where it lies. One label a package, cut by hand along the rule."""
    words = of(shop.settings.language)
    elements = tuple(
        element
        for package in range(1, kept.packages + 1)
        for element in _package(shop, reader, words, kept, package)
    )
    return PrintDocument(shop.settings.language, (*elements, Feed(2)))


def _package(
    shop: Shop, reader: Reader, words: Words, kept: Kept, package: int
) -> Iterator[Element]:
    wish, settings = kept.wish, shop.settings
    yield TextLine(getattr(words, f"job_{wish.kind}", words.order), align="center", is_bold=True)
    yield TextLine(wish.number, align="center", is_bold=True, scale=2)
    if kept.place:
        yield TextLine(words.place, kept.place, is_bold=True)
    if wish.customer:
        yield TextLine(words.customer, wish.customer)
    if wish.to_location_id:
        yield TextLine(words.to_shop, wish.to_location_id)
    end = wish.window.end.astimezone(settings.zone)
    yield TextLine(words.until, f"{end:%Y-%m-%d %H:%M}")
    if kept.packages > 1:
        yield TextLine(words.package, f"{package}/{kept.packages}")
    yield Rule()
    yield from _goods(reader, settings.language, kept)
    yield Rule()


def _goods(reader: Reader, language: str, kept: Kept) -> Iterator[Element]:
    for one in kept.job.aside:
        yield TextLine(goods_name(reader, language, kept, one.line, one.sku), f"× {one.quantity}")
        if one.lot or one.expiry:
            yield TextLine(f"  {one.lot} {one.expiry}".rstrip())


def goods_name(reader: Reader, language: str, kept: Kept, line: int, sku: str) -> str:
    """As it was ordered; a substitute as the catalogue calls it."""
    ordered = kept.line(line)
    if sku != ordered.sku:
        return catalogue.name_of(reader, sku, language)
    return catalogue.name_in(ordered.names, language, sku)
