"""A whole box in this process, its counter open in Chromium; its peripherals are what a test says."""

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Page, expect

from contract.feeds import Operation, Ops
from edge import changes
from edge.domain.basket import EnteredCode
from edge.main import Box
from edge.peripherals.conditions import Condition, State
from edge.services import catalogue
from edge.services.hub import nobody
from edge.settings import Settings
from tests.made_once import kept_pages

PATIENCE_MS = 10_000
START_S = 20.0
GOODS = (
    ("BREAD", "8801007000015", "소금빵", "海盐面包", "Salt bread", 3_200, "bakery"),
    ("CAKE", "8801007000022", "딸기 케이크", "草莓蛋糕", "Strawberry cake", 38_000, "cake"),
    ("COFFEE", "8801007000046", "아메리카노", "美式咖啡", "Americano", 4_500, "coffee"),
)
KINDS = ("scanner", "receipt_printer", "cash_drawer", "payment_terminal")

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Debian's Chromium; Playwright's own is not installed."""
    return {
        "executable_path": shutil.which("chromium"),
        "args": ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    }


@pytest.fixture
def browser_context_args() -> dict[str, Any]:
    return {"viewport": {"width": 1280, "height": 800}}


@dataclass
class Counter:
    """The box behind the page, and what a test makes happen around it."""

    box: Box
    url: str
    conditions: list[Condition] = field(
        default_factory=lambda: [condition(kind, State.READY) for kind in KINDS]
    )

    def scan(self, code: str) -> None:
        """What the scanner's thread does with a read."""
        self.box.screens.desk.scanned(EnteredCode(code))

    def fault(self, kind: str, state: State, *reasons: str) -> None:
        others = [other for other in self.conditions if other.kind != kind]
        self.conditions[:] = [*others, condition(kind, state, *reasons)]
        self.box.changes.bump(changes.PERIPHERALS)

    def line(self, *, is_online: bool, waiting: int) -> None:
        truth = SimpleNamespace(is_online=is_online, waiting=waiting)
        self.box.uplink = SimpleNamespace(truth=truth, asking=SimpleNamespace(ask=nobody))  # type: ignore[assignment]  # never started here
        self.box.changes.bump(changes.LINE)

    def open_shift(self) -> None:
        self.box.screens.desk.press("Enter", "Jiyoon")
        self.box.screens.desk.press("Enter", "100000")


def condition(kind: str, state: State, *reasons: str) -> Condition:
    return Condition(kind, kind, state, datetime(2026, 11, 23, tzinfo=UTC), reasons)


def settings_in(folder: Path) -> Settings:
    return Settings(
        edge_id="maru-office-tower-1",
        location_id="maru-office-tower",
        location_name={"ko": "마루 오피스타워점", "zh": "Maru 写字楼店", "en": "Maru Office Tower"},
        company_name="Maru",
        data_dir=folder,
        broker_url="mqtt://127.0.0.1:1883",
        hub_url="http://127.0.0.1:8100",
        language="en",
        cash_rounding_minor=10,
    )


def stock_up(box: Box) -> None:
    products: list[dict[str, Any]] = [
        {
            "sku": sku,
            "gtins": [gtin],
            "names": {"ko": ko, "zh": zh, "en": en},
            "tax_group": "A",
            "tax_rate_bp": 1000,
            "category": category,
            "is_quick": True,
        }
        for sku, gtin, ko, zh, en, _, category in GOODS
    ]
    prices: list[dict[str, Any]] = [
        {"sku": goods[0], "currency": "KRW", "amount_minor": goods[5]} for goods in GOODS
    ]
    for feed, values in (("catalogue", products), ("prices", prices)):
        operations = tuple(Operation(key=v["sku"], version=1, value=v) for v in values)
        ops = Ops(feed=feed, after=0, through=1, operations=operations)
        catalogue.apply(box.database, ops)


class Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    kept_pages(tmp_path)
    box = Box(settings_in(tmp_path))
    stock_up(box)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        ready = Counter(box, url)
        box.peripherals = SimpleNamespace(  # type: ignore[assignment]  # no driver is opened here
            conditions=lambda: list(ready.conditions), abort_payment=lambda _: None
        )
        ready.line(is_online=True, waiting=0)
        config = uvicorn.Config(box.app(), log_config=None, timeout_graceful_shutdown=0)
        server = Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        assert server.listening.wait(START_S)
        yield ready
        server.should_exit = True
        thread.join(START_S)
    box.database.close()


@pytest.fixture
def open_page(page: Page, counter: Counter) -> Callable[[], Page]:
    """Opens the counter and waits until its stream stands: what is scanned before that is in the page anyway."""

    def open_it() -> Page:
        page.goto(counter.url)
        expect(page.locator("html")).to_have_attribute("data-live", "on")
        return page

    return open_it


@pytest.fixture
def till(counter: Counter, open_page: Callable[[], Page]) -> Page:
    """The counter's page with an open shift."""
    counter.open_shift()
    return open_page()
