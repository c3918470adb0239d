"""The money row sees every single won that one of the five books has and another has not."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from hardware_sim.stories import money
from hardware_sim.stories.money import Books, ShopBooks

Json = dict[str, Any]
WALLET = "018f2f4e-0001-7abc-8def-0123456789ab"
GONE = "018f2f4e-0002-7abc-8def-0123456789ab"
NUMBER = WALLET.replace("-", "")


def tender(kind: str, amount_minor: int, payment_id: str = "", scheme: str = "") -> Json:
    return {
        "kind": kind,
        "amount_minor": amount_minor,
        "payment_id": payment_id,
        "scheme": scheme,
    }


def entry(narration: str, **amounts: int) -> Json:
    names = {
        "cash": "Assets:Cash:Office",
        "card": "Assets:Clearing:Card",
        "alipay": "Assets:Clearing:Wallet:Alipay",
        "sales": "Income:Sales:Office",
    }
    postings = [{"account": names[it], "amount_minor": amounts[it]} for it in amounts]
    return {"narration": narration, "postings": postings}


def books() -> Json:
    """A shop that sold 10,000 in cash, 4,000 by card, 6,000 by wallet, of which 2,500 went back; all as plain data."""
    sale = {
        "type": "sale.completed",
        "tenders": [
            tender("cash", 10_000),
            tender("card", 4_000),
            tender("wallet", 6_000, WALLET, "alipay"),
        ],
    }
    back = {"type": "return.completed", "tenders": [tender("wallet", 2_500, WALLET, "alipay")]}
    z = {
        "type": "shift.closed",
        "tenders": [
            {"kind": "cash", "amount_minor": 10_000},
            {"kind": "card", "amount_minor": 4_000},
        ],
        "refunds": [],
    }
    x = {
        "tenders": [{"kind": "wallet", "amount_minor": 6_000}],
        "refunds": [{"kind": "wallet", "amount_minor": 2_500}],
    }
    return {
        "facts": [sale, back, z],
        "x": x,
        "journal": [
            entry("Sale", cash=10_000, card=4_000, alipay=6_000, sales=-20_000),
            entry("Return", alipay=-2_500, sales=2_500),
            entry("Cash: safe", cash=-5_000),
        ],
        "terminal": {"moved_minor": 4_000, "times_charged": {"A1": 1}},
        "payments": [
            {
                "payment_id": WALLET,
                "provider": "alipay",
                "edge_id": "office",
                "state": "approved",
                "amount_minor": 6_000,
                "refunds": [{"state": "done", "amount_minor": 2_500}],
            },
            {
                "payment_id": GONE,
                "provider": "alipay",
                "edge_id": "office",
                "state": "reversed",
                "amount_minor": 900,
                "refunds": [],
            },
        ],
        "providers": {
            "alipay": {
                "orders": {NUMBER: 3_500, GONE.replace("-", ""): 0},
                "moved_minor": 3_500,
                "times_charged": {NUMBER: 1},
            },
            "wechat_pay": {"orders": {}, "moved_minor": 0, "times_charged": {}},
        },
    }


def found(raw: Json) -> list[str]:
    shop = ShopBooks("office", raw["facts"], raw["x"], raw["journal"], raw["terminal"])
    return money.differences(Books([shop], raw["payments"], raw["providers"]))


def test_books_that_agree() -> None:
    assert found(books()) == []
    raw = books()
    shop = ShopBooks("office", raw["facts"], raw["x"], raw["journal"], raw["terminal"])
    row = money.figures(Books([shop], raw["payments"], raw["providers"]))
    assert row == {
        "takings_minor": 17_500,
        "journal_minor": 17_500,
        "wallets_minor": {"alipay": 3_500, "wechat_pay": 0},
        "wallet_payments": 2,
        "differences": 0,
    }
    assert "takings 17,500 = journal = Z reports" in money.told(row)


def changed(path: str, value: Any) -> Json:
    """The same books with one thing different; `path` is dotted."""
    raw = deepcopy(books())
    *way, last = (int(it) if it.isdigit() else it for it in path.split("."))
    place: Any = raw
    for step in way:
        place = place[step]
    place[last] = value
    return raw


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("facts.0.tenders.0.amount_minor", 10_001, "office: Z reports: expected 10,001 of cash"),
        ("facts.2.tenders.1.amount_minor", 3_999, "office: Z reports: expected 4,000 of card"),
        ("x.refunds.0.amount_minor", 0, "office: Z reports: expected 3,500 of wallet, got 6,000"),
        (
            "journal.0.postings.2.amount_minor",
            6_001,
            "office: the hub's journal: expected 3,500 of wallet alipay, got 3,501",
        ),
        ("journal.1.postings", [], "the hub's journal: expected 3,500 of wallet alipay, got 6,000"),
        ("terminal.moved_minor", 8_000, "the payment terminal's ledger: expected 4,000 of card"),
        ("terminal.times_charged", {"A1": 2}, "office: the payment terminal: A1 was charged 2"),
        ("payments.0.state", "waiting", f"the hub's wallet payments: expected 3,500 of {NUMBER}"),
        ("payments.0.refunds", [], f"the hub's wallet payments: expected 3,500 of {NUMBER}"),
        ("payments.1.state", "approved", "the hub's wallet payments: expected 0 of 018f2f4e0002"),
        (f"providers.alipay.orders.{NUMBER}", 6_000, "alipay's own ledger: expected 3,500"),
        (
            f"providers.alipay.orders.{GONE.replace('-', '')}",
            900,
            "alipay's own ledger: expected 0 of 018f2f4e0002",
        ),
        ("providers.alipay.orders.unheard-of", 1, "alipay's own ledger: expected 0 of unheard-of"),
        (f"providers.alipay.times_charged.{NUMBER}", 2, "was charged 2 times"),
    ],
)
def test_whichever_book_is_wrong_it_is_named(path: str, value: Any, words: str) -> None:
    raw = changed(path, value)
    assert any(words in it for it in found(raw)), found(raw)
