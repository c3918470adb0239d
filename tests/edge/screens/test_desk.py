"""A cashier's day at a real shop: every key, every refusal, and what stays after it."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from drivers.events import PaymentOutcome, PaymentResult
from edge import changes
from edge.domain.errors import NoShift, UnknownCode
from edge.screens import order_keys
from edge.screens.desk import ENTERED
from edge.screens.keys import ORDER_STAGES, STAGES
from edge.screens.parts import TenderShown, Words
from edge.screens.readings import Readings, read
from edge.services import payments, sales, selling, shifts

BREAD, CAKE, COFFEE = "8801007000015", "8801007000022", "8801007000046"


def basket(till: Any) -> list[tuple[int, str, int, int]]:
    view = selling.current(till.box.shop)
    assert view is not None
    return [
        (p.line.line, p.line.article.sku, p.line.quantity, p.amount_minor)
        for p in view.priced.lines
    ]


def card_says(till: Any, result: PaymentResult) -> None:
    """What the payment terminal's thread does with the payment that a key began."""
    shop = till.box.shop
    payment = payments.in_state(shop, "NEW")[0]
    payments.send(shop, payment.payment_id)
    outcome = PaymentOutcome(
        result, payment.reference, payment.amount_minor, "KRW", masked_pan="545454******9876"
    )
    payments.settle(shop, payment.payment_id, outcome)
    till.desk.follow()


# --- the shift ---


def test_a_shift_is_opened_in_two_answers(make_till: Callable[..., Any]) -> None:
    till = make_till()
    assert (till.stage, till.screen.prompt.ask.key) == ("opening", "counter.ask.name")
    assert till.screen.prompt.is_text
    till.press("Enter", "Jiyoon")
    assert (till.stage, till.screen.prompt.ask.key) == ("opening", "counter.ask.float")
    till.press("Enter", "100,000")
    assert till.stage == "empty"
    assert (till.screen.head.cashier, till.screen.head.shift_number) == ("Jiyoon", 1)


def test_a_float_that_is_no_amount_keeps_what_was_typed(make_till: Callable[..., Any]) -> None:
    till = make_till()
    till.press("Enter", "Jiyoon")
    assert till.press("Enter", "lots") is False
    assert till.notice() == (
        "Expected an amount, got lots.",
        "Type digits only, then press the key again.",
    )
    assert shifts.current(till.box.shop) is None


def test_without_a_shift_a_scan_is_refused_and_nothing_is_in_a_basket(
    make_till: Callable[..., Any],
) -> None:
    till = make_till()
    with pytest.raises(NoShift):
        till.scan(BREAD)
    assert selling.current(till.box.shop) is None
    assert till.stage == "opening"


def test_cash_goes_in_and_out_with_a_reason(till: Any) -> None:
    till.press("F10")
    till.press("F3", "50000")
    assert till.screen.prompt.ask.key == "counter.ask.reason"
    till.press("Enter", "bank")
    assert till.notice()[0] == "₩50,000 cash is recorded."
    till.press("F2")
    till.press("Enter", "20000")
    till.press("Enter", "change")
    x = shifts.x(till.box.shop)
    assert (x.figures.cash_in_minor, x.figures.cash_out_minor) == (20_000, 50_000)


def test_more_than_the_drawer_holds_is_refused_in_words(till: Any) -> None:
    till.press("F10")
    till.press("F3", "100001")
    till.press("Enter", "bank")
    assert till.notice() == (
        "The drawer holds ₩100,000, ₩100,001 cannot be taken out.",
        "Take at most what the drawer holds.",
    )
    assert shifts.x(till.box.shop).figures.cash_out_minor == 0


def test_closing_counts_the_cash_and_shows_the_difference(till: Any) -> None:
    till.scan(BREAD)
    till.press("F8", "5000")
    till.press("F10")
    till.press("F10")
    assert till.screen.prompt.ask.key == "counter.ask.counted"
    till.press("Enter", "103000")
    report = till.screen.stage.report
    assert (till.stage, report.kind, report.number, report.variance_minor) == (
        "report",
        "z",
        1,
        -200,
    )
    amounts = {figure.words.key: figure.amount_minor for figure in report.figures}
    assert amounts["counter.report.expected"] == 103_200
    assert amounts["counter.report.counted"] == 103_000
    till.press("Escape")
    assert till.stage == "opening"


def test_an_x_report_closes_nothing(till: Any) -> None:
    till.press("F10")
    till.press("F4")
    assert till.screen.stage.report.kind == "x"
    assert till.screen.stage.report.variance_minor is None
    till.press("Enter")
    assert till.stage == "empty"
    assert shifts.current(till.box.shop) is not None


def test_a_shift_with_goods_in_a_basket_does_not_close(till: Any) -> None:
    till.scan(BREAD)
    till.press("F10")
    till.press("F10")
    till.press("Enter", "100000")
    assert till.notice()[1] == "Finish or void them, then close the shift."
    assert shifts.current(till.box.shop) is not None


# --- goods ---


def test_a_scan_adds_a_line_at_once(till: Any) -> None:
    till.scan(BREAD)
    assert till.stage == "selling"
    newest = till.screen.stage.basket.newest
    assert (dict(newest.names), newest.amount_minor, newest.category) == (
        {"": "소금빵", "ko": "소금빵", "en": "Salt bread"},
        3_200,
        "bakery",
    )
    assert till.screen.side.due_minor == 3_200


def test_a_typed_code_does_the_same_with_a_quantity_before_it(till: Any) -> None:
    till.press("Enter", f"3*{BREAD}")
    till.press("Enter", "CAKE")
    assert basket(till) == [(1, "BREAD", 3, 9_600), (2, "CAKE", 1, 38_000)]


def test_a_quick_product_is_one_key(till: Any) -> None:
    quick = till.screen.quick
    till.press(quick[0].press)
    assert basket(till)[0][1] == quick[0].sku


def test_a_key_without_a_quick_product_does_nothing(till: Any) -> None:
    till.press("KeyV")
    assert till.stage == "empty"


def test_an_unknown_code_is_said_in_words_and_the_basket_stays(till: Any) -> None:
    till.scan(BREAD)
    is_kept = not till.press("Enter", "99999")
    assert till.notice() == (
        "The code 99999 is not in the catalogue.",
        "Set the goods aside and tell head office the code; the basket is unchanged.",
    )
    assert till.notice("ko")[0] == "코드 99999은(는) 상품 목록에 없습니다."
    assert basket(till) == [(1, "BREAD", 1, 3_200)]
    # A refused code must not stay in the line: under the next key it would be an amount of cash.
    assert not is_kept


def test_the_next_goods_take_the_notice_away(till: Any) -> None:
    till.press("Enter", "99999")
    till.scan(BREAD)
    assert till.screen.notice is None


def test_a_refused_scan_is_told_by_the_box(till: Any) -> None:
    with pytest.raises(UnknownCode) as caught:
        till.scan("99999")
    till.box.notices.refused(caught.value)
    assert till.notice()[0] == "The code 99999 is not in the catalogue."
    till.press("F7")
    assert till.screen.notice is None


def test_keys_act_on_the_newest_line_or_on_the_selected_one(till: Any) -> None:
    till.scan(BREAD)
    till.scan(CAKE)
    till.press("F2", "2")
    till.press("ArrowDown")
    till.press("F2", "5")
    assert basket(till) == [(1, "BREAD", 5, 16_000), (2, "CAKE", 2, 76_000)]
    till.press("F4", "10%")
    assert basket(till)[0] == (1, "BREAD", 5, 14_400)
    till.press("F3")
    assert [line.is_void for line in till.screen.stage.basket.lines] == [True, False]
    assert basket(till) == [(2, "CAKE", 2, 76_000)]


def test_the_selection_stops_at_both_ends_and_touching_again_lets_go(till: Any) -> None:
    till.scan(BREAD)
    till.scan(CAKE)
    till.press("ArrowUp")
    assert till.desk.state.selected == 2
    till.press("ArrowDown")
    till.press("ArrowDown")
    assert till.desk.state.selected == 1
    till.press("line:1")
    assert till.desk.state.selected == 0


def test_a_discount_without_a_selection_is_for_the_whole_basket(till: Any) -> None:
    till.scan(BREAD)
    till.scan(CAKE)
    till.press("F4", "1200")
    assert till.screen.side.discount_minor == 1_200
    assert till.screen.side.due_minor == 40_000


def test_a_quantity_out_of_bounds_is_refused(till: Any) -> None:
    till.scan(BREAD)
    till.press("F2", "0")
    assert till.notice()[0] == "Expected a quantity of 1 to 999, got 0."
    assert basket(till) == [(1, "BREAD", 1, 3_200)]


def test_voiding_a_basket_takes_two_presses(till: Any) -> None:
    till.scan(BREAD)
    till.press("Shift+F3")
    assert till.notice()[0] == "Press ⇧F3 again to void 1 line. Esc keeps it."
    till.press("Escape")
    assert basket(till) == [(1, "BREAD", 1, 3_200)]
    till.press("Shift+F3")
    till.scan(CAKE)
    till.press("Shift+F3")
    assert len(basket(till)) == 2
    till.press("Shift+F3")
    assert till.notice()[0] == "The basket was voided; nothing was sold."
    assert till.stage == "empty"


def test_a_basket_is_suspended_and_resumed_by_its_number(till: Any) -> None:
    till.scan(BREAD)
    till.press("F6")
    assert till.stage == "empty"
    till.press("F6")
    rows = till.screen.stage.suspended
    assert [(row.number, row.first_name, row.total_minor) for row in rows] == [(1, "소금빵", 3_200)]
    till.press("Enter", "2")
    assert till.notice()[0] == "Expected a number from the list, got 2."
    till.press("Enter", "1")
    assert basket(till) == [(1, "BREAD", 1, 3_200)]


def test_a_suspended_basket_is_in_the_list_however_many_lines_it_has(till: Any) -> None:
    till.scan(BREAD)
    till.scan(CAKE)
    before = read(till.box, Readings(), changes.TOPICS, till.desk.state)
    till.press("F6")
    seen = read(till.box, before, {changes.BASKET}, till.desk.state)
    assert [len(view.basket.lines) for view in seen.suspended] == [2]


# --- money ---


def test_cash_gives_change_and_the_sale_is_shown_until_the_next_goods(till: Any) -> None:
    till.scan(BREAD)
    till.press("F8", "5000")
    done = till.screen.stage.done
    assert till.stage == "done"
    assert (done.total_minor, done.tendered_minor, done.change_minor) == (3_200, 5_000, 1_800)
    assert done.print_state.what == Words("counter.print.queued")
    till.scan(CAKE)
    assert till.stage == "selling"


def test_cash_without_an_amount_is_exact_to_the_smallest_coin(till: Any) -> None:
    till.scan(BREAD)
    till.press("F4", "4")
    assert till.screen.side.due_minor == 3_196
    till.press("F8")
    assert till.screen.stage.done.total_minor == 3_200
    assert till.screen.stage.done.change_minor == 0


def test_a_sum_of_notes_is_one_touch(till: Any) -> None:
    till.scan(BREAD)
    assert till.screen.side.quick_cash == (3_200, 5_000, 10_000)
    till.press("cash:10000")
    assert till.screen.stage.done.change_minor == 6_800


def test_too_little_cash_is_a_part_and_the_rest_stays_due(till: Any) -> None:
    till.scan(CAKE)
    till.press("F8", "30000")
    assert till.notice()[0] == "₩30,000 taken in cash. Take the rest."
    assert till.screen.side.due_minor == 8_000
    assert till.screen.side.tenders == (TenderShown("cash", 30_000),)


def test_a_card_and_cash_share_a_sale(till: Any) -> None:
    till.scan(CAKE)
    till.press("F9", "30000")
    assert till.stage == "card"
    card_says(till, PaymentResult.APPROVED)
    assert till.notice()[0] == "Card approved: ₩30,000."
    till.press("F8", "10000")
    done = till.screen.stage.done
    assert done.change_minor == 2_000
    assert done.tenders == (
        TenderShown("card", 30_000, "545454******9876"),
        TenderShown("cash", 10_000),
    )


def test_a_code_typed_while_the_card_is_paid_stays_in_the_line(till: Any) -> None:
    till.scan(CAKE)
    till.press("F9")
    assert till.press("Enter") is True
    assert till.screen.notice is None
    assert till.press("Enter", BREAD) is False
    assert till.notice() == (
        "Nothing can be added while the card is being paid.",
        "Wait for the payment terminal, or press Esc to cancel the card.",
    )


def test_enter_is_known_on_every_stage() -> None:
    assert set(ENTERED) | ORDER_STAGES | {"stock"} == set(STAGES)
    assert set(order_keys.ENTERED) == ORDER_STAGES


def test_an_approved_card_completes_the_sale(till: Any) -> None:
    till.scan(CAKE)
    till.press("F9")
    assert till.says(till.screen.stage.card.what) == "The customer is at the payment terminal."
    card_says(till, PaymentResult.APPROVED)
    assert (till.stage, till.screen.stage.done.change_minor) == ("done", 0)


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (PaymentResult.DECLINED, "The card was declined; nothing was charged."),
        (PaymentResult.CANCELLED, "The card payment was cancelled; nothing was charged."),
    ],
)
def test_no_money_came_from_the_card(till: Any, result: PaymentResult, words: str) -> None:
    till.scan(CAKE)
    till.press("F9")
    card_says(till, result)
    assert till.notice()[0] == words
    assert (till.stage, till.screen.side.due_minor) == ("selling", 38_000)


def test_cancelling_asks_the_terminal_and_waits_for_its_word(till: Any) -> None:
    till.scan(CAKE)
    till.press("F9")
    till.press("Escape")
    assert till.outside.stopped == [payments.in_state(till.box.shop, "NEW")[0].payment_id]
    assert till.stage == "card"
    assert till.says(till.screen.stage.card.what) == "The payment terminal was asked to stop."


def test_an_unknown_payment_takes_no_second_money_and_lets_the_next_customer_come(
    till: Any,
) -> None:
    till.scan(CAKE)
    till.press("F9")
    shop = till.box.shop
    payment = payments.in_state(shop, "NEW")[0]
    payments.send(shop, payment.payment_id)
    payments.lose(shop, payment.payment_id, "line cut")
    till.desk.follow()
    assert till.says(till.screen.stage.card.what) == (
        "It is not known yet whether the card was charged."
    )
    till.box.notices.tell("bad", "payment.unknown", "It is not known.", "Wait.")
    assert till.screen.notice is None  # the stage says it already
    till.press("F8", "50000")
    assert sales.newest(shop) == []
    till.press("F6")
    assert till.stage == "empty"


def test_a_card_payment_is_given_back_before_the_basket_changes(till: Any) -> None:
    till.scan(CAKE)
    till.press("F9", "30000")
    card_says(till, PaymentResult.APPROVED)
    till.press("Shift+F3")
    till.press("Shift+F3")
    assert till.notice()[0] == "The basket holds ₩30,000 already taken by card or wallet."
    till.press("Shift+F9")
    assert till.stage == "card"
    payment = payments.in_state(till.box.shop, "REVERSING")[0]
    payments.reversed_(till.box.shop, payment.payment_id)
    till.desk.follow()
    assert till.notice()[0] == "The card payment was reversed; the customer is not charged."
    assert till.screen.side.due_minor == 38_000


# --- the rest ---


def test_a_key_that_fails_says_so_and_the_next_one_works(
    till: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    till.scan(BREAD)

    def fail(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(selling, "set_quantity", fail)
    till.press("F2", "2")
    assert till.notice()[0] == "That key could not be carried out; nothing was saved."
    assert "The key F2 failed" in caplog.text
    caplog.clear()
    till.press("F8")
    assert till.stage == "done"


def test_two_hands_at_once_sell_once_each(till: Any) -> None:
    hands = [threading.Thread(target=till.scan, args=(BREAD,)) for _ in range(8)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert basket(till) == [(1, "BREAD", 8, 25_600)]


def test_yuan_have_their_fen(make_till: Callable[..., Any]) -> None:
    till = make_till("CNY", 0)
    till.press("Enter", "Li")
    till.press("Enter", "100.50")
    till.scan(BREAD)
    assert till.screen.side.due_minor == 3_200
    till.press("F8", "50")
    assert till.screen.stage.done.change_minor == 1_800
