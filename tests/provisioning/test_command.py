"""The dispatcher: help that teaches, verbs loaded when called."""

import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from click.testing import CliRunner

from provisioning import command

ROOT = Path(__file__).resolve().parents[2]


def entry_points_of_the_project() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    verbs: dict[str, str] = project["entry-points"][command.GROUP]
    return verbs


def test_help_has_a_line_for_every_verb_and_no_line_for_another() -> None:
    lines = {verb for lines in command.SECTIONS.values() for verb in lines}
    assert lines == set(entry_points_of_the_project())


def test_help_says_what_to_try_first_and_speaks_to_three_users() -> None:
    words = CliRunner().invoke(command.twinstore, ["--help"]).output
    assert "Try `twinstore demo` first" in words
    for title in ("Start here", "The box at the counter", "The fleet console", "CI on simulators"):
        assert f"{title}:" in words


def test_help_imports_none_of_the_programs() -> None:
    asked = (
        "import sys; from click.testing import CliRunner; from provisioning.command import twinstore;"
        "CliRunner().invoke(twinstore, ['--help']);"
        "print(sorted({'edge', 'cloud', 'hardware_sim', 'drivers', 'ui'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


@pytest.mark.parametrize("verb", sorted(entry_points_of_the_project()))
def test_a_verb_says_what_it_does_without_marks_of_click(verb: str) -> None:
    ended = CliRunner().invoke(command.twinstore, [verb, "--help"])
    assert ended.exit_code == 0
    assert "\\b" not in ended.output


def test_a_verb_of_another_package_is_listed_under_its_own_heading() -> None:
    assert command.sections(["demo", "weigh"])[-1] == ("From other packages", [("weigh", "")])


def test_a_verb_that_is_not_there_is_named() -> None:
    ended = CliRunner().invoke(command.twinstore, ["sell"])
    assert ended.exit_code == 2
    assert "No such command 'sell'" in ended.output


def test_a_missing_package_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def verbs() -> dict[str, EntryPoint]:
        return {"edge": EntryPoint("edge", "no_such_package.verbs:edge", command.GROUP)}

    monkeypatch.setattr(command, "registered", verbs)
    monkeypatch.setattr(sys, "argv", ["twinstore", "edge"])
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert str(ended.value) == (
        "twinstore: the package no_such_package is not installed here, so this verb cannot run. "
        "Install the extra it belongs to (twinstore[edge], [hub], [sim] or [dev]), "
        "or start ./twinstore from a clone: it installs everything."
    )
