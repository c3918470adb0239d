"""The slip of a customer who brings goods of an order back: what the shop has, and that the money follows."""

from __future__ import annotations

from collections.abc import Iterator

from contract.order_returns import OrderReturned
from drivers.interfaces import Element, Feed, PrintDocument, Rule, TextLine
from edge.domain.money import spelled
from edge.services.shop import Shop
from edge.services.words import of


def slip(
    shop: Shop, fact: OrderReturned, worth_minor: int, currency: str, *, is_online: bool
) -> PrintDocument:
    """`is_online`: whether the hub hears of it at once, or when the shop's line is back."""
    elements = _elements(shop, fact, worth_minor, currency, is_online=is_online)
    return PrintDocument(shop.settings.language, tuple(elements))


def _elements(
    shop: Shop, fact: OrderReturned, worth_minor: int, currency: str, *, is_online: bool
) -> Iterator[Element]:
    words, settings = of(shop.settings.language), shop.settings
    local = fact.occurred_at.astimezone(settings.zone)
    yield TextLine(settings.company_name, align="center", is_bold=True, scale=2)
    yield TextLine(settings.location_name_in(settings.language), align="center")
    yield TextLine(words.taken_back, align="center", is_bold=True)
    yield TextLine(words.order, fact.number, is_bold=True)
    yield TextLine(words.date, f"{local:%Y-%m-%d %H:%M} {local:%Z}")
    yield TextLine(words.cashier, fact.cashier)
    yield Rule()
    for piece in fact.goods:
        yield TextLine(piece.name, f"× {piece.quantity}")
    yield Rule()
    yield TextLine(words.goes_back, spelled(worth_minor, currency), is_bold=True)
    yield TextLine(words.goes_back_now if is_online else words.goes_back_later)
    yield Feed(2)
