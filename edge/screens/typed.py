"""What a cashier types into the one line of the counter: codes, quantities, amounts, discounts."""

from __future__ import annotations

import re
from typing import Final

from edge.domain.basket import Discount
from edge.domain.money import MAX_AMOUNT_MINOR, to_step
from edge.domain.text import is_scanned
from edge.screens.parts import Fields
from edge.screens.state import Misread
from ui.formats import minor_of

PIECES = re.compile(r"(?P<quantity>\d{1,3})\s*[*x×](?P<code>.+)", re.IGNORECASE)
PERCENT = re.compile(r"(?P<whole>\d{1,3})(?:\.(?P<part>\d{1,2}))?\s*%")
MAX_DIGITS: Final = 6  # of a quantity: what is longer is a code in the wrong place
MAX_SHOWN: Final = 40
# Notes that customers hand over for a sum; the smallest ones are change.
NOTES: Final = {"KRW": (5_000, 10_000, 50_000), "CNY": (1_000, 5_000, 10_000)}
NOTES_OF_OTHERS: Final = (1_000, 2_000, 5_000)


def code_of(text: str) -> tuple[str, int]:
    """A code and how many of it: "8801234567893", "3*8801234567893"."""
    found = PIECES.fullmatch(text.strip())
    if found is not None:
        return found["code"].strip(), int(found["quantity"])
    if not text.strip():
        raise Misread("counter.notice.need_code")
    return text.strip(), 1


def quantity_of(text: str) -> int:
    if not text.strip().isdecimal() or len(text.strip()) > MAX_DIGITS:
        raise Misread("counter.notice.need_quantity")
    return int(text)


def amount_of(text: str, currency: str) -> int:
    """An amount in minor units, as people write it."""
    try:
        amount_minor = minor_of(text, currency)
    except ValueError as error:
        raise Misread("counter.notice.bad_amount", _shown(text), has_advice=True) from error
    if amount_minor > MAX_AMOUNT_MINOR:
        raise Misread("counter.notice.too_much", _shown(text), has_advice=True)
    return amount_minor


def discount_of(text: str, currency: str) -> Discount:
    """A part of it ("10%") or an amount off ("500")."""
    if not text.strip():
        raise Misread("counter.notice.need_discount")
    found = PERCENT.fullmatch(text.strip())
    if found is not None:
        return Discount(
            percent_bp=int(found["whole"]) * 100 + int((found["part"] or "").ljust(2, "0"))
        )
    return Discount(amount_minor=amount_of(text, currency))


def listed_number(text: str, known: range) -> int:
    """The number of a row on the screen."""
    if text.strip().isdecimal() and int(text) in known:
        return int(text)
    raise Misread("counter.notice.bad_number", _shown(text), has_advice=True)


def number_in(key: str) -> int | None:
    """The number that a button's key carries ("line:3"); None for what no button of ours sends."""
    digits = key.partition(":")[2]
    is_number = digits.isdecimal() and len(digits) <= len(str(MAX_AMOUNT_MINOR))
    return int(digits) if is_number else None


def check_text(text: str) -> None:
    """Raises Misread for what no keyboard types and neither paper nor the hub can hold."""
    if not is_scanned(text):
        raise Misread("counter.notice.no_text", has_advice=True)


def likely_cash(due_minor: int, currency: str, limit: int = 3) -> tuple[int, ...]:
    """The exact amount, and the next sums that customers are likely to hand over in notes."""
    if due_minor <= 0:
        return ()
    notes = [note for note in NOTES.get(currency, NOTES_OF_OTHERS) if note * 20 > due_minor]
    sums = {-(-due_minor // note) * note for note in notes}
    return tuple(sorted(sums | {due_minor})[:limit])


def in_coins(amount_minor: int, step_minor: int) -> int:
    """What is asked for in cash: to the smallest coin, as the sale itself rounds it."""
    return to_step(amount_minor, step_minor)


def _shown(text: str) -> Fields:
    """What was typed, as a refusal repeats it."""
    told = text.strip() or "–"
    return (("text", told if len(told) <= MAX_SHOWN else f"{told[:MAX_SHOWN]}…"),)
