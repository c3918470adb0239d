"""The database keeps what it was given, and nothing of a write that failed."""

import pytest
from sqlmodel import Session, select

from cloud.console.tables import SavedFilter
from cloud.db import Database


def test_sqlite_writes_through_to_the_disk(sqlite: Database) -> None:
    with sqlite.read() as session:
        assert pragma(session, "journal_mode") == "wal"
        assert pragma(session, "synchronous") == 2  # FULL


def test_a_write_that_raises_leaves_nothing(database: Database) -> None:
    def fail_in_the_middle() -> None:
        with database.write() as session:
            session.add(SavedFilter(name="today", query=""))
            session.flush()
            raise RuntimeError("power")

    with pytest.raises(RuntimeError, match="power"):
        fail_in_the_middle()
    with database.read() as session:
        assert session.exec(select(SavedFilter)).all() == []


def pragma(session: Session, name: str) -> object:
    return session.connection().exec_driver_sql(f"PRAGMA {name}").scalar()
