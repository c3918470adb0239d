"""Commands on their way down: sent when a box is connected, again on its hello and after a while, until it answers.

Boxes know a command by its id and do it once, however often it comes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cloud.clock import Clock
from cloud.db import Database
from cloud.fleet import repository
from cloud.fleet.commands import message
from cloud.fleet.tables import BoxCommand
from contract import topics

LOOK_EVERY_S = 0.5
REPEAT_AFTER_S = 30.0


class CommandSender:
    """What the ingest's thread sends. `announce` is called when a box has been sent something for the first time."""

    def __init__(self, database: Database, clock: Clock, announce: Callable[[], None]) -> None:
        self._database = database
        self._clock = clock
        self._announce = announce
        self._look_at_s = 0.0
        self._repeat_at_s: dict[str, float] = {}
        self._greeted: set[str] = set()

    def look_now(self) -> None:
        """Something has been asked: do not wait for the next look. Any thread."""
        self._look_at_s = 0.0

    def greeted(self, edge_id: str) -> None:
        self._greeted.add(edge_id)

    def due(self, shards: frozenset[int]) -> list[tuple[str, str | bytes, bool]]:
        now_s = self._clock.monotonic()
        if now_s < self._look_at_s:
            return []
        self._look_at_s = now_s + LOOK_EVERY_S
        with self._database.read() as session:
            sendable = repository.sendable(session, self._clock.now(), shards)
        fresh = [command for command in sendable if self._is_due(command, now_s)]
        self._note_first(fresh)
        self._wait(sendable, fresh, now_s)
        return [
            (topics.down(command.edge_id, topics.Down.COMMAND), message(command), False)
            for command in fresh
        ]

    def _is_due(self, command: BoxCommand, now_s: float) -> bool:
        is_greeted = command.edge_id in self._greeted
        return is_greeted or now_s >= self._repeat_at_s.get(command.command_id, now_s)

    def _note_first(self, fresh: Sequence[BoxCommand]) -> None:
        first = [command.command_id for command in fresh if command.sent_at is None]
        if not first:
            return
        with self._database.write() as session:
            repository.note_sent(session, first, self._clock.now())
        self._announce()

    def _wait(
        self, sendable: Sequence[BoxCommand], fresh: Sequence[BoxCommand], now_s: float
    ) -> None:
        """Until when each is left alone; one that has ended, or whose box has gone, is forgotten."""
        waits = {command.command_id: now_s + REPEAT_AFTER_S for command in fresh}
        for command in sendable:
            waits.setdefault(command.command_id, self._repeat_at_s.get(command.command_id, now_s))
        self._repeat_at_s = waits
        self._greeted.clear()
