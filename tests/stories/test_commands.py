"""The commands that prove and tell, as a stranger types them: real processes, every layer, the shortest run."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hardware_sim.processes import environment, twinstore
from hardware_sim.proof import failing_disk, hardships
from hardware_sim.proof.report import Progress

pytestmark = [pytest.mark.requires("mosquitto"), pytest.mark.timeout(240)]


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
    kept = tmp_path / ".twinstore" / "stories" / "blackout"
    assert (
        len(list((kept / "receipts").glob("*.png")))
        == len(list((kept / "receipts").glob("*.txt")))
        > 10
    )
    assert json.loads((kept / "z" / "day-1.json").read_text())["variance_minor"] == -500
