"""The rules of tests/conftest.py hold: each is broken here once, in a run of its own."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

RULES = (Path(__file__).resolve().parents[1] / "conftest.py").read_text(encoding="utf-8")


@pytest.fixture
def ruled(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest(RULES)
    pytester.makeini(
        "[pytest]\nmarkers = requires(*programs): wants programs\nanyio_mode = auto\naddopts = -p no:playwright\n"
    )
    return pytester


def test_a_badly_formatted_log_line_fails_its_test(ruled: pytest.Pytester) -> None:
    ruled.makepyfile(
        "import logging\n"
        "def test_it():\n"
        "    try: logging.getLogger('edge.peripherals').debug('%s of %d', 1)\n"
        "    except TypeError: pass  # as a catch-all around a reader's loop would\n"
    )
    outcome = ruled.runpytest_subprocess()  # else the bad line would fail this test too
    outcome.assert_outcomes(passed=1, errors=1)
    outcome.stdout.fnmatch_lines(["*'%s of %d' with (1,): not enough arguments*"])


def test_a_blocking_call_of_ours_in_the_loop_fails_its_test(ruled: pytest.Pytester) -> None:
    ruled.makepyfile(
        "from pathlib import Path\n"
        "import pytest, provisioning\n"
        "source = Path(provisioning.__file__).with_name('slow.py')\n"
        "space = {}\n"
        "exec(compile('import time\\ndef wait(): time.sleep(0.001)', str(source), 'exec'), space)\n"
        "async def test_it(): space['wait']()\n"
    )
    outcome = ruled.runpytest()
    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines(["*BlockingError: Blocking call to time.sleep"])


SKIPS = (
    "import pytest\n"
    "@pytest.mark.skip(reason='not today')\n"
    "def test_skipped(): pass\n"
    "@pytest.mark.xfail(reason='known')\n"
    "def test_known(): assert False\n"
)


def test_a_skip_is_a_skip(ruled: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TWINSTORE_REQUIRE", raising=False)
    ruled.makepyfile(SKIPS)
    ruled.runpytest().assert_outcomes(skipped=1, xfailed=1)


def test_a_skip_fails_where_everything_is_required(
    ruled: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWINSTORE_REQUIRE", "all")
    ruled.makepyfile(SKIPS)
    outcome = ruled.runpytest()
    outcome.assert_outcomes(errors=1, xfailed=1)
    assert outcome.ret == pytest.ExitCode.TESTS_FAILED


def test_a_whole_file_that_skips_fails_too(
    ruled: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWINSTORE_REQUIRE", "all")
    ruled.makepyfile("import pytest\npytest.skip('no camera', allow_module_level=True)\n")
    ruled.runpytest().assert_outcomes(errors=1)


def test_a_missing_program_is_named_with_its_package(
    ruled: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TWINSTORE_REQUIRE", raising=False)
    ruled.makeconftest(RULES + "\nPROGRAMS['mosquitto'] = lambda: None\n")
    ruled.makepyfile("import pytest\n@pytest.mark.requires('mosquitto')\ndef test_it(): pass\n")
    outcome = ruled.runpytest("-rs")
    outcome.assert_outcomes(skipped=1)
    outcome.stdout.fnmatch_lines(
        ["*mosquitto not found on this machine (Debian: apt install mosquitto)."]
    )
