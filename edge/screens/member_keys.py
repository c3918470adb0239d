"""What a member's code, a coupon and the keys of a member do at the counter.

The use cases are loaded by the first code of a member: most of a day's baskets are nobody's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from contract.sales import SaleCompleted
from edge.domain.member import is_coupon_code, is_member_code
from edge.screens import typed
from edge.screens.parts import Notice
from edge.screens.selling_keys import done_sale, goods_came
from edge.screens.state import DeskState, Misread, notice
from edge.services.hub import AskHub
from edge.services.selling import BasketView
from edge.services.shop import Shop

MAX_DIGITS: Final = 9  # of a number of points


def is_of_member(code: str) -> bool:
    return is_member_code(code) or is_coupon_code(code)


def came(shop: Shop, ask_hub: AskHub, state: DeskState, code: str) -> DeskState:
    """A member's code or a coupon was scanned, or typed."""
    from edge.services import members

    if is_coupon_code(code):
        return _paid(state, members.tender_coupon(shop, ask_hub, code), "coupon")
    members.attach(shop, code)
    return replace(goods_came(state), notice=notice("good", "counter.notice.member_on"))


def by_number(shop: Shop, ask_hub: AskHub, state: DeskState, number: str) -> DeskState:
    from edge.services import members

    members.attach_number(shop, ask_hub, number.strip())
    return replace(goods_came(state), notice=notice("good", "counter.notice.member_on"))


def points(shop: Shop, ask_hub: AskHub, state: DeskState, text: str) -> DeskState:
    """The number of points that was typed; as many as may be where nothing was."""
    from edge.services import members

    wanted = _points_of(text) if text.strip() else None
    return _paid(state, members.tender_points(shop, ask_hub, wanted), "points")


def stored_value(shop: Shop, ask_hub: AskHub, state: DeskState, text: str) -> DeskState:
    """All that is due, or the part that was typed."""
    from edge.services import members

    part = typed.amount_of(text, shop.settings.currency) if text.strip() else None
    return _paid(state, members.tender_stored_value(shop, ask_hub, part), "stored_value")


def take_off(shop: Shop, ask_hub: AskHub, state: DeskState, text: str) -> DeskState:
    """Takes back what the member's points, value and coupons paid; pressed again, the member leaves."""
    from edge.services import members

    del text
    after = members.take_off(shop)
    members.give_back(shop, ask_hub)
    told = "counter.notice.member_kept" if after.basket.member else "counter.notice.member_off"
    return replace(state, notice=notice("good", told), is_armed=False)


COMMANDS: Final[dict[str, Callable[[Shop, AskHub, DeskState, str], DeskState]]] = {
    "member_code": came,
    "points": points,
    "stored_value": stored_value,
    "member_off": take_off,
}


def _paid(state: DeskState, result: BasketView | SaleCompleted, kind: str) -> DeskState:
    if isinstance(result, SaleCompleted):
        return DeskState(done=done_sale(result))
    return replace(state, notice=_taken(result, kind), is_armed=False)


def _taken(after: BasketView, kind: str) -> Notice:
    fields = (("amount", after.basket.tenders[-1].amount_minor),)
    return notice("good", f"counter.notice.part_{kind}", fields, money=("amount",))


def _points_of(text: str) -> int:
    digits = text.strip().replace(",", "")
    if not digits.isdecimal() or len(digits) > MAX_DIGITS:
        raise Misread("counter.notice.need_points", has_advice=True)
    return int(digits)
