"""Whether goods can be scanned."""

from __future__ import annotations

from edge.checks import Problem, Seen

KIND = "scanner"
WELL = ("ready", "busy")


def check(seen: Seen) -> Problem | None:
    for scanner in seen.peripherals:
        if scanner.kind == KIND and scanner.state not in WELL:
            return Problem(
                "checks.scanner.not_ready",
                "warn",
                f"The scanner {scanner.name} is {scanner.state.replace('_', ' ')}.",
                "Push its cable in; until then type the number under the bars.",
            )
    return None
