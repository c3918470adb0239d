"""How much a box may send, from how much the hub has just found waiting. Pure."""

from __future__ import annotations

from typing import NamedTuple

MAX_DRAINED = 512
FULL_WINDOW = 8


class Allowance(NamedTuple):
    """`window` batches in flight a box, after a pause of `pause_ms`."""

    window: int
    pause_ms: int


def allowance(drained: int) -> Allowance:
    """`drained` messages waited for the last transaction; at most MAX_DRAINED are taken at once."""
    if drained < MAX_DRAINED // 4:
        return Allowance(FULL_WINDOW, 0)
    if drained < MAX_DRAINED:
        return Allowance(FULL_WINDOW // 2, 0)
    return Allowance(1, 200)
