"""What every receipt printer's driver must do, on every kind of line, in real time.

Runs for each driver of the kind, on the simulator that stands for it here.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from drivers.errors import Refused, Unavailable, UnknownOutcome
from drivers.events import Health, Reason
from drivers.interfaces import PrintDocument, QrSymbol, ReceiptPrinter, Rule, TextLine
from drivers.registry import build, profiles
from drivers.transport import open_transport
from hardware_sim.hosts import PtyHost, TcpHost
from hardware_sim.printers.escpos import EscposSimulator
from hardware_sim.printers.models import PrinterModel, models
from hardware_sim.usb_backend import UsbBus, UsbIdentity
from hardware_sim.wire import RealTime

STANDS: dict[str, Callable[[PrinterModel], Any]] = {"escpos": EscposSimulator}
LINES = ("tcp", "pty", "usb")
LINE_NUMBERS = range(1, 31)
WITHIN_S = 10.0  # what a busy machine may need for milliseconds' work


@dataclass
class Bench:
    """A simulated printer on a line of its own and the closed driver that finds it by URL."""

    host: Any
    sim: Any
    driver: ReceiptPrinter

    def change(self, act: Callable[[], None]) -> None:
        with self.host.changing():
            act()

    def later(self, seconds: float, act: Callable[[], None]) -> threading.Timer:
        timer = threading.Timer(seconds, lambda: self.change(act))
        timer.start()
        return timer

    def once_out_of_paper(self, act: Callable[[], None]) -> threading.Thread:
        """`act` in the middle of a job, however slow the machine: seen at the simulator, not by a clock."""
        is_out, step = threading.Event(), self.sim.step

        def watched(dt_s: float) -> float | None:
            wants_s: float | None = step(dt_s)
            if self.sim.unit.is_paper_out:
                is_out.set()
            return wants_s

        def wait_and_act() -> None:
            if is_out.wait(WITHIN_S):
                act()

        self.sim.step = watched
        waiting = threading.Thread(target=wait_and_act)
        waiting.start()
        return waiting

    def load_paper(self) -> None:
        self.change(self.sim.unit.load_paper)

    def printed(self) -> list[str]:
        with self.host.changing():
            return [line for line in self.sim.paper.text().split("\n") if line]

    def wait_for(self, is_so: Callable[[], bool]) -> None:
        """The simulator's head goes on in its own time."""
        end_s = time.monotonic() + WITHIN_S
        while not is_so():
            assert time.monotonic() < end_s
            self.driver.wait_for_status(0.02)


def host_on(line: str, sim: Any, folder: Path) -> Any:
    if line == "tcp":
        return TcpHost(sim)
    if line == "pty":
        return PtyHost(sim, folder / "printer.tty")
    return UsbBus(sim, UsbIdentity(0x04B8, 0x0202, "SIM1", "EPSON", "TM-T88V"))


def fast(model: PrinterModel) -> PrinterModel:
    """Twenty times the speed of the real one, so that the suite does not wait for paper."""
    return replace(model, rows_per_s=48_000)


@pytest.fixture(params=STANDS)
def driver_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=LINES)
def bench(request: pytest.FixtureRequest, driver_name: str, tmp_path: Path) -> Iterator[Bench]:
    profile = next(it for it in profiles("printers").values() if it.driver == driver_name)
    sim = STANDS[driver_name](fast(models()[profile.name]))
    host = host_on(request.param, sim, tmp_path)
    if request.param != "usb":
        host.start()
    backend = host if request.param == "usb" else None
    clock = RealTime()
    driver = build(
        "receipt_printer",
        driver_name,
        profile.name,
        lambda: open_transport(host.url, clock, backend),
        clock,
    )
    yield Bench(host, sim, driver)
    driver.close()
    if request.param != "usb":
        host.stop()


@pytest.fixture
def opened(bench: Bench) -> Bench:
    bench.driver.open()
    assert bench.driver.wait_for_status(5.0) is not None  # what opening sent has been read
    return bench


def receipt(driver: ReceiptPrinter, name: str = "Line") -> bytes:
    lines = tuple(TextLine(f"{name} {number}") for number in LINE_NUMBERS)
    return driver.encode(PrintDocument("en", lines))


def expected(name: str = "Line") -> list[str]:
    return [f"{name} {number}" for number in LINE_NUMBERS]


def test_every_receipt_printer_stands_here(entries_of: Callable[[str], set[str]]):
    assert entries_of("receipt_printer") == set(STANDS)


def test_every_model_that_a_driver_knows_is_simulated():
    assert set(profiles("printers")) == set(models())


def test_is_a_receipt_printer(bench: Bench):
    assert isinstance(bench.driver, ReceiptPrinter)


def test_health_before_and_after_opening(bench: Bench):
    assert bench.driver.health() == Health(is_open=False)
    bench.driver.open()
    assert bench.driver.health() == Health(is_open=True, counters={"OnlineTransitionCount": 1})
    bench.driver.close()
    bench.driver.close()
    assert bench.driver.health().is_open is False


def test_opens_again_after_closing_and_without(opened: Bench):
    opened.driver.open()
    opened.driver.close()
    opened.driver.open()

    assert opened.driver.status().can_print


def test_a_place_where_nothing_is_plugged_in(bench: Bench):
    bench.host.unplug()

    with pytest.raises(Unavailable):
        bench.driver.open()
    assert bench.driver.health().counters["CommunicationErrorCount"] == 1


def test_encoding_needs_no_printer_and_says_the_same_twice(bench: Bench):
    document = PrintDocument(
        "ko", (TextLine("합계", "₩500", is_bold=True, scale=2), Rule(), QrSymbol("TW1"))
    )

    assert bench.driver.encode(document) == bench.driver.encode(document)


def test_prints_once_and_proves_it(opened: Bench):
    assert opened.driver.print_bytes(receipt(opened.driver), "A001", 10.0).is_printed
    assert opened.printed() == expected()


def test_jobs_follow_each_other(opened: Bench):
    for number in range(3):
        job = receipt(opened.driver, f"Job{number}")
        assert opened.driver.print_bytes(job, f"A00{number}", 10.0).is_printed

    assert opened.printed() == [*expected("Job0"), *expected("Job1"), *expected("Job2")]


def test_refuses_before_the_first_byte(opened: Bench):
    opened.change(lambda: setattr(opened.sim.unit, "is_cover_open", True))

    with pytest.raises(Refused) as caught:
        opened.driver.print_bytes(receipt(opened.driver), "A001", 10.0)

    assert caught.value.fields == {"reason": "cover_open"}
    assert b"Line" not in opened.sim.received
    opened.change(lambda: setattr(opened.sim.unit, "is_cover_open", False))
    assert opened.driver.print_bytes(receipt(opened.driver), "A001", 10.0).is_printed
    assert opened.printed() == expected()


def test_paper_out_in_the_middle_is_waited_for_and_printed_once(opened: Bench):
    opened.change(lambda: opened.sim.unit.leave_paper(200))
    loading = opened.once_out_of_paper(opened.load_paper)

    assert opened.driver.print_bytes(receipt(opened.driver), "A001", 10.0).is_printed
    loading.join()
    assert opened.printed() == expected()


def test_paper_out_until_the_deadline_is_unknown(opened: Bench):
    opened.change(lambda: opened.sim.unit.leave_paper(200))
    start_s = time.monotonic()

    with pytest.raises(UnknownOutcome) as caught:
        opened.driver.print_bytes(receipt(opened.driver), "A001", 0.5)

    assert caught.value.fields["reference"] == "A001"
    assert 0.5 <= time.monotonic() - start_s < WITHIN_S
    opened.load_paper()
    opened.wait_for(lambda: opened.printed() == expected())


def test_a_full_buffer_pushes_back_and_nothing_is_lost(opened: Bench):
    opened.change(lambda: opened.sim.unit.leave_paper(100))
    loading = opened.once_out_of_paper(opened.load_paper)
    lines = [f"Line {number}" for number in range(800)]
    job = opened.driver.encode(PrintDocument("en", tuple(TextLine(line) for line in lines)))

    assert opened.driver.print_bytes(job, "A001", 30.0).is_printed
    loading.join()
    assert opened.printed() == lines


def test_unplugged_in_the_middle_is_unknown_and_the_next_job_is_whole(opened: Bench):
    opened.change(lambda: opened.sim.unit.leave_paper(200))
    pulling = opened.once_out_of_paper(opened.host.unplug)

    with pytest.raises(UnknownOutcome):
        opened.driver.print_bytes(receipt(opened.driver), "A001", 10.0)
    pulling.join()
    with pytest.raises(Unavailable):
        opened.driver.open()

    opened.load_paper()
    opened.host.replug()
    opened.driver.open()
    assert opened.driver.print_bytes(receipt(opened.driver, "Next"), "A002", 10.0).is_printed
    printed = opened.printed()
    assert printed[-30:] == expected("Next")
    assert len(printed) == len(set(printed))


def test_power_lost_in_the_middle_is_never_printed_again(opened: Bench):
    opened.change(lambda: opened.sim.unit.leave_paper(200))
    failing = opened.once_out_of_paper(lambda: opened.change(opened.sim.power_off))

    with pytest.raises(UnknownOutcome):
        opened.driver.print_bytes(receipt(opened.driver), "A001", 10.0)
    failing.join()

    opened.change(opened.sim.power_on)
    opened.load_paper()
    opened.host.unplug()
    opened.host.replug()
    opened.driver.open()
    assert opened.driver.print_bytes(receipt(opened.driver, "Next"), "A002", 10.0).is_printed
    assert opened.printed()[-30:] == expected("Next")
    assert opened.printed().count("Line 1") == 1
    assert "Line 30" not in opened.printed()


def test_says_what_is_wrong(opened: Bench):
    assert opened.driver.status().can_print

    opened.change(lambda: opened.sim.unit.leave_paper(0))

    assert opened.driver.status().reasons == {Reason.PAPER_OUT}


def test_reports_a_change_while_somebody_waits_for_it(opened: Bench):
    opened.driver.wait_for_status(0.1)
    timer = opened.later(0.1, lambda: setattr(opened.sim.unit, "is_cover_open", True))

    status = opened.driver.wait_for_status(5.0)

    timer.join()
    assert status is not None
    assert status.reasons == {Reason.COVER_OPEN}


def test_prints_at_once_while_another_thread_listens(opened: Bench):
    """The listener's long wait must not hold up a job's first byte, and ends with the news it waits for."""
    told: list[Any] = []
    is_listening = threading.Event()

    def listen() -> None:
        opened.driver.wait_for_status(0.1)  # how it is now, which every thread hears first
        is_listening.set()
        told.append(opened.driver.wait_for_status(WITHIN_S))

    listener = threading.Thread(target=listen)
    listener.start()
    assert is_listening.wait(WITHIN_S)

    assert opened.driver.print_bytes(receipt(opened.driver), "A001", WITHIN_S).is_printed

    assert (told, listener.is_alive()) == ([], True)
    opened.change(lambda: setattr(opened.sim.unit, "is_cover_open", True))
    listener.join()
    assert [it.reasons for it in told] == [{Reason.COVER_OPEN}]


def test_pulses_the_drawer(opened: Bench):
    closed = opened.driver.status().drawer_pin_high

    opened.driver.pulse_drawer()

    opened.wait_for(lambda: opened.driver.status().drawer_pin_high is not closed)
    assert opened.sim.unit.drawer.is_open
    assert opened.sim.unit.drawer.kicks == 1
