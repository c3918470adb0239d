"""What a shop's facts come to for one job. Pure: the same facts give the same, however often they are read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from contract.orders import PickedLine

Picked = tuple[int, str, int]
"""(line, sku, quantity)"""


class Told(Protocol):
    """A row of `JobEvent`."""

    job_id: str
    type: str
    occurred_at: datetime
    body: str


@dataclass
class Stand:
    """`picked` is everything that was ever laid aside for this job and not put back, `handed` what of it has left.

    `lots` is `handed` with its lots and use-by dates, `expiries` are the dates of what was picked. `expected_at` is
    what the shop said when it will be late, `told` how many of its facts count.
    """

    told: int = 0
    state: str = "offered"
    accepted_at: datetime | None = None
    ready_at: datetime | None = None
    handed_at: datetime | None = None
    place: str = ""
    reason: str = ""
    is_short: bool = False
    is_at_risk: bool = False
    expected_at: datetime | None = None
    picked: list[Picked] = field(default_factory=list)
    handed: list[Picked] = field(default_factory=list)
    lots: list[PickedLine] = field(default_factory=list)
    expiries: list[str] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        return self.state in {"handed_over", "declined", "cancelled"}


def stands(told: Sequence[Told]) -> dict[str, Stand]:
    found: dict[str, Stand] = {}
    for event in told:
        _take(found.setdefault(event.job_id, Stand()), event)
    return found


def _take(stand: Stand, event: Told) -> None:
    """A hand-over stands whatever else is said: goods that have left the shop have left it."""
    body: dict[str, Any] = json.loads(event.body)
    if stand.state != "handed_over":
        stand.told += 1
        _TAKERS[event.type](stand, event.occurred_at, body)


def _accepted(stand: Stand, at: datetime, body: Mapping[str, Any]) -> None:
    del body
    stand.state, stand.accepted_at = "accepted", at


def _declined(stand: Stand, at: datetime, body: Mapping[str, Any]) -> None:
    del at
    stand.state, stand.reason = "declined", body["reason"]


def _picked(stand: Stand, at: datetime, body: Mapping[str, Any]) -> None:
    """A fact says what was laid aside now: what was missing before comes on top of what lies there."""
    stand.state = "picked"
    stand.accepted_at = stand.accepted_at or at
    stand.picked += _goods(body["picked"])
    stand.expiries += [it["expiry"] for it in body["picked"] if it.get("expiry")]
    stand.is_short = bool(body.get("is_short"))


def _ready(stand: Stand, at: datetime, body: Mapping[str, Any]) -> None:
    stand.state, stand.place = "ready", body.get("place", "")
    stand.accepted_at = stand.accepted_at or at
    stand.ready_at = stand.ready_at or at


def _handed_over(stand: Stand, at: datetime, body: Mapping[str, Any]) -> None:
    stand.state = "partly_handed" if body.get("is_partial") else "handed_over"
    stand.handed_at = at
    stand.handed += _goods(body["handed"])
    stand.lots += map(PickedLine.model_validate, body["handed"])


def _attempt_failed(stand: Stand, at: datetime, body: Mapping[str, Any]) -> None:
    del at
    stand.reason = body["reason"]


def _at_risk(stand: Stand, at: datetime, body: Mapping[str, Any]) -> None:
    del at
    stand.is_at_risk, stand.reason = True, body["reason"]
    expected = body.get("expected_at")
    stand.expected_at = datetime.fromisoformat(expected) if expected else None


def _cancelled(stand: Stand, at: datetime, body: Mapping[str, Any]) -> None:
    """Nothing is set aside any more; what had left before is still gone."""
    del at, body
    stand.state, stand.picked = "cancelled", list(stand.handed)


def _goods(lines: Sequence[Mapping[str, Any]]) -> list[Picked]:
    return [(line["line"], line["sku"], line["quantity"]) for line in lines]


_TAKERS = {
    "job.accepted": _accepted,
    "job.declined": _declined,
    "job.picked": _picked,
    "job.ready": _ready,
    "job.handed_over": _handed_over,
    "job.attempt_failed": _attempt_failed,
    "job.at_risk": _at_risk,
    "job.cancelled": _cancelled,
}
