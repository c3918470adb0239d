"""Goods that come from another shop for an order: kept for it from the moment they are in, until they are picked.

A customer who holds them all the same gets them: the sale then tells the counter whose they were (`rights`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import Final

from contract.lots import Lot
from edge.db.unit_of_work import Reader
from edge.domain import order
from edge.services import job_rows, lots
from edge.services.job_rows import Kept
from edge.services.shop import Work

_CAME: Final = """
SELECT sku, lot, expiry, sum(received - damaged) FROM received_line WHERE arrival_id = ?
GROUP BY sku, lot, expiry HAVING sum(received - damaged) > 0
"""
_WAITS: Final = """
SELECT job_id FROM shop_job WHERE body ->> 'from_job_id' = ? AND state IN ('accepted', 'picked')
"""


def keep_arrival(work: Work, arrival_id: str) -> None:
    """An arrival is called as the job whose transfer it is: whoever waits for that one gets its goods kept."""
    for (job_id,) in work.unit.sql(_WAITS, (arrival_id,)).fetchall():
        job_rows.save(work, with_what_came(work.unit, job_rows.get(work.unit, job_id)))


def with_what_came(reader: Reader, kept: Kept) -> Kept:
    """The job with what has come in of its transfer and still lies on the shelf kept for it."""
    if not kept.wish.from_job_id:
        return kept
    job = replace(kept.job, kept=())
    for sku, came in _came(reader, kept.wish.from_job_id).items():
        job = order.keep(job, _still_here(reader, kept.wish.job_id, sku, came), sku)
    return replace(kept, job=job)


def _came(reader: Reader, arrival_id: str) -> dict[str, list[Lot]]:
    found: dict[str, list[Lot]] = defaultdict(list)
    for sku, *lot in reader.sql(_CAME, (arrival_id,)):
        found[sku].append(Lot(*lot))
    return found


def _still_here(reader: Reader, job_id: str, sku: str, came: list[Lot]) -> list[Lot]:
    """What came before the job was heard of may have been sold since."""
    free = Counter[tuple[str, str]]()
    for lot in lots.lots(reader, sku):
        free[lot.lot, lot.expiry] += lot.quantity
    for own in job_rows.kept_goods(reader, job_id):
        free[own.lot, own.expiry] += own.quantity if own.sku == sku else 0
    return [it._replace(quantity=min(it.quantity, free[it.lot, it.expiry])) for it in came]
