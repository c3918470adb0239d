"""One SQL file a version, applied in order; `PRAGMA user_version` says how far a file has come."""

from __future__ import annotations

import sqlite3
from importlib import resources
from typing import NamedTuple

from edge.domain.errors import DatabaseTooNew


class Migration(NamedTuple):
    version: int
    name: str
    sql: str


def migrations() -> list[Migration]:
    found = [
        Migration(int(entry.name[:4]), entry.name, entry.read_text(encoding="utf-8"))
        for entry in resources.files(__name__).iterdir()
        if entry.name.endswith(".sql")
    ]
    return sorted(found)


def migrate(connection: sqlite3.Connection, path: str) -> None:
    """Brings the file up to this program, one transaction a version; refuses a file that is newer.

    Raises DatabaseTooNew and leaves the file as it is.
    """
    known = migrations()
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found > known[-1].version:
        raise DatabaseTooNew(path=path, found=found, known=known[-1].version)
    for migration in known:
        if migration.version > found:
            connection.executescript(
                f"BEGIN IMMEDIATE;\n{migration.sql}\nPRAGMA user_version = {migration.version};\nCOMMIT;"
            )
