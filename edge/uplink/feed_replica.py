"""The box's own copy of the feeds, in its database, as the puller needs it."""

from __future__ import annotations

from pathlib import Path

from contract.feeds import Ops
from edge.db.unit_of_work import Database
from edge.services import catalogue


class BoxReplica:
    def __init__(self, database: Database) -> None:
        self._database = database

    def cursor(self, feed: str) -> int:
        with self._database.read() as reader:
            return catalogue.cursor(reader, feed)

    def apply(self, ops: Ops) -> None:
        catalogue.apply(self._database, ops)

    def load(self, feed: str, version: int, staged: Path) -> None:
        catalogue.load_snapshot(self._database, feed, version, staged)
        self._database.checkpoint()

    def digest(self, feed: str) -> str:
        return catalogue.digest(self._database, feed)
