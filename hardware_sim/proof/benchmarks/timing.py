"""Percentiles and rounding, the same in every benchmark."""

from __future__ import annotations

from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """The value at `share` (0.5 is the median), nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread_ms(seconds: Sequence[float]) -> tuple[float, float]:
    """p50 and p95 in milliseconds."""
    return round(1_000 * percentile(seconds, 0.5), 3), round(1_000 * percentile(seconds, 0.95), 3)
