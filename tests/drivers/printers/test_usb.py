"""The printer on a USB bus with its habits: short writes, stalls, a pulled plug. pyusb itself is the real one."""

from collections.abc import Iterator

import pytest

from drivers.errors import Unavailable, UnknownOutcome
from drivers.interfaces import PrintDocument, TextLine
from drivers.printers.escpos import EscposPrinter
from drivers.registry import build
from drivers.transport import open_transport
from hardware_sim.printers.escpos import EscposSimulator
from hardware_sim.printers.models import models
from hardware_sim.usb_backend import UsbBus, UsbIdentity
from hardware_sim.wire import JumpingTime

LINES = [f"Line {number}" for number in range(1, 101)]


@pytest.fixture
def time() -> JumpingTime:
    return JumpingTime()


@pytest.fixture
def bus(time: JumpingTime) -> UsbBus:
    sim = EscposSimulator(models()["epson-tm-t88v"])
    return UsbBus(sim, UsbIdentity(0x04B8, 0x0202, "J3X1", "EPSON", "TM-T88V"), time)


@pytest.fixture
def printer(bus: UsbBus, time: JumpingTime) -> Iterator[EscposPrinter]:
    driver: EscposPrinter = build(
        "receipt_printer",
        "escpos",
        "epson-tm-t88v",
        lambda: open_transport(bus.url, time, bus),
        time,
    )
    driver.open()
    yield driver
    driver.close()


def receipt(printer: EscposPrinter) -> bytes:
    return printer.encode(PrintDocument("en", tuple(TextLine(line) for line in LINES)))


def simulator(bus: UsbBus) -> EscposSimulator:
    assert isinstance(bus.interface, EscposSimulator)
    return bus.interface


def printed(bus: UsbBus) -> list[str]:
    return [line for line in simulator(bus).paper.text().split("\n") if line]


@pytest.mark.parametrize("limit", [1, 7, 64, 1000])
def test_short_writes_are_continued_from_the_count(bus: UsbBus, printer: EscposPrinter, limit: int):
    bus.write_limit = limit

    assert printer.print_bytes(receipt(printer), "A001", 60.0).is_printed
    assert printed(bus) == LINES


def test_a_stall_is_cleared_and_nothing_is_lost(bus: UsbBus, printer: EscposPrinter):
    bus.stalls_left = 3

    assert printer.print_bytes(receipt(printer), "A001", 60.0).is_printed
    assert printed(bus) == LINES


def test_a_full_buffer_answers_nak_until_there_is_paper(
    bus: UsbBus, printer: EscposPrinter, time: JumpingTime
):
    simulator(bus).unit.leave_paper(100)
    long = printer.encode(PrintDocument("en", tuple(TextLine("x" * 40) for _ in range(300))))

    with pytest.raises(UnknownOutcome) as caught:
        printer.print_bytes(long, "A001", 5.0)

    assert str(caught.value).endswith("bytes taken, paper_out.")


def test_the_plug_pulled_and_put_back(bus: UsbBus, printer: EscposPrinter):
    bus.unplug()
    with pytest.raises(Unavailable):
        printer.print_bytes(receipt(printer), "A001", 60.0)

    bus.replug()
    printer.open()

    assert printer.print_bytes(receipt(printer), "A001", 60.0).is_printed
    assert printed(bus) == LINES


def test_the_printer_is_never_reset(bus: UsbBus, printer: EscposPrinter):
    """A reset would drop the receipt that is being printed."""
    printer.open()
    printer.print_bytes(receipt(printer), "A001", 60.0)

    assert bus.resets == 0
