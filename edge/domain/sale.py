"""A sale as its receipt tells it: what a return is checked against, from the database or from the signed code."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SoldLine:
    """`amount_minor` is what was paid for the whole line, `tax_minor` the tax inside it."""

    line: int
    sku: str
    quantity: int
    amount_minor: int
    tax_group: str
    rate_bp: int
    tax_minor: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Sold:
    """`rounding_minor` was paid on top of the lines because of the smallest coin (or given away, below zero)."""

    sale_id: str
    edge_id: str
    receipt_number: int
    business_date: str
    currency: str
    total_minor: int
    rounding_minor: int
    lines: tuple[SoldLine, ...]

    @property
    def paid_minor(self) -> int:
        return self.total_minor + self.rounding_minor


def receipt_label(workstation_id: str, receipt_number: int) -> str:
    """The receipt's number as people read it out: "till-1-000123"."""
    return f"{workstation_id}-{receipt_number:06d}"
