"""Whether there is money of which nobody knows whose it is."""

from __future__ import annotations

from edge.checks import Problem, Seen, counted


def check(seen: Seen) -> Problem | None:
    unknown = counted(seen.unknown_payments, "card payment was", "card payments were")
    if seen.unknown_payments:
        return Problem(
            "checks.payments.unknown",
            "bad",
            f"It is not known whether {unknown} charged.",
            "Switch the payment terminal on and leave it on: it is asked until it says. Do not charge again.",
        )
    if seen.pending_reversals:
        return Problem(
            "checks.payments.reversal_pending",
            "bad",
            f"{counted(seen.pending_reversals, 'card payment is', 'card payments are')} to be given back and not yet.",
            "Switch the payment terminal on and leave it on; it is tried until it is proved.",
        )
    return None
