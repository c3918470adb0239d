"""For how many days the shop can go on without the hub."""

from __future__ import annotations

from typing import Final

from edge.checks import Problem, Seen, counted

WARN_BELOW_DAYS: Final = 14
# A quiet shop's day: a new box has no history to judge by.
LEAST_BYTES_A_DAY: Final = 1_000_000


def days_left(seen: Seen) -> int:
    return seen.disk_free_bytes // max(seen.outbox_bytes_a_day, LEAST_BYTES_A_DAY)


def check(seen: Seen) -> Problem | None:
    days = days_left(seen)
    if seen.is_line_up or days >= WARN_BELOW_DAYS:
        return None
    return Problem(
        "checks.autonomy.short",
        "warn",
        f"The hub is not reached, and the disk holds {counted(days, 'more day', 'more days')} of sales.",
        "Have the line repaired; nothing is lost until then.",
    )
