"""Questions to the hub that somebody waits for at the counter.

Sent while the line is up and never later; the thread that asks waits. When the line goes, everybody who waits is told
at once: nobody knows then whether the hub has done it.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from contract.asks import Answer, Ask
from contract.envelope import to_json
from contract.topics import Up, up
from edge.clock import Clock
from edge.domain.errors import HubRefused, HubSilent, HubUnreachable
from edge.uplink.wire import Outgoing, Wire

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Waiting:
    answer: Answer | None = None
    told: threading.Event = field(default_factory=threading.Event)


class Asking:
    """`ask` is an `edge.services.hub.AskHub`; any thread may call it, and that thread waits."""

    def __init__(
        self, wire: Wire, edge_id: str, clock: Clock, is_hub_there: Callable[[], bool]
    ) -> None:
        self.counters: Counter[str] = Counter()
        self._wire = wire
        self._edge_id = edge_id
        self._clock = clock
        self._is_hub_there = is_hub_there
        self._lock = threading.Lock()
        self._waiting: dict[str, list[Waiting]] = {}

    def ask(
        self, verb: str, arguments: Mapping[str, Any], *, ask_id: str, timeout_s: float
    ) -> dict[str, Any]:
        if not self._is_hub_there():
            raise HubUnreachable
        ask = Ask(
            id=ask_id,
            verb=verb,
            not_after=self._clock.now() + timedelta(seconds=timeout_s),
            arguments=dict(arguments),
        )
        waiting = Waiting()
        with self._lock:
            self._waiting.setdefault(ask_id, []).append(waiting)
        try:
            if not self._wire.send(Outgoing(up(self._edge_id, Up.ASK), to_json(ask), 1)):
                raise HubUnreachable
            waiting.told.wait(timeout_s)
        finally:
            self._leave(ask_id, waiting)
        return body_of(waiting.answer, timeout_s)

    def take(self, payload: bytes) -> None:
        """An answer. Called in the line's thread."""
        try:
            answer = Answer.model_validate_json(payload)
        except ValidationError as error:
            self.counters["refused"] += 1
            log.warning("Refused an answer that is none: %s", error.errors()[0]["msg"])
            return
        with self._lock:
            waiting = list(self._waiting.get(answer.id, ()))
        for one in waiting:
            one.answer = answer
            one.told.set()

    def disconnected(self) -> None:
        with self._lock:
            waiting = [one for same in self._waiting.values() for one in same]
        for one in waiting:
            one.told.set()

    def _leave(self, ask_id: str, waiting: Waiting) -> None:
        with self._lock:
            left = [one for one in self._waiting[ask_id] if one is not waiting]
            if left:
                self._waiting[ask_id] = left
            else:
                del self._waiting[ask_id]


def body_of(answer: Answer | None, timeout_s: float) -> dict[str, Any]:
    if answer is None or answer.outcome == "failed":
        raise HubSilent(timeout_s=round(timeout_s))
    if answer.outcome == "done":
        return answer.body
    raise HubRefused(answer.key or f"hub.{answer.outcome}", answer.text, answer.fields)
