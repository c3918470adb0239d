"""A shift's figures: what should be in the drawer, and how far it is from what was counted."""

from __future__ import annotations

from dataclasses import dataclass

from edge.domain.tax import TaxTotal


@dataclass(frozen=True, slots=True)
class KindTotal:
    """How often and how much one kind of tender settled."""

    kind: str
    count: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Figures:
    """A shift in numbers, as X and Z show it.

    `gross_minor` is what the sales came to, `refund_minor` what the returns gave back, both before the rounding
    of cash; `tax` and `rounding_minor` are those of the sales less those of the returns.
    """

    sale_count: int
    return_count: int
    gross_minor: int
    refund_minor: int
    discount_minor: int
    rounding_minor: int
    tax: tuple[TaxTotal, ...]
    tenders: tuple[KindTotal, ...]
    refunds: tuple[KindTotal, ...]
    cash_in_minor: int
    cash_out_minor: int
    float_minor: int
    first_receipt_number: int
    last_receipt_number: int

    @property
    def expected_cash_minor(self) -> int:
        """The float + cash sales - cash refunds + cash in - cash out."""
        kept = _cash(self.tenders) - _cash(self.refunds)
        return self.float_minor + kept + self.cash_in_minor - self.cash_out_minor

    def variance_minor(self, counted_minor: int) -> int:
        """Above zero where more was counted than expected."""
        return counted_minor - self.expected_cash_minor


def net_tax(sales: list[TaxTotal], returns: list[TaxTotal]) -> tuple[TaxTotal, ...]:
    """The sales' tax groups less the returns'."""
    sums: dict[tuple[str, int], tuple[int, int]] = {}
    for sign, totals in ((1, sales), (-1, returns)):
        for group in totals:
            key = (group.tax_group, group.rate_bp)
            gross, tax = sums.get(key, (0, 0))
            sums[key] = (gross + sign * group.gross_minor, tax + sign * group.tax_minor)
    return tuple(TaxTotal(*key, *value) for key, value in sorted(sums.items()))


def _cash(totals: tuple[KindTotal, ...]) -> int:
    return sum(total.amount_minor for total in totals if total.kind == "cash")
