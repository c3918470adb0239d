"""The command that proves bounds: its verdict, its figures, its exit status."""

import json
from importlib.metadata import EntryPoint

import pytest

from hardware_sim.proof import bounds
from hardware_sim.proof.report import Progress

CLAIM = "odd seeds are the bug's"
BUGS = ("odd", "never seen")


def history(seed: int, bug: str = "") -> str:
    return "an odd seed" if bug == "odd" and seed % 2 else ""


def test_a_bug_that_lives_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "_everywhere", lambda jobs, _: map(bounds._play, jobs))
    monkeypatch.setattr(bounds, "BUG_LIMIT", 10)
    here = EntryPoint("odd", __name__, bounds.GROUP)
    monkeypatch.setattr(EntryPoint, "load", lambda point: __import__("sys").modules[point.value])
    layer = bounds.prove(here, 1, 10, Progress())
    assert not layer.ok
    assert layer.figures == {"histories": 10, "violations": 0, "bugs": 2, "bugs_caught": 1}
    assert layer.lines == (
        "odd seeds are the bug's",
        "10 histories: 0 violations",
        "1 of 2 seeded bugs caught",
        "odd: an odd seed",
        "never seen: alive after 10 histories",
    )


def test_every_bound_is_proven_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert bounds.run(histories=200, seed=1, as_json=True) == 0
    lines = capsys.readouterr().out.splitlines()
    report = json.loads(lines[-1])
    assert report["ok"] is True
    assert {"fefo", "rights"} <= report["figures"].keys()
    assert report["figures"]["violations"] == 0
    assert report["figures"]["fefo"]["days"] == 800
    assert report["figures"]["bugs"] == report["figures"]["bugs_caught"] >= 6


def test_seconds_end_the_histories_and_the_figures_say_how_many(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bounds, "CHUNK", 50)
    assert bounds.run(histories=1_000_000, seed=1, as_json=True, seconds=0.001) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])["figures"]
    assert 0 < figures["fefo"]["histories"] < 1_000_000
    assert figures["bugs"] == figures["bugs_caught"] >= 6
