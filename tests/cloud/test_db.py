"""The database keeps what it was given, and nothing of a write that failed."""

import socket
from pathlib import Path

import pytest
from sqlmodel import Session, select

from cloud.console.tables import SavedFilter
from cloud.db import Database
from cloud.errors import DatabaseError


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


def test_a_database_that_does_not_answer_is_told_in_words_without_its_password() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    database = Database(f"postgresql+psycopg://hub:sesame@127.0.0.1:{port}/hub")
    with pytest.raises(DatabaseError) as refusal:
        database.create()
    assert refusal.value.message.startswith(
        f'The database cannot be used: connection failed: connection to server at "127.0.0.1", port {port} failed'
    )
    assert refusal.value.message.endswith(". The hub does not start.")
    assert "sesame" not in str(refusal.value)


def test_a_file_that_is_no_database_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    database = Database(f"sqlite:///{tmp_path / 'folder'}")
    with pytest.raises(DatabaseError) as refusal:
        database.create()
    assert refusal.value.message == (
        "The database cannot be used: unable to open database file. The hub does not start."
    )


def test_a_file_of_something_else_is_told_in_words_and_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "hub.sqlite3"
    path.write_text("Dear diary, " * 500)
    with pytest.raises(DatabaseError) as refusal:
        Database(f"sqlite:///{path}").create()
    assert refusal.value.message == (
        "The database cannot be used: file is not a database. The hub does not start."
    )
    assert path.read_text() == "Dear diary, " * 500


def pragma(session: Session, name: str) -> object:
    return session.connection().exec_driver_sql(f"PRAGMA {name}").scalar()
