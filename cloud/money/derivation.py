"""The Z report once more, from the facts of the shift alone, and where the box's own differs. Pure.

The hub never edits what the box reported: it lists the differences, and a person decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True)
class TenderSum:
    kind: str
    count: int
    amount_minor: int


class TaxSum(NamedTuple):
    tax_group: str
    rate_bp: int
    gross_minor: int
    tax_minor: int


class Sold(NamedTuple):
    """What one sale or one return contributes."""

    receipt_number: int
    total_minor: int
    discount_minor: int
    rounding_minor: int


class Difference(NamedTuple):
    """`field` of the Z report, what the box said and what its facts give."""

    field: str
    reported: int
    derived: int


@dataclass(frozen=True)
class ShiftFacts:
    """Everything that is known of one shift; `tax` is that of the sales less that of the returns."""

    float_minor: int
    counted_cash_minor: int
    sales: Sequence[Sold] = ()
    returns: Sequence[Sold] = ()
    tax: Sequence[TaxSum] = ()
    tenders: Sequence[TenderSum] = ()
    refunds: Sequence[TenderSum] = ()
    cash_in_minor: int = 0
    cash_out_minor: int = 0


def derive(facts: ShiftFacts) -> dict[str, Any]:
    """The amounts of a Z report, named as in `contract.sales.ShiftClosed`."""
    expected = (
        facts.float_minor
        + _cash(facts.tenders)
        - _cash(facts.refunds)
        + facts.cash_in_minor
        - facts.cash_out_minor
    )
    numbers = sorted(sold.receipt_number for sold in (*facts.sales, *facts.returns))
    return {
        "sale_count": len(facts.sales),
        "return_count": len(facts.returns),
        "gross_minor": sum(sold.total_minor for sold in facts.sales),
        "refund_minor": sum(back.total_minor for back in facts.returns),
        "discount_minor": sum(sold.discount_minor for sold in facts.sales),
        "rounding_minor": sum(sold.rounding_minor for sold in facts.sales)
        - sum(back.rounding_minor for back in facts.returns),
        "tax": [total._asdict() for total in facts.tax],
        "tenders": [asdict(total) for total in facts.tenders],
        "refunds": [asdict(total) for total in facts.refunds],
        "cash_in_minor": facts.cash_in_minor,
        "cash_out_minor": facts.cash_out_minor,
        "float_minor": facts.float_minor,
        "expected_cash_minor": expected,
        "counted_cash_minor": facts.counted_cash_minor,
        "variance_minor": facts.counted_cash_minor - expected,
        "first_receipt_number": numbers[0] if numbers else 0,
        "last_receipt_number": numbers[-1] if numbers else 0,
    }


def compare(reported: dict[str, Any], derived: dict[str, Any]) -> list[Difference]:
    """Field by field, tax groups and tenders each by their name."""
    box, hub = flatten(reported), flatten(derived)
    return [
        Difference(name, box.get(name, 0), hub.get(name, 0))
        for name in sorted(box.keys() | hub.keys())
        if box.get(name, 0) != hub.get(name, 0)
    ]


def flatten(report: dict[str, Any]) -> dict[str, int]:
    """`{"tenders": [{"kind": "cash", "count": 2, …}]}` becomes `{"tenders.cash.count": 2, …}`.

    Tax groups are named with their rate in basis points: "tax.standard.1000.tax_minor".
    """
    flat = {name: value for name, value in report.items() if isinstance(value, int)}
    for total in report["tax"]:
        for part in ("gross_minor", "tax_minor"):
            flat[f"tax.{total['tax_group']}.{total['rate_bp']}.{part}"] = total[part]
    for name in ("tenders", "refunds"):
        for total in report[name]:
            for part in ("count", "amount_minor"):
                flat[f"{name}.{total['kind']}.{part}"] = total[part]
    return flat


def net_tax(sold: Iterable[TaxSum], returned: Iterable[TaxSum]) -> list[TaxSum]:
    """The sales' tax groups less the returns'."""
    gross: Counter[tuple[str, int]] = Counter()
    tax: Counter[tuple[str, int]] = Counter()
    for sign, totals in ((1, sold), (-1, returned)):
        for total in totals:
            key = total.tax_group, total.rate_bp
            gross[key] += sign * total.gross_minor
            tax[key] += sign * total.tax_minor
    return [TaxSum(*key, gross[key], tax[key]) for key in sorted(gross)]


def sum_tenders(tenders: Iterable[tuple[str, int]]) -> list[TenderSum]:
    """(kind, amount) of single tenders, by kind."""
    counts: Counter[str] = Counter()
    amounts: Counter[str] = Counter()
    for kind, amount_minor in tenders:
        counts[kind] += 1
        amounts[kind] += amount_minor
    return [TenderSum(kind, counts[kind], amounts[kind]) for kind in sorted(counts)]


def _cash(tenders: Iterable[TenderSum]) -> int:
    return sum(total.amount_minor for total in tenders if total.kind == "cash")
