"""Goods near their use-by date cost less by themselves: rules of head office, by category (feed offers)."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from typing import Final

from contract.lots import is_fresh
from contract.stock import Markdown
from edge.db.unit_of_work import Reader
from edge.domain.basket import NO_DISCOUNT, Discount
from edge.services.shop import Work

# The rule of the product's own category goes before the one of all.
_RULES: Final = """
SELECT body FROM feed_row
WHERE feed = 'offers'
  AND key IN ('markdown:*', 'markdown:' || (SELECT category FROM product WHERE sku = ?))
ORDER BY key = 'markdown:*'
LIMIT 1
"""


def discount(work: Work, sku: str, expiry: str, day: str) -> Discount:
    """What the shop takes off goods that are to be used by `expiry`, nothing where that is ""."""
    rule = rule_of(work.unit, sku) if expiry else None
    if rule is None or not is_fresh(expiry, day):
        return NO_DISCOUNT
    local = work.now.astimezone(work.shop.settings.zone)
    if end_of(expiry, local) - local > timedelta(hours=rule.hours_left):
        return NO_DISCOUNT
    return Discount(percent_bp=rule.percent_bp, reason="markdown")


def rule_of(reader: Reader, sku: str) -> Markdown | None:
    row = reader.sql(_RULES, (sku,)).fetchone()
    return Markdown.model_validate(json.loads(row[0])) if row else None


def end_of(day: str, local: datetime) -> datetime:
    """When the day is over where the shop is."""
    return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), local.tzinfo)
