"""What comes in against what was announced: full, short, over, damaged, expired, unknown."""

from typing import Any

import pytest

from contract.feeds import Operation, Ops
from contract.lots import Lot
from contract.stock import StockMove
from edge.domain.errors import (
    CameExpired,
    Malformed,
    MoreDamagedThanCame,
    MoreThanAnnounced,
    NotFound,
    ShopError,
    UnknownCode,
)
from edge.services import feed_stores, feeds, lots, receiving, stock
from edge.services.receiving import Came
from edge.services.shop import Shop

FEED = "arrivals@maru-office-tower"
ARRIVAL: dict[str, Any] = {
    "arrival_id": "A1", "source": "transfer", "source_id": "job-1", "from": "hillside", "due": "2026-11-24",
    "lines": [{"sku": "CAKE", "lot": "B", "expiry": "2026-11-25", "quantity": 5},
              {"sku": "BREAD", "lot": "", "expiry": "", "quantity": 2}],
}  # fmt: skip
CAKES = Came("CAKE", 5, lot="B", expiry="2026-11-25")
BREAD = Came("BREAD", 2)


@pytest.fixture
def announced(shop: Shop) -> Shop:
    ops = Ops(
        feed=FEED, after=0, through=1, operations=(Operation(key="A1", version=1, value=ARRIVAL),)
    )
    with shop.write() as work:
        feeds.apply(work.unit, feed_stores.stores_of("maru-office-tower")[FEED], ops)
    return shop


def here(shop: Shop, sku: str) -> list[Lot]:
    with shop.read() as reader:
        return lots.lots(reader, sku)


def test_a_shop_sees_what_is_on_its_way(announced: Shop) -> None:
    (arrival,) = receiving.arrivals(announced)
    assert arrival == receiving.Arrival(
        "A1",
        "transfer",
        "job-1",
        "",
        "hillside",
        "2026-11-24",
        {"CAKE": 5, "BREAD": 2},
        {},
        (StockMove(sku="CAKE", quantity=5, lot="B", expiry="2026-11-25"),),
    )
    assert arrival.left == {"CAKE": 5, "BREAD": 2}


def test_all_of_it_came(announced: Shop, facts) -> None:
    assert receiving.receive(announced, "A1", [CAKES, BREAD]).outcome == "full"
    assert here(announced, "CAKE") == [Lot("B", "2026-11-25", 5)]
    assert stock.level(announced, "BREAD") == 2
    fact = facts(announced)[-1]
    assert (fact["type"], fact["source"], fact["source_id"]) == (
        "goods.received",
        "transfer",
        "job-1",
    )
    assert fact["lines"][0] == {
        "sku": "CAKE", "lot": "B", "expiry": "2026-11-25", "expected": 5, "received": 5, "damaged": 0,
    }  # fmt: skip


def test_it_came_short_and_the_rest_later(announced: Shop) -> None:
    short = receiving.receive(announced, "A1", [CAKES._replace(received=3)])
    assert short.outcome == "short"
    (arrival,) = receiving.arrivals(announced)
    assert arrival.came == {"CAKE": 3}
    rest = receiving.receive(announced, "A1", [CAKES._replace(received=2), BREAD])
    assert (rest.outcome, [line.expected for line in rest.lines]) == ("full", [2, 2])
    assert (short.rest, rest.rest) == ("awaited", "none")


def test_a_rest_that_will_not_come_ends_the_arrival(announced: Shop, facts) -> None:
    short = receiving.receive(announced, "A1", [CAKES._replace(received=3)], rest="lost")
    assert (short.outcome, short.rest, facts(announced)[-1]["rest"]) == ("short", "lost", "lost")
    assert receiving.arrivals(announced) == []
    with pytest.raises(NotFound):
        receiving.receive(announced, "A1", [BREAD])
    assert stock.level(announced, "BREAD") == 0


def test_all_of_it_may_be_lost(announced: Shop) -> None:
    nothing = receiving.receive(announced, "A1", [BREAD._replace(received=0)], rest="lost")
    assert (nothing.outcome, nothing.rest) == ("short", "lost")
    assert (receiving.arrivals(announced), stock.level(announced, "BREAD")) == ([], 0)


def test_nothing_is_lost_of_what_came_whole(announced: Shop) -> None:
    assert receiving.receive(announced, "A1", [CAKES, BREAD], rest="lost").rest == "none"
    assert receiving.arrivals(announced) == []


def test_more_than_announced_is_refused_until_somebody_confirms_it(announced: Shop) -> None:
    with pytest.raises(MoreThanAnnounced) as refused:
        receiving.receive(announced, "A1", [CAKES._replace(received=6)])
    assert refused.value.message == (
        "딸기 케이크: 5 were announced and 6 have come. Nothing was taken in."
    )
    assert here(announced, "CAKE") == []
    done = receiving.receive(announced, "A1", [CAKES._replace(received=6)], "accept")
    assert (done.outcome, here(announced, "CAKE")) == ("over", [Lot("B", "2026-11-25", 6)])


def test_the_same_delivery_cannot_come_in_twice(announced: Shop) -> None:
    receiving.receive(announced, "A1", [CAKES, BREAD])
    with pytest.raises(MoreThanAnnounced):
        receiving.receive(announced, "A1", [CAKES, BREAD])
    assert stock.level(announced, "BREAD") == 2


def test_damaged_pieces_came_and_are_not_for_sale(announced: Shop) -> None:
    assert receiving.receive(announced, "A1", [CAKES._replace(damaged=2), BREAD]).outcome == "full"
    assert here(announced, "CAKE") == [Lot("B", "2026-11-25", 3)]


def test_goods_that_nobody_announced_come_in_too(shop: Shop) -> None:
    done = receiving.receive(shop, "", [BREAD])
    assert (done.source, done.outcome, done.lines[0].expected) == ("none", "unannounced", 0)
    assert stock.level(shop, "BREAD") == 2


def test_expired_pieces_come_in_as_damaged_only(shop: Shop) -> None:
    old = Came("CAKE", 2, lot="OLD", expiry="2026-11-20")
    with pytest.raises(CameExpired) as refused:
        receiving.receive(shop, "", [old])
    assert refused.value.message == (
        "딸기 케이크 came with the use-by date 2026-11-20; today is 2026-11-23. Nothing was taken in."
    )
    receiving.receive(shop, "", [old._replace(damaged=2)])
    assert here(shop, "CAKE") == []


@pytest.mark.parametrize(
    ("arrival_id", "lines", "error", "message"),
    [
        ("A9", [CAKES], NotFound, "There is no arrival A9 here."),
        ("A1", [], Malformed, "Expected at least one piece that came, got 0."),
        ("A1", [Came("NIX", 1)], UnknownCode, "The code NIX is not in the catalogue."),
        ("A1", [CAKES, Came("MILK", 1)], MoreThanAnnounced,
         "우유: 0 were announced and 1 have come. Nothing was taken in."),
        ("A1", [CAKES._replace(damaged=6)], MoreDamagedThanCame,
         "딸기 케이크: 6 damaged of 5 that came. Nothing was taken in."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_is_taken_in(
    arrival_id: str,
    lines: list[Came],
    error: type[ShopError],
    message: str,
    announced: Shop,
    facts,
    rows,
) -> None:
    before = facts(announced)
    with pytest.raises(error) as refused:
        receiving.receive(announced, arrival_id, lines)
    assert refused.value.message == message
    assert facts(announced) == before
    for table in ("stock_move", "received_line"):
        assert rows(announced, f"SELECT * FROM {table}") == []
