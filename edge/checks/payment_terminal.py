"""Whether customers can pay by card."""

from __future__ import annotations

from edge.checks import Problem, Seen

KIND = "payment_terminal"
WELL = ("ready", "busy")


def check(seen: Seen) -> Problem | None:
    for terminal in seen.peripherals:
        if terminal.kind == KIND and terminal.state not in WELL:
            return Problem(
                "checks.payment_terminal.not_ready",
                "warn",
                f"The payment terminal {terminal.name} is {terminal.state.replace('_', ' ')}.",
                "Check that it is on and its cable is in. Take cash until it is back.",
            )
    return None
