"""A count holds, and what differs from the ledger is said in words."""

import pytest

from contract.lots import Lot
from edge.domain.errors import Malformed, UnknownCode
from edge.services import counting, lots, stock
from edge.services.counting import Counted
from edge.services.shop import Shop
from edge.services.stock import Move

MONDAY, TUESDAY = "2026-11-23", "2026-11-24"


def here(shop: Shop, sku: str = "CAKE") -> list[Lot]:
    with shop.read() as reader:
        return lots.lots(reader, sku)


def test_a_count_that_agrees_moves_nothing_and_is_told(shop: Shop, facts, rows) -> None:
    stock.move(shop, "received", [Move("BREAD", 5)])
    done = counting.count(shop, [Counted("BREAD", 5)])
    assert done.disagreements == ()
    assert facts(shop)[-1]["lines"] == [{"sku": "BREAD", "expected": 5, "counted": 5, "lots": []}]
    assert rows(shop, "SELECT quantity FROM stock_move") == [(5,)]


def test_a_count_that_disagrees_holds_and_is_said_in_words(shop: Shop, facts) -> None:
    stock.move(shop, "received", [Move("BREAD", 5)])
    done = counting.count(shop, [Counted("BREAD", 3)])
    assert [it.message for it in done.disagreements] == [
        "우유 식빵: 3 counted, 5 expected. The stock now says 3."
    ]
    assert stock.level(shop, "BREAD") == 3
    line = facts(shop)[-1]["lines"][0]
    assert (line["expected"], line["counted"]) == (5, 3)
    assert line["lots"] == [{"sku": "BREAD", "quantity": -2, "lot": "", "expiry": ""}]


@pytest.mark.parametrize(
    ("known", "counted", "left"),
    [
        ([Lot("A", MONDAY, 2), Lot("B", TUESDAY, 2)], 1, [Lot("B", TUESDAY, 1)]),
        ([Lot("A", MONDAY, 2)], 3, [Lot("A", MONDAY, 2), Lot("", "", 1)]),
        ([Lot("A", MONDAY, -2), Lot("B", TUESDAY, 5)], 3, [Lot("B", TUESDAY, 3)]),
        ([Lot("A", MONDAY, -2)], 1, [Lot("", "", 1)]),
        ([], 0, []),
    ],
)
def test_missing_pieces_are_those_that_go_first_and_found_ones_have_no_lot(
    known: list[Lot], counted: int, left: list[Lot], shop: Shop
) -> None:
    if known:
        stock.move(
            shop, "opening", [Move("CAKE", lot.quantity, lot.lot, lot.expiry) for lot in known]
        )
    counting.count(shop, [Counted("CAKE", counted)])
    assert here(shop) == left


def test_one_lot_can_be_counted_alone(shop: Shop) -> None:
    stock.move(shop, "received", [Move("CAKE", 2, "A", MONDAY), Move("CAKE", 2, "B", TUESDAY)])
    counting.count(shop, [Counted("CAKE", 5, "B", TUESDAY)])
    assert here(shop) == [Lot("A", MONDAY, 2), Lot("B", TUESDAY, 5)]


def test_what_is_set_aside_is_not_on_the_shelf_that_is_counted(shop: Shop) -> None:
    stock.move(shop, "received", [Move("CAKE", 5)])
    with shop.write() as work:
        work.unit.sql("INSERT INTO set_aside VALUES ('job-1', 1, 'CAKE', '', '', 0, 2)")
    assert counting.count(shop, [Counted("CAKE", 3)]).disagreements == ()
    assert stock.level(shop, "CAKE") == 5


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ([], Malformed),
        ([Counted("BREAD", -1)], Malformed),
        ([Counted("BREAD", 1), Counted("NIX", 1)], UnknownCode),
    ],
)
def test_a_bad_count_changes_nothing(lines, error, shop: Shop, facts, rows) -> None:
    before = facts(shop)
    with pytest.raises(error):
        counting.count(shop, lines)
    assert (facts(shop), rows(shop, "SELECT * FROM stock_move")) == (before, [])
