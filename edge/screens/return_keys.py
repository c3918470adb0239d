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
from edge.screens.state import DeskState, LastDone, ReturnDraft
from edge.services import catalogue, returns
from edge.services.hub import AskHub
from edge.services.returns import Receipt, RefundBy
from edge.services.shop import Shop

if TYPE_CHECKING:
    from edge.services import wallets

MONEY = ("cash", "card", "wallet")
REASON = "customer return"  # the reasons of head office's list come with its orders


def menu(shop: Shop, state: DeskState, text: str) -> DeskState:
    """Opens the return; a receipt's code that was typed before is read at once."""
    if is_receipt_code(text):
        return open_receipt(shop, state, text)
    return DeskState(view="returning")


def enter(shop: Shop, state: DeskState, text: str) -> DeskState:
    """A receipt's code, or the number of a line to take back."""
    if state.draft is None or is_receipt_code(text):
        return open_receipt(shop, state, text)
    lines = [line.line for line in state.draft.sold.lines]
    return toggle(state, typed.listed_number(text, range(1, max(lines) + 1)))


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
    )
    return DeskState(view="returning", draft=draft)


def toggle(state: DeskState, line: int) -> DeskState:
    """One piece more of the line; after the last one none again."""
    if state.draft is None:
        return state
    left, chosen = dict(state.draft.left), dict(state.draft.chosen)
    pieces = chosen.get(line, 0) + 1
    chosen[line] = pieces if pieces <= left.get(line, 0) else 0
    return replace(state, draft=replace(state.draft, chosen=_kept(chosen)), notice=None)


def take_all(shop: Shop, state: DeskState, text: str) -> DeskState:
    del shop, text
    if state.draft is None:
        return state
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
    return [Wanted(line, pieces) for line, pieces in draft.chosen]


def _kept(chosen: dict[int, int]) -> tuple[tuple[int, int], ...]:
    return tuple((line, pieces) for line, pieces in sorted(chosen.items()) if pieces)
