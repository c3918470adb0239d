"""The stock desk, pressed and scanned as somebody of the shop does."""

import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from contract import handover as codes
from contract.feeds import Operation, Ops
from contract.lots import Lot
from edge.domain.basket import EnteredCode
from edge.domain.errors import StockDeskOpen, UnknownCode
from edge.screens import keys, stock_keys, stock_readings
from edge.screens.state import Misread
from edge.screens.stock_parts import GoodsShown, LineRow
from edge.services import feed_stores, feeds, lots, selling, stock
from edge.services.stock import Move
from tests.edge.screens.conftest import BREAD, CAKE, COFFEE, Till

HERE = "maru-office-tower"


def feed(till: Till, name: str, **rows: dict[str, Any]) -> None:
    operations = tuple(
        Operation(key=key.replace("any", "*"), version=1, value=value)
        for key, value in rows.items()
    )
    ops = Ops(feed=name, after=0, through=1, operations=operations)
    with till.box.shop.write() as work:
        feeds.apply(work.unit, feed_stores.stores_of(HERE)[name], ops)


def day(till: Till, days: int = 0) -> str:
    here = date.fromisoformat(stock_readings.today(till.box.shop))
    return (here + timedelta(days=days)).isoformat()


@pytest.fixture
def announced(till: Till) -> Till:
    """A transfer that names its lot, and a purchase order that does not."""
    cake = {"sku": "CAKE", "lot": "B", "expiry": day(till, 2), "quantity": 3}
    feed(
        till,
        f"arrivals@{HERE}",
        A1={"arrival_id": "A1", "source": "transfer", "source_id": "job-1", "number": "H7K2",
            "from": "hillside", "due": day(till), "lines": [cake]},
        A2={"arrival_id": "A2", "source": "purchase_order", "source_id": "A2", "number": "PO-000007",
            "from": "Dawn Bakery", "due": day(till, 1),
            "lines": [{"sku": "BREAD", "lot": "", "expiry": "", "quantity": 12},
                      {"sku": "COFFEE", "lot": "", "expiry": "", "quantity": 2}]},
    )  # fmt: skip
    return till


def lines(till: Till) -> list[LineRow]:
    shown = till.screen.stage.stock
    assert shown is not None
    return list(shown.lines)


def words(till: Till) -> list[tuple[str, int, int | None, str]]:
    """Of each row: product, pieces, what was expected, and the difference in words."""
    return [
        (dict(it.names)["en"], it.pieces, it.expected, till.says(it.word)) for it in lines(till)
    ]


def goods(till: Till) -> GoodsShown:
    shown = till.screen.stage.stock
    assert shown is not None
    assert shown.goods is not None
    return shown.goods


def here(till: Till, sku: str) -> list[Lot]:
    with till.box.shop.read() as reader:
        return lots.lots(reader, sku)


def enabled(till: Till) -> set[str]:
    return {key.command for key in till.screen.stage.keys if key.is_enabled}


def test_every_key_of_the_stock_desk_has_its_command() -> None:
    assert {*stock_keys.COMMANDS, "stock"} == keys.STOCK_COMMANDS


# -- the list -------------------------------------------------------------------------------


def test_the_list_shows_what_comes_and_what_expires(announced: Till) -> None:
    stock.move(
        announced.box.shop,
        "opening",
        [Move("CAKE", 2, "L1", day(announced)), Move("CAKE", 1, "L0", day(announced, -1)),
         Move("CAKE", 9, "L9", day(announced, 9))],
    )  # fmt: skip
    announced.press("F2")
    shown = announced.screen.stage.stock
    assert shown is not None
    assert [(it.row, it.sender, it.pieces, it.others) for it in shown.arrivals] == [
        (1, "hillside", 3, 0),
        (2, "Dawn Bakery", 14, 1),
    ]
    assert [(it.row, it.lot, it.tone, announced.says(it.word), it.pieces) for it in shown.lots] == [
        (3, "L0", "bad", "expired", 1),
        (4, "L1", "warn", "last day", 2),
    ]
    announced.press("Enter", "4")
    assert goods(announced).sku == "CAKE"


def test_the_desk_opens_before_any_shift_and_esc_leaves_it(make_till: Callable[..., Till]) -> None:
    till = make_till()
    assert till.stage == "opening"
    till.press("F2")
    assert till.stage == "stock"
    till.press("Escape")
    assert till.stage == "opening"


@pytest.mark.parametrize("number", ["3", "0", "99"])
def test_a_row_that_is_not_there_is_said(announced: Till, number: str) -> None:
    announced.press("F2")
    assert not announced.press("Enter", number)
    assert announced.stage == "stock"


# -- goods come in --------------------------------------------------------------------------


def test_all_of_a_transfer_comes_in_with_the_lot_that_the_sender_named(announced: Till) -> None:
    announced.press("F2")
    announced.press("Enter", "1")
    for _ in range(3):
        announced.scan(CAKE)
    assert words(announced) == [("Strawberry cake", 3, 3, "complete")]
    announced.press("F8")
    assert announced.notice() == ("3 pieces taken in: all of it has come.", "")
    assert here(announced, "CAKE") == [Lot("B", day(announced, 2), 3)]


def test_a_short_delivery_is_said_before_it_is_taken_in(announced: Till) -> None:
    announced.press("F2")
    announced.press("Enter", "2")
    announced.press("Enter", f"10*{BREAD}")
    assert words(announced) == [
        ("Salt bread", 10, 12, "2 missing"),
        ("Americano", 0, 2, "2 missing"),
    ]
    announced.press("F8")
    assert announced.notice()[0] == "4 of the announced pieces have not come."
    assert here(announced, "BREAD") == []
    announced.press("F8")
    assert announced.notice() == (
        "10 pieces taken in; not all of it has come.",
        "The rest stays in the list until it comes.",
    )
    assert here(announced, "BREAD") == [Lot("", "", 10)]
    announced.press("Enter", "2")
    assert words(announced) == [("Salt bread", 0, 2, "2 missing"), ("Americano", 0, 2, "2 missing")]


def test_more_than_announced_is_said_before_it_is_taken_in(announced: Till) -> None:
    announced.press("F2")
    announced.press("Enter", "1")
    announced.press("Enter", f"4*{CAKE}")
    assert words(announced) == [("Strawberry cake", 4, 3, "1 too many")]
    announced.press("F8")
    assert announced.notice("en")[0].endswith(
        "3 were announced and 4 have come. Nothing was taken in."
    )
    assert here(announced, "CAKE") == []
    announced.press("F8")
    assert announced.notice()[0] == "4 pieces taken in: more than was announced."
    assert here(announced, "CAKE") == [Lot("B", day(announced, 2), 4)]


def test_a_scan_between_the_two_presses_asks_again(announced: Till) -> None:
    announced.press("F2")
    announced.press("Enter", "1")
    announced.press("Enter", f"4*{CAKE}")
    announced.press("F8")
    announced.scan(CAKE)
    announced.press("F8")
    assert here(announced, "CAKE") == []


def test_a_rest_that_is_lost_is_asked_once_and_ends_the_transfer(announced: Till) -> None:
    announced.press("F2")
    announced.press("Enter", "1")
    announced.scan(CAKE)
    announced.press("F6")
    assert announced.notice()[0] == "2 pieces will be told as lost on the way."
    announced.press("F6")
    assert announced.notice()[0] == "1 pieces taken in; the rest is told as lost."
    shown = announced.screen.stage.stock
    assert shown is not None
    assert [it.sender for it in shown.arrivals] == ["Dawn Bakery"]


def test_a_transfer_of_which_nothing_came_can_be_lost(announced: Till) -> None:
    announced.press("F2")
    announced.press("Enter", "1")
    announced.press("F6")
    announced.press("F6")
    assert announced.notice()[0] == "0 pieces taken in; the rest is told as lost."
    assert here(announced, "CAKE") == []


def test_lot_and_date_are_asked_for_what_has_them_and_for_nothing_else(till: Till) -> None:
    stock.move(till.box.shop, "opening", [Move("CAKE", 1, "A", day(till))])
    till.press("F2")
    till.press("F4")
    till.scan(BREAD)
    assert till.says(till.screen.prompt.ask).startswith("Scan what has come")
    till.press("Enter", f"3*{CAKE}")
    assert till.says(till.screen.prompt.ask).startswith("Use-by date of 딸기 케이크")
    assert not till.press("Enter", "1399")
    assert till.notice()[0] == "That is not a date."
    till.press("Enter", day(till, 3))
    assert till.says(till.screen.prompt.ask).startswith("Lot of 딸기 케이크")
    till.press("Enter", "C")
    till.scan(CAKE)
    assert [(it.lot, it.expiry, it.pieces) for it in lines(till)] == [
        ("C", day(till, 3), 4),
        ("", "", 1),
    ]
    till.press("F7")
    till.press("Enter", day(till, 4))
    till.press("Enter", "D")
    till.press("F4", "1")
    till.press("F8")
    assert here(till, "CAKE") == [
        Lot("A", day(till), 1),
        Lot("C", day(till, 3), 3),
    ]
    assert here(till, "BREAD") == [Lot("", "", 1)]


def test_a_symbol_that_tells_its_lot_is_not_asked(till: Till) -> None:
    stock.move(till.box.shop, "opening", [Move("CAKE", 1, "A", day(till))])
    till.press("F2")
    till.press("F4")
    till.desk.scanned(EnteredCode(CAKE, lot="Z", expiry=day(till, 5)))
    assert [(it.lot, it.expiry, it.pieces) for it in lines(till)] == [("Z", day(till, 5), 1)]


def test_expired_goods_do_not_come_in(till: Till) -> None:
    till.press("F2")
    till.press("F4")
    till.desk.scanned(EnteredCode(CAKE, lot="Z", expiry=day(till, -1)))
    till.press("F8")
    assert "came with the use-by date" in till.notice()[0]
    assert [it.pieces for it in lines(till)] == [1]
    till.press("F4", "1")
    till.press("F8")
    assert (here(till, "CAKE"), till.notice()[0]) == ([], "1 pieces taken in.")


def test_more_damaged_than_came_is_refused(till: Till) -> None:
    till.press("F2")
    till.press("F4")
    till.scan(BREAD)
    assert not till.press("F4", "2")
    assert till.notice()[0] == "Only 1 of them have come."


def test_lines_are_corrected_and_taken_out(till: Till) -> None:
    till.press("F2")
    till.press("F4")
    till.scan(BREAD)
    till.scan(COFFEE)
    till.press("F2", "7")
    till.press("line:1")
    till.press("F3")
    assert [(it.pieces, it.is_newest) for it in lines(till)] == [(7, True)]


def test_leaving_with_goods_that_are_not_kept_is_asked_once(till: Till) -> None:
    till.press("F2")
    till.press("F4")
    till.scan(BREAD)
    till.press("Escape")
    assert till.notice()[0] == "1 pieces were scanned and are not kept yet."
    till.press("Escape")
    assert (till.stage, enabled(till) >= {"stock_count"}) == ("stock", True)


# -- counts ---------------------------------------------------------------------------------


@pytest.fixture
def counted(till: Till) -> Till:
    """Two cakes and a bread counted, of three and one."""
    stock.move(till.box.shop, "opening", [Move("CAKE", 3), Move("BREAD", 1)])
    till.press("F2")
    till.press("F3")
    till.press("Enter", f"2*{CAKE}")
    till.scan(BREAD)
    return till


def test_a_count_is_blind_until_it_is_compared(counted: Till) -> None:
    assert words(counted) == [("Salt bread", 1, None, ""), ("Strawberry cake", 2, None, "")]
    counted.press("F8")
    assert words(counted) == [
        ("Salt bread", 1, 1, "agrees"),
        ("Strawberry cake", 2, 3, "1 fewer than the ledger"),
    ]
    assert stock.level(counted.box.shop, "CAKE") == 3


def test_an_accepted_count_holds_and_its_difference_is_said(counted: Till) -> None:
    counted.press("F8")
    counted.press("F8")
    assert counted.notice()[0].endswith("2 counted, 3 expected. The stock now says 2.")
    assert stock.level(counted.box.shop, "CAKE") == 2


def test_only_what_differs_is_counted_again(counted: Till) -> None:
    counted.press("F8")
    counted.press("F7")
    assert words(counted) == [("Salt bread", 1, None, "")]
    counted.press("Enter", f"3*{CAKE}")
    counted.press("F8")
    counted.press("F8")
    assert counted.notice()[0] == "2 products counted: all agree with the ledger."


def test_a_sale_meanwhile_is_not_taken_for_a_difference(counted: Till) -> None:
    counted.press("F8")
    stock.move(counted.box.shop, "damaged", [Move("CAKE", -1)])
    counted.press("F8")
    assert counted.notice()[0] == "Goods have moved since you compared."
    assert words(counted)[1] == ("Strawberry cake", 2, 2, "agrees")
    counted.press("F8")
    assert stock.level(counted.box.shop, "CAKE") == 2


def test_a_scan_after_the_comparison_counts_on_blind(counted: Till) -> None:
    counted.press("F8")
    counted.scan(CAKE)
    assert words(counted)[0] == ("Strawberry cake", 3, None, "")


def test_an_empty_shelf_can_be_counted(till: Till) -> None:
    stock.move(till.box.shop, "opening", [Move("CAKE", 3)])
    till.press("F2")
    till.press("F3")
    till.press("Enter", f"0*{CAKE}")
    till.press("F8")
    till.press("F8")
    assert stock.level(till.box.shop, "CAKE") == 0


# -- a product ------------------------------------------------------------------------------


def test_the_bound_is_said_and_what_a_sale_takes(till: Till) -> None:
    feed(till, f"rights@{HERE}", CAKE={"cap": 2, "keep": 1})
    stock.move(till.box.shop, "opening", [Move("CAKE", 5)])
    with till.box.shop.write() as work:
        work.unit.sql("INSERT INTO set_aside VALUES ('job-9', 1, 'CAKE', '', '', 0, 1)")
    till.press("F2", CAKE)
    shown = goods(till)
    assert dict(shown.bound)["en"] == (
        "If the line drops now, at most 2 of these can be promised twice."
    )
    assert [(till.says(it.words), it.pieces) for it in shown.shares] == [
        ("Set aside", 1),
        ("Promised", 0),
        ("May be promised", 2),
        ("For walk-ins", 2),
    ]
    assert till.says(shown.sale) == (
        "Whoever holds one gets it, up to 4. "
        "The 1 set aside are on the pick-up shelf and not for sale."
    )


def test_a_markdown_is_shown_with_its_time(till: Till) -> None:
    feed(till, "offers", **{"markdown:any": {"hours_left": 36, "percent_bp": 3_000}})
    moves = [Move("CAKE", 1, "A", day(till)), Move("CAKE", 1, "B", day(till, 3))]
    stock.move(till.box.shop, "opening", [*moves, Move("CAKE", 1)])
    till.press("F2", CAKE)
    shown = till.screen.stage.stock
    assert shown is not None
    said = [till.says(it.off) for it in shown.lots]
    starts = date.fromisoformat(day(till, 2))
    assert said == ["−30% now", f"−30% from {starts:%m-%d} 12:00", ""]


def test_spoilt_pieces_of_the_chosen_lot_leave_the_stock(till: Till) -> None:
    moves = [Move("CAKE", 2, "A", day(till, -1)), Move("CAKE", 4, "B", day(till, 3))]
    stock.move(till.box.shop, "opening", moves)
    till.press("F2", CAKE)
    assert not till.press("F4", "2")
    assert till.notice()[0] == "There is more than one lot, or none."
    till.press("line:1")
    assert not till.press("F4", "3")
    assert till.notice()[0] == "Between 1 and 2 pieces can be taken off."
    till.press("F4", "2")
    assert till.notice()[0] == "2 pieces taken off the shelf and out of the stock."
    assert here(till, "CAKE") == [Lot("B", day(till, 3), 4)]


# -- what does not belong here --------------------------------------------------------------


@pytest.mark.parametrize(
    "code", [codes.code("5e" * 32, "H7K2", HERE, codes.PAPER), "130012345678901234"]
)
def test_a_customers_code_is_not_for_this_desk_and_nothing_is_lost(till: Till, code: str) -> None:
    till.press("F2")
    till.press("F4")
    till.scan(BREAD)
    with pytest.raises(StockDeskOpen):
        till.scan(code)
    till.press("Enter", code)
    assert till.notice() == (StockDeskOpen().message, StockDeskOpen().what_now)
    assert [it.pieces for it in lines(till)] == [1]


def test_unknown_goods_change_nothing(till: Till) -> None:
    till.press("F2")
    till.press("F4")
    with pytest.raises(UnknownCode):
        till.scan("4006381333931")
    assert lines(till) == []


def test_goods_scanned_here_are_in_no_basket(till: Till) -> None:
    till.press("F2")
    till.press("F3")
    till.scan(BREAD)
    assert selling.current(till.box.shop) is None


@pytest.mark.parametrize("text", ["", "13", "1301", "0230", "26-13-01", "soon"])
def test_what_is_no_date_is_misread(text: str) -> None:
    with pytest.raises(Misread):
        stock_keys.day_of(text, "2026-11-28")


def test_a_till_that_only_sells_loads_nothing_of_this_desk() -> None:
    program = (
        "import sys\nimport edge.main\n"
        "print(*sorted(name for name in sys.modules if 'screens.stock' in name or name == 'edge.services.goods'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
