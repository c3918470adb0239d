"""The journal as a text that Beancount reads (its manual, "Language Syntax", v3): accounts opened, then entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cloud.books.journal import Entry, Posting
from contract.money import MINOR_DIGITS

# What would end a string, or begin another line.
_SPELT = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": " ", "\r": " "})


def text(title: str, entries: Sequence[Entry]) -> str:
    """`title` is the company's name. Entries keep their order within a day."""
    ordered = sorted(entries, key=lambda entry: entry.occasion.business_date)
    lines = [f'option "title" "{title.translate(_SPELT)}"', "", *_opened(ordered), ""]
    return "\n".join([*lines, *map(_entry, ordered)]) + "\n"


def _opened(entries: Iterable[Entry]) -> Iterator[str]:
    """Each account, with its currencies, on the day on which it is needed first."""
    first: dict[str, str] = {}
    currencies: dict[str, set[str]] = {}
    for entry in entries:
        for posting in entry.postings:
            first.setdefault(posting.account, entry.occasion.business_date)
            currencies.setdefault(posting.account, set()).add(entry.occasion.currency)
    for account, day in sorted(first.items()):
        yield f"{day} open {account} {','.join(sorted(currencies[account]))}"


def _entry(entry: Entry) -> str:
    occasion = entry.occasion
    head = f'{occasion.business_date} * "{entry.narration.translate(_SPELT)}"'
    origin = [
        f'  place: "{occasion.location_id.translate(_SPELT)}"',
        f'  reference: "{occasion.reference.translate(_SPELT)}"',
    ]
    postings = (_posting(posting, occasion.currency) for posting in entry.postings)
    return "\n".join([head, *origin, *postings, ""])


def _posting(posting: Posting, currency: str) -> str:
    return (
        f"  {posting.account}  {decimal(posting.amount_minor, MINOR_DIGITS[currency])} {currency}"
    )


def decimal(amount_minor: int, digits: int) -> str:
    """Minor units as a decimal number.

    >>> decimal(-1205, 2), decimal(4800, 0), decimal(-5, 2)
    ('-12.05', '4800', '-0.05')
    """
    whole, part = divmod(abs(amount_minor), 10**digits)
    sign = "-" if amount_minor < 0 else ""
    return f"{sign}{whole}.{part:0{digits}d}" if digits else f"{sign}{whole}"
