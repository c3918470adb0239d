"""What the box leaves out when the line or the disk is short, and in which order. Pure.

First the hub narrows its window, then batches become smaller (`contract.stream.batch_limit`), then telemetry is shed,
then the log's lines. Facts are in no row of the table: they wait in the outbox and are never left out.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final, NamedTuple

from contract.envelope import FULL_WINDOW

LONG_PAUSE_MS: Final = 1_000
# Below these the disk is kept for sales; a box writes no more than a few megabytes a day.
SHORT_BELOW_BYTES: Final = 200_000_000
DIRE_BELOW_BYTES: Final = 100_000_000
# The hub speaks of pressure in its acks alone: where nothing more comes to be acknowledged, its last word grows old.
BELIEVED_FOR_S: Final = 30.0

TELEMETRY: Final = "telemetry"
LOG: Final = "log"


class Strain(enum.IntEnum):
    """How hard it is: whatever is shed at one is shed at every higher one."""

    NONE = 0
    NARROW = 1
    SHORT = 2
    DIRE = 3


SHED: Final[Mapping[Strain, tuple[str, ...]]] = {
    Strain.NONE: (),
    Strain.NARROW: (),
    Strain.SHORT: (TELEMETRY,),
    Strain.DIRE: (TELEMETRY, LOG),
}


class Asked(NamedTuple):
    """What the hub asked for in its last ack; `at_s` is monotonic."""

    window: int = FULL_WINDOW
    pause_ms: int = 0
    at_s: float = 0.0


def strain(asked: Asked, now_s: float, disk_free_bytes: int) -> Strain:
    """The harder of what the hub asks for and what the disk has left."""
    is_believed = now_s - asked.at_s <= BELIEVED_FOR_S
    return max(of_hub(asked) if is_believed else Strain.NONE, of_disk(disk_free_bytes))


def of_hub(asked: Asked) -> Strain:
    if asked.pause_ms >= LONG_PAUSE_MS:
        return Strain.DIRE
    if asked.pause_ms > 0:
        return Strain.SHORT
    return Strain.NARROW if asked.window < FULL_WINDOW else Strain.NONE


def of_disk(free_bytes: int) -> Strain:
    if free_bytes < DIRE_BELOW_BYTES:
        return Strain.DIRE
    return Strain.SHORT if free_bytes < SHORT_BELOW_BYTES else Strain.NONE


def is_sent(now: Strain, told: Strain, *, has_news: bool) -> bool:
    """Whether a report that is due goes; `told` is the strain that the last one spoke of.

    The first under a harder strain always does: it says what will be missing. After it, while telemetry is shed, only
    one that brings a new line of the log.
    """
    if TELEMETRY not in SHED[now] or now > told:
        return True
    return has_news and LOG not in SHED[now]
