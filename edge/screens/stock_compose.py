"""From what the stock desk read and remembers to what it shows: pure. Loaded with its first look."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from contract.lots import is_fresh
from edge.screens.parts import Tone, Words
from edge.screens.stock_parts import (
    ArrivalRow,
    GoodsShown,
    LineRow,
    LotRow,
    Share,
    StockShown,
)
from edge.screens.stock_state import Line, StockDraft
from edge.services import rights
from edge.services.catalogue import name_in
from edge.services.markdowns import end_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.rights import RightsAccount
    from edge.screens.stock_readings import StockSeen
    from edge.services.receiving import Arrival
    from edge.services.shop import Shop

ASKS = {
    "menu": "stock",
    "receiving": "stock_scan",
    "counting": "stock_count",
    "compared": "stock_compared",
    "goods": "stock_goods",
}


def ask(draft: StockDraft | None, language: str) -> Words:
    if draft is None:
        return Words("counter.ask.stock")
    if draft.asks and draft.newest:
        name = name_in(dict(draft.newest.names), language, draft.newest.sku)
        return Words(f"counter.ask.stock_{draft.asks}", (("name", name),))
    return Words(f"counter.ask.{ASKS[draft.mode]}")


def shown(shop: Shop, seen: StockSeen | None, draft: StockDraft | None) -> StockShown:
    if seen is None or draft is None:
        return StockShown("menu")
    if draft.mode == "menu":
        return _menu(seen)
    if draft.mode == "receiving":
        header = _arrival(0, seen.arrival, seen) if seen.arrival else None
        return StockShown("receiving", arrival=header, lines=tuple(_coming(seen, draft)))
    if draft.mode == "goods":
        return _goods(shop, seen, draft)
    return StockShown(draft.mode, lines=tuple(_counted(draft)))


def _menu(seen: StockSeen) -> StockShown:
    arrivals = tuple(_arrival(n, it, seen) for n, it in enumerate(seen.arrivals, 1))
    names = dict(seen.names)
    lots = tuple(
        LotRow(
            row=number,
            names=names.get(it.sku, (("", it.sku),)),
            lot=it.lot,
            expiry=it.expiry,
            pieces=it.quantity,
            tone=_tone(it.expiry, seen.today),
            word=_word(it.expiry, seen.today),
        )
        for number, it in enumerate(seen.near, len(arrivals) + 1)
    )
    return StockShown("menu", arrivals, lots)


def _arrival(row: int, it: Arrival, seen: StockSeen) -> ArrivalRow:
    names, left = dict(seen.names), it.left
    first = next(iter(left), "")
    return ArrivalRow(
        row=row,
        source=it.source,
        number=it.number,
        sender=it.sender,
        due=it.due,
        goods=names.get(first, (("", first),)),
        others=max(0, len(left) - 1),
        pieces=sum(left.values()),
        is_begun=bool(it.came),
    )


def _tone(expiry: str, today: str) -> Tone:
    if not is_fresh(expiry, today):
        return "bad"
    return "warn" if expiry == today else "off"


def _word(expiry: str, today: str) -> Words | None:
    if not expiry:
        return None
    if not is_fresh(expiry, today):
        return Words("counter.stock.expired")
    return Words("counter.stock.today") if expiry == today else None


def _coming(seen: StockSeen, draft: StockDraft) -> Iterator[LineRow]:
    """What was scanned, the newest first, each product's difference on its first line; then what is missing whole."""
    left = Counter(seen.arrival.left if seen.arrival else {})
    came = Counter[str]()
    for line in draft.lines:
        came[line.sku] += line.quantity
    told: set[str] = set()
    for number, line in reversed(list(enumerate(draft.lines, 1))):
        is_first = line.sku not in told
        told.add(line.sku)
        expected = left[line.sku] if seen.arrival and is_first else None
        tone, word = _difference(expected, came[line.sku])
        yield _line(number, line, draft, expected, tone, word)
    names = dict(seen.names)
    for sku, quantity in left.items():
        if sku not in came:
            yield LineRow(
                row=0,
                names=names.get(sku, (("", sku),)),
                lot="",
                expiry="",
                pieces=0,
                damaged=0,
                expected=quantity,
                tone="off",
                word=Words("counter.stock.missing", (("n", quantity),)),
            )


def _difference(expected: int | None, came: int) -> tuple[Tone, Words | None]:
    if expected is None:
        return "off", None
    if came > expected:
        return "warn", Words("counter.stock.over", (("n", came - expected),))
    if came < expected:
        return "warn", Words("counter.stock.missing", (("n", expected - came),))
    return "good", Words("counter.stock.complete")


def _line(
    number: int,
    line: Line,
    draft: StockDraft,
    expected: int | None,
    tone: Tone,
    word: Words | None,
) -> LineRow:
    return LineRow(
        row=number,
        names=line.names,
        lot=line.lot,
        expiry=line.expiry,
        pieces=line.quantity,
        damaged=line.damaged,
        expected=expected,
        tone=tone,
        word=word,
        is_newest=line is draft.newest,
    )


def _counted(draft: StockDraft) -> Iterator[LineRow]:
    """Blind until it is compared: the ledger is not among the values of a page that counts."""
    expected = dict(draft.expected)
    for number, line in reversed(list(enumerate(draft.lines, 1))):
        if draft.mode == "counting":
            yield _line(number, line, draft, None, "off", None)
            continue
        ledger = expected[line.sku]
        difference = line.quantity - ledger
        key = "agrees" if not difference else "more" if difference > 0 else "fewer"
        word = Words(f"counter.stock.{key}", (("n", abs(difference)),))
        yield _line(number, line, draft, ledger, "warn" if difference else "good", word)


def _goods(shop: Shop, seen: StockSeen, draft: StockDraft) -> StockShown:
    account = seen.account
    if account is None:
        return StockShown("goods")
    names = dict(seen.names).get(draft.sku, (("", draft.sku),))
    goods = GoodsShown(
        names=names,
        sku=draft.sku,
        on_hand=account.on_hand,
        shares=_shares(account),
        bound=tuple(rights.sentences(account).items()),
        is_bounded=account.bound > 0,
        sale=_sale(account),
    )
    lots = tuple(
        LotRow(
            row=number,
            names=names,
            lot=lot.lot,
            expiry=lot.expiry,
            pieces=lot.quantity,
            tone=_tone(lot.expiry, seen.today),
            word=_word(lot.expiry, seen.today),
            off=_off(shop, seen, lot.expiry),
            is_chosen=number == draft.lot,
        )
        for number, lot in enumerate(seen.lots, 1)
    )
    return StockShown("goods", lots=lots, goods=goods)


def _shares(account: RightsAccount) -> tuple[Share, ...]:
    pieces = {
        "set_aside": account.set_aside,
        "promised": account.promised,
        "may_promise": account.may_promise,
        "walk_in": account.walk_in,
    }
    return tuple(Share(Words(f"counter.stock.{name}"), n) for name, n in pieces.items())


def _sale(account: RightsAccount) -> Words:
    """Nobody who holds the goods is refused: what that takes from whom is said before."""
    untouched = max(0, account.free - account.promised)
    fields = (("n", untouched), ("promised", account.promised), ("aside", account.set_aside))
    if account.promised:
        return Words("counter.stock.sale_promised", fields)
    return Words(
        "counter.stock.sale_aside" if account.set_aside else "counter.stock.sale_free", fields
    )


def _off(shop: Shop, seen: StockSeen, expiry: str) -> Words | None:
    if seen.rule is None or not expiry or not is_fresh(expiry, seen.today):
        return None
    here = seen.now.astimezone(shop.settings.zone)
    starts = end_of(expiry, here) - timedelta(hours=seen.rule.hours_left)
    percent = f"{seen.rule.percent_bp / 100:g}"
    if here >= starts:
        return Words("counter.stock.off_now", (("percent", percent),))
    return Words("counter.stock.off_from", (("percent", percent), ("time", _stamp(starts))))


def _stamp(at: datetime) -> str:
    return f"{at:%m-%d %H:%M}"
