"""XON/XOFF on a real pseudo-terminal: obeyed by the kernel (`flow=xonxoff`) or by the driver itself."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.interfaces import PrintDocument, TextLine
from drivers.printers.escpos import EscposPrinter
from drivers.registry import build
from drivers.transport import open_transport
from hardware_sim.hosts import PtyHost
from hardware_sim.printers.escpos import EscposSimulator
from hardware_sim.printers.models import models
from hardware_sim.wire import RealTime

MODEL = "bixolon-srp-350-serial"


@pytest.mark.parametrize("query", ["", "?flow=xonxoff&baud=115200"])
def test_a_printer_that_runs_full_gets_every_line_once(tmp_path: Path, query: str):
    sim = EscposSimulator(replace(models()[MODEL], rows_per_s=48_000))
    host = PtyHost(sim, tmp_path / "printer.tty")
    host.start()
    clock = RealTime()
    driver: EscposPrinter = build(
        "receipt_printer", "escpos", MODEL, lambda: open_transport(host.url + query, clock), clock
    )
    driver.open()
    lines = [f"Line {number}" for number in range(1000)]
    job = driver.encode(PrintDocument("en", tuple(TextLine(line) for line in lines)))
    with host.changing():
        sim.unit.leave_paper(300)
    timer = threading.Timer(0.3, lambda: press(host, sim))
    timer.start()

    proof = driver.print_bytes(job, "A001", 30.0)

    timer.join()
    driver.close()
    host.stop()
    assert proof.is_printed
    assert [line for line in sim.paper.text().split("\n") if line] == lines


def press(host: PtyHost, sim: EscposSimulator) -> None:
    with host.changing():
        sim.unit.load_paper()
