"""What the box forgets: what it has told the hub, and what nobody at the counter asks for after 35 days.

Sales, returns, shifts, payments and stock moves stay: a receipt may come back after years.
"""

from __future__ import annotations

from datetime import timedelta

from edge.db import outbox
from edge.services.shop import Shop, Work

KEEP = timedelta(milliseconds=outbox.KEEP_MS)

# A copy goes with the job that it is of, so that neither is left without the other.
_PRINT_JOBS = """
DELETE FROM print_job
WHERE state IN ('PRINTED', 'FAILED') AND updated_at < :before AND job_id < (SELECT max(job_id) FROM print_job)
  AND NOT EXISTS (
      SELECT 1 FROM print_job AS copy
      WHERE copy.copy_of = print_job.job_id
        AND (copy.state NOT IN ('PRINTED', 'FAILED') OR copy.updated_at >= :before))
"""
_BASKETS = "DELETE FROM basket WHERE state IN ('completed', 'voided') AND updated_at < :before"

# What the hub knows of, or what came to nothing; coupons stay, since a shop must know what it took of them.
_POINTS_USES = """
DELETE FROM points_use WHERE made_at < :before AND (state = 'gone' OR (state = 'sold' AND known_at <> ''))
"""
# A job whose window is over for as long is not begun again, whatever its feed says (`jobs.hear`).
_JOBS = """
DELETE FROM shop_job
WHERE state IN ('handed_over', 'cancelled', 'declined') AND updated_at < :before
  AND datetime(window_end) < datetime(:before)
"""
_HANDED = "DELETE FROM job_handed WHERE job_id NOT IN (SELECT job_id FROM shop_job)"
_COUNTER_ORDERS = """
DELETE FROM counter_order
WHERE created_at < :before
  AND NOT EXISTS (SELECT 1 FROM basket WHERE basket_id = counter_order.basket_id AND state IN ('open', 'suspended'))
"""
_UNKNOWN_SCANS = "DELETE FROM unknown_scan WHERE last_at < :before"
FORGOTTEN = (
    _PRINT_JOBS, _BASKETS, _POINTS_USES, _JOBS, _HANDED, _COUNTER_ORDERS, _UNKNOWN_SCANS,
)  # fmt: skip


def forget_old(shop: Shop) -> int:
    """Gives how many rows went. The newest print job always stays, so that its number is not given again."""
    with shop.write() as work:
        facts = outbox.prune(work.unit, int(work.now.timestamp() * 1000))
        before = {"before": (work.now - KEEP).isoformat()}
        return facts + sum(_delete(work, statement, before) for statement in FORGOTTEN)


def _delete(work: Work, statement: str, parameters: dict[str, str]) -> int:
    return work.unit.sql(statement, parameters).rowcount
