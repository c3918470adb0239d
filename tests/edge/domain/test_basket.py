from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain import basket as baskets
from edge.domain.basket import MAX_LINES, Article, Basket, Discount, EnteredCode
from edge.domain.errors import (
    BadQuantity,
    BasketIsPaid,
    DiscountTooLarge,
    Malformed,
    NoSuchLine,
    TooManyLines,
)
from edge.domain.tax import TaxTotal
from edge.domain.tender import Tender

EMPTY = Basket("b", "s", "Kim", "KRW")
BREAD = Article("BREAD", "우유 식빵", 4_500, "standard", 1000, "08801234500005")
MILK = Article("MILK", "우유", 2_800, "free", 0)
SCAN = EnteredCode("x")


def filled(*articles: Article) -> Basket:
    basket = EMPTY
    for article in articles:
        basket = baskets.add(basket, article, SCAN)
    return basket


def test_a_basket_costs_its_lines_with_the_tax_inside() -> None:
    basket = baskets.add(filled(BREAD, MILK), BREAD, SCAN, 2)
    priced = baskets.price(basket)
    assert [(line.line.line, line.amount_minor, line.tax_minor) for line in priced.lines] == [
        (1, 4_500, 409),
        (2, 2_800, 0),
        (3, 9_000, 818),
    ]
    assert (priced.total_minor, priced.discount_minor, priced.tax_minor) == (16_300, 0, 1_227)
    assert priced.tax == (TaxTotal("free", 0, 2_800, 0), TaxTotal("standard", 1000, 13_500, 1_227))


def test_the_same_goods_scanned_again_at_once_are_one_more_piece() -> None:
    basket = filled(BREAD, BREAD, MILK, BREAD)
    assert [(line.article.sku, line.quantity) for line in basket.lines] == [
        ("BREAD", 2),
        ("MILK", 1),
        ("BREAD", 1),
    ]


@pytest.mark.parametrize(
    "other",
    [EnteredCode("x", lot="L2"), EnteredCode("x", expiry="2026-12-31")],
)
def test_another_lot_or_expiry_is_another_line(other: EnteredCode) -> None:
    basket = baskets.add(filled(BREAD), BREAD, other)
    assert [(line.lot, line.expiry) for line in basket.lines] == [
        ("", ""),
        (other.lot, other.expiry),
    ]


def test_a_void_line_stays_in_its_place_and_costs_nothing() -> None:
    basket = baskets.add(baskets.void_line(filled(BREAD, MILK), 1), BREAD, SCAN)
    assert [(line.line, line.is_void) for line in basket.lines] == [
        (1, True),
        (2, False),
        (3, False),
    ]
    assert baskets.price(basket).total_minor == 7_300


def test_a_line_that_is_void_or_not_there_cannot_be_changed() -> None:
    basket = baskets.void_line(filled(BREAD), 1)
    for line in (1, 2):
        with pytest.raises(NoSuchLine) as caught:
            baskets.set_quantity(basket, line, 2)
        assert caught.value.message == f"The basket has no line {line}, or it is void."


@pytest.mark.parametrize("quantity", [0, -1, 1000])
def test_a_quantity_is_one_to_999(quantity: int) -> None:
    with pytest.raises(BadQuantity) as caught:
        baskets.set_quantity(filled(BREAD), 1, quantity)
    assert caught.value.message == f"Expected a quantity of 1 to 999, got {quantity}."


def test_a_basket_has_a_last_line() -> None:
    basket = EMPTY
    for number in range(MAX_LINES):
        basket = baskets.add(basket, replace(BREAD, sku=str(number)), SCAN)
    with pytest.raises(TooManyLines) as caught:
        baskets.add(basket, MILK, SCAN)
    assert caught.value.message == "A basket holds at most 200 lines."


def test_discounts_of_line_and_basket_are_spread_by_largest_remainder() -> None:
    basket = baskets.discount_line(filled(BREAD, MILK), 1, Discount(percent_bp=1000))
    basket = baskets.discount_basket(basket, Discount(amount_minor=100))
    priced = baskets.price(basket)
    # 4,500 less 10 % is 4,050; 100 over 4,050 and 2,800 is 59.12 and 40.88: 59 and 41.
    assert [(line.discount_minor, line.amount_minor) for line in priced.lines] == [
        (509, 3_991),
        (41, 2_759),
    ]
    assert (priced.discount_minor, priced.total_minor) == (550, 6_750)


def test_a_discount_above_the_goods_is_refused() -> None:
    with pytest.raises(DiscountTooLarge) as caught:
        baskets.discount_basket(filled(BREAD), Discount(amount_minor=4_501))
    assert (
        caught.value.message
        == "The discount 4,501 KRW is more than the 4,500 KRW it would be taken from."
    )
    with pytest.raises(DiscountTooLarge):
        baskets.discount_line(filled(BREAD), 1, Discount(amount_minor=4_501))


@pytest.mark.parametrize("discount", [Discount(-1), Discount(0, -1), Discount(0, 10_001)])
def test_a_discount_that_makes_no_sense_is_malformed(discount: Discount) -> None:
    with pytest.raises(Malformed) as caught:
        baskets.discount_basket(filled(BREAD), discount)
    assert caught.value.message.startswith(
        "Expected a discount of 0 to 100 % or an amount of zero and more"
    )


def test_a_basket_discount_shrinks_with_the_goods() -> None:
    basket = baskets.discount_basket(filled(BREAD, MILK), Discount(amount_minor=5_000))
    assert baskets.price(baskets.void_line(basket, 1)).total_minor == 0


def test_goods_that_are_paid_for_cannot_be_taken_out() -> None:
    basket = replace(filled(BREAD, MILK), tenders=(Tender("card", 5_000, 5_000),))
    with pytest.raises(BasketIsPaid) as caught:
        baskets.void_line(basket, 1)
    assert caught.value.message == "The basket holds 5,000 KRW already taken by card or wallet."


@given(
    st.lists(
        st.tuples(st.integers(0, 100_000), st.integers(1, 99), st.integers(0, 10_000)), max_size=12
    ),
    st.integers(0, 10_000),
    st.integers(0, 10**7),
)
def test_every_won_of_price_discount_and_tax_is_accounted_for(
    lines: list[tuple[int, int, int]], percent_bp: int, amount_minor: int
) -> None:
    basket = EMPTY
    for number, (unit_price, quantity, line_bp) in enumerate(lines, 1):
        article = Article(str(number), str(number), unit_price, "A" if number % 2 else "B", 1000)
        basket = baskets.add(basket, article, SCAN, quantity)
        basket = baskets.discount_line(basket, number, Discount(percent_bp=line_bp))
    basket = replace(basket, discount=Discount(amount_minor, percent_bp))
    priced = baskets.price(basket)
    gross = sum(unit_price * quantity for unit_price, quantity, _ in lines)
    assert priced.total_minor + priced.discount_minor == gross
    assert all(line.amount_minor >= 0 and line.discount_minor >= 0 for line in priced.lines)
    assert sum(line.tax_minor for line in priced.lines) == priced.tax_minor
