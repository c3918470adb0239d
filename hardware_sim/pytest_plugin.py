"""Twinstore's simulated counter for your own tests: install `twinstore[sim]` and name a fixture.

    def test_my_till_prints(twinstore_printer):
        my_till.connect(twinstore_printer.url)             # tcp://127.0.0.1:PORT, real ESC/POS
        my_till.print_receipt()
        assert twinstore_printer.says("TOTAL 4,800")       # on the paper, within 5 s
        twinstore_printer.text()                           # all that it says by now
        twinstore_printer.picture()                        # ... and what it looks like, PNG

    def test_my_till_survives_a_lost_answer(twinstore_payment_terminal):
        twinstore_payment_terminal.arm("drop_after_host")  # hardware_sim.payment_terminals.nexo.FAULTS
        my_till.pay(...)
        assert twinstore_payment_terminal.ledger.times_charged() == {"P1": 1}

Fixtures
    twinstore_shop              the whole counter (`hardware_sim.counter.Counter`), one a test
    twinstore_scanner           .host.url is a serial line (a pty); .scan("8801234567893"), .arm("split", at=5), .plug()
    twinstore_printer           .url; .says("TOTAL"), .text(), .picture(), .received(), .set_paper("out"), .tear(),
                                .set_cover(is_open=True), .set_power(is_on=False), .close_drawer(), .drawer
    twinstore_payment_terminal  .host.url; .set_script(["decline", "approve"]), .press("approve"), .arm(...), .ledger
    twinstore_settings          override it to change the counter:

    @pytest.fixture
    def twinstore_settings(twinstore_settings):
        printer = twinstore_settings.printer.model_copy(update={"model": "clone-58mm"})
        return twinstore_settings.model_copy(update={"printer": printer})

Everything listens on 127.0.0.1 at free ports and on ptys below the test's own folder; nothing outlives the test. Paper
and the customer at the payment terminal are twenty times as fast as real ones. On a printer with `usb = "04b8:0202"`
the host is the pyusb backend: `usb.core.find(backend=twinstore_printer.host)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from hardware_sim.counter import Counter, PrinterPlace, ScannerPlace, TerminalPlace
    from hardware_sim.settings import ShopSettings

SPEED = 20.0


@pytest.fixture
def twinstore_settings(tmp_path: Path) -> ShopSettings:
    """The counter that `twinstore_shop` starts: free ports, everything below `tmp_path`."""
    from hardware_sim import settings

    found = settings.ShopSettings(
        printer=settings.PrinterSettings(port=0, speed=SPEED),
        payment_terminal=settings.TerminalSettings(port=0, speed=SPEED),
    )
    return settings.rooted(found, tmp_path / "twinstore")


@pytest.fixture
def twinstore_shop(twinstore_settings: ShopSettings) -> Iterator[Counter]:
    """A running counter of the test's own: .scanner, .printer and .payment_terminal."""
    from hardware_sim.counter import Counter

    counter = Counter(twinstore_settings)
    counter.start()
    yield counter
    counter.stop()


@pytest.fixture
def twinstore_scanner(twinstore_shop: Counter) -> ScannerPlace:
    """A barcode scanner on a serial line, `.host.url`: .scan("8801234567893"), .arm("split", at=5), .plug()."""
    return twinstore_shop.scanner


@pytest.fixture
def twinstore_printer(twinstore_shop: Counter) -> PrinterPlace:
    """An ESC/POS receipt printer with its drawer at `.url`: .says("TOTAL"), .text(), .picture(), .set_paper("out")."""
    return twinstore_shop.printer


@pytest.fixture
def twinstore_payment_terminal(twinstore_shop: Counter) -> TerminalPlace:
    """A nexo Retailer payment terminal at `.host.url`: .set_script(["decline"]), .press("approve"), .ledger."""
    return twinstore_shop.payment_terminal
