"""How much a box may send, from how much the hub has just found waiting. Pure."""

from __future__ import annotations

from typing import NamedTuple

from contract.envelope import FULL_WINDOW

MAX_DRAINED = 512
FAST_BATCHES = FULL_WINDOW // 2
WIDE_WINDOW = 4 * FULL_WINDOW
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


def widened(allowed: Allowance, batches: int) -> int:
    """The window of a box that got `batches` through within one transaction's time.

    On a fast line half of a full window waits at each turn, and a transaction costs as much as hundreds of facts: with
    more under way each holds more. A slow line brings one batch at a time and keeps the window of the design, beyond
    which its acks would come too late.
    """
    is_fast = batches >= FAST_BATCHES and allowed == Allowance(FULL_WINDOW, 0)
    return WIDE_WINDOW if is_fast else allowed.window
