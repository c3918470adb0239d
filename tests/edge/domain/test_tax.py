import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.tax import Taxable, TaxTotal, tax_inside, totals_and_shares

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "money.json").read_text(encoding="utf-8")
)
lines = st.lists(
    st.builds(
        Taxable,
        st.sampled_from(["A", "B", "free"]),
        st.sampled_from([0, 900, 1000, 1300]),
        st.integers(0, 10**9),
    ),
    max_size=20,
)


@pytest.mark.parametrize(("gross", "rate_bp", "tax"), VECTORS["tax"])
def test_tax_is_inside_the_price_as_worked_out_by_hand(gross: int, rate_bp: int, tax: int) -> None:
    assert tax_inside(gross, rate_bp) == tax


def test_tax_is_reckoned_once_a_group_and_spread_to_its_lines() -> None:
    # Three lines of 1,000 hold 272.73 together, 273; each alone would hold 90.9, 91: the same here by luck,
    # while three of 500 hold 136.36, 136, and alone 45.45 would make 135.
    totals, shares = totals_and_shares(
        [
            Taxable("A", 1000, 500),
            Taxable("free", 0, 700),
            Taxable("A", 1000, 500),
            Taxable("A", 1000, 500),
        ]
    )
    assert totals == (TaxTotal("A", 1000, 1500, 136), TaxTotal("free", 0, 700, 0))
    assert shares == [46, 0, 45, 45]


def test_a_group_name_with_two_rates_is_two_groups() -> None:
    totals, _ = totals_and_shares([Taxable("A", 1000, 1100), Taxable("A", 0, 400)])
    assert totals == (TaxTotal("A", 0, 400, 0), TaxTotal("A", 1000, 1100, 100))


@given(lines)
def test_line_taxes_sum_to_their_group_exactly(taxed: list[Taxable]) -> None:
    totals, shares = totals_and_shares(taxed)
    assert sum(group.gross_minor for group in totals) == sum(line.gross_minor for line in taxed)
    for group in totals:
        members = [
            share
            for line, share in zip(taxed, shares, strict=True)
            if (line.tax_group, line.rate_bp) == (group.tax_group, group.rate_bp)
        ]
        assert sum(members) == group.tax_minor
    assert all(0 <= share <= line.gross_minor for line, share in zip(taxed, shares, strict=True))
