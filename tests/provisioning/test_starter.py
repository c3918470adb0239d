"""The starter at the root, without installing anything."""

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def starter() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "twinstore"), run_name="starter")


def test_it_needs_the_standard_library_only() -> None:
    asked = (
        "import sys, runpy; runpy.run_path(sys.argv[1], run_name='starter');"
        "print(sorted(n for n in {m.split('.')[0] for m in sys.modules}"
        " - sys.stdlib_module_names if not n.startswith('_')))"
    )
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", asked, str(ROOT / "twinstore")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "[]\n"


def test_the_lock_gives_uv_with_its_version_and_hashes(starter: dict[str, Any]) -> None:
    lines = starter["locked"]("uv").splitlines()
    assert lines[0].startswith("uv==")
    assert all(line.strip().startswith("--hash=sha256:") for line in lines[1:])
    assert len(lines) > 2


def test_the_stamp_changes_with_the_lock(starter: dict[str, Any], tmp_path: Path) -> None:
    digest = starter["digest"]
    before = digest()
    other = tmp_path / "other.lock"
    other.write_text("nothing==1\n")
    digest.__globals__["LOCK"] = str(other)
    assert digest() != before


def test_the_stamp_names_the_folder_because_an_environment_cannot_be_moved(
    starter: dict[str, Any],
) -> None:
    assert starter["digest"]().endswith(f" {ROOT}")


def test_no_stamp_is_not_ready(starter: dict[str, Any], tmp_path: Path) -> None:
    starter["is_ready"].__globals__["STAMP"] = str(tmp_path / "none")
    assert starter["is_ready"](starter["digest"]()) is False


def test_a_wrapper_with_nothing_behind_it_is_not_uv(
    starter: dict[str, Any], tmp_path: Path
) -> None:
    hollow = tmp_path / "uv"
    hollow.write_text("#!/bin/sh\nexit 127\n")
    hollow.chmod(0o755)
    assert starter["runs"]([str(hollow), "--version"]) is False


def test_without_uv_and_venv_one_line_says_what_to_install(starter: dict[str, Any]) -> None:
    uv_by_pip = starter["uv_by_pip"]
    uv_by_pip.__globals__["runs"] = lambda command: False
    with pytest.raises(starter["SetUpError"]) as error:
        uv_by_pip()
    assert str(error.value) == (
        "Neither uv nor Python's venv was found, so nothing can be installed. "
        "Install one of them (Debian: apt install python3-venv) and start again."
    )


def test_a_failed_step_says_what_it_means_and_what_to_do(starter: dict[str, Any]) -> None:
    with pytest.raises(starter["SetUpError"]) as error:
        starter["run"](["false", "pip", "sync", "--quiet"])
    assert str(error.value) == (
        "false pip sync failed (status 1), its own words are above, and there is no shop yet. "
        "If the network was away, start again when it is back."
    )
