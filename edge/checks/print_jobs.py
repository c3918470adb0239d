"""Whether every receipt has come out."""

from __future__ import annotations

from edge.checks import Problem, Seen


def check(seen: Seen) -> Problem | None:
    if seen.unknown_print_jobs:
        return Problem(
            "checks.print_jobs.unknown",
            "warn",
            f"It is not known whether {seen.unknown_print_jobs} receipts were printed.",
            "Look at the paper; where one is missing, print it again as a copy.",
        )
    if seen.held_print_jobs:
        return Problem(
            "checks.print_jobs.held",
            "warn",
            f"{seen.held_print_jobs} receipts wait for the printer.",
            "Do what the printer asks for; they print by themselves.",
        )
    return None
