"""What the keys of a shift do: open it, move cash, look at its figures, close it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

from edge.screens import typed
from edge.screens.reports import x_report, z_report
from edge.screens.state import DeskState, Misread, Step, notice
from edge.services import drawers, shifts
from edge.services.shop import Shop

REASON_AFTER: Final[dict[Step, Step]] = {"cash_in": "reason_in", "cash_out": "reason_out"}


def opening(shop: Shop, state: DeskState, text: str) -> DeskState:
    """Two answers in turn: the cashier's name, then the cash in the drawer."""
    if state.step != "float":
        if not text.strip():
            raise Misread("counter.notice.need_name")
        return replace(state, step="float", typed=text.strip(), notice=None)
    shifts.open_shift(shop, state.typed, typed.amount_of(text, shop.settings.currency))
    return DeskState()


def menu(shop: Shop, state: DeskState, text: str) -> DeskState:
    del shop, state, text
    return DeskState(view="shift")


def cash_in(shop: Shop, state: DeskState, text: str) -> DeskState:
    return _ask_amount(shop, state, text, "cash_in")


def cash_out(shop: Shop, state: DeskState, text: str) -> DeskState:
    return _ask_amount(shop, state, text, "cash_out")


def step(shop: Shop, state: DeskState, text: str) -> DeskState:
    """The answer to the running question: the amount first, then what it is for."""
    if state.step in REASON_AFTER:
        typed.amount_of(text, shop.settings.currency)
        return replace(state, step=REASON_AFTER[state.step], typed=text, notice=None)
    amount_minor = typed.amount_of(state.typed, shop.settings.currency)
    direction: Literal["in", "out"] = "in" if state.step == "reason_in" else "out"
    shifts.move_cash(shop, direction, amount_minor, text.strip())
    fields = (("amount", amount_minor),)
    told = notice("good", "counter.notice.cash_moved", fields, money=("amount",))
    return DeskState(view="shift", notice=told)


def x(shop: Shop, state: DeskState, text: str) -> DeskState:
    """On the screen and on paper."""
    del state, text
    return DeskState(view="report", report=x_report(shifts.print_x(shop)))


def open_drawer(shop: Shop, state: DeskState, text: str) -> DeskState:
    del text
    drawers.open_without_sale(shop)
    return replace(state, notice=notice("good", "counter.notice.drawer"))


def count(shop: Shop, state: DeskState, text: str) -> DeskState:
    del shop, state, text
    return DeskState(view="counting")


def close(shop: Shop, state: DeskState, text: str) -> DeskState:
    del state
    z = shifts.close(shop, typed.amount_of(text, shop.settings.currency))
    return DeskState(view="report", report=z_report(z))


def _ask_amount(shop: Shop, state: DeskState, text: str, wanted: Step) -> DeskState:
    """With an amount already typed, the next question is what it is for."""
    asked = replace(state, view="shift", step=wanted, typed="", notice=None)
    return step(shop, asked, text) if text.strip() else asked
