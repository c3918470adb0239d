"""What the keys of a sale do: each function is one key, calls one use case, and gives the counter's next state."""

from __future__ import annotations

from dataclasses import replace

from contract.sales import SaleCompleted
from edge.domain.basket import EnteredCode
from edge.domain.receipt_code import is_receipt_code
from edge.screens import return_keys, typed
from edge.screens.state import DeskState, LastDone, Misread, notice
from edge.services import printing, sales, selling
from edge.services.shop import Shop


def enter(shop: Shop, state: DeskState, text: str) -> DeskState:
    """A code was typed or scanned as if typed. A receipt's code opens the return."""
    if not text.strip() and state.done is not None:
        return replace(state, done=None, notice=None)
    if is_receipt_code(text):
        return return_keys.open_receipt(shop, state, text)
    code, quantity = typed.code_of(text)
    selling.add_scan(shop, EnteredCode(code, entry_method="keyed"), quantity)
    return goods_came(state)


def goods_came(state: DeskState) -> DeskState:
    """New goods end whatever was shown of the sale before, and the newest line is the one that keys act on."""
    return replace(state, view="sell", done=None, notice=None, selected=0, is_armed=False)


def add_quick(shop: Shop, state: DeskState, sku: str) -> DeskState:
    selling.add_scan(shop, EnteredCode(sku, entry_method="keyed"))
    return goods_came(state)


def quantity(shop: Shop, state: DeskState, text: str) -> DeskState:
    selling.set_quantity(shop, _line(shop, state), typed.quantity_of(text))
    return replace(state, notice=None)


def void_line(shop: Shop, state: DeskState, text: str) -> DeskState:
    del text
    selling.void_line(shop, _line(shop, state))
    return replace(state, notice=None, selected=0)


def discount(shop: Shop, state: DeskState, text: str) -> DeskState:
    """On the selected line, or on the whole basket where none is selected."""
    off = typed.discount_of(text, shop.settings.currency)
    if state.selected:
        selling.discount_line(shop, state.selected, off)
    else:
        selling.discount_basket(shop, off)
    return replace(state, notice=None)


def void_basket(shop: Shop, state: DeskState, text: str) -> DeskState:
    """The first press asks, the second one does it."""
    del text
    if not state.is_armed:
        question = notice("warn", "counter.armed.void_basket", (("n", len(_lines(shop))),))
        return replace(state, is_armed=True, notice=question)
    selling.void_basket(shop)
    return DeskState(notice=notice("good", "counter.notice.voided"))


def suspend(shop: Shop, state: DeskState, text: str) -> DeskState:
    del state, text
    selling.suspend(shop)
    return DeskState(notice=notice("good", "counter.notice.suspended", has_advice=True))


def resume_list(shop: Shop, state: DeskState, text: str) -> DeskState:
    del shop, text
    return replace(state, view="suspended", notice=None, done=None)


def resume(shop: Shop, state: DeskState, text: str) -> DeskState:
    """The number of a row of the list of suspended baskets."""
    del state
    waiting = selling.suspended(shop)
    number = typed.listed_number(text, range(1, len(waiting) + 1))
    selling.resume(shop, waiting[number - 1].basket.basket_id)
    return DeskState(notice=notice("good", "counter.notice.resumed"))


def cash(shop: Shop, state: DeskState, text: str) -> DeskState:
    """The cash that was typed; the exact amount where nothing was."""
    is_typed = bool(text.strip())
    given_minor = typed.amount_of(text, shop.settings.currency) if is_typed else exact_cash(shop)
    return cash_given(shop, state, given_minor)


def cash_given(shop: Shop, state: DeskState, given_minor: int) -> DeskState:
    result = selling.tender_cash(shop, given_minor)
    if isinstance(result, SaleCompleted):
        return DeskState(done=done_sale(result))
    fields = (("amount", given_minor),)
    part = notice("good", "counter.notice.part_cash", fields, money=("amount",))
    return replace(state, notice=part, is_armed=False)


def exact_cash(shop: Shop) -> int:
    view = selling.current(shop)
    due_minor = view.due_minor if view else 0
    return typed.in_coins(due_minor, shop.settings.cash_rounding_minor)


def done_sale(sale: SaleCompleted) -> LastDone:
    cash_tenders = [tender for tender in sale.tenders if tender.kind == "cash"]
    return LastDone(
        kind="sale",
        subject_id=sale.sale_id,
        receipt_number=sale.receipt_number,
        total_minor=sale.total_minor + sale.rounding_minor,
        tendered_minor=sum(tender.tendered_minor for tender in cash_tenders),
        change_minor=sum(tender.change_minor for tender in cash_tenders),
        tenders=tuple((t.kind, t.tendered_minor, t.masked_pan) for t in sale.tenders),
        points_earned=sale.points_earned,
    )


def reprint(shop: Shop, state: DeskState, text: str) -> DeskState:
    """The last receipt once more: of what is on the screen, else of what the box completed last."""
    del text
    subject_id = state.done.subject_id if state.done else sales.last_id(shop)
    if subject_id is None:
        raise Misread("counter.notice.no_last_sale")
    printing.copy_of_subject(shop, subject_id)
    return replace(state, notice=notice("good", "counter.notice.reprinted"))


def select_up(shop: Shop, state: DeskState, text: str) -> DeskState:
    """Upwards on the screen is towards the newest line."""
    del text
    return _select(shop, state, 1)


def select_down(shop: Shop, state: DeskState, text: str) -> DeskState:
    del text
    return _select(shop, state, -1)


def select_line(state: DeskState, line: int) -> DeskState:
    """Touching the selected line again lets go of it."""
    return replace(state, selected=0 if state.selected == line else line, is_armed=False)


def back(shop: Shop, state: DeskState, text: str) -> DeskState:
    """Lets go of what is open: a question, a selection, a view, the last sale. What a list led to leads back to it."""
    del text
    if return_keys.came_from_list(state):
        return return_keys.menu(shop, state, "")
    if state.is_armed or (state.view == "sell" and state.selected):
        return replace(state, is_armed=False, selected=0, notice=None)
    if state.step:
        return replace(state, step="", typed="", notice=None)
    return DeskState()


def _lines(shop: Shop) -> list[int]:
    view = selling.current(shop)
    return [line.line for line in view.basket.live_lines] if view else []


def _line(shop: Shop, state: DeskState) -> int:
    """The line that keys act on. Line 0 is none: the use case says that there is no such line."""
    lines = _lines(shop)
    return state.selected or (lines[-1] if lines else 0)


def _select(shop: Shop, state: DeskState, step: int) -> DeskState:
    lines = _lines(shop)
    if not lines:
        return state
    at = lines.index(state.selected) if state.selected in lines else len(lines) - 1
    chosen = lines[max(0, min(len(lines) - 1, at + step))]
    return replace(state, selected=chosen, is_armed=False)
