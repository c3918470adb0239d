"""The first minute as a stranger has it: the real command, its processes, the tour, a second morning."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from hardware_sim.demo.tour import STEPS
from hardware_sim.processes import Ports

PATIENCE_S = 60.0  # with a step, and with an answer: a busy machine is not what is tried here


def taken_from(port: int) -> list[int]:
    row = Ports.in_a_row(port)
    return row.taken() + row.next_row.taken()


def free_row() -> int:
    """The first of 22 ports in a row that nobody listens on."""
    return next(port for port in range(21000, 60000, 22) if not taken_from(port))


@contextmanager
def hearing_ctrl_c() -> Iterator[None]:
    """A program that is started within hears SIGINT, also where a shell has started the tests in the background.

    Such a shell has it ignored, and what is ignored stays so in whatever is started (POSIX, 2.11); a handler does not.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def demo(folder: Path, port: int) -> Iterator[list[str]]:
    """The lines that it has printed when the shop is open; ended with Ctrl-C."""
    command = [sys.executable, "-m", "provisioning", "demo", "--language", "en"]
    with hearing_ctrl_c():
        started = subprocess.Popen(
            [*command, "--data", str(folder), "--port", str(port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    with started as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Ctrl-C"):
                break
        try:
            yield lines
        finally:
            process.send_signal(signal.SIGINT)
            lines += process.stdout.readlines()
    assert process.returncode == 0, "".join(lines)


def take(landing: httpx.Client, step: str) -> None:
    """Presses the step's button and waits until the page ticks it off."""
    landing.post(f"/tour/{step}", headers={"hx-request": "true"}).raise_for_status()
    page = ""
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        page = landing.get("/").text
        after = STEPS.index(step) + 1
        if page.count('<li class="done"') == after:
            return
    raise AssertionError(f"{step} was not ticked off: {page}")


@pytest.mark.timeout(180)
def test_the_first_minute_and_the_second_morning(tmp_path: Path) -> None:
    port = free_row()
    box = f"http://127.0.0.1:{port + 2}"
    with demo(tmp_path, port) as lines:
        assert len(lines) <= 12
        assert lines[1].endswith(" · ready\n"), "".join(lines)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S) as landing:
            for step in STEPS:
                take(landing, step)
            assert "The numbers met: nothing was lost, nothing came twice." in landing.get("/").text
        sold = httpx.get(f"{box}/api/sales", timeout=PATIENCE_S).json()
    assert lines[-1] == "Everything has stopped.\n"
    assert taken_from(port) == []

    with demo(tmp_path, port):
        assert httpx.get(f"{box}/api/sales", timeout=PATIENCE_S).json() == sold
        assert httpx.get(f"{box}/api/state", timeout=PATIENCE_S).json()["shift"]["number"] == 1


SAYS_STOP_IN_THE_MIDDLE_OF_AN_IMPORT = """
import contextlib, signal
from hardware_sim.demo import Ending, Leaving
signal.signal(signal.SIGINT, Ending())
with contextlib.suppress(Leaving):
    exec("import signal; signal.raise_signal(signal.SIGINT)")
"""


def test_to_be_stopped_in_the_middle_of_an_import_is_a_good_end(tmp_path: Path) -> None:
    (tmp_path / "stopped_early.py").write_text(SAYS_STOP_IN_THE_MIDDLE_OF_AN_IMPORT)
    command = [sys.executable, "-m", "stopped_early"]
    ended = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True)
    assert (ended.returncode, ended.stderr) == (0, b"")
