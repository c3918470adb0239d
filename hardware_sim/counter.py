"""One simulated counter: scanner, receipt printer with its drawer, payment terminal, and the hands that work them.

Everything that a person could do at the real things is a method here; the bench's pages, the HTTP control port and the
pytest plugin all press these.
"""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from typing import Any, Final, Literal

from hardware_sim.drawers.printer_kick import DrawerUnit
from hardware_sim.hosts import Host, PtyHost, TcpHost, ThreadedHost
from hardware_sim.payment_terminals.ledger import Ledger
from hardware_sim.payment_terminals.nexo import NexoInterface, TerminalUnit
from hardware_sim.printers.escpos import EscposSimulator
from hardware_sim.printers.models import models
from hardware_sim.printers.paper import Receipt
from hardware_sim.printers.unit import NEAR_END_ROWS, ROLL_ROWS
from hardware_sim.scanners.serial_line import ScannerInterface, ScannerUnit, symbology_of
from hardware_sim.settings import (
    DrawerSettings,
    PrinterSettings,
    ScannerSettings,
    ShopSettings,
    TerminalSettings,
)
from hardware_sim.usb_backend import UsbBus, UsbIdentity

# A low roll stops being low a little above the sensor, and well before it ends.
LOW_ROWS: Final = NEAR_END_ROWS // 2
POLL_S: Final = 0.01

PaperState = Literal["ok", "low", "out"]


class ScannerPlace:
    def __init__(self, settings: ScannerSettings) -> None:
        self.name = settings.name
        self.unit = ScannerUnit(
            prefix=settings.prefix.encode(),
            suffix=settings.suffix.encode(),
            has_identifiers=settings.has_identifiers,
        )
        self.host = PtyHost(ScannerInterface(self.unit), settings.link)
        self.is_plugged = True
        self.last = b""

    def scan(self, data: str, symbology: str = "") -> bytes:
        """Holds a code under the window; the bytes that a healthy line carries."""
        with self.host.changing():
            self.last = self.unit.scan(data, symbology or symbology_of(data))
            return self.last

    def arm(self, name: str, **figures: Any) -> None:
        """The fault `name` of the scanner's simulator spoils the next scan."""
        with self.host.changing():
            self.unit.arm(name, **figures)

    def plug(self, *, is_in: bool) -> None:
        self.is_plugged = is_in
        if is_in:
            self.host.replug()
        else:
            self.host.unplug()

    def state(self) -> dict[str, Any]:
        with self.host.lock:
            return {
                "name": self.name,
                "url": self.host.url,
                "is_plugged": self.is_plugged,
                "scans": self.unit.scans,
                "last": self.last.hex(" "),
                "faults": list(self.unit.faults),
            }


class PrinterPlace:
    """The printer and the drawer on its DK port."""

    def __init__(self, settings: PrinterSettings, drawer: DrawerSettings) -> None:
        self.name = settings.name
        self.model_name = settings.model
        self.drawer_name = drawer.name
        self.drawer = DrawerUnit(
            pin=drawer.pin,
            level_when_open=drawer.open_level == "high",
            has_sensor=drawer.open_level != "none",
        )
        model = models()[settings.model]
        model = replace(model, rows_per_s=settings.speed * model.rows_per_s)
        self.simulator = EscposSimulator(model, self.drawer)
        self.host = _printer_host(self.simulator, settings)

    @property
    def url(self) -> str:
        return str(getattr(self.host, "url", ""))

    def set_paper(self, state: PaperState) -> None:
        rows = {"ok": ROLL_ROWS, "low": LOW_ROWS, "out": 0}[state]
        with self.host.changing():
            self.simulator.unit.leave_paper(rows)

    def set_cover(self, *, is_open: bool) -> None:
        with self.host.changing():
            self.simulator.unit.is_cover_open = is_open

    def set_cutter(self, *, will_jam: bool) -> None:
        """A jam happens at the next cut; clearing it frees the knife."""
        with self.host.changing():
            self.simulator.unit.will_jam = will_jam
            if not will_jam:
                self.simulator.unit.is_cutter_jammed = False

    def set_head(self, *, is_hot: bool) -> None:
        with self.host.changing():
            self.simulator.unit.is_head_hot = is_hot

    def set_power(self, *, is_on: bool) -> None:
        """A line-powered end of the line (TCP, USB) goes and comes with it."""
        with self.host.changing():
            if is_on:
                self.simulator.power_on()
            else:
                self.simulator.power_off()
        if is_on:
            self.host.replug()
        elif self.simulator.model.is_line_powered:
            self.host.unplug()

    def tear(self) -> None:
        with self.host.changing():
            self.simulator.paper.tear()

    def close_drawer(self) -> None:
        with self.host.changing():
            self.drawer.close()

    def jam_drawer(self, *, is_jammed: bool) -> None:
        with self.host.changing():
            self.drawer.is_jammed = is_jammed

    def receipts(self) -> list[Receipt]:
        with self.host.lock:
            return self.simulator.paper.receipts()

    def picture(self, number: int | None = None) -> bytes:
        """The whole paper as PNG, or the receipt `number` from the beginning (0 first, -1 the last)."""
        with self.host.lock:
            paper = self.simulator.paper
            pieces = paper.receipts()
            if number is None or not pieces:
                return paper.png()
            piece = pieces[number]
            return paper.png(piece.first, piece.last)

    def text(self) -> str:
        with self.host.lock:
            return self.simulator.paper.text()

    def says(self, words: str, within_s: float = 5.0) -> bool:
        """Whether `words` are on the paper by then: bytes take their way, and a printer its time."""
        deadline_s = time.monotonic() + within_s
        while not (is_there := words in self.text()) and time.monotonic() < deadline_s:
            time.sleep(POLL_S)
        return is_there

    def received(self, last: int | None = None) -> bytes:
        """What came over the line, or the `last` bytes of it."""
        with self.host.lock:
            heard = bytes(self.simulator.received)
        return heard if last is None else heard[-last:]

    def state(self) -> dict[str, Any]:
        with self.host.lock:
            unit = self.simulator.unit
            return {
                "name": self.name,
                "model": self.model_name,
                "url": self.url,
                "power": "on" if unit.is_powered else "off",
                "paper": "out" if unit.is_paper_out else "low" if unit.is_paper_low else "ok",
                "cover": "open" if unit.is_cover_open else "closed",
                "cutter": "jammed"
                if unit.is_cutter_jammed
                else "will_jam"
                if unit.will_jam
                else "ok",
                "head": "hot" if unit.is_head_hot else "ok",
                "is_online": unit.is_online,
                "is_printing": bool(unit.work) and unit.is_online,
                "rows": len(self.simulator.paper.rows),
                "receipts": len(self.simulator.paper.receipts()),
                "bytes": len(self.simulator.received),
            }

    def drawer_state(self) -> dict[str, Any]:
        with self.host.lock:
            return {
                "name": self.drawer_name,
                "is_open": self.drawer.is_open,
                "is_jammed": self.drawer.is_jammed,
                "has_sensor": self.drawer.has_sensor,
                "sensor_level": "high" if self.drawer.sensor_level else "low",
                "kicks": self.drawer.kicks,
            }


class TerminalPlace:
    def __init__(self, settings: TerminalSettings) -> None:
        self.name = settings.name
        self.unit = TerminalUnit(ledger=Ledger(settings.ledger), speed=settings.speed)
        self.unit.set_script(settings.script)
        self.interface = NexoInterface(self.unit)
        self.host = TcpHost(self.interface, settings.host, settings.port)
        self.is_plugged = True

    def set_script(self, steps: list[str]) -> None:
        with self.host.changing():
            self.unit.set_script(steps)

    def press(self, button: str) -> bool:
        with self.host.changing():
            return self.unit.press(button)

    def arm(self, fault: str) -> None:
        with self.host.changing():
            self.unit.arm(fault)

    def plug(self, *, is_in: bool) -> None:
        self.is_plugged = is_in
        if is_in:
            self.host.replug()
        else:
            self.host.unplug()

    @property
    def ledger(self) -> Ledger:
        return self.unit.ledger

    def state(self) -> dict[str, Any]:
        with self.host.lock:
            paying = self.unit.current
            return {
                "name": self.name,
                "url": self.host.url,
                "is_plugged": self.is_plugged,
                "script": list(self.unit.script),
                "faults": list(self.unit.faults),
                "is_rebooting": self.unit.rebooting_s > 0,
                "paying": None
                if paying is None
                else {
                    "service_id": paying.header["ServiceID"],
                    "amount_minor": paying.amount_minor,
                    "currency": paying.currency,
                    "step": paying.step,
                },
                "moved_minor": self.unit.ledger.moved_minor,
                "last": asdict(self.unit.ledger.entries[-1]) if self.unit.ledger.entries else None,
            }


class Counter:
    """The whole of it: `start`, use, `stop`."""

    def __init__(self, settings: ShopSettings) -> None:
        self.settings = settings
        self.scanner = ScannerPlace(settings.scanner)
        self.printer = PrinterPlace(settings.printer, settings.drawer)
        self.payment_terminal = TerminalPlace(settings.payment_terminal)

    @property
    def hosts(self) -> tuple[Host, ...]:
        return (self.scanner.host, self.printer.host, self.payment_terminal.host)

    def start(self) -> None:
        for host in self.hosts:
            if isinstance(host, ThreadedHost):
                host.start()

    def stop(self) -> None:
        for host in self.hosts:
            if isinstance(host, ThreadedHost):
                host.stop()

    def state(self) -> dict[str, Any]:
        return {
            "name": self.settings.name,
            "scanner": self.scanner.state(),
            "printer": self.printer.state(),
            "drawer": self.printer.drawer_state(),
            "payment_terminal": self.payment_terminal.state(),
        }


def _printer_host(simulator: EscposSimulator, settings: PrinterSettings) -> Host:
    """On USB it is found in this process only: the host itself is the `backend` of `usb.core.find`."""
    if settings.usb:
        vendor, _, product = settings.usb.partition(":")
        model = simulator.model
        identity = UsbIdentity(int(vendor, 16), int(product, 16), "SIM1", model.maker, model.name)
        return UsbBus(simulator, identity)
    if settings.link is not None:
        return PtyHost(simulator, settings.link)
    return TcpHost(simulator, settings.host, settings.port)
