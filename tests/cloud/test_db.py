"""The database: its version is recorded and checked, and SQLite is made to keep what it was given."""

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from cloud.db import SCHEMA_VERSION, Database, HubSchema
from cloud.errors import SchemaError


def test_a_new_database_records_its_version(database: Database) -> None:
    with database.read() as session:
        assert session.exec(select(HubSchema.version)).all() == [SCHEMA_VERSION]


def test_creating_again_changes_nothing(database: Database) -> None:
    database.create()
    with database.read() as session:
        assert session.exec(select(HubSchema.version)).all() == [SCHEMA_VERSION]


def test_a_database_of_another_version_is_refused_in_words(database: Database) -> None:
    with database.write() as session:
        session.exec(sa.update(HubSchema).values(version=99))
    with pytest.raises(SchemaError) as refusal:
        database.create()
    assert refusal.value.message == (
        "The database was written by schema version 99; this software knows 1. "
        "The hub does not start, and nothing was changed."
    )
    with database.read() as session:
        assert session.exec(select(HubSchema.version)).all() == [99]


def test_sqlite_writes_through_to_the_disk(sqlite: Database) -> None:
    with sqlite.read() as session:
        assert pragma(session, "journal_mode") == "wal"
        assert pragma(session, "synchronous") == 2  # FULL


def test_a_write_that_raises_leaves_nothing(database: Database) -> None:
    def fail_in_the_middle() -> None:
        with database.write() as session:
            session.add(HubSchema(version=2))
            session.flush()
            raise RuntimeError("power")

    with pytest.raises(RuntimeError, match="power"):
        fail_in_the_middle()
    with database.read() as session:
        assert session.exec(select(HubSchema.version)).all() == [SCHEMA_VERSION]


def pragma(session: Session, name: str) -> object:
    return session.connection().exec_driver_sql(f"PRAGMA {name}").scalar()
