"""Goods back: the stored amounts of the sale reversed, never recomputed, and never more than was paid.

Of a line sold as Q pieces for A, the pieces from q to q + n are worth share(q + n) - share(q) with
share(k) = half-up of A x k / Q: however the line is cut into returns, they sum to A.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from edge.domain.errors import BadQuantity, NoSuchReceiptLine, NothingToReturn, RefundAbovePaid
from edge.domain.money import down_to_step, share_so_far, to_step
from edge.domain.sale import MemberPart, Sold, SoldLine

ORDER: Final = ("coupon", "points", "stored_value")


@dataclass(frozen=True, slots=True)
class Wanted:
    """`is_sellable`: whether it comes back into stock as a person says; None as the box judges."""

    line: int
    quantity: int
    is_sellable: bool | None = None


@dataclass(frozen=True, slots=True)
class ReturnedLine:
    """`before` is how many pieces of the original line had come back already."""

    line: int
    sold: SoldLine
    quantity: int
    amount_minor: int
    tax_minor: int
    before: int = 0
    is_sellable: bool | None = None


@dataclass(frozen=True, slots=True)
class Refund:
    """`amount_minor` is what the customer gets, `rounding_minor` of it because of the smallest coin."""

    amount_minor: int
    rounding_minor: int


def take_back(
    sold: Sold, returned: Mapping[int, int], wanted: Iterable[Wanted]
) -> tuple[ReturnedLine, ...]:
    """What the wanted pieces are worth. `returned` counts the pieces that came back before, by line."""
    pieces, sellable = Counter[int](), dict[int, bool | None]()
    for want in wanted:
        _check_pieces(sold, want)
        pieces[want.line] += want.quantity
        sellable[want.line] = want.is_sellable
    if not pieces:
        raise NothingToReturn
    return tuple(
        replace(
            _returned(number, _line(sold, line), returned.get(line, 0), quantity),
            is_sellable=sellable[line],
        )
        for number, (line, quantity) in enumerate(sorted(pieces.items()), 1)
    )


def cash_refund(amount_minor: int, step_minor: int, sold: Sold, refunded_minor: int) -> Refund:
    """Rounds to the smallest coin, downwards where rounding up would give back more than was ever paid."""
    left_minor = sold.paid_minor - refunded_minor
    rounded = to_step(amount_minor, step_minor)
    if rounded > left_minor:
        rounded = max(0, down_to_step(min(amount_minor, left_minor), step_minor))
    return Refund(rounded, rounded - amount_minor)


def back_to_member(sold: Sold, returned_minor: int, amount_minor: int) -> tuple[MemberPart, ...]:
    """The part of a refund that goes back as points, stored value or coupon: never as money.

    Of the whole refund it is the share that they had of the whole sale, half-up, coupons first. However the goods
    come back, all of them give back all of it. `returned_minor` is what earlier returns were worth.
    """
    parts = sorted(sold.of_member or (), key=lambda part: ORDER.index(part.kind))
    whole = sum(part.amount_minor for part in parts)
    if not whole:
        return ()
    before, after = (
        share_so_far(whole, min(returned, sold.total_minor), sold.total_minor)
        for returned in (returned_minor, returned_minor + amount_minor)
    )
    given, found = 0, []
    for part in parts:
        low, high = max(before, given), min(after, given + part.amount_minor)
        if high > low:
            found.append(replace(part, amount_minor=high - low))
        given += part.amount_minor
    return tuple(found)


def left_to_return(sold: Sold, returned: Mapping[int, int]) -> dict[int, int]:
    """Pieces that may still come back, by line."""
    return {line.line: line.quantity - returned.get(line.line, 0) for line in sold.lines}


def _returned(number: int, sold: SoldLine, before: int, quantity: int) -> ReturnedLine:
    after = before + quantity
    if after > sold.quantity:
        left = sold.quantity - before
        raise RefundAbovePaid(line=sold.line, wanted=quantity, left=left, sold=sold.quantity)
    amount, tax = (
        share_so_far(whole, after, sold.quantity) - share_so_far(whole, before, sold.quantity)
        for whole in (sold.amount_minor, sold.tax_minor)
    )
    return ReturnedLine(number, sold, quantity, amount, tax, before)


def _line(sold: Sold, number: int) -> SoldLine:
    return next(line for line in sold.lines if line.line == number)


def _check_pieces(sold: Sold, want: Wanted) -> None:
    if not any(line.line == want.line for line in sold.lines):
        raise NoSuchReceiptLine(line=want.line)
    if want.quantity < 1:
        most = max(line.quantity for line in sold.lines if line.line == want.line)
        raise BadQuantity(quantity=want.quantity, maximum=most)
