"""What boxes ask and wait for: each question is answered beside the ingest, in threads of its own.

A concern that answers gives its verbs to the hub's wiring. Nothing of a question's arguments is kept or logged here.
"""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from pydantic import ValidationError

from cloud.clock import Clock
from cloud.db import Database
from cloud.errors import HubError
from cloud.ingest.tables import Edge
from contract import topics
from contract.asks import Answer, Ask
from contract.envelope import to_json

log = logging.getLogger(__name__)
THREADS = 8


class Asker(NamedTuple):
    """Who asks, and the question's own id, by which it is idempotent."""

    edge_id: str
    location_id: str
    ask_id: str


Verb = Callable[[Asker, dict[str, Any]], Mapping[str, Any]]
"""Gives the answer's body. Raises HubError for a refusal, pydantic's ValidationError for arguments that fit nothing."""


class QuestionDesk:
    """`wake` is called when an answer has become ready; any thread."""

    def __init__(
        self, database: Database, clock: Clock, verbs: Mapping[str, Verb], wake: Callable[[], None]
    ) -> None:
        self._database = database
        self._clock = clock
        self._verbs = verbs
        self._wake = wake
        self._threads = ThreadPoolExecutor(THREADS, "questions")
        self._ready: queue.SimpleQueue[tuple[str, str | bytes, bool]] = queue.SimpleQueue()

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)

    def take(self, edge_id: str, ask: Ask) -> None:
        self._threads.submit(self._answer, edge_id, ask)

    def due(self) -> list[tuple[str, str | bytes, bool]]:
        messages = []
        while not self._ready.empty():
            messages.append(self._ready.get())
        return messages

    def _answer(self, edge_id: str, ask: Ask) -> None:
        answer = self.answer(edge_id, ask)
        self._ready.put((topics.down(edge_id, topics.Down.ANSWER), to_json(answer), False))
        self._wake()

    def answer(self, edge_id: str, ask: Ask) -> Answer:
        verb = self._verbs.get(ask.verb)
        if verb is None:
            return Answer(id=ask.id, outcome="unknown_verb", text=f"Not known here: {ask.verb}.")
        if self._clock.now() > ask.not_after:
            return Answer(id=ask.id, outcome="expired", text="It came too late.")
        try:
            with self._database.read() as session:
                edge = session.get(Edge, edge_id)
            asker = Asker(edge_id, edge.location_id if edge else "", ask.id)
            return Answer(id=ask.id, outcome="done", body=dict(verb(asker, ask.arguments)))
        except HubError as error:
            return Answer(
                id=ask.id,
                outcome="refused",
                key=error.key,
                text=f"{error.message} {error.what_now.format(**error.fields)}",
                fields=error.fields,
            )
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in problem["loc"])
            text = f"{place}: {problem['msg']}."
            return Answer(id=ask.id, outcome="refused", key="hub.malformed", text=text)
        except Exception as error:  # noqa: BLE001 - the box must hear that nobody knows, not wait in vain
            # Its text may hold what was asked: the class alone goes to the log.
            log.error("A question of %s (%s) failed: %s.", edge_id, ask.verb, type(error).__name__)  # noqa: TRY400 - as said
            return Answer(id=ask.id, outcome="failed", text="The hub failed at this.")
