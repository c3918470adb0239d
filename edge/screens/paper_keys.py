"""What the keys of a doubtful paper do: the printer could not say whether it came out, so a person looks."""

from __future__ import annotations

from dataclasses import replace

from edge.screens.state import DeskState, notice
from edge.services import printing
from edge.services.shop import Shop


def seen(shop: Shop, state: DeskState, job_id: int) -> DeskState:
    printing.confirm_printed(shop, job_id)
    return replace(state, notice=notice("good", "counter.notice.paper_seen"), is_armed=False)


def copy(shop: Shop, state: DeskState, job_id: int) -> DeskState:
    printing.copy(shop, job_id)
    return replace(state, notice=notice("good", "counter.notice.reprinted"), is_armed=False)
