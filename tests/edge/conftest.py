"""A shop in a folder of the test's own, with a clock that jumps."""

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contract.feeds import Operation, Ops
from edge import keys
from edge.db.unit_of_work import Database
from edge.domain.basket import EnteredCode
from edge.services import catalogue, selling, shifts
from edge.services.shop import Shop, open_shop
from edge.settings import Settings

NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)  # noon in Seoul

PRODUCTS: tuple[dict[str, Any], ...] = (
    {"sku": "BREAD", "gtins": ["8801234500012"], "names": {"ko": "우유 식빵", "en": "Milk bread", "zh": "牛奶面包"},
     "tax_group": "standard", "tax_rate_bp": 1000, "is_quick": True},
    {"sku": "MILK", "gtins": ["8801234500029", "50123452"], "names": {"ko": "우유", "en": "Milk"},
     "tax_group": "free", "tax_rate_bp": 0},
    {"sku": "CAKE", "gtins": ["8801234500036"], "names": {"ko": "딸기 케이크"}, "tax_group": "standard",
     "tax_rate_bp": 1000},
    {"sku": "ZERO", "names": {"ko": "값 없는 빵"}, "tax_group": "standard", "tax_rate_bp": 1000},
    {"sku": "GIFT", "names": {"ko": "사은품"}, "tax_group": "free", "tax_rate_bp": 0},
    {"sku": "NOPRICE", "names": {"ko": "새 빵"}, "tax_group": "standard", "tax_rate_bp": 1000},
)  # fmt: skip
PRICES: tuple[dict[str, Any], ...] = (
    {"sku": "BREAD", "currency": "KRW", "amount_minor": 4_500},
    {"sku": "MILK", "currency": "KRW", "amount_minor": 2_800},
    {"sku": "CAKE", "currency": "KRW", "amount_minor": 33_333},
    {"sku": "ZERO", "currency": "KRW", "amount_minor": 0},
    {"sku": "GIFT", "currency": "KRW", "amount_minor": 0, "is_free": True},
    {"sku": "BREAD", "currency": "CNY", "amount_minor": 2_350},
    {"sku": "MILK", "currency": "CNY", "amount_minor": 1_499},
)  # fmt: skip


class JumpingClock:
    """Both stand until they are moved: `jump` sets the wall alone, as a person does; `pass_s` lets time go by."""

    def __init__(self) -> None:
        self.wall = NOON
        self.monotonic_s = 100.0

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.monotonic_s

    def jump(self, **delta: float) -> None:
        self.wall += timedelta(**delta)

    def pass_s(self, seconds: float) -> None:
        self.jump(seconds=seconds)
        self.monotonic_s += seconds


def operations(values: tuple[dict[str, Any], ...], version: int = 1) -> tuple[Operation, ...]:
    return tuple(
        Operation(
            key=":".join(filter(None, (v["sku"], v.get("currency")))), version=version, value=v
        )
        for v in values
    )


def stock_up(database: Database) -> None:
    for feed, values in (("catalogue", PRODUCTS), ("prices", PRICES)):
        assert catalogue.apply(
            database, Ops(feed=feed, after=0, through=1, operations=operations(values))
        )


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


@pytest.fixture
def make_shop(tmp_path: Path, clock: JumpingClock) -> Iterator[Callable[..., Shop]]:
    """Opens a shop; named again with the same `box`, it is the same box after a restart."""
    opened: list[Database] = []

    def make(box: str = "box", **changes: Any) -> Shop:
        values: dict[str, Any] = {
            "edge_id": "maru-office-tower-1",
            "location_id": "maru-office-tower",
            "location_name": {
                "ko": "마루 오피스타워점",
                "en": "Maru Office Tower",
                "zh": "丸办公楼店",
            },
            "company_name": "Maru",
            "business_number": "123-45-67890",
            "data_dir": tmp_path / box,
            "broker_url": "mqtt://127.0.0.1:1883",
            "hub_url": "http://127.0.0.1:8100",
            "cash_rounding_minor": 10,
        } | changes
        settings = Settings(**values)
        is_new = not settings.database_path.exists()
        database = Database(settings.database_path)
        opened.append(database)
        if is_new:
            stock_up(database)
        return open_shop(settings, database, clock, keys.load_or_make(settings.key_path))

    yield make
    for database in opened:
        database.close()


@pytest.fixture
def closed_shop(make_shop: Callable[..., Shop]) -> Shop:
    """A shop before its first shift."""
    return make_shop()


@pytest.fixture
def shop(closed_shop: Shop) -> Shop:
    """A shop with Kim's shift open over 50,000 won."""
    shifts.open_shift(closed_shop, "Kim", 50_000)
    return closed_shop


@pytest.fixture
def facts() -> Callable[[Shop], list[dict[str, Any]]]:
    """Every fact in the outbox, parsed, in order; the chain is checked on the way."""
    import json

    from contract.envelope import GENESIS, chain

    def read(shop: Shop) -> list[dict[str, Any]]:
        with shop.read() as reader:
            rows = reader.sql("SELECT seq, uid, body, chain FROM outbox ORDER BY seq").fetchall()
        link = GENESIS
        for expected_seq, (seq, uid, body, kept) in zip(itertools.count(1), rows, strict=False):
            link = chain(link, uid, body)
            assert (seq, kept) == (expected_seq, link)
        return [json.loads(body) for _, _, body, _ in rows]

    return read


@pytest.fixture
def scan(shop: Shop) -> Callable[..., selling.BasketView]:
    """Scans codes one after the other, gives the basket after the last."""

    def scan_all(*codes: str) -> selling.BasketView:
        views = [selling.add_scan(shop, EnteredCode(code)) for code in codes]
        return views[-1]

    return scan_all


@pytest.fixture
def rows() -> Callable[..., list[tuple[Any, ...]]]:
    """What a query finds now: for looking at what stayed."""

    def find(shop: Shop, query: str) -> list[tuple[Any, ...]]:
        with shop.read() as reader:
            return reader.sql(query).fetchall()

    return find
