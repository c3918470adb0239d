"""A sale as its receipt tells it: what a return is checked against, from the database or from the signed code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class SoldLine:
    """`amount_minor` is what was paid for the whole line, `tax_minor` the tax inside it.

    The goods of a line with an `order_id` did not leave the shop with the sale.
    """

    line: int
    sku: str
    quantity: int
    amount_minor: int
    tax_group: str
    rate_bp: int
    tax_minor: int
    name: str = ""
    order_id: str = ""


@dataclass(frozen=True, slots=True)
class MemberPart:
    """What points, stored value or a coupon paid of a sale. `reference` is the hub's spend or the coupon's hash."""

    kind: Literal["points", "stored_value", "coupon"]
    amount_minor: int
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Sold:
    """`of_member` is None for a purchase of nobody, else what of theirs paid, coupons included.

    `rounding_minor` was paid on top of the lines because of the smallest coin (or given away, below zero).
    """

    sale_id: str
    edge_id: str
    receipt_number: int
    business_date: str
    currency: str
    total_minor: int
    rounding_minor: int
    lines: tuple[SoldLine, ...]
    of_member: tuple[MemberPart, ...] | None = None

    @property
    def paid_minor(self) -> int:
        return self.total_minor + self.rounding_minor


def receipt_label(workstation_id: str, receipt_number: int) -> str:
    """The receipt's number as people read it out: "till-1-000123"."""
    return f"{workstation_id}-{receipt_number:06d}"
