"""Whether every receipt has come out."""

from __future__ import annotations

from edge.checks import Problem, Seen, counted


def check(seen: Seen) -> Problem | None:
    unknown = counted(seen.unknown_print_jobs, "receipt was", "receipts were")
    if seen.unknown_print_jobs:
        return Problem(
            "checks.print_jobs.unknown",
            "warn",
            f"It is not known whether {unknown} printed.",
            "Look at the printer; the counter's screen asks about each, and prints a copy where the paper is missing.",
        )
    if seen.held_print_jobs:
        return Problem(
            "checks.print_jobs.held",
            "warn",
            f"{counted(seen.held_print_jobs, 'receipt waits', 'receipts wait')} for the printer.",
            "Do what the printer asks for; whatever waits prints by itself.",
        )
    return None
