"""The plugin in a test run of somebody else's: a client that knows nothing of our drivers."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]


def run_stranger(pytester: pytest.Pytester, tests: str) -> dict[str, int]:
    pytester.makepyfile(tests)
    pytester.makeconftest('pytest_plugins = ["hardware_sim.pytest_plugin"]')
    outcome = pytester.runpytest(
        "-p", "no:twinstore", "-p", "no:playwright", "-p", "no:cacheprovider"
    )
    return outcome.parseoutcomes()


STRANGER = """
import os, socket
import pytest

@pytest.fixture
def twinstore_settings(twinstore_settings):
    printer = twinstore_settings.printer.model_copy(update={"model": "clone-58mm"})
    return twinstore_settings.model_copy(update={"printer": printer})

def test_prints(twinstore_printer):
    host, port = twinstore_printer.host.address
    with socket.create_connection((host, port), timeout=5) as line:
        line.sendall(b"\\x1b@" + b"bread 1,200\\n" * 40 + b"TOTAL 48,000\\n")
    assert twinstore_printer.says("TOTAL 48,000")
    assert twinstore_printer.text().splitlines() == 40 * ["bread 1,200"] + ["TOTAL 48,000"]
    assert not twinstore_printer.says("THANK YOU", within_s=0.1)
    assert twinstore_printer.picture().startswith(b"\\x89PNG")
    assert twinstore_printer.state()["model"] == "clone-58mm"

def test_scans(twinstore_scanner):
    line = os.open(twinstore_scanner.host.url, os.O_RDONLY | os.O_NOCTTY)
    twinstore_scanner.scan("8801234567893")
    assert os.read(line, 100) == b"]E08801234567893\\r\\n"
    os.close(line)

def test_whole_shop(twinstore_shop, twinstore_payment_terminal):
    assert twinstore_shop.payment_terminal is twinstore_payment_terminal
    assert twinstore_payment_terminal.ledger.moved_minor == 0
    assert twinstore_shop.state()["drawer"]["is_open"] is False
"""


README = Path(__file__).parents[2] / "README.md"


def test_the_example_of_the_readme_runs_as_it_stands_there(pytester: pytest.Pytester) -> None:
    text = README.read_text(encoding="utf-8")
    (example,) = [
        it for it in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "def test_" in it
    ]
    assert run_stranger(pytester, example) == {"passed": 1}


def test_a_stranger_s_tests_run_on_it(pytester: pytest.Pytester) -> None:
    assert run_stranger(pytester, STRANGER) == {"passed": 3}


def test_every_fixture_says_what_it_is(pytester: pytest.Pytester) -> None:
    pytester.makeconftest('pytest_plugins = ["hardware_sim.pytest_plugin"]')
    told = pytester.runpytest("-p", "no:twinstore", "--fixtures").stdout.str()
    ours = re.findall(r"^(twinstore_\w+)", told, re.MULTILINE)
    assert len(ours) == 5
    assert not re.search(r"^twinstore_\w+ -- [^\n]*\n    no docstring", told, re.MULTILINE)


def test_a_run_that_does_not_use_it_pays_nothing() -> None:
    """Only the names are there until a test asks: no Pillow, no pydantic, no FastAPI."""
    heavy = {"PIL", "pydantic", "fastapi", "usb", "httpx", "hardware_sim.counter"}
    code = f"import sys, hardware_sim.pytest_plugin; print(sorted(set(sys.modules) & {heavy!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
