from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from hardware_sim.processes import PartyError
from hardware_sim.proof import command
from hardware_sim.proof.command import Plan, find_mutants, simulate, try_rules
from hardware_sim.proof.report import Layer, Progress, last_line, plain


def layers(*oks: bool):
    def made(*_: object) -> Iterator[object]:
        for number, ok in enumerate(oks):
            yield lambda n=number, ok=ok: Layer(
                f"layer {n}", ok=ok, figures={f"f{n}": n}, lines=("words",)
            )

    return made


@pytest.mark.parametrize(
    ("oks", "status"), [((True, True), 0), ((True, False), 1), ((False, True), 1)]
)
def test_the_last_line_is_one_object_and_the_status_follows_it(
    oks: tuple[bool, ...],
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(command, "_layers", layers(*oks))
    assert command.run(seconds=1, seed=7, as_json=True) == status
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["name"], told["ok"]) == ("prove", status == 0)
    assert {key: told["figures"][key] for key in ("seed", "f0", "f1")} == {
        "seed": 7,
        "f0": 0,
        "f1": 1,
    }


def test_without_json_the_last_line_is_for_a_person(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "_layers", layers(True))
    command.run(seconds=1, seed=7, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["ok   layer 0", "     words"]
    assert lines[-1].startswith("Nothing lost, nothing doubled. Seed 7, ")


def test_a_minute_buys_what_is_promised() -> None:
    assert Plan.of(60).schedules >= 50_000


def test_a_second_still_buys_something_of_each() -> None:
    assert Plan.of(1) == Plan(
        schedules=1_000, kill_seconds=6.0, power_cut_sales=12, rule_examples=20, has_hardships=False
    )


def test_the_simulation_as_a_layer() -> None:
    layer = simulate(500, 3, Progress())
    assert (layer.ok, layer.figures["schedules"], layer.figures["violations"]) == (True, 500, 0)


def test_the_mutants_as_a_layer() -> None:
    layer = find_mutants(3, Progress())
    assert layer.ok
    assert layer.figures["mutants"] == layer.figures["mutants_caught"] >= 8


def test_the_rules_as_a_layer() -> None:
    assert try_rules(5, 3, Progress()) == Layer(
        "rules",
        ok=True,
        figures={"rule_examples": 5},
        lines=("5 examples of the rule machine: no violation",),
    )


def test_the_last_line() -> None:
    assert (
        last_line("prove", ok=True, figures={"ratio": 0.5})
        == '{"name": "prove", "ok": true, "figures": {"ratio": 0.5}}'
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [(True, "True"), ("till", "till"), (12_345, "12,345"), (0.00314, "0.00314"), (12_345.6, "12,346")],
)  # fmt: skip
def test_a_figure_for_a_person(value: object, words: str) -> None:
    assert plain(value) == words


def test_progress_is_said_seldom_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    for number in range(5):
        progress(f"step {number}")
    progress.end()
    assert capsys.readouterr().err == "step 0\n"


def test_a_process_that_does_not_start_is_a_verdict_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def dead() -> Layer:
        raise PartyError("The hub ended with status 1.")

    monkeypatch.setattr(command, "_layers", lambda *_: iter([dead]))
    assert command.run(seconds=1, seed=7, as_json=True) == 1
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["ok"], told["figures"]["reason"]) == (False, "The hub ended with status 1.")
