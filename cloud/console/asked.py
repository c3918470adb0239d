"""The commands of a box as its page tells them: what can be asked, and what became of what was. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from cloud.console.truth import Tone
from cloud.fleet.commands import Asked, State

OFFERED = (("print_test", ""), ("resync_feed", "catalogue"), ("resync_feed", "prices"))


@dataclass(frozen=True, slots=True)
class Offer:
    """One button; `is_open` where the same has been asked already and still waits."""

    verb: str
    feed: str
    is_open: bool

    @property
    def key(self) -> str:
        return name_key(self.verb, self.feed)


@dataclass(frozen=True, slots=True)
class Told:
    """One row. `key` of the catalogue says what became of it, with `at` (a moment) and `why` (the box's words)."""

    name_key: str
    verb: str
    asked_at: datetime
    key: str
    tone: Tone
    at: datetime
    why: str


def offers(known: Collection[str], asked: Sequence[Asked]) -> list[Offer]:
    """What the page has buttons for, of the verbs that the box knows."""
    waiting = {(one.command.verb, _feed(one)) for one in asked if one.is_open}
    return [Offer(verb, feed, (verb, feed) in waiting) for verb, feed in OFFERED if verb in known]


def tell(asked: Asked, *, is_connected: bool) -> Told:
    key, tone = _outcome(asked, is_connected=is_connected)
    command, finished = asked.command, asked.finished
    return Told(
        name_key=name_key(command.verb, _feed(asked)),
        verb=command.verb,
        asked_at=command.asked_at,
        key=key,
        tone=tone,
        at=finished.occurred_at if finished and asked.state is State.DONE else command.not_after,
        why=finished.detail if finished else "",
    )


def name_key(verb: str, feed: str) -> str:
    return f"command.{verb}.{feed}" if feed else f"command.{verb}"


def _feed(asked: Asked) -> str:
    return str(asked.arguments.get("feed", ""))


def _outcome(asked: Asked, *, is_connected: bool) -> tuple[str, Tone]:
    match asked.state:
        case State.WAITING | State.SENT:
            return ("asked.sent", "busy") if is_connected else ("asked.waiting", "off")
        case State.DONE:
            return f"asked.done.{asked.command.verb}", "good"
        case State.EXPIRED:
            return _too_late(asked), "warn"
        case State.FAILED | State.UNKNOWN_VERB:
            return f"asked.{asked.state}", "bad"


def _too_late(asked: Asked) -> str:
    """Never sent; or refused by the box; or sent, and whether the box has done it is not known yet."""
    if asked.finished is not None:
        return "asked.expired"
    return "asked.never_sent" if asked.command.sent_at is None else "asked.unanswered"
