"""One SQL file a version, for SQLite and PostgreSQL alike; the row in `hub_schema` says how far a database has come.

A change of the tables is a new file NNNN_what.sql beside the change of a `tables` module; a released file is never
edited. What both databases understand is enough: ALTER TABLE … ADD, RENAME and DROP COLUMN, and where a column becomes
another kind, a new table that takes over the rows. Tables that follow from facts need no care for their rows:
`twinstore hub reproject` fills them anew.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cloud.errors import SchemaError

log = logging.getLogger(__name__)
# {moment} is an aware time, {counted} a key that the database counts up by itself.
WORDS: Final = {
    "sqlite": {"moment": "DATETIME", "counted": "INTEGER"},
    "postgresql": {"moment": "TIMESTAMP WITH TIME ZONE", "counted": "BIGSERIAL"},
}
LOCK: Final = "SELECT pg_advisory_xact_lock(20261123)"


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


def migrate(connection: Connection, known: Sequence[Migration]) -> None:
    """Brings the tables up to the newest of `known` in the transaction that is open: all of it, or nothing.

    On SQLite the transaction must hold the write lock already. Raises SchemaError where the database is newer.
    """
    if connection.dialect.name == "postgresql":
        # Another hub that starts now waits until we have committed.
        connection.exec_driver_sql(LOCK)
    found, newest = version_of(connection), known[-1].version
    if found > newest:
        raise SchemaError(found=found, known=newest)
    if found == newest:
        return
    for migration in known[found:]:
        log.info("The database goes on to %s.", migration.name)
        for statement in statements(migration.sql.format(**WORDS[connection.dialect.name])):
            connection.exec_driver_sql(statement)
    connection.execute(sa.text("DELETE FROM hub_schema"))
    connection.execute(sa.text("INSERT INTO hub_schema (version) VALUES (:it)"), {"it": newest})


def version_of(connection: Connection) -> int:
    """0 for a database without tables."""
    if not sa.inspect(connection).has_table("hub_schema"):
        return 0
    return int(connection.execute(sa.text("SELECT version FROM hub_schema")).scalar_one())


def statements(sql: str) -> Iterator[str]:
    """One by one: Python's sqlite3 runs a whole script only outside a transaction."""
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    assert not statement.strip(), f"Expected a semicolon at the end of {statement!r}."
