"""What customers were owed for orders and got in cash, by bank or, for a promise that was broken, by wallet. Pure.

Stored value is booked with the members' ledger (`cloud.books.owed`), what a till gives back with its return, and what
goes back the way it was paid online with its order (`cloud.books.online`). Money that another channel took waits in an
account of its own: a refund of it goes out of there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from cloud.books import accounts
from cloud.books.journal import Entry, Occasion, Part, Posting
from cloud.books.online import Goods, taxed
from contract.members import half_up, shares

UNDELIVERED: Final = frozenset({"broken", "cancelled", "given_up", "missing"})
"""Reasons of refunds for what the customer never got."""


class Settled(NamedTuple):
    """`by` is "cash", "bank" or a wallet's name. `sold` are the order's lines where a till sold it, else nothing.

    `online` are the goods of an order of the online shop; `coupon_minor` of the amount is nobody's money.
    """

    occasion: Occasion
    kind: str
    reason: str
    amount_minor: int
    by: str
    sold: Sequence[Part] = ()
    online: Goods | None = None
    coupon_minor: int = 0


def entry(debt: Settled) -> Entry:
    postings = Counter[str]()
    postings[_paid_from(debt.by)] -= debt.amount_minor - debt.coupon_minor
    postings[accounts.COUPONS] -= debt.coupon_minor
    if debt.kind == "compensation":
        postings[accounts.COMPENSATION] += debt.amount_minor
    elif debt.online is not None:
        postings.update(_bought_online(debt, debt.online))
    elif not debt.sold:
        postings[accounts.ONLINE_ORDERS] += debt.amount_minor
    else:
        postings.update(_sold_back(debt))
    kept = (Posting(account, amount) for account, amount in sorted(postings.items()) if amount)
    return Entry(debt.occasion, f"Order: {debt.kind} paid", tuple(kept))


def _paid_from(by: str) -> str:
    known = {"cash": accounts.SAFE, "bank": accounts.BANK}
    return known.get(by) or accounts.of_tender("wallet", "", by)


def _bought_online(debt: Settled, goods: Goods) -> Mapping[str, int]:
    """Until the hand-over all of it is owed to the customer, its tax too."""
    if debt.reason != "returned":
        return {accounts.UNDELIVERED: debt.amount_minor}
    account = accounts.at(accounts.RETURNS, debt.occasion.location_id)
    return taxed(account, debt.amount_minor, goods)


def _sold_back(debt: Settled) -> dict[str, int]:
    """The order's own share of tax in so much of it: all of the order gives all of its tax."""
    gross = sum(part.amount_minor for part in debt.sold)
    tax = Counter[str]()
    for part in debt.sold:
        tax[part.tax_group] += part.tax_minor
    groups = sorted(tax)
    all_tax = half_up(sum(tax.values()) * debt.amount_minor, gross) if gross else 0
    by_group = shares(all_tax, [tax[group] for group in groups]) if groups else ()
    never_got = debt.reason in UNDELIVERED
    place = debt.occasion.location_id
    account = accounts.UNDELIVERED if never_got else accounts.at(accounts.RETURNS, place)
    postings = {account: debt.amount_minor - all_tax}
    for group, amount in zip(groups, by_group, strict=True):
        postings[accounts.at(accounts.VAT, group)] = amount
    return postings
