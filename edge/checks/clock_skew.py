"""Whether the clock went back: facts keep their order whatever it says, dates on receipts do not."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from edge.checks import Problem, Seen

TOLERATED: Final = timedelta(minutes=2)


def check(seen: Seen) -> Problem | None:
    if seen.last_fact_at is None or seen.last_fact_at - seen.now <= TOLERATED:
        return None
    return Problem(
        "checks.clock_skew.back",
        "bad",
        f"The clock says {seen.now:%Y-%m-%d %H:%M} UTC, but the last sale was at {seen.last_fact_at:%Y-%m-%d %H:%M}.",
        "Sell on, nothing is lost; set the box's clock right, or its receipts carry a wrong time.",
    )
