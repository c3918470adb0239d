from edge.domain.shift import Figures, KindTotal, net_tax
from edge.domain.tax import TaxTotal


def figures() -> Figures:
    return Figures(
        sale_count=3,
        return_count=1,
        gross_minor=30_000,
        refund_minor=4_500,
        discount_minor=0,
        rounding_minor=4,
        tax=(),
        tenders=(KindTotal("card", 1, 10_000), KindTotal("cash", 2, 20_004)),
        refunds=(KindTotal("cash", 1, 4_500),),
        cash_in_minor=5_000,
        cash_out_minor=1_000,
        float_minor=50_000,
        first_receipt_number=1,
        last_receipt_number=4,
    )


def test_the_drawer_should_hold_float_cash_sales_and_movements_less_refunds() -> None:
    assert figures().expected_cash_minor == 50_000 + 20_004 - 4_500 + 5_000 - 1_000


def test_variance_is_above_zero_where_too_much_was_counted() -> None:
    assert figures().variance_minor(69_604) == 100
    assert figures().variance_minor(69_404) == -100
    assert figures().variance_minor(69_504) == 0


def test_returned_tax_is_taken_off_its_group() -> None:
    sales = [TaxTotal("standard", 1000, 11_000, 1_000), TaxTotal("free", 0, 2_800, 0)]
    back = [TaxTotal("standard", 1000, 1_100, 100)]
    assert net_tax(sales, back) == (
        TaxTotal("free", 0, 2_800, 0),
        TaxTotal("standard", 1000, 9_900, 900),
    )
