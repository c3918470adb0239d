"""What the keys of the stock desk do: goods come in, are counted, looked at and taken off the shelf.

Loaded by the first press of its key: a till that only sells has none of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from edge.domain.basket import EnteredCode
from edge.domain.errors import MoreThanAnnounced, StockDeskOpen
from edge.domain.receipt_code import is_receipt_code
from edge.domain.wallet_code import wallet_of
from edge.screens import member_keys, stock_readings, typed
from edge.screens.keys import HANDOVER_PREFIX, Press
from edge.screens.parts import Notice, Tone
from edge.screens.state import DeskState, Misread, notice, refusal
from edge.screens.stock_state import Line, StockDraft, with_newest, with_pieces
from edge.services import counting, goods, receiving, stock
from edge.services.counting import Counted
from edge.services.receiving import Arrival, Came, Rest
from edge.services.shop import Shop
from edge.services.stock import Move

StockCommand = Callable[[Shop, StockDraft, str], DeskState]
MAX_LOT: Final = 40
PAST_D: Final = 180  # a day and month that are longer ago are next year's
_DAY = re.compile(r"(?:(?P<year>20\d\d|\d\d)[-./]?)?(?P<month>\d\d)[-./]?(?P<day>\d\d)")


def carried_out(shop: Shop, state: DeskState, press: Press) -> DeskState:
    """One key of the stock desk, or the key that leads to it."""
    draft = state.stock or StockDraft()
    if press.command == "stock":
        return opened(shop, press.text)
    if press.command in COMMANDS:
        return COMMANDS[press.command](shop, draft, press.text)
    if press.command == "select":
        number = typed.number_in(press.key)
        return state if number is None else _selected(shop, draft, number)
    if press.command == "back":
        return back(draft)
    return entered(shop, draft, press.text)


def scanned(shop: Shop, state: DeskState, code: EnteredCode) -> DeskState:
    """Goods are counted, or come in. A customer's code is not for this desk: it would lose what was scanned."""
    _check_goods(code.code)
    draft = state.stock or StockDraft()
    if draft.asks:
        draft = replace(draft, asks="")
    if draft.mode in ("menu", "goods"):
        return look_at(shop, code.code)
    return _add(shop, _uncompared(draft), code, 1)


def opened(shop: Shop, text: str) -> DeskState:
    """The desk's own list; with a product's code typed before, that product."""
    return look_at(shop, text.strip()) if text.strip() else _at(StockDraft())


def entered(shop: Shop, draft: StockDraft, text: str) -> DeskState:
    if draft.asks:
        return ANSWERS[draft.asks](shop, draft, text.strip())
    if not text.strip():
        return _at(draft)
    _check_goods(text.strip())
    if draft.mode == "menu" and text.strip().isdecimal() and len(text.strip()) <= 2:
        return _selected(shop, draft, int(text))
    if draft.mode in ("menu", "goods"):
        return look_at(shop, text.strip())
    code, pieces = typed.code_of(text)
    return _add(shop, _uncompared(draft), EnteredCode(code), pieces)


def back(draft: StockDraft) -> DeskState:
    """One step: from a question, from the comparison, from what was scanned (asked once), from the desk."""
    if draft.asks:
        return _at(replace(draft, asks=""))
    if draft.mode == "compared":
        return _at(replace(draft, mode="counting", expected=()))
    if draft.mode == "menu":
        return DeskState()
    if draft.lines and draft.armed != "back":
        return _armed(draft, "back", "counter.armed.stock_leave", pieces=draft.pieces)
    return _at(StockDraft())


def look_at(shop: Shop, code: str) -> DeskState:
    with shop.read() as reader:
        found = goods.find(reader, code)
    return _at(StockDraft(mode="goods", sku=found.sku))


def receive(shop: Shop, draft: StockDraft, text: str) -> DeskState:
    """Goods that nobody announced."""
    del shop, draft, text
    return _at(StockDraft(mode="receiving"))


def count(shop: Shop, draft: StockDraft, text: str) -> DeskState:
    del shop, draft, text
    return _at(StockDraft(mode="counting"))


def quantity(shop: Shop, draft: StockDraft, text: str) -> DeskState:
    """Of the newest line: so many in all."""
    del shop
    newest, pieces = _newest(draft), typed.quantity_of(text)
    if not pieces and draft.mode == "receiving":
        return _at(with_newest(draft, None))
    damaged = min(newest.damaged, pieces)
    return _at(with_newest(draft, replace(newest, quantity=pieces, damaged=damaged, last=pieces)))


def void(shop: Shop, draft: StockDraft, text: str) -> DeskState:
    del shop, text
    _newest(draft)
    return _at(with_newest(draft, None))


def damaged(shop: Shop, draft: StockDraft, text: str) -> DeskState:
    """So many of the newest line's pieces are not fit to be sold."""
    del shop
    newest = _newest(draft)
    pieces = typed.quantity_of(text)
    if pieces > newest.quantity:
        raise Misread("counter.notice.stock_damaged", (("n", newest.quantity),), has_advice=True)
    return _at(with_newest(draft, replace(newest, damaged=pieces)))


def other_lot(shop: Shop, draft: StockDraft, text: str) -> DeskState:
    """The pieces of the last scan have another lot than those before: they become a line of their own."""
    del shop, text
    newest = _newest(draft)
    fresh = Line(newest.sku, newest.names, newest.last or newest.quantity)
    rest = newest.quantity - fresh.quantity
    kept = with_newest(draft, replace(newest, quantity=rest) if rest else None)
    return _at(
        replace(kept, lines=(*kept.lines, replace(fresh, last=fresh.quantity)), asks="expiry")
    )


def take_in(shop: Shop, draft: StockDraft, text: str) -> DeskState:
    """What came. More than was announced, or less, is said first and taken in by the second press."""
    del text
    _newest(draft)
    arrival = stock_readings.arrival(shop, draft.arrival_id)
    missing = sum(_left(arrival, draft).values())
    if missing and draft.armed not in ("short", "over"):
        return _armed(draft, "short", "counter.armed.stock_short", n=missing)
    try:
        return _taken_in(shop, draft, "awaited")
    except MoreThanAnnounced as more:
        return _at(replace(draft, armed="over"), refusal(more))


def lost(shop: Shop, draft: StockDraft, text: str) -> DeskState:
    """What is missing will not come any more: asked once, then the arrival is ended."""
    del text
    arrival = stock_readings.arrival(shop, draft.arrival_id)
    missing = _left(arrival, draft)
    if draft.armed != "lost":
        return _armed(draft, "lost", "counter.armed.stock_lost", n=sum(missing.values()))
    return _taken_in(shop, draft, "lost")


def compare(shop: Shop, draft: StockDraft, text: str) -> DeskState:
    """From now on the ledger is shown beside what was counted blind."""
    del text
    _newest(draft)
    return _at(_compared(shop, draft))


def recount(shop: Shop, draft: StockDraft, text: str) -> DeskState:
    """Only what differs is counted again, and blind again."""
    del shop, text
    expected = dict(draft.expected)
    agreed = tuple(line for line in draft.lines if line.quantity == expected[line.sku])
    told = notice("good", "counter.notice.stock_recount", has_advice=True)
    return _at(replace(draft, mode="counting", lines=agreed, expected=()), told)


def accept(shop: Shop, draft: StockDraft, text: str) -> DeskState:
    """What was counted holds, unless the ledger has moved since it was compared: then it is shown again."""
    del text
    fresh = _compared(shop, draft)
    if fresh.expected != draft.expected:
        return _at(fresh, notice("warn", "counter.notice.stock_moved_on", has_advice=True))
    done = counting.count(shop, [Counted(line.sku, line.quantity) for line in draft.lines])
    if len(done.disagreements) == 1:
        return _at(StockDraft(), replace(refusal(done.disagreements[0]), tone="warn"))
    fields = (("n", len(done.disagreements)), ("all", len(draft.lines)))
    key = "counter.notice.stock_differs" if done.disagreements else "counter.notice.stock_agrees"
    return _at(StockDraft(), notice("warn" if done.disagreements else "good", key, fields))


def write_off(shop: Shop, draft: StockDraft, text: str) -> DeskState:
    """So many pieces of the chosen lot leave the shelf for good: spoilt, broken, past their date."""
    lots = stock_readings.lots_of(shop, draft.sku)
    at = draft.lot or (1 if len(lots) == 1 else 0)
    if not 0 < at <= len(lots):
        raise Misread("counter.notice.stock_choose_lot", has_advice=True)
    lot, pieces = lots[at - 1], typed.quantity_of(text)
    if not 0 < pieces <= lot.quantity:
        raise Misread("counter.notice.stock_too_many", (("n", lot.quantity),), has_advice=True)
    stock.move(shop, "damaged", [Move(draft.sku, -pieces, lot.lot, lot.expiry)])
    told = notice("good", "counter.notice.stock_written_off", (("n", pieces),))
    return _at(replace(draft, lot=0), told)


def _add(shop: Shop, draft: StockDraft, code: EnteredCode, pieces: int) -> DeskState:
    with shop.read() as reader:
        found = goods.find(reader, code.code)
    if draft.mode == "counting":
        return _at(with_pieces(draft, Line(found.sku, found.names, pieces)))
    newest = draft.newest
    line = Line(found.sku, found.names, pieces, code.lot, code.expiry)
    if code.expiry or code.lot:
        return _at(with_pieces(draft, line))
    if newest is not None and newest.sku == found.sku:
        return _at(with_pieces(draft, replace(newest, quantity=pieces, damaged=0)))
    arrival = stock_readings.arrival(shop, draft.arrival_id)
    named = [lot for lot in arrival.lots if lot.sku == found.sku] if arrival else []
    if len(named) == 1:
        line = replace(line, lot=named[0].lot, expiry=named[0].expiry)
        return _at(with_pieces(draft, line))
    asked = replace(draft, lines=(*draft.lines, replace(line, last=pieces)), asks="expiry")
    return _at(asked) if found.has_lots or named else _at(with_pieces(draft, line))


def _answer_expiry(shop: Shop, draft: StockDraft, text: str) -> DeskState:
    newest = _newest(draft)
    expiry = day_of(text, stock_readings.today(shop)) if text else ""
    return _at(replace(with_newest(draft, replace(newest, expiry=expiry)), asks="lot"))


def _answer_lot(shop: Shop, draft: StockDraft, text: str) -> DeskState:
    """The line comes to an older one of the same lot."""
    del shop
    newest = replace(_newest(draft), lot=text[:MAX_LOT])
    return _at(replace(with_pieces(with_newest(draft, None), newest), asks=""))


def _selected(shop: Shop, draft: StockDraft, number: int) -> DeskState:
    """A row: an arrival or a lot of the list, a lot of the product, a line that becomes the newest."""
    if draft.mode == "goods":
        return _at(replace(draft, lot=0 if draft.lot == number else number))
    if draft.mode != "menu":
        return _at(_newest_first(draft, number))
    arrivals, dated = stock_readings.menu(shop)
    if number in range(1, len(arrivals) + 1):
        return _at(StockDraft(mode="receiving", arrival_id=arrivals[number - 1].arrival_id))
    if number in range(len(arrivals) + 1, len(arrivals) + len(dated) + 1):
        return _at(StockDraft(mode="goods", sku=dated[number - len(arrivals) - 1].sku))
    raise Misread("counter.notice.bad_number", (("text", str(number)),), has_advice=True)


def _newest_first(draft: StockDraft, number: int) -> StockDraft:
    if not 0 < number <= len(draft.lines):
        return draft
    chosen = draft.lines[number - 1]
    others = tuple(line for line in draft.lines if line is not chosen)
    return replace(draft, lines=(*others, replace(chosen, last=0)))


def _taken_in(shop: Shop, draft: StockDraft, rest: Rest) -> DeskState:
    """A rest that is lost whole leaves one line of a missing product, of which nothing came."""
    lines = [
        Came(line.sku, line.quantity, line.damaged, line.lot, line.expiry) for line in draft.lines
    ]
    if not lines:
        missing = _left(stock_readings.arrival(shop, draft.arrival_id), draft)
        lines = [Came(sku, 0) for sku in missing]
    over: receiving.Over = "accept" if draft.armed == "over" else "refuse"
    done = receiving.receive(shop, draft.arrival_id, lines, over, rest)
    tone: Tone = "good" if done.outcome in ("full", "unannounced") else "warn"
    key = f"counter.notice.stock_{'lost' if done.rest == 'lost' else done.outcome}"
    told = notice(tone, key, (("n", draft.pieces),), has_advice=tone == "warn")
    return _at(StockDraft(), told)


def _left(arrival: Arrival | None, draft: StockDraft) -> dict[str, int]:
    """What would still be missing."""
    left = Counter(arrival.left if arrival else {})
    for line in draft.lines:
        left[line.sku] -= line.quantity
    return {sku: quantity for sku, quantity in left.items() if quantity > 0}


def _compared(shop: Shop, draft: StockDraft) -> StockDraft:
    with shop.read() as reader:
        expected = stock_readings.on_shelf(reader, [line.sku for line in draft.lines])
    return replace(draft, mode="compared", expected=tuple(sorted(expected.items())), armed="")


def _uncompared(draft: StockDraft) -> StockDraft:
    return replace(draft, mode="counting", expected=()) if draft.mode == "compared" else draft


def _newest(draft: StockDraft) -> Line:
    if draft.newest is None:
        raise Misread("counter.notice.stock_no_line", has_advice=True)
    return draft.newest


def _check_goods(code: str) -> None:
    is_of_customer = (
        is_receipt_code(code)
        or code.startswith(HANDOVER_PREFIX)
        or member_keys.is_of_member(code)
        or bool(wallet_of(code))
    )
    if is_of_customer:
        raise StockDeskOpen


def _at(draft: StockDraft, told: Notice | None = None) -> DeskState:
    """What was armed is so for the next key only."""
    armed = draft.armed if told is not None else ""
    return DeskState(view="stock", stock=replace(draft, armed=armed), notice=told)


def _armed(draft: StockDraft, command: str, key: str, **fields: int) -> DeskState:
    told = notice("warn", key, tuple(fields.items()), has_advice=True)
    return _at(replace(draft, armed=command), told)


def day_of(text: str, today: str) -> str:
    """A use-by date as people type it off a package.

    >>> day_of("1130", "2026-11-28"), day_of("261201", "2026-11-28"), day_of("2026-12-24", "2026-11-28")
    ('2026-11-30', '2026-12-01', '2026-12-24')
    >>> day_of("0103", "2026-11-28"), day_of("11.20", "2026-11-28")
    ('2027-01-03', '2026-11-20')
    """
    found = _DAY.fullmatch(text)
    if found is None:
        raise Misread("counter.notice.need_date", has_advice=True)
    now = date.fromisoformat(today)
    year = int(found["year"] or now.year)
    try:
        day = date(year if year > 99 else 2000 + year, int(found["month"]), int(found["day"]))
    except ValueError as error:
        raise Misread("counter.notice.need_date", has_advice=True) from error
    if not found["year"] and day < now - timedelta(days=PAST_D):
        day = day.replace(year=day.year + 1)
    return day.isoformat()


COMMANDS: Final[dict[str, StockCommand]] = {
    "stock_receive": receive,
    "stock_count": count,
    "stock_quantity": quantity,
    "stock_void": void,
    "stock_damaged": damaged,
    "stock_lot": other_lot,
    "stock_take_in": take_in,
    "stock_lost": lost,
    "stock_compare": compare,
    "stock_recount": recount,
    "stock_accept": accept,
    "stock_write_off": write_off,
}
ANSWERS: Final[dict[str, StockCommand]] = {"expiry": _answer_expiry, "lot": _answer_lot}
