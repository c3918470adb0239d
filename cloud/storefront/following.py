"""An order as its customer sees it: where it is on its way, in words and moments. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

STEPS: Final = ("placed", "accepted", "in_progress", "ready", "completed")
STANDS: Final = {
    "placed": 0,
    "accepted": 1,
    "in_progress": 2,
    "ready": 3,
    "partly_handed": 3,
    "completed": 4,
    "partly_returned": 4,
    "returned": 4,
}
JOB_STANDS: Final = {"accepted": 1, "picked": 2, "ready": 3, "partly_handed": 3, "handed_over": 4}
COMES: Final = frozenset({"pickup", "transfer_pickup"})
WARNS: Final = frozenset({"held", "at_risk", "lapsed", "cancelling"})
HANDED: Final = frozenset({"completed", "partly_handed", "partly_returned"})
BEFORE_HANDOVER: Final = frozenset({"placed", "accepted", "in_progress", "ready", "at_risk"})


class Step(NamedTuple):
    """`at` is when it was reached, "" where it was not, or where nobody noted it."""

    name: str
    is_done: bool
    is_now: bool
    at: str


def steps(order: Mapping[str, Any]) -> list[Step]:
    """The way of an order that is under way; none of one that is not paid, or no longer wanted."""
    if order["state"] not in STANDS and order["state"] != "at_risk":
        return []
    stand = STANDS.get(order["state"], _furthest(order["jobs"]))
    last = _last_job(order["jobs"])
    moments = {
        "placed": order["placed_at"],
        "accepted": last.get("accepted_at"),
        "ready": last.get("ready_at"),
        "completed": order["completed_at"],
    }
    return [
        Step(name, number <= stand, number == stand, moments.get(name) or "")
        for number, name in enumerate(STEPS)
    ]


def shows_code(order: Mapping[str, Any]) -> bool:
    return order["kind"] in COMES and order["state"] in {*BEFORE_HANDOVER, "partly_handed"}


def tone(order: Mapping[str, Any]) -> str:
    if order["state"] in {"broken", "cancelled"}:
        return "off" if order["state"] == "cancelled" else "bad"
    return "warn" if order["state"] in WARNS else "good"


def day(moment: datetime | str, now: datetime, zone: ZoneInfo) -> str:
    """Whether it is "today", "tomorrow" or "later", as the shop's own calendar has it."""
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    here, today = at.astimezone(zone).date(), now.astimezone(zone).date()
    if here == today:
        return "today"
    return "tomorrow" if here == today + timedelta(days=1) else "later"


def _furthest(jobs: Sequence[Mapping[str, Any]]) -> int:
    live = [job for job in jobs if job["wanted"] == "placed"]
    return min((JOB_STANDS.get(job["state"], 0) for job in live), default=0)


def _last_job(jobs: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The one by which the customer gets it, of the promise that stands now."""
    own = [job for job in jobs if job["kind"] != "transfer" and job["wanted"] == "placed"]
    return own[-1] if own else {}
