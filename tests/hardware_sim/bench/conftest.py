"""A bench over a counter whose hosts never listen: hands and looks only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from hardware_sim.bench.app import create_app
from hardware_sim.counter import Counter
from hardware_sim.settings import PrinterSettings, ScannerSettings, ShopSettings, TerminalSettings


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    settings = ShopSettings(
        name="corner",
        scanner=ScannerSettings(link=tmp_path / "scanner.tty"),
        printer=PrinterSettings(port=0),
        payment_terminal=TerminalSettings(port=0, ledger=None),
    )
    it = Counter(settings)
    it.start()
    yield it
    it.stop()


@pytest.fixture
def client(counter: Counter) -> Iterator[TestClient]:
    with TestClient(create_app(counter)) as it:
        yield it
