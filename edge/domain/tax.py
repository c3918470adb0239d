"""Tax that is inside the price: one sum a tax group and receipt, spread to the lines so that they sum exactly.

tax = half-up of gross x rate / (1 + rate), rate in basis points: 11,000 at 10 % hold 1,000.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from edge.domain.money import allocate, half_up

WHOLE_BP = 10_000


class Taxable(NamedTuple):
    tax_group: str
    rate_bp: int
    gross_minor: int


class TaxTotal(NamedTuple):
    """One tax group of one receipt."""

    tax_group: str
    rate_bp: int
    gross_minor: int
    tax_minor: int


def tax_inside(gross_minor: int, rate_bp: int) -> int:
    return half_up(gross_minor * rate_bp, WHOLE_BP + rate_bp)


def totals_and_shares(lines: Sequence[Taxable]) -> tuple[tuple[TaxTotal, ...], list[int]]:
    """Each group's total, by group and rate, and each line's share of its group's tax."""
    groups: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for i, line in enumerate(lines):
        groups[line.tax_group, line.rate_bp].append(i)
    totals = []
    shares = [0] * len(lines)
    for (tax_group, rate_bp), members in sorted(groups.items()):
        gross = [lines[i].gross_minor for i in members]
        tax_minor = tax_inside(sum(gross), rate_bp)
        totals.append(TaxTotal(tax_group, rate_bp, sum(gross), tax_minor))
        for i, share in zip(members, allocate(tax_minor, gross), strict=True):
            shares[i] = share
    return tuple(totals), shares
