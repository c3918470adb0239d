"""The questions that a rebuilt database is asked, over a small one of the same tables."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from contract.envelope import GENESIS, chain
from hardware_sim.proof import power_cut
from hardware_sim.proof.journal import File
from hardware_sim.proof.power_cut import Cuts, Found, Promised, Recording, before, examine, prove
from hardware_sim.proof.report import Layer, Progress
from hardware_sim.proof.vfs import StaticallyLinked

TABLES = """
CREATE TABLE sale (sale_id TEXT PRIMARY KEY, total_minor INTEGER);
CREATE TABLE sale_line (sale_id TEXT, line INTEGER, amount_minor INTEGER);
CREATE TABLE outbox (epoch TEXT, seq INTEGER, uid TEXT, body TEXT, chain TEXT);
CREATE TABLE stream (epoch TEXT, chain TEXT);
"""
PROMISED = [Promised(100, "s1", 3_000, 2), Promised(200, "s2", 3_000, 2)]


@pytest.fixture
def sold(tmp_path: Path) -> Path:
    """A database with two sales of two lines, told in two facts."""
    path = tmp_path / "sold.sqlite3"
    with closing(sqlite3.connect(path)) as box, box:
        box.executescript(TABLES)
        link = GENESIS
        for seq, sale_id in enumerate(("s1", "s2"), 1):
            body = {
                "type": "sale.completed",
                "sale_id": sale_id,
                "total_minor": 3_000,
                "lines": [1, 2],
            }
            link = chain(link, f"u{seq}", json.dumps(body))
            box.execute("INSERT INTO sale VALUES (?, 3000)", (sale_id,))
            box.executemany(
                "INSERT INTO sale_line VALUES (?, ?, ?)", [(sale_id, 1, 1_000), (sale_id, 2, 2_000)]
            )
            box.execute(
                "INSERT INTO outbox VALUES ('e1', ?, ?, ?, ?)",
                (seq, f"u{seq}", json.dumps(body), link),
            )
        box.execute("INSERT INTO stream VALUES ('e1', ?)", (link,))
    return path


def asked(tmp_path: Path, database: Path, *statements: str) -> Found:
    """What is found after these statements have damaged it."""
    with closing(sqlite3.connect(database)) as box, box:
        for statement in statements:
            box.execute(statement)
    return examine(tmp_path, {File.MAIN: database.read_bytes()}, PROMISED)


def test_a_whole_database_has_lost_nothing(tmp_path: Path, sold: Path) -> None:
    assert asked(tmp_path, sold) == Found(0)


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (["DELETE FROM sale_line WHERE sale_id = 's1' AND line = 2"], Found(1)),
        (["UPDATE sale_line SET amount_minor = 1 WHERE sale_id = 's1'"], Found(1)),
        (
            ["DELETE FROM sale WHERE sale_id = 's2'", "DELETE FROM sale_line WHERE sale_id = 's2'"],
            Found(1, "sales and facts differ"),
        ),
        (["UPDATE outbox SET chain = 'f' WHERE seq = 2"], Found(0, "the chain is broken at u2")),
        (["UPDATE stream SET chain = 'f'"], Found(0, "the stream's head is not the chain's")),
    ],
    ids=["line gone", "line changed", "sale gone", "chain broken", "head wrong"],
)
def test_each_damage_is_seen(tmp_path: Path, sold: Path, damage: list[str], found: Found) -> None:
    assert asked(tmp_path, sold, *damage) == found


def test_a_lost_fact_is_seen(tmp_path: Path, sold: Path) -> None:
    found = asked(tmp_path, sold, "DELETE FROM outbox WHERE seq = 2")
    assert found.lost == 1
    assert found.fault


def test_a_torn_page_is_seen(tmp_path: Path, sold: Path) -> None:
    content = bytearray(sold.read_bytes())
    content[4096 + 8 : 4096 + 512] = bytes(504)
    found = examine(tmp_path, {File.MAIN: bytes(content)}, PROMISED)
    assert found != Found(0)


def test_a_file_that_is_no_database_has_lost_everything(tmp_path: Path) -> None:
    found = examine(tmp_path, {File.MAIN: b"x" * 8192}, PROMISED)
    assert found == Found(2, "file is not a database")


def test_an_empty_disk_is_well_before_the_first_promise(tmp_path: Path) -> None:
    assert examine(tmp_path, {}, []) == Found(0)
    assert examine(tmp_path, {}, PROMISED).lost == 2


def test_what_was_promised_when_the_journal_was_so_long() -> None:
    assert [len(before(PROMISED, end)) for end in (99, 100, 199, 200)] == [0, 1, 1, 2]


RECORDING = Recording(Path("journal"), tuple(PROMISED), 0)


@pytest.mark.parametrize(
    ("cuts", "control", "ok"),
    [
        (Cuts(9, 0, 0), Cuts(9, 2, 0), True),
        (Cuts(9, 1, 0), Cuts(9, 2, 0), False),
        (Cuts(9, 0, 1), Cuts(9, 2, 0), False),
        (Cuts(9, 0, 0), Cuts(9, 0, 0), False),
    ],
    ids=["sound", "lost", "unsound", "the check cannot fail"],
)
def test_the_verdict(cuts: Cuts, control: Cuts, ok: bool) -> None:
    assert power_cut.verdict(RECORDING, cuts, control).ok is ok


def test_many_cuts_keep_the_worst_and_the_first() -> None:
    total = Cuts(1, 2, 0, "a").plus(Cuts(3, 1, 1, "b"))
    assert total == Cuts(4, 2, 1, "a")


def test_a_python_with_its_own_sqlite_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def built_in() -> str:
        raise StaticallyLinked("Expected a Python whose sqlite3 module links it.")

    monkeypatch.setattr(power_cut, "linked_library", built_in)
    reason = "Expected a Python whose sqlite3 module links it."
    layer = prove(1, 1, Progress())
    assert layer == Layer("power cut", ok=False, figures={"reason": reason}, lines=(reason,))
