"""Whether there is something to sell, and whether it comes down from the hub."""

from __future__ import annotations

from edge.checks import Problem, Seen


def check(seen: Seen) -> Problem | None:
    if seen.feed_troubles:
        feed, trouble = next(iter(seen.feed_troubles.items()))
        return Problem(
            f"checks.catalogue.{feed}",
            "warn",
            trouble,
            "Sell on with the goods and prices that are here; it is tried again by itself.",
        )
    if seen.catalogue_version == 0 or seen.prices_version == 0:
        missing = "products" if seen.catalogue_version == 0 else "prices"
        return Problem(
            "checks.catalogue.empty",
            "bad",
            f"No {missing} have come from the hub yet.",
            "Connect the box to the hub once; from then on it sells without it.",
        )
    return None
