"""Benchmarks that need the hub's code in process; run by `twinstore bench NAME` (entry points `twinstore.benches`)."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

MOST_RATIO = 5.0
SHOPS = (10, 1_000)
ROUNDS = 40
LINES = 3
PRODUCTS = 40
MOVES = 6  # of each product in each shop, in two lots
DEGREES_APART = 0.004
NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)

Progress = Callable[[str], object]

# What a quote reads, as bare SQL over the same indexes: nothing is computed of it.
_BARE = (
    "SELECT * FROM place",
    "SELECT location_id, max(last_seen) FROM edge GROUP BY location_id",
    """SELECT location_id, sku, lot, expiry, sum(quantity), 0 FROM stock_entry
    WHERE sku IN (?, ?, ?) GROUP BY location_id, sku, lot, expiry""",
    """SELECT location_id, sku, lot, expiry, 0, sum(quantity) FROM set_aside_entry
    WHERE sku IN (?, ?, ?) GROUP BY location_id, sku, lot, expiry""",
    """SELECT location_id, sku, sum(quantity) FROM promised_goods
    WHERE sku IN (?, ?, ?) AND NOT is_set_aside AND (until IS NULL OR until > '2026-11-23')
    GROUP BY location_id, sku""",
    "SELECT location_id, sku, heard_cap, keep FROM stock_right WHERE sku IN (?, ?, ?, '*')",
    "SELECT * FROM product JOIN price USING (sku) WHERE sku IN (?, ?, ?)",
)


def promise(progress: Progress) -> dict[str, Any]:
    """Every way to get a basket of three lines, over bare indexed queries that read the same rows.

    Both in turns on one SQLite file of 1,000 shops with 40 products of 6 moves in two lots each. `growth` is how much
    longer a quote takes with 1,000 shops than with 10; below 100 it grows less than the shops do.
    """
    quotes_ms, bares_ms, ratio = {}, {}, 0.0
    for shops in SHOPS:
        with tempfile.TemporaryDirectory() as folder:
            times = _measure(Path(folder), shops)
        quotes_ms[shops] = statistics.median(quote for quote, _ in times)
        bares_ms[shops] = statistics.median(bare for _, bare in times)
        ratio = statistics.median(quote / bare for quote, bare in times)
        progress(
            f"{shops:,} shops: a quote {quotes_ms[shops]:.2f} ms, bare queries {bares_ms[shops]:.2f} ms"
        )
    few, many = SHOPS
    growth = quotes_ms[many] / quotes_ms[few]
    return {
        "ok": ratio <= MOST_RATIO and growth < many / few,
        "shops": many,
        "quote_ms": round(quotes_ms[many], 2),
        "bare_ms": round(bares_ms[many], 2),
        "ratio": round(ratio, 2),
        "growth": round(growth, 1),
        "shops_growth": many // few,
    }


def _measure(folder: Path, shops: int) -> list[tuple[float, float]]:
    """The quote and the bare queries in turns, in milliseconds."""
    from cloud.db import Database
    from cloud.orders import service
    from cloud.orders.service import WantedLine

    database = Database(f"sqlite:///{folder / 'hub.sqlite3'}")
    database.create()
    _stock_up(database, shops)
    skus = [f"MARU-{number:04d}" for number in range(LINES)]
    lines = [WantedLine(sku=sku, quantity=1) for sku in skus]

    def quote() -> object:
        with database.read() as session:
            found = service.quote(session, NOON, lines, "37.5000,127.0000", "ko")
        assert found, "Expected at least one way to get the basket, got none."
        return found

    raw = database.engine.raw_connection()

    def bare() -> object:
        return [raw.execute(sql, skus * (sql.count("?") // LINES)).fetchall() for sql in _BARE]

    times = [(_ms(quote), _ms(bare)) for _ in range(ROUNDS)]
    raw.close()
    database.close()
    return times


def _ms(step: Callable[[], object]) -> float:
    started_s = time.perf_counter()
    step()
    return (time.perf_counter() - started_s) * 1_000


def _stock_up(database: Any, shops: int) -> None:
    """A chain on a grid round the customer: every shop has every product, every third delivers, every tenth ships."""
    from cloud.catalogue import service as catalogue
    from cloud.catalogue.checking import CatalogueChange
    from cloud.ingest.tables import Edge
    from cloud.orders.tables import PromisedGoods, Right
    from cloud.stock.tables import StockEntry
    from contract.feeds import Price, Product

    skus = [f"MARU-{number:04d}" for number in range(PRODUCTS)]
    names = {"ko": "마루 케이크", "en": "Maru cake"}
    products = [Product(sku=sku, names=names, tax_group="A", tax_rate_bp=1_000) for sku in skus]
    prices = [Price(sku=sku, currency="KRW", amount_minor=30_000) for sku in skus]
    catalogue.apply(database, CatalogueChange(products=products, prices=prices))
    with database.write() as session:
        for number in range(shops):
            _open(session, number)
        _insert(session, Edge, (_edge(number) for number in range(shops)))
        _insert(session, Right, (_right(number) for number in range(shops)))
        moves = (_moves(number, sku) for number in range(shops) for sku in skus)
        _insert(session, StockEntry, (move for some in moves for move in some))
        _insert(session, PromisedGoods, (_promised(number, skus[0]) for number in range(shops)))


def _insert(session: Any, table: Any, rows: Iterable[dict[str, Any]]) -> None:
    import sqlalchemy as sa

    session.connection().execute(sa.insert(table), list(rows))


def _open(session: Any, number: int) -> None:
    from cloud.orders import shops
    from cloud.orders.shops import ShopChange

    brings = {"delivery_radius_m": 5_000, "delivery_min": 30, "delivery_fee_minor": 3_000}
    ships = {"ship_days": 1, "ship_fee_minor": 2_500}
    change = ShopChange(
        location_id=f"shop-{number}",
        names={"ko": f"마루 {number}호점"},
        latitude=37.5 + DEGREES_APART * (number % 32),
        longitude=127.0 + DEGREES_APART * (number // 32),
        opens=dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "09:00-22:00"),
        **(brings if number % 3 == 0 else {}),
        **(ships if number % 10 == 0 else {}),
    )
    shops.write_shops(session, [change])


def _edge(number: int) -> dict[str, Any]:
    seen = NOON - timedelta(seconds=20)
    own = {"edge_id": f"maru-{number}", "location_id": f"shop-{number}", "shard": number % 64}
    return own | {"last_seen": seen}


def _right(number: int) -> dict[str, Any]:
    return {"location_id": f"shop-{number}", "sku": "*", "cap": 5, "heard_cap": 5, "keep": 1}


def _moves(number: int, sku: str) -> Iterable[dict[str, Any]]:
    for move in range(MOVES):
        expiry = "2026-11-30" if move % 2 else "2026-12-31"
        key = {"uid": f"{number}-{sku}", "number": move, "edge_id": f"maru-{number}"}
        goods = {"sku": sku, "lot": expiry, "expiry": expiry, "quantity": 4 if move < 2 else -1}
        place = {"location_id": f"shop-{number}", "reason": "received", "occurred_at": NOON}
        yield key | goods | place


def _promised(number: int, sku: str) -> dict[str, Any]:
    own = {"order_id": f"order-{number}", "number": 1, "job_id": "job"}
    return own | {"location_id": f"shop-{number}", "sku": sku, "quantity": 1}
