"""What the counter reads of orders while they are on the screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from edge.domain.errors import NotFound
from edge.screens.state import DeskState
from edge.services import catalogue, jobs
from edge.services.job_rows import Kept
from edge.services.jobs import Proposal
from edge.services.shop import Shop


@dataclass(frozen=True, slots=True)
class OrdersSeen:
    """The list as it stands, and the order at the desk with the lots that should be taken for it.

    `names` are those of substitutes, by SKU, in the shop's language.
    """

    now: datetime
    waiting: tuple[Kept, ...] = ()
    at_desk: Kept | None = None
    proposals: tuple[Proposal, ...] = ()
    names: tuple[tuple[str, str], ...] = ()


def read(shop: Shop, state: DeskState) -> OrdersSeen:
    now = shop.clock.now()
    if state.view == "orders":
        return OrdersSeen(now, waiting=tuple(jobs.open_jobs(shop)))
    try:
        kept = jobs.get(shop, state.job_id)
    except NotFound:
        return OrdersSeen(now)
    proposals = tuple(jobs.proposals(shop, state.job_id)) if kept.job.is_open else ()
    return OrdersSeen(now, at_desk=kept, proposals=proposals, names=_names(shop, kept))


def _names(shop: Shop, kept: Kept) -> tuple[tuple[str, str], ...]:
    ordered = {line.sku for line in kept.wish.lines}
    others = {one.sku for one in (*kept.job.aside, *kept.job.handed)} - ordered
    with shop.read() as reader:
        language = shop.settings.language
        return tuple((sku, catalogue.name_of(reader, sku, language)) for sku in sorted(others))
