"""A basket as the JSON text that the database keeps of it."""

from __future__ import annotations

from functools import cache

from pydantic import TypeAdapter

from edge.domain.basket import Basket


def dumped(basket: Basket) -> str:
    return _adapter().dump_json(basket).decode()


def loaded(text: str) -> Basket:
    return _adapter().validate_json(text)


@cache
def _adapter() -> TypeAdapter[Basket]:
    """Made with the first basket, not before the first page."""
    return TypeAdapter(Basket)
