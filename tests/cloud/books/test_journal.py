"""What facts book: whole entries, each of which sums to zero."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.books import accounts, journal
from cloud.books.journal import (
    CashMoved,
    Counted,
    Delivered,
    Entry,
    Occasion,
    Paid,
    Part,
    Posting,
    Sold,
    balances,
)

AT = Occasion("2026-11-28", "office", "KRW", "018f")
BREAD = Part("BREAD", 1, 4_800, 436, "standard")
CAKE = Part("CAKE", 3, 100_000, 9_091, "standard", "order-1")


def postings(entry: Entry | None) -> dict[str, int]:
    assert entry is not None
    return dict(entry.postings)


def test_a_sale_books_money_income_and_the_tax_in_it() -> None:
    sold = Sold(AT, [BREAD], [Paid("cash", 4_800)])
    assert journal.sale(sold) == Entry(
        AT,
        "Sale",
        (
            Posting("Assets:Cash:Office", 4_800),
            Posting("Income:Sales:Office", -4_364),
            Posting("Liabilities:VAT:Standard", -436),
        ),
    )


def test_each_tender_has_its_place_and_rounding_is_its_own_line() -> None:
    tenders = [
        Paid("cash", 1_000),
        Paid("card", 2_000),
        Paid("wallet", 1_000, "wechat_pay"),
        Paid("points", 500),
        Paid("stored_value", 200),
        Paid("coupon", 90),
        Paid("seashells", 5),
    ]
    assert postings(journal.sale(Sold(AT, [BREAD], tenders, rounding_minor=-5))) == {
        "Assets:Cash:Office": 1_000,
        "Assets:Clearing:Card": 2_000,
        "Assets:Clearing:Points": 500,
        "Assets:Clearing:Seashells": 5,
        "Assets:Clearing:Stored-Value": 200,
        "Assets:Clearing:Wallet:Wechat-pay": 1_000,
        "Expenses:Coupons": 90,
        "Income:Cash-Rounding": 5,
        "Income:Sales:Office": -4_364,
        "Liabilities:VAT:Standard": -436,
    }


def test_a_return_is_the_sale_the_other_way_round() -> None:
    back = Sold(AT, [BREAD], [Paid("cash", 4_800)])
    assert postings(journal.goods_return(back)) == {
        "Assets:Cash:Office": -4_800,
        "Income:Returns:Office": 4_364,
        "Liabilities:VAT:Standard": 436,
    }


def test_what_an_order_will_bring_is_owed_until_it_is_handed_over() -> None:
    assert postings(journal.sale(Sold(AT, [CAKE], [Paid("card", 100_000)]))) == {
        "Assets:Clearing:Card": 100_000,
        "Liabilities:Orders-Undelivered": -90_909,
        "Liabilities:VAT:Standard": -9_091,
    }
    sold = {("order-1", "CAKE"): CAKE}
    there = AT._replace(location_id="hillside")
    first = journal.delivery(Delivered(there, "order-1", "CAKE", 1, 0), sold)
    rest = journal.delivery(Delivered(there, "order-1", "CAKE", 2, 1), sold)
    assert postings(first) == {
        "Income:Sales:Hillside": -30_303,
        "Liabilities:Orders-Undelivered": 30_303,
    }
    assert postings(first)["Income:Sales:Hillside"] + postings(rest)["Income:Sales:Hillside"] == -(
        90_909
    )
    assert journal.delivery(Delivered(there, "order-1", "CAKE", 1, 3), sold) is None
    assert journal.delivery(Delivered(there, "order-2", "CAKE", 1, 0), sold) is None


def test_cash_goes_to_the_safe_and_what_is_missing_is_a_loss() -> None:
    assert postings(journal.cash(CashMoved(AT, -30_000, "to the bank"))) == {
        "Assets:Cash:Office": -30_000,
        "Assets:Safe": 30_000,
    }
    assert postings(journal.variance(Counted(AT, -100))) == {
        "Assets:Cash:Office": -100,
        "Expenses:Cash-Over-Short:Office": 100,
    }
    assert journal.variance(Counted(AT, 0)) is None


def test_an_entry_that_does_not_balance_is_none() -> None:
    with pytest.raises(ValueError, match=r"^Expected postings of 018f that sum to 0, got 1\.$"):
        Entry(AT, "Sale", (Posting(accounts.SAFE, 1),))


amounts = st.integers(0, 10**9)


@st.composite
def sold_things(draw: st.DrawFn) -> Sold:
    parts = []
    for number in range(draw(st.integers(1, 5))):
        amount = draw(amounts)
        order_id = draw(st.sampled_from(["", "order-1"]))
        tax = draw(st.integers(0, amount))
        parts.append(Part(f"S{number}", 1, amount, tax, draw(st.sampled_from("ab")), order_id))
    rounding = draw(st.integers(-9, 9))
    total = sum(part.amount_minor for part in parts) + rounding
    cash = draw(st.integers(min(0, total), max(0, total)))
    return Sold(AT, parts, [Paid("cash", cash), Paid("card", total - cash)], rounding)


@given(sold_things())
def test_a_sale_and_its_whole_return_leave_nothing_but_income_against_returns(sold: Sold) -> None:
    left = balances([journal.sale(sold), journal.goods_return(sold)])
    assert sum(left.values()) == 0
    assert {account for account, _ in left} <= {"Income:Returns:Office", "Income:Sales:Office"}


@given(st.lists(st.integers(1, 9), min_size=1, max_size=8), amounts)
def test_parts_of_a_line_earn_the_line_exactly(parts: list[int], amount_minor: int) -> None:
    line = Part("CAKE", sum(parts), amount_minor, 0, "standard", "order-1")
    before, earned = 0, 0
    for part in parts:
        handed = Delivered(AT, "order-1", "CAKE", part, before)
        entry = journal.delivery(handed, {("order-1", "CAKE"): line})
        earned += 0 if entry is None else -dict(entry.postings)["Income:Sales:Office"]
        before += part
    assert earned == amount_minor
