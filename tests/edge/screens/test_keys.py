"""The table of keys: what is offered, what works, and that no two keys of a stage are the same."""

import re
from pathlib import Path

import pytest

from edge.screens import desk, keys, order_keys
from edge.screens.keys import STAGES, Key, Situation, command_of, hint_of, keys_of

SCREENS = Path(keys.__file__).parent


@pytest.mark.parametrize("stage", list(STAGES))
def test_no_two_keys_of_a_stage_are_the_same(stage: keys.StageName) -> None:
    presses = [
        key.press for key in keys_of(Situation(stage, has_card_tender=True, has_wallet_tender=True))
    ]
    assert len(presses) == len(set(presses))


@pytest.mark.parametrize("stage", list(STAGES))
def test_every_key_does_something(stage: keys.StageName) -> None:
    now = Situation(
        stage,
        has_card_tender=True,
        has_wallet_tender=True,
        has_wallet_receipt=True,
        is_card_running=True,
        offer_count=9,
    )
    known = {
        *desk.COMMANDS,
        *desk.BOX_COMMANDS,
        *keys.ORDER_COMMANDS,
        *keys.STOCK_COMMANDS,
        "enter",
        "language",
    }
    assert {key.command for key in keys_of(now)} <= known


@pytest.mark.parametrize("stage", list(STAGES))
def test_enter_always_means_something(stage: keys.StageName) -> None:
    assert stage in {*desk.ENTERED, *order_keys.ENTERED, "card", "stock"}


@pytest.mark.parametrize("mode", keys.STOCK_MODES)
def test_no_two_keys_of_the_stock_desk_are_the_same_and_each_does_something(mode: str) -> None:
    now = Situation("stock", stock_mode=mode, has_stock_lines=True, is_of_arrival=True)
    presses = [key.press for key in keys_of(now)]
    assert len(presses) == len(set(presses))
    commands = {key.command for key in keys_of(now)}
    assert commands <= {*keys.STOCK_COMMANDS, "enter", "back", "language"}


def test_every_key_of_orders_has_its_command() -> None:
    assert {*order_keys.COMMANDS, "choose_way"} == keys.ORDER_COMMANDS


def test_a_cashier_can_take_money_as_soon_as_there_are_goods() -> None:
    now = Situation("selling", line_count=1)
    tenders = [key for key in keys_of(now) if key.place == "tender"]
    assert tenders == [
        Key("F8", "cash", "tender", is_main=True),
        Key("F9", "card", "tender"),
    ]


def test_without_a_payment_terminal_the_card_key_is_there_but_does_nothing() -> None:
    now = Situation("selling", has_payment_terminal=False)
    assert command_of(now, "F9") == ""
    assert "F9" in {key.press for key in keys_of(now)}


def test_while_a_card_is_paid_the_keys_that_take_money_are_there_and_do_nothing() -> None:
    now = Situation("card", is_card_running=True)
    assert [key for key in keys_of(now) if key.place == "tender"] == [
        Key("F8", "cash", "tender", is_enabled=False),
        Key("F9", "card", "tender", is_enabled=False),
    ]
    assert (command_of(now, "F8"), command_of(now, "F9")) == ("", "")


@pytest.mark.parametrize("stage", list(STAGES))
def test_a_doubtful_paper_is_answered_at_any_time_and_only_where_it_is_asked(
    stage: keys.StageName,
) -> None:
    asked = Situation(stage, is_paper_asked=True)
    assert (command_of(asked, "seen:7"), command_of(asked, "copy:7")) == (
        "paper_seen",
        "paper_copy",
    )
    assert command_of(Situation(stage), "seen:7") == ""
    assert command_of(asked, "seen") == ""


def test_a_selected_line_is_what_the_discount_is_for() -> None:
    assert command_of(Situation("selling"), "F4") == "discount"
    assert command_of(Situation("selling", is_line_selected=True), "F4") == "discount_line"


@pytest.mark.parametrize(
    ("now", "press", "command"),
    [
        (Situation("empty"), "F6", ""),
        (Situation("empty", suspended_count=1), "F6", "resume_list"),
        (Situation("done"), "Shift+F7", ""),
        (Situation("done", has_last_sale=True), "Shift+F7", "reprint"),
        (Situation("selling"), "Shift+F9", ""),
        (Situation("selling", has_card_tender=True), "Shift+F9", "reverse_card"),
        (Situation("card", is_card_running=True), "Escape", "cancel_card"),
        (Situation("card"), "Escape", ""),
        (Situation("card"), "F6", "suspend"),
        (Situation("card", is_card_running=True), "F6", ""),
        (Situation("returning"), "F8", ""),
        (Situation("returning", return_count=1), "F8", "refund_cash"),
        (Situation("shift", is_step=True), "F10", ""),
        (Situation("selling"), "KeyQ", "quick"),
        (Situation("shift"), "KeyQ", ""),
        (Situation("selling"), "line:3", "select"),
        (Situation("opening"), "line:3", ""),
        (Situation("selling"), "cash:50000", "quick_cash"),
        (Situation("shift"), "cash:50000", ""),
        (Situation("selling"), "F12", ""),
        (Situation("selling"), "", ""),
    ],
)
def test_what_a_key_does_depends_on_the_situation(now: Situation, press: str, command: str) -> None:
    assert command_of(now, press) == command


def test_the_key_is_written_on_its_button() -> None:
    presses = ("F8", "Shift+F3", "Escape", "ArrowUp", "KeyQ")
    assert [hint_of(press) for press in presses] == ["F8", "⇧F3", "Esc", "↑", "Q"]


def test_the_keyboards_letters_are_those_of_the_quick_products() -> None:
    """counter.js takes letters by their place on the keyboard, so that an input method does not swallow them."""
    script = (SCREENS / "static" / "counter.js").read_text(encoding="utf-8")
    assert "const LETTER = /^Key[A-Z]$/;" in script
    assert all(re.fullmatch("Key[A-Z]", press) for press in keys.QUICK_KEYS)
