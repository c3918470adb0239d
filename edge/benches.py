"""Benchmarks that need the box's code in process; run by `twinstore bench NAME` (entry points `twinstore.benches`)."""

from __future__ import annotations

import itertools
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

LEAST_RATIO = 0.2  # clean code first: a till needs one sale a second
ROUNDS = 20
SALES_A_ROUND = 60
PRODUCTS = 200
LINES = 5

Progress = Callable[[str], object]


def sale(progress: Progress) -> dict[str, Any]:
    """Durable sales of five lines a second, over bare SQLite commits a second of as many bytes.

    Both with `synchronous=FULL` on a real file of the same folder, in turns within one run, so that a busy machine
    slows both. A sale's bytes are what its database file grows by: rows, receipt, fact and indexes.
    """
    with tempfile.TemporaryDirectory() as folder:
        shop = _shop(Path(folder))
        orders = _orders()
        size_bytes = _bytes_a_sale(shop, orders)
        bare = _Bare(Path(folder) / "bare.sqlite3", size_bytes)
        rates = []
        for number in range(1, ROUNDS + 1):
            sales_s = _rate(lambda: _sell(shop, next(orders)))
            commits_s = _rate(bare.commit)
            rates.append((sales_s, commits_s))
            progress(
                f"round {number} of {ROUNDS}: {sales_s:,.0f} sales/s, {commits_s:,.0f} bare commits/s"
            )
        bare.close()
        shop.database.close()
    return _figures(rates, size_bytes)


class _Bare:
    """The limit: nothing but the bytes and the commit."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("CREATE TABLE bare (body BLOB)")
        self._body = os.urandom(size_bytes)

    def commit(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("INSERT INTO bare VALUES (?)", (self._body,))
        self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


def _rate(step: Callable[[], object]) -> float:
    started_s = time.perf_counter()
    for _ in range(SALES_A_ROUND):
        step()
    return SALES_A_ROUND / (time.perf_counter() - started_s)


def _figures(rates: list[tuple[float, float]], size_bytes: int) -> dict[str, Any]:
    sales_s = statistics.median(rate for rate, _ in rates)
    commits_s = statistics.median(rate for _, rate in rates)
    ratio = statistics.median(sale / bare for sale, bare in rates)
    return {
        "ok": ratio >= LEAST_RATIO,
        "sales_per_s": round(sales_s, 1),
        "bare_commits_per_s": round(commits_s, 1),
        "bytes_per_sale": size_bytes,
        "rounds": len(rates),
        "ratio": round(ratio, 3),
    }


def _shop(folder: Path) -> Any:
    """A shop with products, prices and an open shift, on the machine's own clock."""
    from edge import keys
    from edge.clock import SystemClock
    from edge.db.unit_of_work import Database
    from edge.services import shifts
    from edge.services.shop import open_shop
    from edge.settings import Settings

    settings = Settings(
        edge_id="bench-1",
        location_id="bench",
        location_name={"ko": "마루 오피스타워점"},
        company_name="Maru",
        business_number="123-45-67890",
        data_dir=folder,
        broker_url="mqtt://127.0.0.1:1883",
        hub_url="http://127.0.0.1:8100",
        cash_rounding_minor=10,
    )
    shop = open_shop(
        settings,
        Database(settings.database_path),
        SystemClock(),
        keys.load_or_make(settings.key_path),
    )
    _stock_up(shop.database)
    shifts.open_shift(shop, "Kim", 50_000)
    return shop


def _stock_up(database: Any) -> None:
    from contract.feeds import Operation, Ops
    from edge.services import catalogue

    rows: dict[str, list[dict[str, Any]]] = {"catalogue": [], "prices": []}
    for number in range(PRODUCTS):
        sku = f"MARU-{number:04d}"
        names = {"ko": f"마루 수분 크림 {number}", "en": f"Maru cream {number}"}
        rows["catalogue"].append(
            {"sku": sku, "names": names, "tax_group": "A", "tax_rate_bp": 1000}
        )
        rows["prices"].append({"sku": sku, "currency": "KRW", "amount_minor": 1_000 + 37 * number})
    for feed, values in rows.items():
        operations = tuple(Operation(key=value["sku"], version=1, value=value) for value in values)
        catalogue.apply(database, Ops(feed=feed, after=0, through=1, operations=operations))


def _orders() -> Any:
    """Different goods in every sale, round the catalogue."""
    from edge.services.selling import Ordered

    numbers = itertools.cycle(range(PRODUCTS))
    while True:
        yield [Ordered(f"MARU-{next(numbers):04d}") for _ in range(LINES)]


def _sell(shop: Any, ordered: Any) -> None:
    from edge.services import selling

    selling.sell(shop, ordered)


def _bytes_a_sale(shop: Any, orders: Any) -> int:
    """What the database file grows by, over a hundred sales (they also warm both ends up)."""
    shop.database.checkpoint()
    before = shop.database.path.stat().st_size
    for _ in range(100):
        _sell(shop, next(orders))
    shop.database.checkpoint()
    return int(shop.database.path.stat().st_size - before) // 100
