"""What the shop does with its part of an order, from hearing of it to ready. One use case a function.

A new job is accepted by the box itself, in the transaction that brings it down: the shop keeps it unless the shelf
cannot. Two jobs never count on the same piece: what accepted jobs still need is not free for the next one.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal, NamedTuple

from pydantic import ValidationError

from contract.feeds import shop_feed
from contract.lots import Lot, is_fresh
from contract.orders import (
    JobAccepted,
    JobAtRisk,
    JobCancelled,
    JobDeclined,
    JobPicked,
    JobReady,
    ShopJob,
)
from edge.db.unit_of_work import Reader
from edge.domain import order
from edge.domain.errors import Malformed
from edge.domain.order import Goods, Wanted, Wish
from edge.domain.order_errors import KeepsTooShort
from edge.services import feeds, job_rows, keeping, labels, lots, printing
from edge.services.job_rows import Kept
from edge.services.retention import KEEP
from edge.services.shop import Shop, Work

log = logging.getLogger(__name__)

DeclineReason = Literal["out_of_stock", "damaged", "expired", "too_late", "closed", "other"]
CHANGED_TOO_LATE = "changed_after_picking"
MAX_PACKAGES = 99
_OTHERS_NEED = """
SELECT body FROM shop_job WHERE state = 'accepted' AND job_id <> ?
"""
_CASHIER = "SELECT cashier FROM shift WHERE state = 'open'"


class Picked(NamedTuple):
    """What a person laid aside for a line. Without a lot the box takes the one that expires first."""

    line: int
    quantity: int
    sku: str = ""
    lot: str = ""
    expiry: str = ""


class Proposal(NamedTuple):
    """What to take for a line: the lots in the order of their use-by dates, and how many are missing then."""

    line: int
    take: tuple[Goods, ...]
    missing: int


def follow(work: Work, keys: frozenset[str] | None) -> None:
    """What head office wants of the shop's jobs has changed. One that nobody can read does not hold up the others."""
    feed = shop_feed("orders", work.shop.settings.location_id)
    for key, value in feeds.values(work.unit, feed, keys).items():
        wish = _readable(key, value)
        if wish is not None:
            hear(work, wish)


def _readable(key: str, value: Any) -> ShopJob | None:
    try:
        return ShopJob.model_validate(value)
    except ValidationError as error:
        log.warning("The job %s is not readable: %s", key, error.errors()[0]["msg"])
        return None


def hear(work: Work, wish: ShopJob) -> order.News:
    """Takes one job as head office wants it now, and says so as a fact. One that was over long ago is not begun."""
    before = job_rows.find(work.unit, wish.job_id)
    if before is None and wish.window.end < work.now - KEEP:
        return "nothing"
    lines = job_rows.wanted(wish.lines)
    after, news = order.hear(
        before.job if before else None,
        wish.number,
        Wish(wish.revision, wish.state == "cancelled", lines),
        can_cover=wish.from_job_id != "" or _can_cover(work, wish.job_id, lines),
    )
    if news == "nothing":
        _forget_name(work, before, wish)
        return news
    kept = _with_wish(before, wish, news)
    job_rows.save(work, keeping.with_what_came(work.unit, replace(kept, job=after)))
    _say(work, kept, before, news)
    return news


def _forget_name(work: Work, before: Kept | None, wish: ShopJob) -> None:
    """The customer of a job that is over was erased: head office says the same job without her name."""
    if (
        before is not None
        and before.wish.customer + before.wish.note
        and not wish.customer + wish.note
    ):
        nameless = before.wish.model_copy(update={"customer": "", "note": ""})
        job_rows.save(work, replace(before, wish=nameless))


def _with_wish(before: Kept | None, wish: ShopJob, news: order.News) -> Kept:
    """The goods that were picked stay what they are, whatever the lines say now."""
    if before is None:
        return Kept(wish, order.Job(wish.number, "accepted", 0, ()))
    if news in ("too_late_to_change", "cancelled"):
        wish = wish.model_copy(update={"lines": before.wish.lines})
    return replace(before, wish=wish)


def _say(work: Work, kept: Kept, before: Kept | None, news: order.News) -> None:
    if news == "accepted":
        is_late = work.now > kept.wish.accept_by
        work.log(JobAccepted(**header(work, kept), is_late=is_late))
    elif news == "declined":
        work.log(JobDeclined(**header(work, kept), reason="out_of_stock"))
    elif news == "cancelled":
        released = job_rows.picked_lines(before.job.aside if before else ())
        work.log(JobCancelled(**header(work, kept), released=released))
    elif news == "too_late_to_change":
        work.log(JobAtRisk(**header(work, kept), reason=CHANGED_TOO_LATE))


def open_jobs(shop: Shop) -> list[Kept]:
    """What is still to be done, the earliest window first."""
    with shop.read() as reader:
        return job_rows.open_jobs(reader)


def closed_jobs(shop: Shop, limit: int = 20) -> list[Kept]:
    with shop.read() as reader:
        return job_rows.closed_jobs(reader, limit)


def get(shop: Shop, job_id: str) -> Kept:
    with shop.read() as reader:
        return job_rows.get(reader, job_id)


def proposals(shop: Shop, job_id: str) -> list[Proposal]:
    """The picking list's lots: first expired, first out."""
    with shop.read() as reader:
        kept = job_rows.get(reader, job_id)
        today = shop.clock.now().astimezone(shop.settings.zone).date().isoformat()
        return [_proposal(reader, kept, line, today) for line in kept.job.wanted]


def pick(shop: Shop, job_id: str, picked: Sequence[Picked]) -> JobPicked:
    """Sets goods aside: nobody else gets them. What is missing may be picked later, or stays short."""

    def use_case(work: Work) -> JobPicked:
        kept = job_rows.get(work.unit, job_id)
        today = work.today().isoformat()
        goods = order.merged(it for one in picked for it in _goods(work.unit, kept, one, today))
        after = order.pick(kept.job, goods, today)
        job_rows.save(work, replace(kept, job=after))
        fact = JobPicked(
            **header(work, kept),
            picked=job_rows.picked_lines(goods),
            is_short=order.is_short(after),
        )
        work.log(fact)
        return fact

    return shop.run(use_case)


def decline(shop: Shop, job_id: str, reason: DeclineReason, detail: str = "") -> JobDeclined:
    """A person says that the shop cannot keep it: head office finds another way."""

    def use_case(work: Work) -> JobDeclined:
        kept = job_rows.get(work.unit, job_id)
        job_rows.save(work, replace(kept, job=order.decline(kept.job)))
        fact = JobDeclined(**header(work, kept), reason=reason, detail=detail)
        work.log(fact)
        return fact

    return shop.run(use_case)


def ready(shop: Shop, job_id: str, place: str, packages: int = 1) -> JobReady:
    """The goods lie at `place`, each package with its label. Said again, they lie elsewhere."""
    if not 1 <= packages <= MAX_PACKAGES:
        raise Malformed(expected=f"1 to {MAX_PACKAGES} packages", got=packages)

    def use_case(work: Work) -> JobReady:
        kept = job_rows.get(work.unit, job_id)
        after = replace(kept, job=order.ready(kept.job), place=place.strip(), packages=packages)
        job_rows.save(work, after)
        printing.queue(work, "label", job_id, labels.label(shop, work.unit, after))
        fact = JobReady(**header(work, kept), place=after.place, packages=packages)
        work.log(fact)
        return fact

    return shop.run(use_case)


def at_risk(
    shop: Shop, job_id: str, reason: str, expected_at: datetime | None = None
) -> JobAtRisk | None:
    """The shop will not be in time and says so. None where there is nothing to be late with any more."""

    def use_case(work: Work) -> JobAtRisk | None:
        kept = job_rows.get(work.unit, job_id)
        if kept.job.state not in ("accepted", "picked"):
            return None
        job_rows.save(work, replace(kept, at_risk_at=work.stamp))
        fact = JobAtRisk(**header(work, kept), reason=reason, expected_at=expected_at)
        work.log(fact)
        return fact

    return shop.run(use_case)


def header(work: Work, kept: Kept) -> dict[str, Any]:
    """What every fact about the job carries."""
    row = work.unit.sql(_CASHIER).fetchone()
    return {
        **work.header(work.business_date()),
        "job_id": kept.wish.job_id,
        "order_id": kept.wish.order_id,
        "revision": kept.wish.revision,
        "cashier": row[0] if row else "",
    }


def _can_cover(work: Work, job_id: str, lines: Sequence[Wanted]) -> bool:
    """Whether every line finds its goods, or what the customer takes instead, beside what other jobs need."""
    today = work.today().isoformat()
    used = Counter(_needed_by_others(work.unit, job_id))
    for line in lines:
        for sku in (line.sku, *line.substitutes):
            free = lots.good(lots.lots(work.unit, sku), max(line.keeps_until, today))
            if free - used[sku] >= line.quantity:
                used[sku] += line.quantity
                break
        else:
            return False
    return True


def _needed_by_others(reader: Reader, job_id: str) -> Mapping[str, int]:
    """Jobs whose goods come from another shop bring them along."""
    needed: Counter[str] = Counter()
    for (body,) in reader.sql(_OTHERS_NEED, (job_id,)):
        wish = ShopJob.model_validate_json(body)
        if not wish.from_job_id:
            for line in wish.lines:
                needed[line.sku] += line.quantity
    return needed


def _proposal(reader: Reader, kept: Kept, line: Wanted, today: str) -> Proposal:
    found = (*kept.job.aside, *kept.job.handed)
    take = order.propose(line, lots.lots(reader, line.sku), today, found, kept.job.kept)
    have = sum(one.quantity for one in (*take, *found) if one.line == line.line)
    return Proposal(line.line, take, max(0, line.quantity - have))


def _goods(reader: Reader, kept: Kept, picked: Picked, today: str) -> Iterable[Goods]:
    """The lots of what was picked. What the ledger does not know is there all the same: a person has it in hand."""
    line = order.wanted_line(kept.job, picked.line)
    sku = picked.sku or line.sku
    whole = Goods(line.line, sku, picked.quantity, picked.lot, picked.expiry)
    if picked.lot or picked.expiry:
        return [whole]
    shelf = lots.lots(reader, sku)
    wanted = line._replace(sku=sku, quantity=picked.quantity)
    found = order.propose(wanted, shelf, today, kept=kept.job.kept)
    rest = picked.quantity - sum(one.quantity for one in found)
    if rest <= 0:
        return found
    _refuse_old(shelf, sku, max(line.keeps_until, today))
    return [*found, whole._replace(quantity=rest)]


def _refuse_old(shelf: Sequence[Lot], sku: str, until: str) -> None:
    """Where older lots lie on the shelf, more than the good ones hold may well be of those: the lot must be named."""
    old = [lot for lot in shelf if lot.quantity > 0 and not is_fresh(lot.expiry, until)]
    if old:
        raise KeepsTooShort(sku=sku, expiry=old[0].expiry, until=until)
