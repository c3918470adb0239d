"""How much a box may send, from how much the hub has just found waiting. Pure."""

from __future__ import annotations

from typing import NamedTuple

from contract.envelope import FULL_WINDOW

MAX_DRAINED = 512
FIRST_PAUSE_MS = 200
LONGEST_PAUSE_MS = 3_200


class Allowance(NamedTuple):
    """`window` batches in flight a box, after a pause of `pause_ms`."""

    window: int
    pause_ms: int


def allowance(drained: int, full_before: int = 0) -> Allowance:
    """`drained` messages waited for the last transaction; at most MAX_DRAINED are taken at once.

    `full_before` transactions in a row before it were full too: what was asked for did not help, so more is.
    """
    if drained < MAX_DRAINED // 4:
        return Allowance(FULL_WINDOW, 0)
    if drained < MAX_DRAINED:
        return Allowance(FULL_WINDOW // 2, 0)
    return Allowance(1, min(FIRST_PAUSE_MS << full_before, LONGEST_PAUSE_MS))
