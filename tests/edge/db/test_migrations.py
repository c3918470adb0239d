import sqlite3
from pathlib import Path

import pytest
from sqlmodel import SQLModel

from edge.db import goods_tables, member_tables, order_tables, tables, wallet_tables
from edge.db.migrations import migrations
from edge.db.unit_of_work import Database
from edge.domain.errors import DatabaseTooNew

DATABASES = sorted((Path(__file__).parent / "databases").glob("v*.sql"))
MODELS = [
    model
    for module in (tables, goods_tables, member_tables, order_tables, wallet_tables)
    for model in vars(module).values()
    if isinstance(model, type)
    and issubclass(model, tables.BoxTable)
    and model is not tables.BoxTable
]


def test_versions_are_numbered_without_gaps() -> None:
    assert [migration.version for migration in migrations()] == list(
        range(1, len(migrations()) + 1)
    )


@pytest.mark.parametrize("model", MODELS)
def test_a_table_has_the_columns_that_the_program_reads(
    model: type[SQLModel], tmp_path: Path
) -> None:
    database = Database(tmp_path / "box.sqlite3")
    with database.read() as reader:
        columns = reader.sql(f"PRAGMA table_info({model.__tablename__})").fetchall()
    database.close()
    kinds = {str: "TEXT", int: "INTEGER", bool: "INTEGER", int | None: "INTEGER"}
    assert {(name, kind) for _, name, kind, *_ in columns} == {
        (name, kinds[field.annotation])  # type: ignore[index]
        for name, field in model.model_fields.items()
    }


def test_every_table_is_known_to_the_program(tmp_path: Path) -> None:
    database = Database(tmp_path / "box.sqlite3")
    with database.read() as reader:
        found = reader.sql(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
    database.close()
    assert {name for (name,) in found} == {model.__tablename__ for model in MODELS}


def test_a_database_newer_than_the_program_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "box.sqlite3"
    newest = migrations()[-1].version
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {newest + 1}")
    connection.close()
    with pytest.raises(DatabaseTooNew) as caught:
        Database(path)
    assert caught.value.message == (
        f"The database {path} has version {newest + 1}; this program knows versions up to {newest}."
    )
    assert caught.value.what_now == "Install the newer program again; the data is untouched."
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)
    connection.close()


def test_every_version_has_an_old_database() -> None:
    assert [path.name for path in DATABASES] == [
        f"v{migration.version}.sql" for migration in migrations()
    ]


@pytest.mark.parametrize("dump", DATABASES, ids=lambda path: path.stem)
def test_a_database_of_every_version_is_opened_with_all_that_is_in_it(
    dump: Path, tmp_path: Path
) -> None:
    path = tmp_path / "box.sqlite3"
    connection = sqlite3.connect(path)
    connection.executescript(dump.read_text(encoding="utf-8"))
    connection.execute(f"PRAGMA user_version = {dump.stem[1:]}")
    connection.commit()
    connection.close()
    database = Database(path)
    with database.read() as reader:
        assert reader.sql("PRAGMA user_version").fetchone() == (migrations()[-1].version,)
        assert reader.sql("SELECT count(*), sum(total_minor) FROM sale").fetchone() == (2, 16_300)
        assert reader.sql("SELECT count(*) FROM goods_return").fetchone() == (1,)
        assert reader.sql("SELECT state FROM basket ORDER BY basket_id").fetchall() == [
            ("completed",),
            ("open",),
        ]
        assert reader.sql("SELECT state FROM payment").fetchall() == [("APPROVED",)]
        assert reader.sql("PRAGMA foreign_key_check").fetchall() == []
    database.close()
