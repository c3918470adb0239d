"""What orders of the online shop book: what they are paid with, what is earned by them, what goes back. Pure.

Until a shop has handed the goods over, what was paid is owed to the customer, all of it; a coupon is the company's own
expense. What points and stored value pay is cleared by the members' ledgers, as at a till (`cloud.books.owed`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from cloud.books import accounts
from cloud.books.journal import Entry, Occasion, Paid, entry
from contract.members import half_up, shares

PAID: Final = "Online order paid"
HANDED: Final = "Online order handed over"
REFUNDED: Final = "Online order refunded"
BROUGHT_BACK: Final = "Online order brought back"

Goods = Mapping[tuple[str, int], int]
"""What an order's goods cost, by tax group with its rate: what came with them, a fee too, is taxed as they are."""


def paid(occasion: Occasion, tenders: Sequence[Paid]) -> Entry:
    return _against(occasion, PAID, tenders, Counter({accounts.UNDELIVERED: -_sum(tenders)}))


def refunded(occasion: Occasion, tenders: Sequence[Paid]) -> Entry:
    """Of what was never handed over: it is owed no longer."""
    back = _negative(tenders)
    return _against(occasion, REFUNDED, back, Counter({accounts.UNDELIVERED: -_sum(back)}))


def brought_back(occasion: Occasion, tenders: Sequence[Paid], goods: Goods) -> Entry:
    """Of what had been handed over: its tax is owed no longer either."""
    back = _negative(tenders)
    account = accounts.at(accounts.RETURNS, occasion.location_id)
    return _against(occasion, BROUGHT_BACK, back, taxed(account, -_sum(back), goods))


def handed_over(occasion: Occasion, amount_minor: int, goods: Goods) -> Entry:
    """`amount_minor` was paid and not given back: it is earned, and its tax is due."""
    account = accounts.at(accounts.SALES, occasion.location_id)
    postings = taxed(account, -amount_minor, goods)
    postings[accounts.UNDELIVERED] += amount_minor
    return entry(occasion, HANDED, postings)


def taxed(account: str, amount_minor: int, goods: Goods) -> Counter[str]:
    """The amount less its tax at `account`, and the tax, spread over the groups as the goods are."""
    postings = Counter[str]()
    sign = -1 if amount_minor < 0 else 1
    parts = shares(abs(amount_minor), list(goods.values()))
    for (group, rate_bp), gross in zip(goods, parts, strict=True):
        tax = half_up(gross * rate_bp, 10_000 + rate_bp)
        postings[account] += sign * (gross - tax)
        postings[accounts.at(accounts.VAT, group)] += sign * tax
    return postings


def _against(
    occasion: Occasion, narration: str, tenders: Sequence[Paid], postings: Counter[str]
) -> Entry:
    for tender in tenders:
        account = accounts.of_tender(tender.kind, occasion.location_id, tender.scheme)
        postings[account] += tender.amount_minor
    return entry(occasion, narration, postings)


def _sum(tenders: Sequence[Paid]) -> int:
    return sum(tender.amount_minor for tender in tenders)


def _negative(tenders: Sequence[Paid]) -> list[Paid]:
    return [tender._replace(amount_minor=-tender.amount_minor) for tender in tenders]
