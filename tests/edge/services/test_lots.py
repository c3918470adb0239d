"""Lots: those that expire first go first, an expired one never goes, a return of it may come back."""

import pytest

from contract.lots import Lot
from edge.domain.basket import EnteredCode
from edge.domain.errors import GoodsExpired
from edge.domain.returns import Wanted
from edge.services import lots, returns, selling, shifts, stock
from edge.services.returns import Receipt
from edge.services.selling import Ordered
from edge.services.shop import Shop
from edge.services.stock import Move

TODAY, TOMORROW, YESTERDAY = "2026-11-23", "2026-11-24", "2026-11-22"

MOVES = "SELECT sku, quantity, lot, expiry, cause FROM stock_move WHERE cause IN ('sale', 'return')"


@pytest.fixture
def came_in(shop: Shop):
    def came_in(*moves: Move) -> None:
        stock.move(shop, "received", moves)

    return came_in


def here(shop: Shop, sku: str) -> list[Lot]:
    with shop.read() as reader:
        return lots.lots(reader, sku)


def test_the_lots_of_a_product_are_the_sums_of_its_moves(shop: Shop, came_in) -> None:
    came_in(Move("CAKE", 3, "B", TOMORROW), Move("CAKE", 2), Move("CAKE", 4, "A", TODAY))
    came_in(Move("CAKE", -1, "B", TOMORROW))
    assert here(shop, "CAKE") == [Lot("A", TODAY, 4), Lot("B", TOMORROW, 2), Lot("", "", 2)]


def test_a_sale_takes_what_expires_first_and_names_it(shop: Shop, came_in, rows, facts) -> None:
    came_in(Move("CAKE", 3, "B", TOMORROW), Move("CAKE", 2, "A", TODAY))
    selling.sell(shop, [Ordered("CAKE", 3), Ordered("BREAD")])
    assert rows(shop, MOVES) == [
        ("CAKE", -2, "A", TODAY, "sale"),
        ("CAKE", -1, "B", TOMORROW, "sale"),
        ("BREAD", -1, "", "", "sale"),
    ]
    cake, bread = facts(shop)[-1]["lines"]
    assert cake["lots"] == [
        {"lot": "A", "expiry": TODAY, "quantity": 2},
        {"lot": "B", "expiry": TOMORROW, "quantity": 1},
    ]
    assert "lots" not in bread


def test_two_lines_of_one_product_do_not_take_the_same_piece(shop: Shop, came_in) -> None:
    came_in(Move("CAKE", 1, "A", TODAY), Move("CAKE", 5, "B", TOMORROW))
    sale = selling.sell(shop, [Ordered("CAKE"), Ordered("BREAD"), Ordered("CAKE")])
    assert [lot.lot for line in sale.lines for lot in line.lots] == ["A", "B"]


def test_what_the_lots_do_not_hold_is_sold_all_the_same(shop: Shop, came_in, rows) -> None:
    came_in(Move("CAKE", 1, "A", TODAY))
    selling.sell(shop, [Ordered("CAKE", 3)])
    assert rows(shop, MOVES) == [("CAKE", -1, "A", TODAY, "sale"), ("CAKE", -2, "", "", "sale")]


def test_an_expired_lot_is_passed_over(shop: Shop, came_in, rows) -> None:
    came_in(Move("CAKE", 5, "OLD", YESTERDAY), Move("CAKE", 5, "A", TODAY))
    selling.sell(shop, [Ordered("CAKE")])
    assert rows(shop, MOVES) == [("CAKE", -1, "A", TODAY, "sale")]


def test_a_product_of_which_every_lot_has_expired_cannot_be_rung_up(shop: Shop, came_in) -> None:
    came_in(Move("CAKE", 5, "OLD", "2026-11-20"), Move("CAKE", 5, "OLDER", YESTERDAY))
    with pytest.raises(GoodsExpired) as refused:
        selling.add_scan(shop, EnteredCode("8801234500036"))
    assert refused.value.message == "딸기 케이크 expired on 2026-11-22; today is 2026-11-23."
    assert selling.current(shop) is None


def test_undated_pieces_beside_an_expired_lot_can_be_sold(shop: Shop, came_in) -> None:
    came_in(Move("CAKE", 5, "OLD", YESTERDAY), Move("CAKE", 1))
    assert selling.sell(shop, [Ordered("CAKE")]).lines[0].lots == ()


def test_a_scanned_lot_is_the_lot_that_goes(shop: Shop, came_in, rows) -> None:
    came_in(Move("CAKE", 5, "A", TODAY), Move("CAKE", 5, "B", TOMORROW))
    selling.add_scan(shop, EnteredCode("8801234500036", "B", TOMORROW))
    selling.tender_cash(shop, 50_000)
    assert rows(shop, MOVES) == [("CAKE", -1, "B", TOMORROW, "sale")]


def test_set_aside_pieces_of_a_lot_are_not_taken(shop: Shop, came_in) -> None:
    came_in(Move("CAKE", 2, "A", TODAY), Move("CAKE", 2, "B", TOMORROW))
    with shop.write() as work:
        work.unit.sql("INSERT INTO set_aside VALUES ('job-1', 1, 'CAKE', 'A', ?, 0, 2)", (TODAY,))
    sale = selling.sell(shop, [Ordered("CAKE")])
    assert [lot.lot for lot in sale.lines[0].lots] == ["B"]


def test_returned_pieces_go_back_into_the_lots_they_came_from(shop: Shop, came_in) -> None:
    came_in(Move("CAKE", 1, "A", TODAY), Move("CAKE", 5, "B", TOMORROW))
    sale = selling.sell(shop, [Ordered("CAKE", 3)])
    for quantity in (1, 2):
        returns.take_back(
            shop, Receipt(sale_id=sale.sale_id), [Wanted(1, quantity)], "changed mind", "cash"
        )
    assert here(shop, "CAKE") == [Lot("A", TODAY, 1), Lot("B", TOMORROW, 5)]


def test_expired_goods_may_come_back_and_are_not_sold_again(
    shop: Shop, came_in, clock, facts
) -> None:
    came_in(Move("CAKE", 2, "A", TODAY))
    sale = selling.sell(shop, [Ordered("CAKE", 2)])
    shifts.close(shop, 100_000)
    clock.jump(days=1)
    shifts.open_shift(shop, "Kim", 100_000)
    done = returns.take_back(shop, Receipt(sale_id=sale.sale_id), [Wanted(1, 1)], "stale", "cash")
    assert (done.lines[0].is_restocked, done.lines[0].amount_minor) == (False, 33_333)
    assert here(shop, "CAKE") == []
    assert facts(shop)[-1]["lines"][0]["is_restocked"] is False


def test_lines_kept_without_lots_are_those_of_the_scan(shop: Shop) -> None:
    selling.add_scan(shop, EnteredCode("8801234500036", "Z", TOMORROW))
    sale = selling.tender_cash(shop, 50_000)
    returns.take_back(shop, Receipt(sale_id=sale.sale_id), [Wanted(1, 1)], "changed mind", "cash")
    assert here(shop, "CAKE") == []
    assert lots_moved(shop) == [("Z", TOMORROW, -1), ("Z", TOMORROW, 1)]


def lots_moved(shop: Shop) -> list[tuple[str, str, int]]:
    with shop.read() as reader:
        return reader.sql("SELECT lot, expiry, quantity FROM stock_move").fetchall()
