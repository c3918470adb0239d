"""Whether there is room for what the shop will sell."""

from __future__ import annotations

from typing import Final

from edge.checks import Problem, Seen

WARN_BELOW_BYTES: Final = 500_000_000
BAD_BELOW_BYTES: Final = 100_000_000


def check(seen: Seen) -> Problem | None:
    megabytes = seen.disk_free_bytes // 1_000_000
    if seen.is_reserve_released or seen.disk_free_bytes < BAD_BELOW_BYTES:
        return Problem(
            "checks.disk_space.full",
            "bad",
            f"The disk is full: {megabytes} MB are left.",
            "Free space on the box now; sales go on only from what is kept in reserve.",
        )
    if seen.disk_free_bytes < WARN_BELOW_BYTES:
        return Problem(
            "checks.disk_space.low",
            "warn",
            f"The disk is nearly full: {megabytes} MB are left.",
            "Free space on the box this week.",
        )
    return None
