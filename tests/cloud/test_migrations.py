"""The hub's tables come from numbered files: on both databases, from every version, once, and as declared."""

import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Inspector
from sqlmodel import SQLModel, select

from cloud.console.tables import SavedFilter
from cloud.db import Database, HubSchema
from cloud.errors import SchemaError
from cloud.migrations import Migration, migrate, migrations, statements

NEWEST = len(migrations())
ADDED = Migration(NEWEST + 1, "add.sql", "ALTER TABLE saved_filter ADD COLUMN owner VARCHAR;")
MOVED = Migration(
    NEWEST + 2,
    "move.sql",
    """
    -- Another kind of column, as both databases can.
    CREATE TABLE next_filter (position {counted} PRIMARY KEY, name VARCHAR, made_at {moment});
    INSERT INTO next_filter (name) SELECT name FROM saved_filter ORDER BY name;
    DROP TABLE saved_filter;
    ALTER TABLE next_filter RENAME TO saved_filter;
    """,
)
BROKEN = Migration(
    NEWEST + 2, "broken.sql", "CREATE TABLE half (name VARCHAR); ALTER TABLE no_table RENAME TO x;"
)


def version(database: Database) -> list[int]:
    with database.read() as session:
        return list(session.exec(select(HubSchema.version)).all())


def migrate_to(database: Database, *more: Migration) -> None:
    with database.write() as session:
        migrate(session.connection(), [*migrations(), *more])


def columns(database: Database, table: str) -> list[str]:
    return [column["name"] for column in sa.inspect(database.engine).get_columns(table)]


# -- as declared -------------------------------------------------------------------------------


def lines(connection: Connection) -> set[str]:
    """Every column, key and index of the database as one line each."""
    found = sa.inspect(connection)
    return {line for table in found.get_table_names() for line in lines_of(found, table)}


def lines_of(found: Inspector, table: str) -> Iterator[str]:
    for it in found.get_columns(table):
        null = "" if it["nullable"] else " NOT NULL"
        yield f"{table}: {it['name']} {it['type']}{null} {it['default'] or ''}".rstrip()
    yield f"{table}: PRIMARY KEY {found.get_pk_constraint(table)['constrained_columns']}"
    for unique in found.get_unique_constraints(table):
        yield f"{table}: UNIQUE {unique['column_names']}"
    for index in found.get_indexes(table):
        yield f"{table}: INDEX {index['name']} {index['column_names']} {index['unique']}"


def test_the_files_make_the_tables_that_the_software_declares(database: Database) -> None:
    """Where this fails, a `tables` module and the newest file in cloud/migrations do not say the same."""
    with database.write() as session:
        connection = session.connection()
        made = lines(connection)
        SQLModel.metadata.drop_all(connection)
        assert sa.inspect(connection).get_table_names() == []
        SQLModel.metadata.create_all(connection)
        declared = lines(connection)
    missing_in_the_files, not_declared = declared - made, made - declared
    assert (missing_in_the_files, not_declared) == (set(), set())


def test_versions_are_numbered_without_gaps() -> None:
    assert [migration.version for migration in migrations()] == list(range(1, NEWEST + 1))


# -- from one version to another ---------------------------------------------------------------


def test_a_new_database_records_its_version(database: Database) -> None:
    assert version(database) == [NEWEST]


def test_creating_again_changes_nothing(database: Database) -> None:
    with database.write() as session:
        session.add(SavedFilter(name="today", query="day=0"))
    database.create()
    assert version(database) == [NEWEST]
    with database.read() as session:
        assert session.exec(select(SavedFilter.name)).all() == ["today"]


def test_an_older_database_goes_through_every_version_with_its_rows(database: Database) -> None:
    with database.write() as session:
        session.add_all([SavedFilter(name=name, query="") for name in ("b", "a")])
    migrate_to(database, ADDED, MOVED)
    assert version(database) == [NEWEST + 2]
    assert columns(database, "saved_filter") == ["position", "name", "made_at"]
    with database.write() as session:
        connection = session.connection()
        connection.exec_driver_sql("INSERT INTO saved_filter (name) VALUES ('c')")
        rows = connection.exec_driver_sql("SELECT position, name FROM saved_filter").all()
    assert [tuple(row) for row in rows] == [(1, "a"), (2, "b"), (3, "c")]


def test_a_version_that_fails_leaves_the_database_as_it_was(database: Database) -> None:
    with pytest.raises(sa.exc.SQLAlchemyError):
        migrate_to(database, ADDED, BROKEN)
    assert version(database) == [NEWEST]
    assert columns(database, "saved_filter") == ["name", "query"]
    assert not sa.inspect(database.engine).has_table("half")


def test_a_database_of_newer_software_is_refused_in_words_and_untouched(
    database: Database,
) -> None:
    migrate_to(database, ADDED)
    with pytest.raises(SchemaError) as refusal:
        database.create()
    assert refusal.value.message == (
        f"The database was written by schema version {NEWEST + 1}; this software knows {NEWEST}. "
        "The hub does not start, and nothing was changed."
    )
    assert version(database) == [NEWEST + 1]


# -- two at once -------------------------------------------------------------------------------


def test_hubs_that_start_at_once_make_the_tables_once(database_url: str) -> None:
    outcomes: list[object] = []
    ready = threading.Barrier(4)

    def start() -> None:
        ready.wait()
        database = Database(database_url)
        try:
            migrate_to(database, ADDED)
            outcomes.append(version(database))
        except Exception as error:  # noqa: BLE001 - the test shows whatever went wrong
            outcomes.append(error)
        database.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [[NEWEST + 1]] * 4


def test_statements_are_taken_apart_where_they_end() -> None:
    sql = "-- One; two.\nSELECT ';',\n  2;\n\nSELECT 3; -- last\n"
    assert [it.strip() for it in statements(sql)] == [
        "-- One; two.\nSELECT ';',\n  2;",
        "SELECT 3; -- last",
    ]
    with pytest.raises(AssertionError, match=r"Expected a semicolon at the end of 'SELECT 1'\."):
        list(statements("SELECT 1"))
