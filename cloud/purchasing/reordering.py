"""How much to order: up to what is likely to be asked for until the next but one delivery. Pure.

An order-up-to rule with periodic review (Silver, Pyke, Thomas: Inventory and Production Management in Supply Chains,
4th edition, 7.9): the level is the mean demand of lead time and review period together, and a safety stock of Z
standard deviations of it. What spoils is never ordered beyond what its shelf life sells.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

REVIEW_DAYS = 1  # a shop orders every day
Z = 1.645  # 95 of 100 periods see no empty shelf, where demand is normal


class Terms(NamedTuple):
    """`shelf_days` is how long the goods keep once they are there, 0 for as long as anybody likes."""

    pack_size: int
    lead_days: int
    shelf_days: int = 0


class Need(NamedTuple):
    """Pieces, a whole number of packs; `mean_a_day` in hundredths of a piece. `is_capped` by the shelf life."""

    quantity: int
    level: int
    mean_a_day_hundredths: int
    is_capped: bool


def need(daily: Sequence[int], position: int, terms: Terms) -> Need:
    """`daily` is what was asked for on each of the last days, `position` what is there and under way, less promises."""
    mean = statistics.fmean(daily) if daily else 0.0
    spread = statistics.stdev(daily) if len(daily) > 1 else 0.0
    period = terms.lead_days + REVIEW_DAYS
    level = math.ceil(mean * period + Z * spread * math.sqrt(period))
    wanted = max(0, level - position)
    fresh = wanted
    if terms.shelf_days:
        fresh = max(0, math.floor(mean * terms.shelf_days) - max(0, position))
    packs = math.ceil(wanted / terms.pack_size)
    is_capped = fresh < wanted
    if is_capped:
        packs = max(fresh // terms.pack_size, 1 if position <= 0 < wanted else 0)
    return Need(packs * terms.pack_size, level, round(mean * 100), is_capped)
