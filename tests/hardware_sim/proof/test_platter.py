"""The rebuilt disk, and a real SQLite on it: FULL loses nothing, OFF does."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hardware_sim.proof.journal import File, Kind, Record, decode, encode
from hardware_sim.proof.platter import SECTOR, ForgetfulPlatter, Platter

MAIN, WAL = File.MAIN, File.WAL


class Always(random.Random):
    """Chance that always chooses the same: `choice` by place, `random` by value."""

    def __init__(self, place: int, value: float = 0.0) -> None:
        super().__init__(0)
        self.place, self.value = place, value

    def choice(self, seq: Any) -> Any:
        return seq[self.place]

    def random(self) -> float:
        return self.value


LOSE, KEEP = Always(0), Always(1)


def platter(*records: tuple[Kind, File, int, bytes]) -> Platter:
    made = Platter()
    for kind, file, offset, data in records:
        made.take(Record(kind, file, offset, data, 0))
    return made


def test_records_come_back_as_they_were_written() -> None:
    first = encode(Kind.WRITE, WAL, 5, b"abc")
    second = encode(Kind.SYNC, MAIN)
    assert list(decode(first + second)) == [
        Record(Kind.WRITE, WAL, 5, b"abc", len(first)),
        Record(Kind.SYNC, MAIN, 0, b"", len(first + second)),
    ]


def test_a_record_that_was_cut_off_is_left_out() -> None:
    whole = encode(Kind.WRITE, WAL, 0, b"abc")
    assert len(list(decode(whole + whole[:-1]))) == 1
    assert len(list(decode(whole + whole[:3]))) == 1


def test_what_is_synced_survives_and_the_rest_is_chance() -> None:
    made = platter(
        (Kind.WRITE, MAIN, 0, b"old"),
        (Kind.SYNC, MAIN, 0, b""),
        (Kind.WRITE, MAIN, 1, b"XY"),
        (Kind.WRITE, WAL, 0, b"log"),
    )
    assert made.cut(LOSE) == {MAIN: b"old"}
    assert made.cut(KEEP) == {MAIN: b"oXY", WAL: b"log"}


def test_a_sync_is_for_its_own_file() -> None:
    made = platter((Kind.WRITE, MAIN, 0, b"a"), (Kind.SYNC, WAL, 0, b""))
    assert made.cut(LOSE) == {}


def test_a_truncation_and_a_deletion_are_pending_too() -> None:
    made = platter(
        (Kind.WRITE, MAIN, 0, b"abcdef"),
        (Kind.SYNC, MAIN, 0, b""),
        (Kind.TRUNCATE, MAIN, 2, b""),
    )
    assert (made.cut(LOSE), made.cut(KEEP)) == ({MAIN: b"abcdef"}, {MAIN: b"ab"})
    made = platter(
        (Kind.WRITE, WAL, 0, b"abc"), (Kind.SYNC, WAL, 0, b""), (Kind.DELETE, WAL, 0, b"")
    )
    assert (made.cut(LOSE), made.cut(KEEP)) == ({WAL: b"abc"}, {})


def test_a_deletion_is_durable_with_the_first_sync_of_a_new_log() -> None:
    made = platter(
        (Kind.WRITE, File.JOURNAL, 0, b"undo"),
        (Kind.SYNC, File.JOURNAL, 0, b""),
        (Kind.DELETE, File.JOURNAL, 0, b""),
        (Kind.WRITE, WAL, 0, b"log"),
    )
    assert made.cut(LOSE) == {File.JOURNAL: b"undo"}
    made.take(Record(Kind.SYNC, WAL, 0, b"", 0))
    assert made.cut(LOSE) == {WAL: b"log"}


def test_a_deletion_that_syncs_the_folder_is_durable_at_once() -> None:
    made = platter(
        (Kind.WRITE, WAL, 0, b"abc"), (Kind.SYNC, WAL, 0, b""), (Kind.DELETE, WAL, 1, b"")
    )
    assert made.cut(LOSE) == {}


def test_a_torn_write_keeps_whole_sectors() -> None:
    made = platter((Kind.WRITE, MAIN, 0, bytes(2 * SECTOR)), (Kind.SYNC, MAIN, 0, b""))
    made.take(Record(Kind.WRITE, MAIN, 100, b"x" * SECTOR, 0))
    seen = {made.cut(random.Random(seed))[MAIN] for seed in range(600)}
    first = bytes(100) + b"x" * (SECTOR - 100) + bytes(SECTOR)
    second = bytes(SECTOR) + b"x" * 100 + bytes(SECTOR - 100)
    whole = bytes(100) + b"x" * SECTOR + bytes(SECTOR - 100)
    assert seen == {bytes(2 * SECTOR), first, second, whole}


def test_without_syncs_nothing_is_sure_until_the_kernel_had_time() -> None:
    made = ForgetfulPlatter()
    made.take(Record(Kind.WRITE, MAIN, 0, b"a", 0))
    made.take(Record(Kind.SYNC, MAIN, 0, b"", 0))
    assert made.cut(LOSE) == {}
    made.settle()
    assert made.cut(LOSE) == {MAIN: b"a"}


# -- a real database under the recording VFS ---------------------------------------------------

SELLER = """
import sqlite3, sys
from pathlib import Path
from hardware_sim.proof.vfs import Recorder
database, journal, synchronous = sys.argv[1:]
Recorder(database, Path(journal)).register()
connection = sqlite3.connect(database, isolation_level=None)
connection.execute("PRAGMA journal_mode = WAL")
connection.execute(f"PRAGMA synchronous = {synchronous}")
connection.execute("PRAGMA wal_autocheckpoint = 8")
connection.execute("CREATE TABLE sale (number INTEGER PRIMARY KEY, body TEXT)")
for number in range(30):
    connection.execute("INSERT INTO sale VALUES (?, ?)", (number, "x" * 900))
    print(Path(journal).stat().st_size, flush=True)
connection.close()
"""


def recorded(folder: Path, synchronous: str) -> tuple[list[Record], list[int]]:
    """The journal of 30 sales, and how long it was when each of them was committed."""
    database, journal = folder / "box.sqlite3", folder / "journal"
    run = subprocess.run(
        [sys.executable, "-c", SELLER, str(database), str(journal), synchronous],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    return list(decode(journal.read_bytes())), [int(line) for line in run.stdout.split()]


def lost(folder: Path, records: list[Record], committed: list[int], seed: int) -> int:
    """The most committed sales that are missing after a power cut behind any record."""
    platter, rng, worst = Platter(), random.Random(seed), 0
    for record in records:
        platter.take(record)
        sure = sum(end <= record.end for end in committed)
        worst = max(worst, sure - found(folder, platter.cut(rng)))
    return worst


def found(folder: Path, files: dict[File, bytes]) -> int:
    (folder / "cut.sqlite3-shm").unlink(missing_ok=True)  # shared memory: gone with the power
    for file in File:
        path = folder / f"cut.sqlite3{file.suffix}"
        path.unlink(missing_ok=True)
        if file in files:
            path.write_bytes(files[file])
    connection = sqlite3.connect(folder / "cut.sqlite3", isolation_level=None)
    try:
        return int(connection.execute("SELECT count(*) FROM sale").fetchone()[0])
    except sqlite3.DatabaseError:
        return 0
    finally:
        connection.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_full_synchronous_loses_nothing_at_any_write(tmp_path: Path, seed: int) -> None:
    records, committed = recorded(tmp_path, "FULL")
    assert len(records) > 100
    assert lost(tmp_path, records, committed, seed) == 0


@pytest.mark.parametrize("synchronous", ["NORMAL", "OFF"])
def test_anything_less_than_full_loses_sales(tmp_path: Path, synchronous: str) -> None:
    records, committed = recorded(tmp_path, synchronous)
    assert lost(tmp_path, records, committed, seed=1) > 0
