"""The database of the box: one writer at a time, readers beside it, every commit on the disk.

SQLite in WAL mode with `synchronous=FULL` on every connection: a commit that returned survives a power cut. One
connection writes, under a lock, with BEGIN IMMEDIATE, so that nobody meets SQLITE_BUSY in the middle of a sale;
readers see the last commit and are never blocked by it.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache, lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    Connection,
    Engine,
    Executable,
    QueuePool,
    Table,
    UpdateBase,
    create_engine,
    event,
)
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from edge.db.migrations import migrate
from edge.db.reserve import Reserve
from edge.db.tables import table_of
from edge.domain.errors import DiskFailed, DiskFull

BUSY_TIMEOUT_S = 5.0  # only a second process (a backup, a person's sqlite3) can make us wait
CHECKPOINT_PAGES = 4000  # of 4 KiB: a checkpoint every two hundred sales, not every forty
# On a full disk every dozen: the log holds twenty times what a sale leaves in the file, and would eat the reserve up.
SPARING_PAGES = 250
READERS = 8  # the threadpool's readers and the owner threads; more wait their turn

# Result codes (sqlite.org/rescode.html) that speak of the disk or the file, not of a statement of ours.
DISK_CODES = frozenset(
    {
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_READONLY,
    }
)

T = TypeVar("T")
M = TypeVar("M", bound=SQLModel)

_WRITES = re.compile(
    r"\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM)\s+(\w+)", re.IGNORECASE
)
_Values = Callable[[Mapping[str, Any]], tuple[Any, ...]]
_Parameters = Sequence[str | int] | Mapping[str, str | int]


class Reader:
    """One consistent view of the database."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        self._driver = driver

    def sql(self, statement: str, parameters: _Parameters = ()) -> sqlite3.Cursor:
        """A statement as it is, past SQLAlchemy: its 25 µs for each of twenty are a third of a sale."""
        return self._driver.execute(statement, parameters)

    def all(self, model: type[M], statement: Executable, **parameters: Any) -> list[M]:
        """The rows of a statement that selects the model's whole table."""
        found = self.connection.execute(statement, parameters)
        return [model(**row) for row in found.mappings()]

    def first(self, model: type[M], statement: Executable, **parameters: Any) -> M | None:
        row = self.connection.execute(statement, parameters).mappings().first()
        return None if row is None else model(**row)

    def rows(self, statement: Executable, **parameters: Any) -> Sequence[Any]:
        return self.connection.execute(statement, parameters).all()

    def scalar(self, statement: Executable, **parameters: Any) -> Any:
        return self.connection.execute(statement, parameters).scalar()


class UnitOfWork(Reader):
    """One write transaction: everything in it is durable together, or nothing of it was.

    `touched` names the tables that were written, for whoever wants to know after the commit.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.touched: set[str] = set()

    @contextmanager
    def committed(self) -> Iterator[None]:
        """The transaction itself, past SQLAlchemy: on a scan's way its own is as long as the disk's."""
        self._driver.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._commit()
        finally:
            if self._driver.in_transaction:
                self._driver.execute("ROLLBACK")

    def _commit(self) -> None:
        try:
            self._driver.execute("COMMIT")
        except sqlite3.Error:
            self._overwrite()
            raise

    def _overwrite(self) -> None:
        """Lays a small commit over one that failed.

        Where only the sync failed, its pages stand whole in the log: a box that died now would find a sale there that
        was refused. What is written next lies over them, even where its own sync fails too.
        """
        if self._driver.in_transaction:
            self._driver.execute("ROLLBACK")
        with suppress(sqlite3.Error):
            self.next_number("failed_commit")

    def sql(self, statement: str, parameters: _Parameters = ()) -> sqlite3.Cursor:
        table = _written_table(statement)
        if table:
            self.touched.add(table)
        return super().sql(statement, parameters)

    def insert(self, model: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
        """Inserts rows that all name the same columns, as one prepared statement."""
        if rows:
            table, statement, values = _insertion(model, tuple(rows[0]))
            self.touched.add(table)
            self._driver.executemany(statement, [values(row) for row in rows])

    def execute(self, statement: UpdateBase, **parameters: Any) -> int:
        """Gives the number of rows it changed."""
        assert isinstance(statement.table, Table)
        self.touched.add(statement.table.name)
        return self.connection.execute(statement, parameters).rowcount

    def next_number(self, counter: str) -> int:
        """The counter's next value, from 1, without gaps between committed transactions."""
        found = self.sql(
            "INSERT INTO counter (name, value) VALUES (?, 1)"
            " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            (counter,),
        )
        return int(found.fetchone()[0])


class Database:
    """The open file. `close` it once nobody works with it any more."""

    def __init__(self, path: Path, reserve: Reserve | None = None) -> None:
        self.path = path
        self.reserve = reserve or Reserve(path.with_suffix(".reserve"))
        path.parent.mkdir(parents=True, exist_ok=True)
        with _translated():
            _prepare(path)
        has_reserve = self.reserve.fill()
        self._engine = _engine(path)
        event.listen(self._engine, "begin", _begin_to_read)
        self._writing = _engine(path)
        self._writer = self._writing.connect()
        self._lock = threading.Lock()
        if not has_reserve:
            self._spare_room()

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """One transaction, committed at the end of the block, rolled back where it raises.

        Raises DiskFull or DiskFailed; nothing of the block stayed then.
        """
        with self._lock, _translated():
            work = UnitOfWork(self._writer)
            with work.committed():
                yield work

    @contextmanager
    def read(self) -> Iterator[Reader]:
        with _translated(), self._engine.connect() as connection, connection.begin():
            yield Reader(connection)

    def run(self, use_case: Callable[[UnitOfWork], T]) -> T:
        """`use_case` in one transaction. On a full disk the reserve is given up and it runs once more.

        For what takes or gives money: the reserve is for finishing what people at the counter have begun.
        """
        try:
            with self.write() as work:
                return use_case(work)
        except DiskFull:
            if not self.reserve.release():
                raise
            self._spare_room()
        with self.write() as work:
            return use_case(work)

    def _spare_room(self) -> None:
        """Until the next start, the log is written back into the file early."""
        with self._lock, _translated():
            UnitOfWork(self._writer).sql(f"PRAGMA wal_autocheckpoint = {SPARING_PAGES}")

    @contextmanager
    def attached(self, path: Path, name: str) -> Iterator[UnitOfWork]:
        """One transaction that also reads the SQLite file at `path` as schema `name`."""
        with self._lock, _translated():
            driver = self._writer.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            driver.execute(f"ATTACH DATABASE ? AS {name}", (f"{path.absolute().as_uri()}?mode=ro",))
            try:
                work = UnitOfWork(self._writer)
                with work.committed():
                    yield work
            finally:
                driver.execute(f"DETACH DATABASE {name}")

    def checkpoint(self) -> None:
        """Writes the log back into the file and empties it (start, end, and after large loads)."""
        with self._lock, _translated():
            driver = self._writer.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        with self._lock:
            self._writer.close()
            self._writing.dispose()
            self._engine.dispose()


def _prepare(path: Path) -> None:
    connection = _connect(path)
    try:
        migrate(connection, str(path))
    finally:
        connection.close()


def _engine(path: Path) -> Engine:
    """The driver's connections begin nothing by themselves; SQLAlchemy only composes statements for a writer."""
    return create_engine(
        "sqlite://",
        creator=lambda: _connect(path),
        poolclass=QueuePool,
        pool_size=READERS,
        max_overflow=0,
        hide_parameters=True,  # an error's text goes to a log, a fact's body does not
    )


def _begin_to_read(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path.absolute().as_uri(),
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,  # ours is the only BEGIN
        check_same_thread=False,  # the writer is guarded by a lock, a reader by the pool
    )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    return connection


@lru_cache(maxsize=256)
def _written_table(statement: str) -> str | None:
    found = _WRITES.match(statement)
    return found[1].lower() if found else None


@cache
def _insertion(model: type[SQLModel], columns: tuple[str, ...]) -> tuple[str, str, _Values]:
    """The table's name, the INSERT and what takes its values out of a row; once for each table and set of columns.

    Places without names: the driver looks a named one up anew in every row, which is half of an insert's time.
    """
    table = table_of(model)
    names = ", ".join(table.c[column].name for column in columns)
    places = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {table.name} ({names}) VALUES ({places})"  # noqa: S608 - names of our own tables
    return table.name, statement, _values_of(columns)


def _values_of(columns: tuple[str, ...]) -> _Values:
    if len(columns) == 1:
        return lambda row: (row[columns[0]],)
    return itemgetter(*columns)


@contextmanager
def _translated() -> Iterator[None]:
    """Turns what SQLite says about the disk into our errors; anything else is a defect and goes on as it is."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        original = error.orig if isinstance(error, DBAPIError) else error
        code = getattr(original, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            raise DiskFull from error
        if code in DISK_CODES:
            raise DiskFailed(detail=str(original)) from error
        raise
