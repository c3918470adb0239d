import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlmodel import col, update

from edge.db.reserve import Reserve
from edge.db.tables import Counter
from edge.db.unit_of_work import CHECKPOINT_PAGES, SPARING_PAGES, Database
from edge.domain.errors import DiskFailed, DiskFull


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "box.sqlite3")
    yield database
    database.close()


def counters(database: Database) -> dict[str, int]:
    with database.read() as reader:
        return dict(reader.sql("SELECT name, value FROM counter").fetchall())


def write_and_fail(database: Database) -> None:
    with database.write() as work:
        work.next_number("receipt")
        raise RuntimeError


def test_every_connection_syncs_every_commit(database: Database) -> None:
    def pragmas(sql: Callable[[str], sqlite3.Cursor]) -> list[object]:
        return [
            sql(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]

    with database.write() as work, database.read() as one, database.read() as other:
        for reader in (work, one, other):
            assert pragmas(reader.sql) == ["wal", 2, 1]  # 2 is FULL


def test_a_transaction_that_raises_leaves_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError):
        write_and_fail(database)
    assert counters(database) == {}
    with database.write() as work:
        assert work.next_number("receipt") == 1


def test_a_reader_sees_the_last_commit_and_is_not_blocked(database: Database) -> None:
    with database.write() as work:
        work.next_number("receipt")
        assert counters(database) == {}
    assert counters(database) == {"receipt": 1}


def test_a_reader_sees_one_moment(database: Database) -> None:
    with database.read() as reader:
        before = reader.sql("SELECT count(*) FROM counter").fetchone()
        with database.write() as work:
            work.next_number("receipt")
        assert reader.sql("SELECT count(*) FROM counter").fetchone() == before


def test_writers_take_turns(database: Database) -> None:
    def count() -> None:
        for _ in range(50):
            with database.write() as work:
                work.next_number("receipt")

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counters(database) == {"receipt": 200}


def test_a_unit_of_work_knows_which_tables_it_wrote(database: Database) -> None:
    with database.write() as work:
        work.sql("SELECT 1 FROM sale")
        assert work.touched == set()
        work.next_number("receipt")
        work.insert(Counter, [{"name": "x", "value": 1}])
        work.execute(update(Counter).where(col(Counter.name) == "x").values(value=2))
        work.sql("DELETE FROM unknown_scan")
        work.insert(Counter, [])
        assert work.touched == {"counter", "unknown_scan"}


def fill_disk(database: Database) -> None:
    """SQLite's own limit on the file stands for the disk: the next page that is needed is refused."""
    with database.write() as work:
        pages = work.sql("PRAGMA page_count").fetchone()[0]
    with database.write() as work:
        work.sql(f"PRAGMA max_page_count = {pages}")


def write_much(database: Database) -> None:
    with database.write() as work:
        work.insert(Counter, [{"name": "x" * 400 + str(n), "value": n} for n in range(200)])


def test_a_full_disk_says_so_and_keeps_nothing(database: Database) -> None:
    fill_disk(database)
    with pytest.raises(DiskFull) as caught:
        write_much(database)
    assert caught.value.message == "The box's disk is full: nothing was saved."
    assert caught.value.what_now == (
        "Do not hand over goods or money for this step. "
        "Call the person who looks after the box to free space."
    )
    assert counters(database) == {}


class CountingReserve:
    """A reserve whose release makes the disk larger, once."""

    is_released = False

    def fill(self) -> bool:
        return True

    def release(self) -> bool:
        if self.is_released:
            return False
        self.is_released = True
        self.enlarge()
        return True

    def enlarge(self) -> None:
        raise NotImplementedError


def test_on_a_full_disk_money_is_finished_from_the_reserve(tmp_path: Path) -> None:
    reserve = CountingReserve()
    database = Database(tmp_path / "box.sqlite3", reserve)  # type: ignore[arg-type]

    def enlarge() -> None:
        with database.write() as work:
            work.sql("PRAGMA max_page_count = 100000")

    reserve.enlarge = enlarge  # type: ignore[method-assign]
    fill_disk(database)
    runs = []

    def use_case(work: object) -> str:
        runs.append(work)
        work.insert(Counter, [{"name": "x" * 400 + str(n), "value": n} for n in range(200)])  # type: ignore[attr-defined]
        return "done"

    assert database.run(use_case) == "done"
    assert (len(runs), len(counters(database)), reserve.is_released) == (2, 200, True)
    fill_disk(database)
    with pytest.raises(DiskFull):
        database.run(
            lambda work: work.insert(
                Counter, [{"name": "y" * 4000 + str(n), "value": n} for n in range(99)]
            )
        )
    assert len(counters(database)) == 200
    database.close()


def pages_of_the_log(database: Database) -> int:
    with database.write() as work:
        return int(work.sql("PRAGMA wal_autocheckpoint").fetchone()[0])


def test_from_a_full_disk_on_the_log_is_kept_short(tmp_path: Path) -> None:
    """It would take the reserve for itself: twenty pages a sale, of which one or two are new in the file."""
    reserve = CountingReserve()
    reserve.enlarge = lambda: None  # type: ignore[method-assign]
    database = Database(tmp_path / "box.sqlite3", reserve)  # type: ignore[arg-type]
    assert pages_of_the_log(database) == CHECKPOINT_PAGES
    fill_disk(database)
    with pytest.raises(DiskFull):
        database.run(
            lambda work: work.insert(
                Counter, [{"name": "y" * 4000 + str(n), "value": n} for n in range(99)]
            )
        )
    assert pages_of_the_log(database) == SPARING_PAGES
    database.close()


def test_a_start_without_a_reserve_keeps_the_log_short(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "no such folder" / "box.reserve")
    database = Database(tmp_path / "box.sqlite3", reserve)
    assert pages_of_the_log(database) == SPARING_PAGES
    database.close()


def commit_in_vain(database: Database) -> None:
    with database.write() as work:
        work.sql("PRAGMA defer_foreign_keys = ON")
        work.sql("INSERT INTO sale_tax VALUES ('no such sale', 'standard', 1000, 1, 1)")


def test_a_commit_that_failed_is_overwritten_at_once(database: Database) -> None:
    """Whole pages of it may stand in the log, and a box that is killed would find them when it wakes."""
    with pytest.raises(sqlite3.IntegrityError):
        commit_in_vain(database)
    assert counters(database) == {"failed_commit": 1}


def test_a_file_that_is_no_database_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "box.sqlite3"
    path.write_bytes(b"not a database, but long enough to look like one" * 40)
    with pytest.raises(DiskFailed) as caught:
        Database(path)
    assert caught.value.message == (
        "The box's disk does not take what is written: file is not a database."
    )
    assert path.read_bytes().startswith(b"not a database")


CHILD = """
import sys
from pathlib import Path
from edge.db.unit_of_work import Database
from edge.db.tables import Counter

database = Database(Path(sys.argv[1]))
with database.write() as work:
    work.next_number("committed")
with database.write() as work:
    work.insert(Counter, [{"name": "x" * 400 + str(n), "value": n} for n in range(5000)])
    print("in the middle", flush=True)
    sys.stdin.read()
"""


def test_a_process_killed_in_the_middle_leaves_what_was_committed(tmp_path: Path) -> None:
    path = tmp_path / "box.sqlite3"
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stdout.readline() == b"in the middle\n"
    child.kill()
    child.wait()
    child.stdin.close()
    child.stdout.close()
    database = Database(path)
    assert counters(database) == {"committed": 1}
    database.close()


def attach_and_fail(database: Database, other: Path) -> None:
    with database.attached(other, "snapshot") as work:
        work.sql("UPDATE counter SET value = 9")
        raise RuntimeError


def test_an_attached_file_is_read_in_the_same_transaction(
    database: Database, tmp_path: Path
) -> None:
    other = tmp_path / "a snapshot, with 100 % odd name?.sqlite3"
    connection = sqlite3.connect(other)
    connection.executescript(
        "CREATE TABLE row (key, value); INSERT INTO row VALUES ('a', 1), ('b', 2);"
    )
    connection.close()
    with database.attached(other, "snapshot") as work:
        work.sql("INSERT INTO counter SELECT key, value FROM snapshot.row")
    assert counters(database) == {"a": 1, "b": 2}
    with pytest.raises(RuntimeError):
        attach_and_fail(database, other)
    assert counters(database) == {"a": 1, "b": 2}
    with database.write() as work:
        names = [row[1] for row in work.sql("PRAGMA database_list").fetchall()]
    assert "snapshot" not in names
