"""Codes, quantities, amounts and discounts as people type them."""

import pytest

from edge.domain.basket import Discount
from edge.screens import typed
from edge.screens.parts import Words
from edge.screens.state import Misread


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8801007000015", ("8801007000015", 1)),
        (" CAKE ", ("CAKE", 1)),
        ("3*8801007000015", ("8801007000015", 3)),
        ("12 x CAKE", ("CAKE", 12)),
        ("2×CAKE", ("CAKE", 2)),
    ],
)
def test_a_code_may_have_a_quantity_before_it(text: str, expected: tuple[str, int]) -> None:
    assert typed.code_of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10%", Discount(percent_bp=1000)),
        ("12.5 %", Discount(percent_bp=1250)),
        ("500", Discount(amount_minor=500)),
        ("1,000", Discount(amount_minor=1000)),
    ],
)
def test_a_discount_is_a_part_or_an_amount(text: str, expected: Discount) -> None:
    assert typed.discount_of(text, "KRW") == expected


@pytest.mark.parametrize(
    ("due_minor", "currency", "expected"),
    [
        (47_300, "KRW", (47_300, 50_000)),
        (3_200, "KRW", (3_200, 5_000, 10_000)),
        (106_450, "KRW", (106_450, 110_000, 150_000)),
        (50_000, "KRW", (50_000,)),
        (1_230, "CNY", (1_230, 2_000, 5_000)),
        (0, "KRW", ()),
    ],
)
def test_the_sums_that_customers_hand_over(
    due_minor: int, currency: str, expected: tuple[int, ...]
) -> None:
    assert typed.likely_cash(due_minor, currency) == expected


def test_what_is_misread_says_so_and_what_to_do() -> None:
    with pytest.raises(Misread) as caught:
        typed.amount_of("12a", "KRW")
    assert caught.value.what == Words("counter.notice.bad_amount", (("text", "12a"),))
    assert caught.value.now == Words("counter.notice.bad_amount.now")


@pytest.mark.parametrize(
    ("read", "key"),
    [
        (lambda: typed.code_of("  "), "counter.notice.need_code"),
        (lambda: typed.quantity_of("a"), "counter.notice.need_quantity"),
        (lambda: typed.discount_of("", "KRW"), "counter.notice.need_discount"),
        (lambda: typed.listed_number("3", range(1, 3)), "counter.notice.bad_number"),
        (lambda: typed.listed_number("", range(1, 3)), "counter.notice.bad_number"),
        (lambda: typed.amount_of("", "CNY"), "counter.notice.bad_amount"),
    ],
)
def test_each_mistake_has_its_own_words(read: object, key: str) -> None:
    assert callable(read)
    with pytest.raises(Misread) as caught:
        read()
    assert caught.value.what.key == key


def test_cash_is_asked_for_in_coins_that_exist() -> None:
    assert [typed.in_coins(minor, 10) for minor in (14, 15, 20)] == [10, 20, 20]


@pytest.mark.parametrize("text", ["1000000000001", "8801007000015", "9" * 300])
def test_a_code_in_the_place_of_an_amount_is_told_from_one(text: str) -> None:
    with pytest.raises(Misread) as caught:
        typed.amount_of(text, "KRW")
    shown = text if len(text) < 40 else f"{'9' * 40}…"
    assert caught.value.what == Words("counter.notice.too_much", (("text", shown),))
    assert caught.value.now == Words("counter.notice.too_much.now")


@pytest.mark.parametrize("text", ["²", "-1", "1.5", "8801007000015", "9" * 300, ""])
def test_a_quantity_is_a_few_digits(text: str) -> None:
    with pytest.raises(Misread) as caught:
        typed.quantity_of(text)
    assert caught.value.what == Words("counter.notice.need_quantity")


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "a\nb", "\u2028"])
def test_what_no_keyboard_types_is_refused(text: str) -> None:
    with pytest.raises(Misread) as caught:
        typed.check_text(text)
    assert caught.value.what == Words("counter.notice.no_text")


@pytest.mark.parametrize("text", ["거스름돈　change", "01095\x1d10A\r\n", ""])
def test_words_and_scanned_codes_are_taken(text: str) -> None:
    typed.check_text(text)


@pytest.mark.parametrize(
    ("key", "number"),
    [("line:3", 3), ("cash:50000", 50_000), ("line:", None), ("line:x", None), ("cash:-1", None),
     (f"cash:{10**30}", None)],
)  # fmt: skip
def test_a_button_carries_a_number_or_does_nothing(key: str, number: int | None) -> None:
    assert typed.number_in(key) == number
