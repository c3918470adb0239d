"""Whether sales reach the hub."""

from __future__ import annotations

from typing import Final

from edge.checks import Problem, Seen, counted

WARN_AFTER_S: Final = 3600
HOUR_S: Final = 3600
DAY_S: Final = 86_400


def check(seen: Seen) -> Problem | None:
    if seen.waiting_facts == 0 or seen.oldest_waiting_s < WARN_AFTER_S:
        return None
    age = (
        counted(seen.oldest_waiting_s // DAY_S, "day", "days")
        if seen.oldest_waiting_s >= 2 * DAY_S
        else counted(seen.oldest_waiting_s // HOUR_S, "hour", "hours")
    )
    return Problem(
        "checks.waiting_facts.old",
        "warn",
        f"{counted(seen.waiting_facts, 'fact waits', 'facts wait')} for the hub, the oldest for {age}.",
        "Sell on; check the shop's internet line. Everything is sent once it stands.",
    )
