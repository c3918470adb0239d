"""What the keys of a return do: read the receipt, choose lines, give the money back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from contract.sales import ReturnCompleted
from edge.domain import returns as worth
from edge.domain.receipt_code import is_receipt_code
from edge.domain.returns import Wanted
from edge.domain.sale import MemberPart
from edge.screens import typed
from edge.screens.keys import RETURN_PREFIX
from edge.screens.parts import ReturnLine
from edge.screens.state import DeskState, LastDone, Misread, ReturnDraft
from edge.services import catalogue, returns
from edge.services.hub import AskHub
from edge.services.returns import Receipt, RefundBy
from edge.services.shop import Shop

if TYPE_CHECKING:
    from edge.services import wallets

LONGEST_NUMBER = 20
MONEY = ("cash", "card", "wallet")
REASON = "customer return"  # the reasons of head office's list come with its orders


def menu(shop: Shop, state: DeskState, text: str) -> DeskState:
    """Opens the return; a receipt's code or an order's number that was typed before is read at once."""
    from edge.screens import return_order_keys  # with the first return, not before the first page

    if is_receipt_code(text):
        return open_receipt(shop, state, text)
    if text.strip():
        return return_order_keys.enter(shop, DeskState(), text)
    return return_order_keys.menu(shop)


def came_from_list(state: DeskState) -> bool:
    """Whether an order is shown that was found in the list, and whose code nobody showed."""
    found = state.order_back
    return state.view == "returning" and found is not None and not found.shown.code


def enter(shop: Shop, state: DeskState, text: str) -> DeskState:
    """A receipt's code, the number of a line to take back, or of an order that comes back."""
    if is_receipt_code(text):
        return open_receipt(shop, state, text)
    if state.draft is None and (state.order_back or _may_name_an_order(text)):
        from edge.screens import return_order_keys

        return return_order_keys.enter(shop, state, text)
    if state.draft is None:
        return open_receipt(shop, state, text)
    lines = [line.line for line in state.draft.sold.lines]
    return toggle(state, typed.listed_number(text, range(1, max(lines) + 1)))


def _may_name_an_order(text: str) -> bool:
    """Every other text is a receipt's code, or meant to be one."""
    return 0 < len(text.strip()) <= LONGEST_NUMBER and ":" not in text


def is_of_order(text: str) -> bool:
    return text.strip().upper().startswith(RETURN_PREFIX)


def is_of_return(code: str) -> bool:
    """Whether it opens a return: a receipt's code, or that of an order that was paid online."""
    return is_receipt_code(code) or is_of_order(code)


def open_scanned(shop: Shop, state: DeskState, code: str) -> DeskState:
    if is_of_order(code):
        return open_code(shop, state, code)
    return open_receipt(shop, state, code)


def open_code(shop: Shop, state: DeskState, code: str) -> DeskState:
    """The code of an order that comes back."""
    from edge.screens import return_order_keys

    del state
    return return_order_keys.open_code(shop, code)


def selected(shop: Shop, state: DeskState, row: int) -> DeskState:
    if state.draft is not None:
        return toggle(state, row)
    from edge.screens import return_order_keys

    if state.order_back is not None:
        return return_order_keys.toggle(state, row)
    return return_order_keys.open_listed(shop, state, row)


def take_order_back(shop: Shop, state: DeskState, text: str, *, is_online: bool) -> DeskState:
    from edge.screens import return_order_keys

    return return_order_keys.take_back(shop, state, text, is_online=is_online)


def unfit(shop: Shop, state: DeskState, text: str) -> DeskState:
    """The line that is typed, else the one that was chosen last: whether it is sold again is the other way round."""
    del shop
    if state.draft is None:
        from edge.screens import return_order_keys

        return return_order_keys.unfit(state, text)
    lines = [line for line, _ in state.draft.chosen]
    named = text.strip()
    line = int(named) if named.isdecimal() else state.draft.last or (lines[0] if lines else 0)
    if line not in lines:
        raise Misread("counter.notice.need_line", has_advice=True)
    draft = replace(state.draft, turned=state.draft.turned ^ {line})
    return replace(state, draft=draft, notice=None)


def open_receipt(shop: Shop, state: DeskState, code: str) -> DeskState:
    from edge.services import wallets  # with the first return, not before the first page

    del state
    found = returns.look_up(shop, Receipt(code=code.strip()))
    language = shop.settings.language
    with shop.read() as reader:
        names = tuple(
            (line.line, line.name or catalogue.name_of(reader, line.sku, language))
            for line in found.sold.lines
        )
        is_paid = any(it.left_minor for it in wallets.paid_here(reader, found.sold.sale_id))
    left = tuple(sorted(found.left.items()))
    draft = ReturnDraft(
        code.strip(),
        found.sold,
        left,
        names,
        returned_minor=found.returned_minor,
        has_wallet=is_paid or found.sold.edge_id != shop.settings.edge_id,
        away=found.away,
    )
    return DeskState(view="returning", draft=draft)


def toggle(state: DeskState, line: int) -> DeskState:
    """One piece more of the line; after the last one none again."""
    if state.draft is None:
        return state
    left, chosen = dict(state.draft.left), dict(state.draft.chosen)
    pieces = chosen.get(line, 0) + 1
    chosen[line] = pieces if pieces <= left.get(line, 0) else 0
    return replace(state, draft=replace(state.draft, chosen=_kept(chosen), last=line), notice=None)


def take_all(shop: Shop, state: DeskState, text: str) -> DeskState:
    del shop, text
    if state.draft is None:
        from edge.screens import return_order_keys

        return return_order_keys.take_all(state)
    return replace(state, draft=replace(state.draft, chosen=_kept(dict(state.draft.left))))


def refund_cash(shop: Shop, state: DeskState, text: str) -> DeskState:
    return _refund(shop, state, text, "cash")


def refund_card(shop: Shop, state: DeskState, text: str) -> DeskState:
    return _refund(shop, state, text, "card")


def refund_wallet(
    shop: Shop, ask_hub: AskHub, state: DeskState, text: str, *, is_online: bool
) -> DeskState:
    from edge.services import wallets

    wallets.refuse_offline_refund(is_online=is_online)
    if state.draft is None:
        return state
    elsewhere = wallets.paid_elsewhere(shop, ask_hub, state.draft.sold)
    return _refund(shop, state, text, "wallet", elsewhere)


def amount_minor(draft: ReturnDraft) -> int:
    """What the chosen pieces are worth, as the return itself will say."""
    returned = _returned(draft)
    lines = worth.take_back(draft.sold, returned, _wanted(draft)) if draft.chosen else ()
    return sum(line.amount_minor for line in lines)


def back_to_member(draft: ReturnDraft) -> tuple[MemberPart, ...]:
    """What of it goes back as points, stored value or coupon."""
    return worth.back_to_member(draft.sold, draft.returned_minor, amount_minor(draft))


def _refund(
    shop: Shop,
    state: DeskState,
    reason: str,
    tender: RefundBy,
    elsewhere: Sequence[wallets.Paid] = (),
) -> DeskState:
    """What is typed when the key is pressed is the reason."""
    if state.draft is None:
        return state
    receipt = Receipt(code=state.draft.receipt_code)
    wanted = _wanted(state.draft)
    why = reason.strip() or REASON
    done = returns.take_back(shop, receipt, wanted, why, tender, elsewhere)
    return DeskState(done=_done(done))


def _done(back: ReturnCompleted) -> LastDone:
    return LastDone(
        kind="return",
        subject_id=back.return_id,
        receipt_number=back.receipt_number,
        total_minor=back.total_minor + back.rounding_minor,
        tendered_minor=sum(it.amount_minor for it in back.tenders if it.kind in MONEY),
        change_minor=0,
        tenders=tuple((tender.kind, tender.amount_minor, "") for tender in back.tenders),
    )


def _returned(draft: ReturnDraft) -> dict[int, int]:
    left = dict(draft.left)
    return {line.line: line.quantity - left[line.line] for line in draft.sold.lines}


def _wanted(draft: ReturnDraft) -> list[Wanted]:
    return [Wanted(line, pieces, _is_sold_again(draft, line)) for line, pieces in draft.chosen]


def _is_sold_again(draft: ReturnDraft, line: int) -> bool:
    return (line in draft.away) == (line in draft.turned)


def lines(draft: ReturnDraft) -> tuple[ReturnLine, ...]:
    left, chosen, names = dict(draft.left), dict(draft.chosen), dict(draft.names)
    return tuple(
        ReturnLine(
            line.line,
            names.get(line.line, line.sku),
            line.quantity,
            left[line.line],
            chosen.get(line.line, 0),
            line.amount_minor,
            is_unfit=not _is_sold_again(draft, line.line),
            is_away=line.line in draft.away,
        )
        for line in draft.sold.lines
    )


def _kept(chosen: dict[int, int]) -> tuple[tuple[int, int], ...]:
    return tuple((line, pieces) for line, pieces in sorted(chosen.items()) if pieces)
