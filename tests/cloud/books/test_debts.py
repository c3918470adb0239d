"""What customers were owed for orders is in the books when it was paid, and the books agree with what was sold."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.books import debts
from cloud.books.debts import Settled
from cloud.books.journal import Occasion, Part

AT = Occasion("2026-11-23", "office", "KRW", "order-credit-o-1")
LINES = (
    Part("CAKE", 1, 30_000, 2_727, "A", "o"),
    Part("BOOK", 1, 10_000, 0, "free", "o"),
)


def postings(debt: Settled) -> dict[str, int]:
    return {it.account: it.amount_minor for it in debts.entry(debt).postings}


@pytest.mark.parametrize(
    ("by", "account"),
    [("cash", "Assets:Safe"), ("bank", "Assets:Bank"), ("alipay", "Assets:Clearing:Wallet:Alipay")],
)
def test_a_broken_promise_costs_the_company(by: str, account: str) -> None:
    debt = Settled(AT, "compensation", "late", 1_500, by, LINES)
    assert postings(debt) == {account: -1_500, "Expenses:Compensation": 1_500}


def test_what_never_came_is_owed_no_more_and_its_tax_neither() -> None:
    assert postings(Settled(AT, "refund", "broken", 40_000, "cash", LINES)) == {
        "Assets:Safe": -40_000,
        "Liabilities:Orders-Undelivered": 37_273,
        "Liabilities:VAT:A": 2_727,
    }


def test_what_came_back_is_a_return_and_what_was_paid_online_waits_there() -> None:
    assert "Income:Returns:Office" in postings(
        Settled(AT, "refund", "returned", 40_000, "bank", LINES)
    )
    assert postings(Settled(AT, "refund", "returned", 40_000, "bank")) == {
        "Assets:Bank": -40_000,
        "Assets:Clearing:Online-Orders": 40_000,
    }


def test_what_was_paid_online_is_owed_until_the_hand_over_and_a_coupons_share_is_nobodys() -> None:
    goods = {("standard", 1_000): 44_000}
    missing = Settled(AT, "refund", "missing", 10_000, "cash", (), goods, 1_000)
    assert postings(missing) == {
        "Assets:Safe": -9_000,
        "Expenses:Coupons": -1_000,
        "Liabilities:Orders-Undelivered": 10_000,
    }
    assert postings(missing._replace(reason="returned", amount_minor=11_000, coupon_minor=0)) == {
        "Assets:Safe": -11_000,
        "Income:Returns:Office": 10_000,
        "Liabilities:VAT:Standard": 1_000,
    }


@given(
    st.lists(st.tuples(st.integers(1, 10**6), st.sampled_from("ab")), min_size=1, max_size=5),
    st.sampled_from(["broken", "returned"]),
    st.data(),
)
def test_every_part_of_an_order_balances(
    lines: Sequence[tuple[int, str]], reason: str, data: st.DataObject
) -> None:
    sold = [Part("S", 1, amount, amount // 11, group, "o") for amount, group in lines]
    amount = data.draw(st.integers(1, sum(part.amount_minor for part in sold)))
    assert sum(postings(Settled(AT, "refund", reason, amount, "cash", sold)).values()) == 0
