"""Facts of older boxes, brought up to the version that the hub's projections read. Pure.

The inbox keeps every fact as it came; only what a projection sees is raised, a version at a time. A concern keeps its
upcasters in `UPCASTERS` of its `projection` module for as long as a box may still send, or an inbox still holds, that
version: for ever, then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from contract.envelope import fact_type

Body = dict[str, Any]
Upcast = Callable[[Body], Body]


class Upcaster(NamedTuple):
    """`to_next` turns the body of a `type` at `version` into that of the next; fields that it does not know stay."""

    type: str
    version: int
    to_next: Upcast


def raised(body: Body, known: Mapping[tuple[str, int], Upcast]) -> Body:
    """`body` at the highest version that the upcasters lead to; itself where there is none for it."""
    key = fact_type(body)
    while (to_next := known.get(key)) is not None:
        key = key[0], key[1] + 1
        body = to_next(body) | {"type": key[0], "version": key[1]}
    return body
