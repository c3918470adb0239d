"""Handing an order over: only against a proof, once, and only here.

The code of phone or receipt is checked without the hub: the secret came down with the job. A refusal changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Literal, NamedTuple

from contract import handover as codes
from contract.handover import HandoverCode, Verdict
from contract.lots import is_fresh
from contract.orders import HandoverProof, JobAttemptFailed, JobHandedOver
from edge.db.tables import StockMove
from edge.db.unit_of_work import Reader
from edge.domain import order
from edge.domain.errors import ShopError
from edge.domain.money import spelled
from edge.domain.order import Goods
from edge.domain.order_errors import (
    HandoverCodeOld,
    HandoverForged,
    HandoverOtherShop,
    HandoverUnreadable,
    JobNotOpen,
    NoSuchOrder,
    OrderNotPaid,
    PastUseBy,
)
from edge.services import job_rows, jobs
from edge.services.job_rows import Kept
from edge.services.shop import Shop, Work

AttemptReason = Literal[
    "nobody_there", "wrong_code", "refused_by_customer", "goods_damaged", "other"
]


Voucher = Literal["staff", "courier", "transfer"]
# Who takes the goods away where no code is shown. The job says it: a transfer is never booked as handed to a customer.
_TAKEN_BY: Final[Mapping[str, Voucher]] = {
    "transfer": "transfer",
    "delivery": "courier",
    "shipping": "courier",
}


class ByPerson(NamedTuple):
    """A member of the staff vouches: for a customer whose phone is dead, a courier, or the driver of a transfer.

    `reference` is what was looked at, in a few words; a transfer or a courier may have a number of its own.
    """

    job_id: str
    reference: str = ""


def look_up(shop: Shop, text: str) -> Kept:
    """The job of a hand-over code, whether it is ready or not. Raises what is wrong with the code."""
    with shop.read() as reader:
        return _of_code(shop, reader, text)[0]


def hand_over(
    shop: Shop, shown: str | ByPerson, pieces: Mapping[int, int] | None = None
) -> JobHandedOver:
    """The goods leave the shop: all that is set aside, or so many pieces of each line.

    `shown` is the text of the code, or who vouches. The stock moves in this transaction, and only here.
    """

    def use_case(work: Work) -> JobHandedOver:
        kept, proof = _proved(work, shown)
        order.check_ready(kept.job)
        _check_paid(kept)
        after, taken = order.hand_over(kept.job, None if pieces is None else dict(pieces))
        _check_fresh(kept, taken, work.today().isoformat())
        job_rows.save(work, replace(kept, job=after))
        _move_stock(work, kept.wish.job_id, taken)
        fact = JobHandedOver(
            **jobs.header(work, kept),
            handed=job_rows.picked_lines(taken),
            proof=proof,
            is_partial=after.is_open,
        )
        work.log(fact)
        return fact

    return shop.run(use_case)


def attempt_failed(
    shop: Shop, job_id: str, reason: AttemptReason, detail: str = ""
) -> JobAttemptFailed:
    """The goods are still here: the job stays ready for the next attempt."""

    def use_case(work: Work) -> JobAttemptFailed:
        kept = job_rows.get(work.unit, job_id)
        if not kept.job.is_open:
            raise order.closed(kept.job) or JobNotOpen(number=kept.wish.number)
        fact = JobAttemptFailed(**jobs.header(work, kept), reason=reason, detail=detail)
        work.log(fact)
        return fact

    return shop.run(use_case)


def taken_by(kept: Kept) -> Voucher:
    """Who the staff gives the goods to where no code is shown: the customer herself, a courier, or the driver."""
    return _TAKEN_BY.get(kept.wish.kind, "staff")


def _proved(work: Work, shown: str | ByPerson) -> tuple[Kept, HandoverProof]:
    if isinstance(shown, ByPerson):
        kept = job_rows.get(work.unit, shown.job_id)
        return kept, HandoverProof(kind=taken_by(kept), reference=shown.reference)
    kept, code = _of_code(work.shop, work.unit, shown)
    kind: Literal["code", "paper"] = "paper" if code.step == codes.PAPER else "code"
    return kept, HandoverProof(kind=kind, step=code.step)


def _of_code(shop: Shop, reader: Reader, text: str) -> tuple[Kept, HandoverCode]:
    code = codes.parse(text)
    if code is None:
        raise HandoverUnreadable
    location_id = shop.settings.location_id
    if code.location_id != location_id:
        raise HandoverOtherShop(number=code.number, location=code.location_id)
    kept = job_rows.by_number(reader, code.number)
    if kept is None:
        raise NoSuchOrder(number=code.number)
    refused = _refused(code, kept.wish.secret, location_id, shop)
    if refused is not None:
        raise refused
    return kept, code


def _refused(code: HandoverCode, secret: str, location_id: str, shop: Shop) -> ShopError | None:
    """A job without a secret is not handed over against a code at all."""
    if not secret:
        return HandoverForged(number=code.number)
    verdict = codes.verdict(code, secret, location_id, shop.clock.now())
    if verdict is Verdict.OLD:
        return HandoverCodeOld(number=code.number)
    return None if verdict is Verdict.GOOD else HandoverForged(number=code.number)


def _check_paid(kept: Kept) -> None:
    if kept.due_minor:
        due = spelled(kept.due_minor, kept.wish.currency)
        raise OrderNotPaid(number=kept.wish.number, due=due)


def _check_fresh(kept: Kept, taken: tuple[Goods, ...], today: str) -> None:
    for one in taken:
        if not is_fresh(one.expiry, today):
            raise PastUseBy(sku=one.sku, number=kept.wish.number, expiry=one.expiry)


def _move_stock(work: Work, job_id: str, taken: tuple[Goods, ...]) -> None:
    work.unit.insert(
        StockMove,
        [
            {
                "sku": one.sku,
                "quantity": -one.quantity,
                "lot": one.lot,
                "expiry": one.expiry,
                "cause": "job",
                "cause_id": job_id,
            }
            for one in taken
        ],
    )
