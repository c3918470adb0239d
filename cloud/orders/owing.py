"""What a customer is owed: money back, and something for a promise that was broken. Nothing is owed twice.

What a till has given back already is taken off; what was owed because nothing would come is not owed once it came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from cloud.ingest.quarantine import raise_alarm
from cloud.orders import repository
from cloud.orders.stands import Picked
from cloud.orders.tables import CustomerOrder, OrderCredit, OrderLine

COMPENSATION_BP = 500  # of the goods that were late, or did not come
PAID_AND_HANDED = "orders.refunded_and_handed_over"
WHOLE = frozenset({"broken", "cancelled"})
"""Reasons of a refund of all that was paid."""


class Desk(NamedTuple):
    session: Session
    now: datetime
    order: CustomerOrder


def refund_all(desk: Desk, reason: str) -> None:
    """All that was paid, less what a till has given back already."""
    order = desk.order
    repaid = repository.repaid_minor(desk.session, order.order_id)
    owe(desk, "refund", order.paid_minor - repaid, reason)


def refund_rest(
    desk: Desk, lines: Sequence[OrderLine], handed: Sequence[Picked], reason: str
) -> None:
    """Nothing more will be handed over: all is owed back, or, where a part has been, what that part lacks."""
    if not handed:
        refund_all(desk, reason)
        return
    owe(desk, "refund", min(note_handed(lines, handed), rest_minor(desk)), reason)


def compensate(desk: Desk, of_minor: int, reason: str) -> None:
    owe(desk, "compensation", of_minor * COMPENSATION_BP // 10_000, reason)


def owe(desk: Desk, kind: str, amount_minor: int, reason: str) -> None:
    if amount_minor <= 0:
        return
    session, order = desk.session, desk.order
    number = 1 + max(
        (it.number for it in repository.credits_of(session, order.order_id)), default=0
    )
    row = OrderCredit(
        order_id=order.order_id,
        number=number,
        kind=kind,
        amount_minor=amount_minor,
        currency=order.currency,
        reason=reason,
        owed_at=desk.now,
    )
    session.add(row)
    session.flush()


def rest_minor(desk: Desk) -> int:
    """What was paid and neither given back by a till nor owed back already."""
    order = desk.order
    known = repository.credits_of(desk.session, order.order_id)
    owed_minor = sum(it.amount_minor for it in known if it.kind == "refund")
    return max(
        0, order.paid_minor - repository.repaid_minor(desk.session, order.order_id) - owed_minor
    )


def note_handed(lines: Sequence[OrderLine], handed: Sequence[Picked]) -> int:
    """Writes how many of each line were handed over, and gives what is missing, in money.

    A substitute counts as the line that it stands for.
    """
    given: dict[int, int] = {}
    for place, _, quantity in handed:
        given[place] = given.get(place, 0) + quantity
    for line in lines:
        line.handed = min(line.quantity, given.get(line.line, 0))
    return sum((line.quantity - line.handed) * line.unit_price_minor for line in lines)


def cheaper_minor(
    lines: Sequence[OrderLine], handed: Sequence[Picked], prices: Mapping[int, Mapping[str, int]]
) -> int:
    """What was paid too much where something cheaper was taken instead. Nothing is asked for what is dearer.

    `prices` are those of the substitutes of each line, as they were when it was ordered.
    """
    paid = {line.line: line.unit_price_minor for line in lines}
    return sum(
        quantity * max(0, paid[place] - prices[place][sku])
        for place, sku, quantity in handed
        if sku in prices.get(place, {})
    )


def withdraw(desk: Desk) -> None:
    """It was handed over after all by a shop that had been cut off: what is not yet paid back is not owed.

    Nor is what was to make good a promise that has been kept.
    """
    kinds = {"refund", "compensation"} if desk.order.promise == "kept" else {"refund"}
    for credit in repository.credits_of(desk.session, desk.order.order_id):
        if credit.kind in kinds and credit.reason in WHOLE:
            if credit.settled_at is None:
                desk.session.delete(credit)
            elif credit.kind == "refund":
                _alarm_refunded(desk, credit)
    desk.session.flush()


def take_off_repaid(desk: Desk) -> None:
    """A till has given money back after the hub had decided to: the same money is not owed any more."""
    session, order = desk.session, desk.order
    left = order.paid_minor - repository.repaid_minor(session, order.order_id)
    for credit in repository.credits_of(session, order.order_id):
        if credit.kind != "refund" or credit.reason not in WHOLE or credit.settled_at is not None:
            continue
        if left <= 0:
            session.delete(credit)
        elif credit.amount_minor > left:
            credit.amount_minor = left
    session.flush()


def _alarm_refunded(desk: Desk, credit: OrderCredit) -> None:
    detail = (
        f"Order {desk.order.number} was handed over, and {credit.amount_minor} {credit.currency} "
        "had been paid back before the hub heard of it."
    )
    raise_alarm(desk.session, "", PAID_AND_HANDED, detail, desk.now)
