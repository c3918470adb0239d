"""The plugin in a test run of somebody else's: a client that knows nothing of our drivers."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

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
        line.sendall(b"\\x1b@TOTAL 12,900\\n\\x10\\x04\\x01")
        assert line.recv(1) == b"\\x12"
    while "TOTAL" not in twinstore_printer.text():
        pass
    assert twinstore_printer.text() == "TOTAL 12,900"
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


def test_a_stranger_s_tests_run_on_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(STRANGER)
    pytester.makeconftest('pytest_plugins = ["hardware_sim.pytest_plugin"]')
    outcome = pytester.runpytest(
        "-p", "no:twinstore", "-p", "no:playwright", "-p", "no:cacheprovider"
    )
    outcome.assert_outcomes(passed=3)


def test_a_run_that_does_not_use_it_pays_nothing() -> None:
    """Only the names are there until a test asks: no Pillow, no pydantic, no FastAPI."""
    heavy = {"PIL", "pydantic", "fastapi", "usb", "httpx", "hardware_sim.counter"}
    code = f"import sys, hardware_sim.pytest_plugin; print(sorted(set(sys.modules) & {heavy!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
