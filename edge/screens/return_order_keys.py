"""What the keys of a return do where goods of an order come back: found by its code or in the list, then taken in."""

from __future__ import annotations

from dataclasses import replace

from edge.screens import typed
from edge.screens.parts import Awaited, Notice, ReturnLine, Words
from edge.screens.return_state import OrderBack
from edge.screens.state import DeskState, Misread, notice
from edge.services import catalogue, returns_of_orders, wished_returns
from edge.services.returns_of_orders import Shown
from edge.services.shop import Shop

REASONS = ("changed_mind", "damaged", "wrong", "other")
REASON = "other"


def menu(shop: Shop) -> DeskState:
    """What customers have announced for this shop stands there to be chosen."""
    rows: dict[str, list[dict[str, object]]] = {}
    for wish in wished_returns.awaited(shop):
        rows.setdefault(str(wish["number"]), []).append(wish)
    awaited = tuple(
        _awaited(shop, row, number, wishes) for row, (number, wishes) in enumerate(rows.items(), 1)
    )
    return DeskState(view="returning", awaited=awaited)


def open_code(shop: Shop, code: str) -> DeskState:
    """The order of the code that the customer shows, whatever was on the screen."""
    return _opened(shop, Shown(code=code.strip()))


def open_listed(shop: Shop, state: DeskState, row: int) -> DeskState:
    """A row of the list of what was announced."""
    if not 0 < row <= len(state.awaited):
        return state
    return _opened(shop, Shown(number=state.awaited[row - 1].number))


def enter(shop: Shop, state: DeskState, text: str) -> DeskState:
    """A row of the list or an order's number; with an order on the screen, one of its lines."""
    if state.order_back is not None:
        rows = range(1, len(state.order_back.found.coming) + 1)
        return toggle(state, typed.listed_number(text, rows))
    word = text.strip()
    if word.isdecimal() and len(word) <= 2:
        return open_listed(shop, state, int(word))
    return _opened(shop, Shown(number=word))


def toggle(state: DeskState, row: int) -> DeskState:
    back = state.order_back
    if back is None or not 0 < row <= len(back.found.coming):
        return state
    return replace(state, order_back=back.toggled(row), notice=None)


def take_all(state: DeskState) -> DeskState:
    back = state.order_back
    return replace(state, order_back=back.whole(), notice=None) if back else state


def unfit(state: DeskState, text: str) -> DeskState:
    """The row that is typed, else the one that was chosen last, is not sold again; once more: it is."""
    back = state.order_back
    if back is None:
        return state
    rows = [row for row, _ in back.chosen]
    row = int(text) if text.strip().isdecimal() else back.last or (rows[0] if rows else 0)
    if row not in rows:
        raise Misread("counter.notice.need_line", has_advice=True)
    return replace(state, order_back=back.turned(row), notice=None)


def take_back(shop: Shop, state: DeskState, text: str, *, is_online: bool) -> DeskState:
    """What is typed when the key is pressed is the reason, else what the customer had said."""
    back = state.order_back
    if back is None:
        return state
    why = text.strip() or back.found.order.reason or REASON
    fact = returns_of_orders.take_back(shop, back.shown, back.wanted, why, is_online=is_online)
    told = _told(fact.number, back.worth_minor, is_online=is_online)
    after = menu(shop)
    return replace(after, notice=told) if after.awaited else DeskState(notice=told)


def _told(number: str, worth_minor: int, *, is_online: bool) -> Notice:
    fields = (("number", number), ("amount", worth_minor))
    if is_online:
        return notice("good", "counter.notice.taken_back", fields, money=("amount",))
    key = "counter.notice.taken_back_offline"
    return notice("warn", key, fields, money=("amount",), has_advice=True)


def lines(back: OrderBack) -> tuple[ReturnLine, ...]:
    chosen = dict(back.chosen)
    return tuple(
        ReturnLine(
            row,
            it.name,
            it.goods.quantity,
            it.left,
            chosen.get(row, 0),
            it.goods.unit_price_minor * it.goods.quantity,
            is_unfit=row in back.unfit,
            is_stale=back.found.is_stale(row, chosen.get(row, 0)),
            names=(("", it.name), *it.goods.names.items()),
        )
        for row, it in enumerate(back.found.coming, 1)
    )


def _opened(shop: Shop, shown: Shown) -> DeskState:
    found = returns_of_orders.look_up(shop, shown)
    return DeskState(view="returning", order_back=OrderBack(shown, found))


def _awaited(shop: Shop, row: int, number: str, wishes: list[dict[str, object]]) -> Awaited:
    first = wishes[0]
    names = first.get("names") or {}
    assert isinstance(names, dict)
    reason = str(first["reason"])
    return Awaited(
        row,
        number,
        (("", catalogue.name_in(names, shop.settings.language, str(first["sku"]))), *names.items()),
        len(wishes) - 1,
        Words(f"counter.return.reason.{reason if reason in REASONS else REASON}"),
        str(first["asked_at"]),
        str(first.get("until", "")),
    )
