import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from contract import feeds
from contract.feeds import Operation, Ops
from edge.db.unit_of_work import Database
from edge.domain.errors import Malformed, UnknownCode
from edge.services import catalogue, stock
from edge.services import feeds as box_feeds
from edge.services.catalogue import QuickProduct
from edge.services.selling import BasketView
from edge.services.shop import Shop
from edge.services.stock import Move

Facts = Callable[[Shop], list[dict[str, Any]]]
Rows = Callable[[Shop, str], list[tuple[Any, ...]]]
Scan = Callable[..., BasketView]


def price(sku: str, amount_minor: int, version: int) -> Operation:
    value = {"sku": sku, "currency": "KRW", "amount_minor": amount_minor}
    return Operation(key=f"{sku}:KRW", version=version, value=value)


def prices(after: int, through: int, *operations: Operation, **more: Any) -> Ops:
    return Ops(feed="prices", after=after, through=through, operations=operations, **more)


def test_a_new_price_is_paid_from_the_next_scan_on(scan: Scan, shop: Shop) -> None:
    scan("BREAD")
    assert catalogue.apply(shop.database, prices(1, 2, price("BREAD", 4_800, 2)))
    view = scan("BREAD")
    assert [(line.amount_minor, line.line.article.price_version) for line in view.priced.lines] == [
        (4_500, 1),
        (4_800, 2),
    ]
    assert catalogue.cursors(shop.database) == {"catalogue": 1, "prices": 2}


@pytest.mark.parametrize("after", [0, 2])
def test_an_answer_that_does_not_continue_is_ignored(shop: Shop, scan: Scan, after: int) -> None:
    assert not catalogue.apply(shop.database, prices(after, 3, price("BREAD", 1, 3)))
    assert catalogue.cursors(shop.database)["prices"] == 1
    assert scan("BREAD").priced.total_minor == 4_500


def test_a_malformed_operation_leaves_nothing_of_its_answer(shop: Shop, scan: Scan) -> None:
    bad = Operation(
        key="MILK:KRW", version=2, value={"sku": "MILK", "currency": "KRW", "amount_minor": -1}
    )
    with pytest.raises(ValidationError):
        catalogue.apply(shop.database, prices(1, 2, price("BREAD", 1, 2), bad))
    assert catalogue.cursors(shop.database)["prices"] == 1
    assert scan("BREAD").priced.total_minor == 4_500


def test_a_tombstone_takes_the_goods_and_their_codes_away(
    shop: Shop, scan: Scan, rows: Rows
) -> None:
    gone = Ops(feed="catalogue", after=1, through=2, operations=(Operation(key="MILK", version=2),))
    assert catalogue.apply(shop.database, gone)
    for code in ("MILK", "8801234500029", "50123452"):
        with pytest.raises(UnknownCode):
            scan(code)
    assert rows(shop, "SELECT count(*) FROM product_code WHERE sku = 'MILK'") == [(0,)]


def test_a_gtin_moves_to_the_product_that_came_last(shop: Shop, scan: Scan) -> None:
    value = {
        "sku": "CAKE",
        "gtins": ["8801234500012"],
        "names": {"ko": "케이크"},
        "tax_group": "A",
        "tax_rate_bp": 0,
    }
    moved = Operation(key="CAKE", version=2, value=value)
    assert catalogue.apply(
        shop.database, Ops(feed="catalogue", after=1, through=2, operations=(moved,))
    )
    assert scan("8801234500012").priced.lines[0].line.article.sku == "CAKE"
    with pytest.raises(UnknownCode):
        scan("8801234500036")


def snapshot(path: Path, values: list[tuple[str, int, dict[str, Any]]]) -> Path:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE row (key TEXT PRIMARY KEY, version INTEGER, body TEXT)")
    rows = [(key, version, feeds.canonical(value)) for key, version, value in values]
    connection.executemany("INSERT INTO row VALUES (?, ?, ?)", rows)
    connection.commit()
    connection.close()
    return path


def load_snapshot(database: Database, feed: str, version: int, path: Path) -> None:
    with box_feeds.fitting(), database.attached(path, "snapshot") as unit:
        catalogue.STORES[feed].load(unit)
        box_feeds.set_cursor(unit, feed, version)


def digest(database: Database, feed: str) -> str:
    with database.read() as reader:
        return box_feeds.digest(catalogue.STORES[feed].rows(reader))


def test_a_snapshot_replaces_the_whole_feed(shop: Shop, scan: Scan, tmp_path: Path) -> None:
    products = [
        ("TEA", 5, {"sku": "TEA", "gtins": ["50123469", "8801234500043"], "names": {"ko": "녹차", "en": "Tea"},
                    "tax_group": "standard", "tax_rate_bp": 1000, "is_quick": True}),
        ("BREAD", 6, {"sku": "BREAD", "names": {"en": "Bread"}, "tax_group": "standard", "tax_rate_bp": 1000}),
    ]  # fmt: skip
    tea = [("TEA:KRW", 7, {"sku": "TEA", "currency": "KRW", "amount_minor": 3_900})]
    database = shop.database
    load_snapshot(database, "catalogue", 6, snapshot(tmp_path / "c", products))
    load_snapshot(database, "prices", 7, snapshot(tmp_path / "p", tea))
    assert catalogue.cursors(database) == {"catalogue": 6, "prices": 7}
    view = scan("00000050123469", "8801234500043")
    assert [
        (line.line.article.name, line.line.article.gtin, line.amount_minor)
        for line in view.priced.lines
    ] == [("녹차", "00000050123469", 3_900), ("녹차", "08801234500043", 3_900)]
    with pytest.raises(UnknownCode):
        scan("MILK")
    assert catalogue.quick_products(shop) == [QuickProduct("TEA", "녹차", 3_900, "")]


def test_a_snapshot_that_is_none_leaves_the_feed_as_it_was(
    shop: Shop, scan: Scan, tmp_path: Path
) -> None:
    broken = snapshot(tmp_path / "c", [("X", 2, {"names": {}})])
    with pytest.raises(ValueError, match="expected rows that fit the box's tables, got NOT NULL"):
        load_snapshot(shop.database, "catalogue", 2, broken)
    assert catalogue.cursors(shop.database)["catalogue"] == 1
    assert scan("8801234500012").priced.total_minor == 4_500


def test_a_price_beyond_the_table_is_refused_and_the_old_one_stays(shop: Shop, scan: Scan) -> None:
    with pytest.raises(ValueError, match="expected rows that fit the box's tables"):
        catalogue.apply(shop.database, prices(1, 2, price("BREAD", 10**30, 2)))
    assert catalogue.cursors(shop.database)["prices"] == 1
    assert scan("8801234500012").priced.total_minor == 4_500


def test_both_ends_digest_the_same_text(shop: Shop, tmp_path: Path) -> None:
    rows = [
        ("BREAD:KRW", 2, {"sku": "BREAD", "currency": "KRW", "amount_minor": 4_800}),
        ("빵:KRW", 3, {"is_free": True, "amount_minor": 0, "currency": "KRW", "sku": "빵"}),
    ]
    expected = "".join(
        feeds.digests([(key, version, feeds.canonical(value)) for key, version, value in rows])
    )
    load_snapshot(shop.database, "prices", 3, snapshot(tmp_path / "p", rows))
    assert digest(shop.database, "prices") == expected
    for key, version, value in rows:
        operation = Operation(key=key, version=version, value=json.loads(json.dumps(value)))
        assert catalogue.apply(shop.database, prices(3, 3, operation))
    assert digest(shop.database, "prices") == expected


def test_a_repair_replaces_whole_buckets(shop: Shop, rows: Rows) -> None:
    bucket = feeds.bucket_of("BREAD:KRW")
    repair = prices(
        1, 1, price("BREAD", 4_900, 4), repaired_buckets=(bucket, feeds.bucket_of("CAKE:KRW"))
    )
    assert catalogue.apply(shop.database, repair)
    assert rows(shop, "SELECT sku, amount_minor FROM price WHERE currency = 'KRW' ORDER BY sku") == [
        ("BREAD", 4_900), ("GIFT", 0), ("MILK", 2_800), ("ZERO", 0),
    ]  # fmt: skip


def test_stock_is_the_sum_of_signed_moves(shop: Shop, facts: Facts) -> None:
    stock.move(shop, "received", [Move("BREAD", 20, "L1"), Move("MILK", 10)])
    moved = stock.move(shop, "damaged", [Move("BREAD", -3, "L1")])
    assert (stock.level(shop, "BREAD"), stock.level(shop, "MILK"), stock.level(shop, "CAKE")) == (
        17,
        10,
        0,
    )
    assert facts(shop)[-1] == moved.model_dump(mode="json")
    assert (moved.reason, moved.cashier, moved.business_date) == ("damaged", "Kim", "2026-11-23")


@pytest.mark.parametrize("moves", [[], [Move("BREAD", 0)], [Move("BREAD", 1), Move("MILK", 0)]])
def test_a_stock_move_moves_something(shop: Shop, facts: Facts, moves: list[Move]) -> None:
    logged = facts(shop)
    with pytest.raises(Malformed) as caught:
        stock.move(shop, "received", moves)
    assert caught.value.message.startswith("Expected at least one move, each with a quantity")
    assert (stock.level(shop, "BREAD"), facts(shop)) == (0, logged)


def test_stock_of_unknown_goods_moves_nothing(shop: Shop, facts: Facts, rows: Rows) -> None:
    logged = facts(shop)
    with pytest.raises(UnknownCode) as caught:
        stock.move(shop, "received", [Move("BREAD", 1), Move("NOPE", 1)])
    assert caught.value.message == "The code NOPE is not in the catalogue."
    assert facts(shop) == logged
    assert rows(shop, "SELECT count(*) FROM stock_move") == [(0,)]


def test_goods_may_come_in_before_the_first_shift(closed_shop: Shop, facts: Facts) -> None:
    stock.move(closed_shop, "opening", [Move("BREAD", 5)])
    told = facts(closed_shop)[-1]
    assert (told["cashier"], told["business_date"]) == ("", "2026-11-23")
