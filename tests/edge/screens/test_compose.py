"""What is read becomes what is shown: peripherals, line, notices, and the numbers beside the basket."""

from collections.abc import Callable
from typing import Any

import pytest

from edge.peripherals.conditions import State
from edge.screens import LineSeen
from edge.screens.parts import PeripheralShown, Words

BREAD, CAKE = "8801007000015", "8801007000022"


def shown(till: Any, kind: str) -> PeripheralShown:
    return next(one for one in till.screen.strip.peripherals if one.kind == kind)


@pytest.mark.parametrize(
    ("state", "reasons", "tone", "word"),
    [
        (State.READY, (), "good", "Printer ready"),
        (State.BUSY, (), "busy", "Printing"),
        (State.PRESENT, (), "busy", "Connecting the printer"),
        (State.OPENING, (), "busy", "Connecting the printer"),
        (State.ABSENT, (), "bad", "No printer"),
        (State.FAULTED, (), "bad", "Printer set up wrongly"),
        (State.NOT_READY, ("cover_open", "offline"), "bad", "Receipt printer: Cover open"),
        (State.NOT_READY, (), "bad", "Receipt printer: No answer"),
    ],
)
def test_each_peripheral_has_a_word(
    till: Any, state: State, reasons: tuple[str, ...], tone: str, word: str
) -> None:
    till.outside.set("receipt_printer", state, *reasons)
    printer = shown(till, "receipt_printer")
    assert (printer.tone, till.says(printer.word)) == (tone, word)


def test_a_problem_says_what_is_wrong_and_what_to_do(till: Any) -> None:
    till.outside.set("payment_terminal", State.ABSENT)
    problem = till.screen.strip.problems[0]
    assert (problem.tone, till.says(problem.what), till.says(problem.now)) == (
        "bad",
        "The payment terminal cannot be reached.",
        "Check that it is on and its cable is in. Take cash until it is back.",
    )
    assert till.says(problem.what, "zh") == "无法连接刷卡机。"


def test_without_problems_there_are_none(till: Any) -> None:
    assert till.screen.strip.problems == ()


def test_the_line_and_the_waiting_facts_are_shown_as_they_are(till: Any) -> None:
    till.outside.line = LineSeen(is_online=False, waiting=12)
    assert (till.screen.strip.is_online, till.screen.strip.waiting) == (False, 12)


def test_a_void_line_stays_where_it_was_with_what_it_cost(till: Any) -> None:
    till.scan(BREAD)
    till.scan(CAKE)
    till.press("F3")
    basket = till.screen.stage.basket
    assert [(line.line, line.is_void, line.amount_minor) for line in basket.lines] == [
        (1, False, 3_200),
        (2, True, 38_000),
    ]
    assert basket.newest.line == 1
    assert [line.line for line in basket.older] == [2]
    assert till.screen.side.due_minor == 3_200


def test_older_lines_stand_newest_first(till: Any) -> None:
    for code in (BREAD, CAKE, BREAD, CAKE):
        till.scan(code)
    assert [line.line for line in till.screen.stage.basket.older] == [3, 2, 1]


def test_what_is_asked_in_cash_is_rounded_and_says_by_how_much(till: Any) -> None:
    till.scan(BREAD)
    till.press("F4", "4")
    side = till.screen.side
    assert (side.due_minor, side.rounding_minor, side.quick_cash[0]) == (3_196, 4, 3_200)


def test_quick_products_are_there_only_while_goods_can_be_added(till: Any) -> None:
    assert [product.press for product in till.screen.quick] == ["KeyQ", "KeyW", "KeyE", "KeyR"]
    till.press("F7")
    assert till.screen.quick == ()


def test_the_newest_notice_of_the_box_is_shown_until_the_next_key(till: Any) -> None:
    till.box.notices.tell("good", "payment.given_back", "…", amount="38,000 KRW")
    assert till.notice() == ("The card payment over ₩38,000 was given back.", "")
    assert till.notice("ko")[0] == "카드 결제 ₩38,000의 승인을 취소했습니다."
    till.press("Escape")
    assert till.screen.notice is None


def test_a_notice_that_we_have_no_words_for_is_shown_as_it_was_told(till: Any) -> None:
    till.box.notices.tell("warn", "something.newer", "The cat sat down.", "Feed it.")
    assert till.notice("ko") == ("The cat sat down.", "Feed it.")


def test_the_head_says_who_sells_and_on_which_day(till: Any) -> None:
    head = till.screen.head
    assert (head.company, head.cashier, head.shift_number) == ("Maru", "Jiyoon", 1)
    assert dict(head.locations)["en"] == "Maru Office Tower"


def test_before_the_shift_nobody_sells(make_till: Callable[..., Any]) -> None:
    head = make_till().screen.head
    assert (head.cashier, head.shift_number, head.business_date) == ("", 0, "")


def test_the_entry_asks_for_what_comes_next(till: Any) -> None:
    asked = [till.screen.prompt.ask]
    till.scan(BREAD)
    asked.append(till.screen.prompt.ask)
    till.press("F7")
    asked.append(till.screen.prompt.ask)
    assert asked == [
        Words("counter.ask.code"),
        Words("counter.ask.more"),
        Words("counter.ask.receipt"),
    ]
