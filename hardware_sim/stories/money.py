"""The money row: what the tills took = the hub's journal = the Z reports = what the providers say, in minor units.

Five books that were kept apart, read from outside and compared: each box's own facts, its Z reports (and the X report
of an open shift), the hub's double entry, the hub's list of wallet payments, and the ledgers inside the simulated
payment terminals and wallet providers. Pure but for `books_of` and `reconcile`.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from hardware_sim.processes import Company
from hardware_sim.proof.estate import DATABASE
from hardware_sim.proof.outside import HeadOffice, Program, Till, until
from hardware_sim.stories.stage import check

AGREED_WITHIN_S: Final = 60.0
FROM, TO = "2000-01-01", "2999-12-31"
MOST_PAYMENTS: Final = 5_000
SHOWN: Final = 8
SALES = {"sale.completed": 1, "return.completed": -1}
ACCOUNTS: Final = {
    "Assets:Cash": "cash",
    "Assets:Clearing:Card": "card",
    "Assets:Clearing:Wallet:Wechat-pay": "wallet wechat_pay",
    "Assets:Clearing:Wallet:Alipay": "wallet alipay",
    "Assets:Clearing:Points": "points",
    "Assets:Clearing:Stored-Value": "stored_value",
    "Expenses:Coupons": "coupon",
}

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ShopBooks:
    """One shop's: `facts` as its box wrote them, `x` of its open shift, what the hub booked, its terminal's ledger."""

    edge_id: str
    facts: Sequence[Json]
    x: Json | None
    journal: Sequence[Json]
    terminal: Json


@dataclass(frozen=True, slots=True)
class Books:
    """`payments` is the hub's list of wallet payments, `providers` their ledgers by name."""

    shops: Sequence[ShopBooks]
    payments: Sequence[Json] = ()
    providers: Mapping[str, Json] = field(default_factory=dict)


def takings(facts: Iterable[Json]) -> Counter[str]:
    """What sales brought less what went back with goods, by kind of tender; a wallet's with its provider."""
    taken: Counter[str] = Counter()
    for fact in facts:
        sign = SALES.get(fact["type"], 0)
        for tender in fact["tenders"] if sign else ():
            taken[kind_of(tender)] += sign * tender["amount_minor"]
    return taken


def kind_of(tender: Json) -> str:
    return f"wallet {tender['scheme']}" if tender["kind"] == "wallet" else str(tender["kind"])


def reported(reports: Iterable[Json]) -> Counter[str]:
    """The same by Z and X reports, which do not tell wallets apart."""
    sums: Counter[str] = Counter()
    for report in reports:
        for name, sign in (("tenders", 1), ("refunds", -1)):
            for total in report[name]:
                sums[total["kind"]] += sign * total["amount_minor"]
    return sums


def booked(entries: Iterable[Json]) -> Counter[str]:
    """The same by the accounts that sales and returns were booked to."""
    sums: Counter[str] = Counter()
    for entry in entries:
        for posting in entry["postings"] if entry["narration"] in ("Sale", "Return") else ():
            if kind := _kind_of_account(posting["account"]):
                sums[kind] += posting["amount_minor"]
    return sums


def differences(books: Books) -> list[str]:
    """Each in words, nothing where all agree."""
    found: list[str] = []
    for shop in books.shops:
        found += _of_shop(shop)
    return found + _of_wallets(books)


def _of_shop(shop: ShopBooks) -> list[str]:
    taken = takings(shop.facts)
    closed = [fact for fact in shop.facts if fact["type"] == "shift.closed"]
    reports = [*closed, *([shop.x] if shop.x else [])]
    by_kind: Counter[str] = Counter()
    for kind, amount_minor in taken.items():
        by_kind[kind.partition(" ")[0]] += amount_minor
    return [
        *_unequal(f"{shop.edge_id}: Z reports", by_kind, reported(reports)),
        *_unequal(f"{shop.edge_id}: the hub's journal", taken, booked(shop.journal)),
        *_unequal(
            f"{shop.edge_id}: the payment terminal's ledger",
            {"card": taken["card"]},
            {"card": shop.terminal["moved_minor"]},
        ),
        *_charged_twice(shop.terminal, f"{shop.edge_id}: the payment terminal"),
    ]


def _of_wallets(books: Books) -> list[str]:
    hub = {_number(row["payment_id"]): _left_minor(row) for row in books.payments}
    boxes = {shop.edge_id for shop in books.shops}
    of_tills = {
        _number(row["payment_id"]): _left_minor(row)
        for row in books.payments
        if row["edge_id"] in boxes
    }
    found = _unequal("the hub's wallet payments", _by_payment(books.shops), of_tills)
    for provider, ledger in books.providers.items():
        of_provider = {
            _number(row["payment_id"]): hub[_number(row["payment_id"])]
            for row in books.payments
            if row["provider"] == provider
        }
        found += _unequal(f"{provider}'s own ledger", of_provider, ledger["orders"])
        found += _charged_twice(ledger, provider)
    return found


def _by_payment(shops: Sequence[ShopBooks]) -> Counter[str]:
    """By each wallet payment's number: what sales have of it less what went back, at whichever shop."""
    left: Counter[str] = Counter()
    for shop in shops:
        for fact in shop.facts:
            sign = SALES.get(fact["type"], 0)
            for tender in fact["tenders"] if sign else ():
                if tender["kind"] == "wallet":
                    left[_number(tender["payment_id"])] += sign * tender["amount_minor"]
    return left


def _left_minor(payment: Json) -> int:
    if payment["state"] != "approved":
        return 0
    back = sum(int(it["amount_minor"]) for it in payment["refunds"] if it["state"] == "done")
    return int(payment["amount_minor"]) - back


def _charged_twice(ledger: Json, whose: str) -> list[str]:
    return [
        f"{whose}: {number} was charged {times} times"
        for number, times in ledger["times_charged"].items()
        if times > 1
    ]


def _unequal(whose: str, ours: Mapping[str, int], theirs: Mapping[str, int]) -> list[str]:
    names = sorted(ours.keys() | theirs.keys())
    return [
        f"{whose}: expected {ours.get(name, 0):,} of {name}, got {theirs.get(name, 0):,}"
        for name in names
        if ours.get(name, 0) != theirs.get(name, 0)
    ]


def _kind_of_account(account: str) -> str:
    return next(
        (
            kind
            for start, kind in ACCOUNTS.items()
            if account == start or account.startswith(f"{start}:")
        ),
        account if account.startswith("Assets:Clearing") else "",
    )


def _number(payment_id: str) -> str:
    """As providers spell a payment's id."""
    return payment_id.replace("-", "")


# -- reading them from outside -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """One shop of the story: its processes, its till's API, its simulated counter."""

    company: Company
    till: Till
    counter: Program


def books_of(office: HeadOffice, places: Sequence[Place], wallets: Program) -> Books:
    payments = office.ask("GET", "/api/payments", limit=MOST_PAYMENTS)["payments"]
    shops = [_shop(office, place) for place in places]
    return Books(shops, payments, wallets.ask("GET", "/api/wallets/ledger"))


def _shop(office: HeadOffice, place: Place) -> ShopBooks:
    shop = place.company.shop
    has_shift = place.till.state()["shift"] is not None
    journal = office.ask(
        "GET", "/api/books/journal", first=FROM, last=TO, location_id=shop.location_id
    )
    return ShopBooks(
        shop.edge_id,
        _facts(place.company.folder),
        place.till.ask("GET", "/api/shifts/current/x") if has_shift else None,
        journal["entries"],
        place.counter.ask("GET", "/api/payment_terminal/ledger"),
    )


def _facts(folder: Path) -> list[Json]:
    with closing(sqlite3.connect(f"file:{folder / DATABASE}?mode=ro", uri=True)) as box:
        rows = box.execute("SELECT body FROM outbox ORDER BY epoch, seq").fetchall()
    return [json.loads(body) for (body,) in rows]


def reconcile(office: HeadOffice, places: Sequence[Place], wallets: Program) -> Json:
    """Waits until all five agree and gives the figures. Raises Untrue with what does not.

    Call it at a story's end, when nothing waits in any box: facts on their way are no difference of money.
    """
    found: list[str] = []
    books = Books([])

    def agree() -> bool:
        nonlocal books
        books = books_of(office, places, wallets)
        found[:] = differences(books)
        return not found

    until(agree, AGREED_WITHIN_S)
    check(not found, "expected every book to agree, but " + "; ".join(found[:SHOWN]))
    return figures(books)


def figures(books: Books) -> Json:
    """`*_minor` are sums over all shops and kinds; they are equal where `differences` found nothing."""
    taken = sum(sum(takings(shop.facts).values()) for shop in books.shops)
    wallets_minor = {name: int(it["moved_minor"]) for name, it in books.providers.items()}
    return {
        "takings_minor": taken,
        "journal_minor": sum(sum(booked(shop.journal).values()) for shop in books.shops),
        "wallets_minor": wallets_minor,
        "wallet_payments": len(books.payments),
        "differences": len(differences(books)),
    }


def told(row: Json) -> str:
    wallets = ", ".join(f"{name} {minor:,}" for name, minor in row["wallets_minor"].items())
    return (
        f"takings {row['takings_minor']:,} = journal = Z reports; {wallets} in the providers' books"
    )
