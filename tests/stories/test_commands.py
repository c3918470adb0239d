"""The commands that prove and tell, as a stranger types them: real processes, every layer, the shortest run."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hardware_sim.processes import environment, twinstore
from hardware_sim.proof import failing_disk, hardships
from hardware_sim.proof.report import Progress

pytestmark = [pytest.mark.requires("mosquitto"), pytest.mark.timeout(240)]


STORY = Path(".twinstore") / "stories" / "blackout"


def sabotage(database: Path, statement: str) -> None:
    with closing(sqlite3.connect(database)) as hub, hub:
        assert hub.execute(statement).rowcount == 1


def said(folder: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """Exit status and the last line."""
    run = subprocess.run(
        twinstore(*words, "--json"),
        cwd=folder, env=environment(os.environ), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.stdout, run.stderr
    return run.returncode, json.loads(run.stdout.splitlines()[-1])


def test_prove_loses_nothing(tmp_path: Path) -> None:
    status, told = said(tmp_path, "prove", "--seconds", "2", "--seed", "5")
    figures = told["figures"]
    nothing = ("lost", "doubled", "out_of_order", "bodies_unequal", "violations", "power_cut_lost")
    assert (status, told["ok"]) == (0, True), told
    assert {name: figures[name] for name in nothing} == dict.fromkeys(nothing, 0)
    assert figures["receipts"] > 0
    assert figures["power_cut_lost_without_syncs"] > 0


def test_a_shop_survives_its_hardships() -> None:
    layer = hardships.prove(3, Progress())
    assert layer.ok, layer.lines
    assert layer.figures == {"hardships": 3, "hardships_survived": 3}


def test_a_shop_survives_its_disk() -> None:
    layer = failing_disk.prove(3, Progress())
    assert layer.ok, layer.lines
    assert layer.figures["disk_refused"] > 60
    assert "refused, killed and started again: what was refused is nowhere" in layer.lines


@pytest.mark.parametrize(
    "mishap", [(), ("--kill", "box"), ("--cut", "hub")], ids=["plain", "kill", "cut"]
)
def test_the_blackout_is_told_to_its_end(tmp_path: Path, mishap: tuple[str, ...]) -> None:
    status, told = said(tmp_path, "story", "blackout", "--days", "1", "--seed", "2", *mishap)
    assert (status, told["ok"]) == (0, True), told
    kept = tmp_path / STORY
    pictures, texts = ({it.stem for it in kept.glob(f"receipts/*.{end}")} for end in ("png", "txt"))
    assert pictures == texts
    assert len(pictures) > 10
    z = json.loads((kept / "ledgers" / "z-day-1.json").read_text())
    assert (z["variance_minor"], told["figures"]["z_reports"]) == (-500, 1)
    stock = json.loads((kept / "ledgers" / "stock.json").read_text())
    assert stock["teller"] == stock["box"] == stock["hub"]
    pages = {it.stem for it in kept.glob("pages/*.html")}
    assert pages >= {"counter-day-1", "console-boxes", "console-sales", "console-money"}
    assert "pages/console-money.html" in (kept / "index.html").read_text()


SABOTAGE = {
    "DELETE FROM fact WHERE body LIKE '%sale.completed%'": "expected nothing lost, doubled, out of order or changed",
    "UPDATE sale SET total_minor = total_minor + 10 WHERE receipt_number = 1": "Z 1 differs",
}


@pytest.mark.parametrize("statement", SABOTAGE, ids=["fact gone", "books changed"])
def test_the_first_untrue_thing_ends_the_story(tmp_path: Path, statement: str) -> None:
    """Somebody lays hands on the hub's database while the line is down."""
    story = subprocess.Popen(
        twinstore("story", "blackout", "--days", "1", "--json"),
        cwd=tmp_path, env=environment(os.environ), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    lines = []
    with story:
        assert story.stdout is not None
        for line in story.stdout:
            lines.append(line)
            if "One customer pays by card." in line:
                sabotage(tmp_path / STORY / "company/data/hub/hub.sqlite3", statement)
    told = json.loads(lines[-1])
    assert (story.returncode, told["ok"]) == (1, False), told
    assert SABOTAGE[statement] in told["figures"]["untrue"]
