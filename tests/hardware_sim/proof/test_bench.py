from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from hardware_sim.proof import bench
from hardware_sim.proof.benchmarks.timing import percentile, spread_ms


class Point:
    """An entry point that needs no package."""

    def __init__(self, benchmark: Callable[..., Any]) -> None:
        self.benchmark = benchmark

    def load(self) -> Callable[..., Any]:
        return self.benchmark


@pytest.fixture(autouse=True)
def two_benches(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    def quick(progress: Callable[[str], object]) -> dict[str, Any]:
        """Quick thing over the limit.

        More words.
        """
        progress("round 1")
        return {"ratio": 0.5}

    def slow(_: Callable[[str], object]) -> dict[str, Any]:
        """Slow thing."""
        return {"ratio": 9.0, "ok": False}

    def dead(_: Callable[[str], object]) -> dict[str, Any]:
        raise RuntimeError("Expected a page, got none.")

    found = {"quick": Point(quick), "slow-one": Point(slow)}
    if "dead" in request.node.name:
        found["dead"] = Point(dead)
    monkeypatch.setattr(bench, "benches", lambda: found)


def test_every_name_is_listed_with_its_words() -> None:
    assert bench.lines() == ["quick     Quick thing over the limit.", "slow-one  Slow thing."]


@pytest.mark.parametrize(("name", "status", "ratio"), [("quick", 0, 0.5), ("slow-one", 1, 9.0)])
def test_the_last_line_and_the_status(
    name: str, status: int, ratio: float, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench.run(name, as_json=True) == status
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told == {"name": name, "ok": status == 0, "figures": {"ratio": ratio}}


def test_an_unknown_name_is_answered_with_the_known_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert bench.run("fast", as_json=False) == 2
    assert capsys.readouterr().err == "Expected a benchmark of quick, slow-one, got 'fast'.\n"


def test_percentiles() -> None:
    values = [number / 1_000 for number in range(100, 0, -1)]
    assert (percentile(values, 0.5), percentile([3.0], 0.95)) == (0.051, 3.0)
    assert spread_ms(values) == (51.0, 96.0)


def test_the_registered_benches_are_all_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert {"boot", "catalogue", "receipt", "sale", "scan", "uplink"} <= bench.benches().keys()


def test_a_dead_benchmark_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.run("dead", as_json=True) == 1
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told == {
        "name": "dead",
        "ok": False,
        "figures": {"reason": "Expected a page, got none."},
    }
