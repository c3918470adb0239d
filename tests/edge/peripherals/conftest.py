"""A shop with an open shift and a product in a real database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.feeds import Operation, Ops
from edge.changes import Changes
from edge.db.watched import WatchedDatabase
from edge.keys import load_or_make
from edge.services import catalogue, shifts
from edge.services.notices import Notices
from edge.services.shop import Shop, open_shop
from edge.settings import PeripheralSettings, Settings

LIPSTICK = {
    "sku": "A1",
    "gtins": ["9501101530003"],
    "names": {"en": "Lipstick"},
    "tax_group": "std",
    "tax_rate_bp": 1000,
}
PRICE = {"sku": "A1", "currency": "KRW", "amount_minor": 12_000}


@pytest.fixture
def watchers() -> Changes:
    return Changes()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        edge_id="maru-1",
        location_id="maru",
        location_name={"en": "Maru"},
        company_name="Maru",
        data_dir=tmp_path,
        broker_url="mqtt://127.0.0.1:1",
        hub_url="http://127.0.0.1:1",
        language="en",
        peripherals={
            "scanner": PeripheralSettings(kind="scanner", driver="serial_line", url="/dev/null")
        },
    )


@pytest.fixture
def reopen(settings, clock, watchers) -> Iterator:
    """Opens the box's database, as often as a box is started; closes them all at the end."""
    opened = []

    def open_again() -> Shop:
        if opened:
            opened[-1].database.close()
        database = WatchedDatabase(settings.database_path, watchers)
        shop = open_shop(settings, database, clock, load_or_make(settings.key_path))
        opened.append(shop)
        return shop

    yield open_again
    opened[-1].database.close()


@pytest.fixture
def shop(reopen) -> Shop:
    shop = reopen()
    for feed, value in (("catalogue", LIPSTICK), ("prices", PRICE)):
        operation = Operation(key="A1", version=1, value=value)
        catalogue.apply(shop.database, Ops(feed=feed, after=0, through=1, operations=(operation,)))
    shifts.open_shift(shop, "Kim", 100_000)
    return shop


@pytest.fixture
def notices(clock) -> Notices:
    return Notices(clock, lambda: None)


@pytest.fixture
def facts():
    """The bodies of every fact of a type in the outbox, oldest first."""
    import json

    def of(shop: Shop, kind: str) -> list[dict]:
        with shop.read() as reader:
            rows = reader.sql("SELECT body FROM outbox ORDER BY epoch, seq").fetchall()
        return [body for (text,) in rows if (body := json.loads(text))["type"] == kind]

    return of
