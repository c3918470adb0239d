"""python-escpos, written by others, prints on our simulated printer over its own socket."""

from collections.abc import Iterator

import pytest
import zxingcpp
from escpos.printer import Network

from hardware_sim.hosts import TcpHost
from hardware_sim.printers.escpos import EscposSimulator
from hardware_sim.printers.models import models


@pytest.fixture
def place() -> Iterator[TcpHost]:
    host = TcpHost(EscposSimulator(models()["epson-tm-t88v"]))
    host.start()
    yield host
    host.stop()


def test_a_stranger_prints_cuts_and_opens_the_drawer(place: TcpHost):
    printer = Network(place.address[0], port=place.address[1], timeout=5, profile="TM-T88V")
    printer.open()
    printer.set(align="center", bold=True)
    printer.text("Maru Office Tower\n")
    printer.set(align="left", bold=False)
    printer.text("Café 12.00\n")
    printer.qr("TW1.maru-office-tower-1.000123", size=6, native=True)
    printer.qr("TW1.maru-office-tower-1.000124", size=6)
    printer.cashdraw(2)
    printer.cut()
    online = printer.is_online()
    paper = printer.paper_status()
    printer._raw(b"\x1dr\x01")  # answered when all before it is on the paper
    assert printer._read() == b"\0"
    printer.close()

    sim = place.interface
    assert isinstance(sim, EscposSimulator)
    (piece,) = sim.paper.receipts()
    codes = zxingcpp.read_barcodes(sim.paper.picture(piece.first, piece.last))
    assert online
    assert paper == 2
    assert piece.text.split("\n")[:2] == [" " * 15 + "Maru Office Tower", "Café 12.00"]
    assert sorted(code.text for code in codes) == [
        "TW1.maru-office-tower-1.000123",
        "TW1.maru-office-tower-1.000124",
    ]
    assert sim.unit.drawer.kicks == 1
