"""What `test`, `check` and `lock` start, and how they end."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from provisioning import verbs


class Tools:
    """Stands for the tools of the environment: keeps what was started, fails what it is told to."""

    def __init__(self) -> None:
        self.started: list[tuple[str, ...]] = []
        self.failing: dict[str, int] = {}

    def run(self, command: Sequence[str]) -> int:
        self.started.append(tuple(command))
        return self.failing.get(command[0], 0)


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> Tools:
    tools = Tools()
    monkeypatch.setattr(verbs, "run", tools.run)
    return tools


def test_test_alone_runs_every_check_and_then_the_suite(tools: Tools) -> None:
    assert CliRunner().invoke(verbs.test, []).exit_code == 0
    assert tools.started == [*verbs.CHECKS.values(), ("pytest", *verbs.WHOLE)]


def test_what_follows_test_goes_to_pytest_alone(tools: Tools) -> None:
    CliRunner().invoke(verbs.test, ["tests/x", "-k", "y", "--lf"])
    assert tools.started == [("pytest", "tests/x", "-k", "y", "--lf")]


def test_a_failed_check_does_not_keep_the_tests_from_running_but_fails_the_whole(
    tools: Tools,
) -> None:
    tools.failing = {"mypy": 1}
    ended = CliRunner().invoke(verbs.test, [])
    assert tools.started[-1] == ("pytest", *verbs.WHOLE)
    assert ended.exit_code == 1
    assert "check: types failed, see above. The tests run all the same.\n" in ended.output


@pytest.mark.parametrize("status", [1, 2, 5])
def test_the_status_of_pytest_is_ours(tools: Tools, status: int) -> None:
    tools.failing = {"pytest": status}
    assert CliRunner().invoke(verbs.test, ["-q"]).exit_code == status


def test_check_runs_all_of_them_also_after_one_has_failed(tools: Tools) -> None:
    tools.failing = {"ruff": 1, "lint-imports": 1}
    ended = CliRunner().invoke(verbs.check, [])
    assert tools.started == list(verbs.CHECKS.values())
    assert ended.exit_code == 1
    assert ended.output.endswith("check: ruff, format, imports failed, see above.\n")


def test_the_lock_names_no_address_and_every_hash(tools: Tools) -> None:
    CliRunner().invoke(verbs.lock, [])
    assert "--no-emit-index-url" in tools.started[0]
    assert "--generate-hashes" in tools.started[0]


def test_an_installed_package_says_where_these_verbs_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(verbs, "ROOT", tmp_path)
    ended = CliRunner().invoke(verbs.check, [])
    assert ended.output == (
        "twinstore: this verb works in a clone of the source, and this is an installed package. "
        "Clone Twinstore and start ./twinstore there.\n"
    )
