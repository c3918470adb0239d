import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge import changes
from edge.changes import Changes
from edge.db.tables import UnknownScan
from edge.db.unit_of_work import UnitOfWork
from edge.db.watched import TOPIC_OF, WatchedDatabase


@pytest.fixture
def heard() -> list[str]:
    return []


@pytest.fixture
def database(tmp_path: Path, heard: list[str]) -> Iterator[WatchedDatabase]:
    watchers = Changes()
    for topic in changes.TOPICS:
        watchers.on(topic, lambda topic=topic: heard.append(topic))  # type: ignore[misc]
    database = WatchedDatabase(tmp_path / "box.sqlite3", watchers)
    yield database
    database.close()


def change_price(work: UnitOfWork) -> None:
    work.sql(
        "INSERT INTO price (key, version, body, sku, currency, amount_minor, is_free)"
        " VALUES ('A', 1, '{}', 'A', 'KRW', 100, 0)"
    )


def test_every_table_that_is_watched_is_there(database: WatchedDatabase) -> None:
    with database.read() as reader:
        names = {row[0] for row in reader.sql("SELECT name FROM sqlite_schema").fetchall()}
    assert set(TOPIC_OF) <= names


def test_a_change_is_told_once_it_is_committed(database: WatchedDatabase, heard: list[str]) -> None:
    with database.write() as work:
        change_price(work)
        assert heard == []
    assert heard == [changes.PRICES]


def test_the_printer_hears_of_a_sale_before_the_drawer_and_the_line(
    database: WatchedDatabase, heard: list[str]
) -> None:
    with database.write() as work:
        work.touched.update(reversed(TOPIC_OF))
    assert heard.index(changes.PRINT_JOBS) < heard.index(changes.DRAWER)
    assert heard.index(changes.DRAWER) < heard.index(changes.OUTBOX)
    assert sorted(heard) == sorted({*TOPIC_OF.values()})


def test_what_is_read_or_not_watched_is_not_told(
    database: WatchedDatabase, heard: list[str]
) -> None:
    with database.write() as work:
        work.sql("SELECT * FROM sale")
        work.insert(UnknownScan, [{"code": "1", "count": 1, "last_at": ""}])
    assert heard == []


def change_and_fail(database: WatchedDatabase) -> None:
    with database.write() as work:
        change_price(work)
        raise RuntimeError


def test_what_was_rolled_back_is_never_told(database: WatchedDatabase, heard: list[str]) -> None:
    with pytest.raises(RuntimeError):
        change_and_fail(database)
    assert heard == []


def test_a_use_case_and_a_snapshot_are_told_too(
    database: WatchedDatabase, heard: list[str], tmp_path: Path
) -> None:
    database.run(change_price)
    sqlite3.connect(tmp_path / "other").close()
    with database.attached(tmp_path / "other", "snapshot") as work:
        work.sql("DELETE FROM price")
    assert heard == [changes.PRICES, changes.PRICES]
