"""The hub's database: SQLite (WAL, FULL) by default, PostgreSQL by URL; the same tables on both.

A read is a snapshot; a write takes SQLite's write lock at once (BEGIN IMMEDIATE), because a transaction that
upgrades later can fail at a point where nothing is left to retry.
"""

from __future__ import annotations

import contextlib
import importlib
import pkgutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, Session, SQLModel

import cloud
from cloud.errors import DatabaseError
from cloud.migrations import migrate, migrations

BUSY_TIMEOUT_MS = 10_000
WAL_ATTEMPTS = 20
PRAGMAS = (
    "PRAGMA synchronous=FULL",
    # 64 MB of log between checkpoints: a backlog rewrites the same index pages again and again.
    "PRAGMA wal_autocheckpoint=16000",
    "PRAGMA cache_size=-32000",
    "PRAGMA foreign_keys=ON",
)


class Utc(TypeDecorator[datetime]):
    """Aware UTC in and out; SQLite itself keeps no zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class HubSchema(SQLModel, table=True):
    """The version of the tables, one row."""

    __tablename__ = "hub_schema"

    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})


class Database:
    """Opens, creates and migrates the tables; gives out read and write transactions."""

    def __init__(self, url: str) -> None:
        load_tables()
        self.engine = _open(url)
        self._writer = self.engine.execution_options(takes_write_lock=True)

    def create(self) -> None:
        """Makes the tables, or brings those of older software up to this one's, in one transaction.

        Raises SchemaError, and changes nothing, where newer software has been here; DatabaseError where none answers.
        """
        try:
            with self.write() as session:
                migrate(session.connection(), migrations())
        except sa.exc.DatabaseError as error:
            if not _is_unusable(error):
                raise
            detail = " ".join(str(error.orig).split()).rstrip(".")
            raise DatabaseError(detail=detail) from error

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        with Session(self.engine) as session:
            yield session

    @contextlib.contextmanager
    def write(self) -> Iterator[Session]:
        """Commits at the end of the block, rolls back where it raises."""
        with Session(self._writer, expire_on_commit=False) as session:
            yield session
            session.commit()

    def close(self) -> None:
        self.engine.dispose()


def _is_unusable(error: sa.exc.DatabaseError) -> bool:
    """Whether the database itself cannot be worked with; any other kind is a defect of a statement of ours.

    SQLite says of a file that is none, or is damaged, that it is a database error and no more.
    """
    return isinstance(error, OperationalError) or type(error) is sa.exc.DatabaseError


def _table(model: type[SQLModel]) -> sa.Table:
    table = SQLModel.metadata.tables[str(model.__tablename__)]
    assert isinstance(table, sa.Table)
    return table


def insert_for(session: Session, model: type[SQLModel]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can say ON CONFLICT, which each of the two databases spells through its own class."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(_table(model))
    return postgresql.insert(_table(model))


def upsert(
    session: Session, model: type[SQLModel], keys: list[str], rows: Sequence[Mapping[str, object]]
) -> None:
    """Rows that all name the same columns; one with known `keys` takes the others' place."""
    if not rows:
        return
    statement = insert_for(session, model)
    values = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    session.connection().execute(
        statement.on_conflict_do_update(index_elements=keys, set_=values), list(rows)
    )


def _open(url: str) -> Engine:
    """Errors hide the parameters: their text goes to a log, a fact's body does not."""
    if not url.startswith("sqlite:"):
        return sa.create_engine(url, pool_pre_ping=True, hide_parameters=True)
    Path(sa.make_url(url).database or "").parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, connect_args={"check_same_thread": False}, hide_parameters=True)
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, record: Any) -> None:
    """The driver's own transactions start too late; ours are begun by `_begin_sqlite`."""
    del record
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    _log_ahead(connection)
    for pragma in PRAGMAS:
        connection.execute(pragma)


def _log_ahead(connection: Any) -> None:
    """Hubs that meet on a new file stand in each other's way here, and SQLite then refuses one without waiting."""
    for _ in range(WAL_ATTEMPTS):
        with contextlib.suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode=WAL")
            return
    connection.execute("PRAGMA journal_mode=WAL")


def _begin_sqlite(connection: Connection) -> None:
    takes_write_lock = connection.get_execution_options().get("takes_write_lock", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if takes_write_lock else "BEGIN")


def load_tables() -> None:
    """Imports every `tables` module of the hub, so that the metadata knows them: there is no list to edit."""
    for module in pkgutil.walk_packages(cloud.__path__, "cloud."):
        if module.name.endswith(".tables"):
            importlib.import_module(module.name)
