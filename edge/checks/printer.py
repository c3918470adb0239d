"""Whether receipts can be printed."""

from __future__ import annotations

from edge.checks import Problem, Seen

KIND = "receipt_printer"
WELL = ("ready", "busy")


def check(seen: Seen) -> Problem | None:
    for printer in seen.peripherals:
        if printer.kind == KIND and printer.state not in WELL:
            why = ", ".join(printer.reasons) or printer.state
            return Problem(
                "checks.printer.not_ready",
                "warn",
                f"The receipt printer cannot print: {why.replace('_', ' ')}.",
                "Look at the counter's screen, it says what to do. Receipts wait and print by themselves.",
            )
    return None
