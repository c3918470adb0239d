from __future__ import annotations

from edge.checks import Problem, Seen, counted


def check(seen: Seen) -> Problem | None:
    if seen.open_wallets:
        payments = counted(seen.open_wallets, "wallet payment is", "wallet payments are")
        return Problem(
            "checks.wallets.open",
            "bad",
            f"{payments} not settled.",
            "Bring the line to the hub back: it is asked until it says. Do not charge again.",
        )
    if seen.pending_wallet_refunds:
        refunds = counted(seen.pending_wallet_refunds, "refund has", "refunds have")
        return Problem(
            "checks.wallets.refund_pending",
            "warn",
            f"{refunds} not gone back to the wallet yet.",
            "Bring the line to the hub back; it is asked for until it is proved. Give no cash as well.",
        )
    return None
