"""Binds what the settings name to drivers, and gives each peripheral its threads.

    scanner             owner -> scan desk (shared)
    receipt_printer     owner, spooler
    cash_drawer         keeper, on the printer that its URL names ("via:printer")
    payment_terminal    owner, payment desk with its resolver

Drivers are imported when the threads start, after the screens are served. A peripheral that is set up wrongly is
FAULTED and said so on the screen; the others work.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from contract.health import PeripheralHealth
from drivers.interfaces import CashDrawer, PaymentTerminal, Peripheral, ReceiptPrinter, Scanner
from edge import changes
from edge.changes import Changes
from edge.domain.errors import NotFound
from edge.peripherals.conditions import Condition, State, on_the_wire
from edge.peripherals.drawer import DrawerKeeper
from edge.peripherals.owner import Owner, Work
from edge.peripherals.paying import PaymentDesk, TerminalWork
from edge.peripherals.printer import PrinterWork
from edge.peripherals.scanning import ScanDesk, ScannerWork, Sink
from edge.peripherals.spooler import Spooler
from edge.services.notices import Notices
from edge.services.shop import Shop
from edge.settings import PeripheralSettings

log = logging.getLogger(__name__)

VIA: Final = "via:"
AFTER_DEFECT_S: Final = 2.0
Run = Callable[[threading.Event], None]
Build = Callable[[PeripheralSettings, Callable[[], Any]], Any]


class Manager:
    """Every peripheral of this workstation. `conditions` and `health` may be read from any thread."""

    def __init__(self, shop: Shop, watchers: Changes, notices: Notices, sink: Sink) -> None:
        self.scans = ScanDesk(sink, notices)
        self._shop = shop
        self._changes = watchers
        self._notices = notices
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._wakers: list[Callable[[], None]] = []
        self._owners: dict[str, Owner | DrawerKeeper] = {}
        self._desks: list[PaymentDesk] = []
        self._waiting: dict[str, Condition] = {
            name: Condition(name, settings.kind, State.ABSENT, shop.clock.now(), detail="starting")
            for name, settings in shop.settings.peripherals.items()
        }

    # --- for screens, api and checks ---

    def conditions(self) -> tuple[Condition, ...]:
        """One for each configured peripheral, in the order of the settings."""
        owners = self._owners
        return tuple(
            owners[name].condition if name in owners else waiting
            for name, waiting in self._waiting.items()
        )

    def health(self) -> tuple[PeripheralHealth, ...]:
        return tuple(
            on_the_wire(condition, self._counters(condition.name))
            for condition in self.conditions()
        )

    def abort_payment(self, payment_id: str) -> None:
        """Asks the payment terminal to stop. NotFound where there is none."""
        if not self._desks:
            raise NotFound(what="peripheral", name="payment_terminal")
        self._desks[0].abort(payment_id)

    # --- life ---

    def start(self) -> None:
        """Binds and starts everything. Takes the time to import the drivers."""
        from drivers.registry import build
        from drivers.transport import open_transport

        clock = self._shop.clock

        def make(settings: PeripheralSettings, opener: Callable[[], Any]) -> Any:
            return build(settings.kind, settings.driver, settings.profile, opener, clock)

        def cable(url: str) -> Callable[[], Any]:
            return lambda: open_transport(url, clock)

        self.bind(make, cable)
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float = 1.5) -> bool:
        """Whether every thread has ended. One that waits for a payment terminal's answer has not."""
        self._stopping.set()
        for wake in self._wakers:
            wake()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout_s)
        return not any(thread.is_alive() for thread in self._threads)

    def bind(self, make: Build, cable: Callable[[str], Callable[[], Any]]) -> None:
        """A driver for each of the settings, those that hang on another one last; no thread runs yet."""
        configured = self._shop.settings.peripherals
        drivers: dict[str, Peripheral] = {}
        for name in sorted(configured, key=lambda name: configured[name].url.startswith(VIA)):
            settings = configured[name]
            try:
                driver = make(settings, self._opener(settings.url, drivers, cable))
            except (ValueError, LookupError) as error:
                self._fault(name, str(error))
                continue
            drivers[name] = driver
            self._bind_one(name, settings.kind, driver)
        self._run("scan desk", self.scans.run)

    def _opener(
        self,
        url: str,
        drivers: Mapping[str, Peripheral],
        cable: Callable[[str], Callable[[], Any]],
    ) -> Callable[[], Any]:
        if not url.startswith(VIA):
            return cable(url)
        name = url.removeprefix(VIA)
        if name not in drivers:
            raise ValueError(f"Expected the name of a peripheral behind {VIA}, got {name!r}.")
        return lambda: drivers[name]

    def _bind_one(self, name: str, kind: str, driver: Peripheral) -> None:
        binders: dict[str, Callable[[str, Any], None]] = {
            "scanner": self._bind_scanner,
            "receipt_printer": self._bind_printer,
            "cash_drawer": self._bind_drawer,
            "payment_terminal": self._bind_terminal,
        }
        binders[kind](name, driver)

    def _bind_scanner(self, name: str, scanner: Scanner) -> None:
        self._own(name, "scanner", scanner, ScannerWork(scanner, self.scans.put))

    def _bind_printer(self, name: str, printer: ReceiptPrinter) -> None:
        work = PrinterWork(printer, self._shop.clock)
        owner = self._own(name, "receipt_printer", printer, work)
        spooler = Spooler(self._shop, printer, owner, self._shop.clock)
        owner.on_change(spooler.printer_changed)
        self._changes.on(changes.PRINT_JOBS, spooler.wake)
        self._run(f"{name} spooler", spooler.run, spooler.wake)

    def _bind_drawer(self, name: str, drawer: CashDrawer) -> None:
        keeper = DrawerKeeper(self._shop, drawer, name, self._shop.clock, self._peripheral_changed)
        self._owners[name] = keeper
        printer = self._owners.get(self._shop.settings.peripherals[name].url.removeprefix(VIA))
        if isinstance(printer, Owner):
            printer.on_change(keeper.printer_changed)
        self._changes.on(changes.DRAWER, keeper.wake)
        self._run(name, keeper.run, keeper.wake)

    def _bind_terminal(self, name: str, terminal: PaymentTerminal) -> None:
        work = TerminalWork(terminal, self._shop.clock)
        owner = self._own(name, "payment_terminal", terminal, work)
        desk = PaymentDesk(self._shop, terminal, owner, work, self._shop.clock, self._notices)
        self._desks.append(desk)
        owner.on_change(desk.wake)
        self._changes.on(changes.PAYMENTS, desk.wake)
        self._run(f"{name} desk", desk.run, desk.wake)

    def _own(self, name: str, kind: str, driver: Peripheral, work: Work) -> Owner:
        uniform = random.SystemRandom().uniform
        owner = Owner(name, kind, driver, work, self._shop.clock, uniform)
        owner.on_change(self._peripheral_changed)
        self._owners[name] = owner
        self._run(name, owner.run, owner.wake)
        return owner

    def _run(self, name: str, target: Run, wake: Callable[[], None] = lambda: None) -> None:
        thread = threading.Thread(target=self._endure, args=(name, target), name=name, daemon=True)
        self._threads.append(thread)
        self._wakers.append(wake)

    def _endure(self, name: str, target: Run) -> None:
        """Begins `target` again, whatever ends it, until the box stops."""
        while not self._stopping.is_set():
            try:
                target(self._stopping)
            except Exception:
                # One defect must not end printing, paying or scanning until somebody restarts the box.
                log.exception("The thread of %s met a defect and begins again", name)
                self._stopping.wait(AFTER_DEFECT_S)

    def _fault(self, name: str, detail: str) -> None:
        log.error("The peripheral %s cannot be used as it is set up: %s", name, detail)
        waiting = self._waiting[name]
        now = self._shop.clock.now()
        self._waiting[name] = Condition(name, waiting.kind, State.FAULTED, now, detail=detail)
        self._peripheral_changed()

    def _peripheral_changed(self) -> None:
        self._changes.bump(changes.PERIPHERALS)

    def _counters(self, name: str) -> dict[str, int]:
        owner = self._owners.get(name)
        return {} if owner is None else dict(owner.driver.health().counters)
