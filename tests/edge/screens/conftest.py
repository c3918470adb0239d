"""A real shop with four products, and a counter over it whose peripherals and line are whatever a test says."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contract.feeds import Operation, Ops
from edge import changes
from edge.changes import Changes
from edge.clock import SystemClock
from edge.db.watched import WatchedDatabase
from edge.domain.basket import EnteredCode
from edge.keys import load_or_make
from edge.peripherals.conditions import Condition, State
from edge.screens import Box, LineSeen, Screens
from edge.screens.compose import compose
from edge.screens.desk import Desk
from edge.screens.paint import Counter, sentence_of
from edge.screens.parts import Words
from edge.screens.readings import Readings, read
from edge.services import catalogue
from edge.services.notices import Notices
from edge.services.shop import open_shop
from edge.settings import Settings
from tests.made_once import kept_pages

BREAD, CAKE, COFFEE, CREAM = "8801007000015", "8801007000022", "8801007000046", "8801007000039"
GOODS = (
    ("BREAD", BREAD, "소금빵", "Salt bread", 3_200, "bakery"),
    ("CAKE", CAKE, "딸기 케이크", "Strawberry cake", 38_000, "cake"),
    ("COFFEE", COFFEE, "아메리카노", "Americano", 4_500, "coffee"),
    ("CREAM", CREAM, "수분 크림", "Moisture cream", 28_000, "skincare"),
)
KINDS = ("scanner", "receipt_printer", "cash_drawer", "payment_terminal")


def condition(kind: str, state: State = State.READY, *reasons: str) -> Condition:
    return Condition(kind, kind, state, datetime(2026, 11, 23, tzinfo=UTC), reasons)


@dataclass
class Outside:
    """What the box tells of peripherals and line, and what it was asked."""

    conditions: list[Condition] = field(default_factory=lambda: [condition(k) for k in KINDS])
    line: LineSeen = field(default_factory=lambda: LineSeen(is_online=True, waiting=0))
    stopped: list[str] = field(default_factory=list)

    def set(self, kind: str, state: State, *reasons: str) -> None:
        others = [other for other in self.conditions if other.kind != kind]
        self.conditions = [*others, condition(kind, state, *reasons)]


@dataclass
class Till:
    """The counter under test, pressed and looked at as a cashier does."""

    box: Box
    screens: Screens
    outside: Outside

    @property
    def desk(self) -> Desk:
        return self.screens.desk

    def press(self, key: str, text: str = "") -> bool:
        return self.desk.press(key, text)

    def scan(self, code: str) -> None:
        self.desk.scanned(EnteredCode(code))

    def open_shift(self, cashier: str = "Jiyoon", float_minor: int = 100_000) -> None:
        self.press("Enter", cashier)
        self.press("Enter", str(float_minor))

    @property
    def screen(self) -> Counter:
        state = self.desk.state
        seen = read(self.box, Readings(), changes.TOPICS, state)
        return compose(self.box.shop, seen, state)

    @property
    def stage(self) -> str:
        return self.screen.stage.name

    def says(self, words: Words | None, language: str = "en") -> str:
        return sentence_of(self.screens.pages, language)(words) if words else ""

    def notice(self, language: str = "en") -> tuple[str, str]:
        notice = self.screen.notice
        assert notice is not None
        return self.says(notice.what, language), self.says(notice.now, language)


def settings_for(folder: Path, currency: str, step_minor: int) -> Settings:
    return Settings(
        edge_id="maru-1",
        location_id="maru-office-tower",
        location_name={"ko": "마루 오피스타워점", "en": "Maru Office Tower"},
        company_name="Maru",
        data_dir=folder,
        broker_url="mqtt://127.0.0.1:1883",
        hub_url="http://127.0.0.1:8100",
        currency=currency,
        cash_rounding_minor=step_minor,
    )


def stock_up(database: WatchedDatabase, currency: str) -> None:
    products = [
        {
            "sku": sku,
            "gtins": [gtin],
            "names": {"ko": ko, "en": en},
            "tax_group": "A",
            "tax_rate_bp": 1000,
            "category": category,
            "is_quick": True,
        }
        for sku, gtin, ko, en, _, category in GOODS
    ]
    prices = [
        {"sku": sku, "currency": currency, "amount_minor": price}
        for sku, _, _, _, price, _ in GOODS
    ]
    for feed, values in (("catalogue", products), ("prices", prices)):
        operations = tuple(Operation(key=str(v["sku"]), version=1, value=v) for v in values)
        catalogue.apply(database, Ops(feed=feed, after=0, through=1, operations=operations))


@pytest.fixture
def make_till(tmp_path: Path) -> Iterator[Callable[..., Till]]:
    databases = []

    def make(currency: str = "KRW", step_minor: int = 10) -> Till:
        kept_pages(tmp_path)
        topics, clock = Changes(), SystemClock()
        database = WatchedDatabase(tmp_path / "box.sqlite3", topics)
        databases.append(database)
        settings = settings_for(tmp_path, currency, step_minor)
        shop = open_shop(settings, database, clock, load_or_make(settings.key_path))
        stock_up(database, currency)
        notices = Notices(clock, lambda: topics.bump(changes.NOTICES))
        outside = Outside()
        box = Box(
            shop,
            topics,
            notices,
            conditions=lambda: outside.conditions,
            line=lambda: outside.line,
            ask_to_stop=outside.stopped.append,
        )
        return Till(box, Screens(box), outside)

    yield make
    for database in databases:
        database.close()


@pytest.fixture
def till(make_till: Callable[..., Till]) -> Till:
    """A counter with an open shift of Jiyoon and 100,000 in the drawer."""
    ready = make_till()
    ready.open_shift()
    return ready
