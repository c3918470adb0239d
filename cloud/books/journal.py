"""What the facts of some days book, in double entry. Pure: facts in, entries out, each of which sums to zero.

Amounts are integer minor units; positive is debit. Prices include VAT, so a sale books its gross less its tax as income
and the tax as owed. What was sold by an order is owed to the customer until the shop has handed it over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cloud.books import accounts


class Posting(NamedTuple):
    account: str
    amount_minor: int


class Occasion(NamedTuple):
    """What a fact and its entry have in common. `reference` is the fact's own id."""

    business_date: str
    location_id: str
    currency: str
    reference: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One transaction of the journal. Raises ValueError where its postings do not sum to zero."""

    occasion: Occasion
    narration: str
    postings: tuple[Posting, ...]

    def __post_init__(self) -> None:
        total = sum(posting.amount_minor for posting in self.postings)
        if total:
            raise ValueError(
                f"Expected postings of {self.occasion.reference} that sum to 0, got {total}."
            )


class Part(NamedTuple):
    """A line of a sale or of a return: what it was sold at, tax included, and the tax in it."""

    sku: str
    quantity: int
    amount_minor: int
    tax_minor: int
    tax_group: str
    order_id: str = ""


class Paid(NamedTuple):
    kind: str
    amount_minor: int
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Sold:
    """A sale, or a return with its amounts as positive numbers too."""

    occasion: Occasion
    parts: Sequence[Part]
    tenders: Sequence[Paid]
    rounding_minor: int = 0


def sale(sold: Sold) -> Entry:
    """Tenders = lines + rounding, as the box wrote it."""
    postings = Counter[str]()
    for tender in sold.tenders:
        account = accounts.of_tender(tender.kind, sold.occasion.location_id, tender.scheme)
        postings[account] += tender.amount_minor
    for part in sold.parts:
        postings[_earned(part, sold.occasion)] -= part.amount_minor - part.tax_minor
        postings[accounts.at(accounts.VAT, part.tax_group)] -= part.tax_minor
    postings[accounts.ROUNDING] -= sold.rounding_minor
    return entry(sold.occasion, "Sale", postings)


def goods_return(back: Sold) -> Entry:
    """The stored amounts the other way round; what had not been delivered yet is owed no more."""
    postings = Counter[str]()
    for tender in back.tenders:
        account = accounts.of_tender(tender.kind, back.occasion.location_id, tender.scheme)
        postings[account] -= tender.amount_minor
    for part in back.parts:
        postings[_given_back(part, back.occasion)] += part.amount_minor - part.tax_minor
        postings[accounts.at(accounts.VAT, part.tax_group)] += part.tax_minor
    postings[accounts.ROUNDING] += back.rounding_minor
    return entry(back.occasion, "Return", postings)


def _earned(part: Part, occasion: Occasion) -> str:
    if part.order_id:
        return accounts.UNDELIVERED
    return accounts.at(accounts.SALES, occasion.location_id)


def _given_back(part: Part, occasion: Occasion) -> str:
    if part.order_id:
        return accounts.UNDELIVERED
    return accounts.at(accounts.RETURNS, occasion.location_id)


class Delivered(NamedTuple):
    """So many of `sku` of one order were handed over; `before` is how many had been already."""

    occasion: Occasion
    order_id: str
    sku: str
    quantity: int
    before: int


def delivery(handed: Delivered, sold: Mapping[tuple[str, str], Part]) -> Entry | None:
    """What was owed to the customer is earned. None where nothing was owed: a transfer, or a gift in its place.

    A part of a line earns its share of the line; all parts together earn the line exactly.
    """
    part = sold.get((handed.order_id, handed.sku))
    if part is None or part.quantity == 0:
        return None
    net_minor = part.amount_minor - part.tax_minor
    until = min(part.quantity, handed.before + handed.quantity)
    earned = net_minor * until // part.quantity - net_minor * handed.before // part.quantity
    if not earned:
        return None
    income = accounts.at(accounts.SALES, handed.occasion.location_id)
    postings = Counter({accounts.UNDELIVERED: earned, income: -earned})
    return entry(handed.occasion, "Order handed over", postings)


class CashMoved(NamedTuple):
    """`amount_minor` is positive into the drawer."""

    occasion: Occasion
    amount_minor: int
    reason: str


def cash(moved: CashMoved) -> Entry:
    drawer = accounts.at(accounts.CASH, moved.occasion.location_id)
    postings = Counter({drawer: moved.amount_minor, accounts.SAFE: -moved.amount_minor})
    return entry(moved.occasion, f"Cash: {moved.reason}" if moved.reason else "Cash", postings)


class Counted(NamedTuple):
    """A shift's end: `variance_minor` is what was counted less what was expected."""

    occasion: Occasion
    variance_minor: int


def variance(counted: Counted) -> Entry | None:
    if not counted.variance_minor:
        return None
    drawer = accounts.at(accounts.CASH, counted.occasion.location_id)
    lost = accounts.at(accounts.OVER_SHORT, counted.occasion.location_id)
    postings = Counter({drawer: counted.variance_minor, lost: -counted.variance_minor})
    return entry(counted.occasion, "Cash counted", postings)


def balances(entries: Iterable[Entry]) -> dict[tuple[str, str], int]:
    """By account and currency: what is left of all debits and credits."""
    sums: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        for posting in entry.postings:
            sums[posting.account, entry.occasion.currency] += posting.amount_minor
    return {key: amount for key, amount in sorted(sums.items()) if amount}


def entry(occasion: Occasion, narration: str, postings: Mapping[str, int]) -> Entry:
    kept = (Posting(account, amount) for account, amount in sorted(postings.items()) if amount)
    return Entry(occasion, narration, tuple(kept))
