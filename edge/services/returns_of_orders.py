"""Goods of an order that was paid online come back to this shop, whichever shop handed them over.

With the line down too, the shop knows the order by the hub's signed code, by what was announced for this shop, or
because it handed it over. It pays nothing: the fact goes to the hub, which gives the money back the way it was paid,
once. Two boxes that are both cut off do not see each other's returns; the hub does, and says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple

from pydantic import ValidationError

from contract import order_returns as contract
from contract.feeds import shop_feed
from contract.lots import is_fresh
from contract.members import key_entry
from contract.order_returns import (
    BroughtBack,
    OrderReturned,
    ReturnableGoods,
    ReturnCode,
    Verdict,
    WishedReturn,
)
from contract.sales import LineLot
from edge.db.order_tables import OrderReturnLine
from edge.db.tables import StockMove
from edge.db.unit_of_work import Reader
from edge.domain.errors import Malformed, WrongCurrency
from edge.domain.return_errors import (
    MoreThanHanded,
    NoSuchReturn,
    NotHandedOverYet,
    NothingBrought,
    PaidAtTill,
    ReturnCodeForged,
    ReturnCodeOld,
    ReturnCodeUnknownKey,
    ReturnCodeUnreadable,
    ReturnedAlready,
    ReturnTooLate,
)
from edge.keys import verify
from edge.services import catalogue, feeds, job_rows, lots, printing, return_slips
from edge.services.job_rows import Kept
from edge.services.shop import Shop, Work

Proof = Literal["code", "announced", "order"]
_TAKEN: Final = (
    "SELECT line, sku, sum(quantity) FROM order_return_line WHERE order_id = ? GROUP BY line, sku"
)
_WISHES: Final = "SELECT body FROM feed_row WHERE feed = ? AND body ->> 'number' = ? ORDER BY key"


class Shown(NamedTuple):
    """What names the order: the code of the customer's phone, or the number that people say."""

    code: str = ""
    number: str = ""


class Wanted(NamedTuple):
    """`place` counts the order's goods from 1, as they are listed. What cannot be sold again is taken in too."""

    place: int
    quantity: int
    is_sellable: bool = True


class Coming(NamedTuple):
    """Goods of an order with how many pieces may still come back; `name` is in the shop's language."""

    goods: ReturnableGoods
    name: str
    left: int


@dataclass(frozen=True, slots=True)
class Known:
    """An order of which something may come back, as this shop knows it. `until` is the last day (ISO)."""

    order_id: str
    number: str
    currency: str
    until: str
    proof: Proof
    goods: tuple[ReturnableGoods, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Returnable:
    order: Known
    coming: tuple[Coming, ...]
    day: str = ""

    def is_stale(self, place: int, pieces: int) -> bool:
        """Whether any of the next pieces of these goods is past its date: it comes in, and is not sold again."""
        goods = self.coming[place - 1].goods
        back = lots.back_into(goods.lots, goods.returned, pieces)
        return not all(is_fresh(lot.expiry, self.day) for lot in back)

    def worth_minor(self, wanted: Sequence[Wanted]) -> int:
        """What the wanted pieces cost."""
        return sum(
            self.coming[want.place - 1].goods.unit_price_minor * want.quantity for want in wanted
        )


def look_up(shop: Shop, shown: Shown) -> Returnable:
    """What may come back of the order. Raises what is wrong with the code, the number or the day."""
    with shop.read() as reader:
        return _returnable(shop, reader, shown, shop.clock.now())


def take_back(
    shop: Shop, shown: Shown, wanted: Sequence[Wanted], reason: str, *, is_online: bool
) -> OrderReturned:
    """The goods come in, and the customer's slip says that the money follows: one transaction.

    `is_online` is only for the slip: whether the hub hears of it at once.
    """

    def use_case(work: Work) -> OrderReturned:
        shift = work.shift()
        found = _returnable(shop, work.unit, shown, work.now)
        goods = _brought(found, wanted, shift.business_date)
        why = reason.strip() or found.order.reason
        if not why:
            raise Malformed(expected="a reason for the return", got="none")
        fact = OrderReturned(
            **work.header(shift.business_date),
            return_id=work.new_id(),
            order_id=found.order.order_id,
            number=found.order.number,
            shift_id=shift.shift_id,
            cashier=shift.cashier,
            reason=why,
            proof=found.order.proof,
            goods=goods,
        )
        _insert(work, fact)
        worth_minor = found.worth_minor(wanted)
        slip = return_slips.slip(shop, fact, worth_minor, found.order.currency, is_online=is_online)
        printing.queue(work, "return", fact.return_id, slip)
        work.log(fact)
        return fact

    return shop.run(use_case)


def _returnable(shop: Shop, reader: Reader, shown: Shown, now: datetime) -> Returnable:
    order = (
        _by_code(shop, reader, shown.code, now)
        if shown.code
        else _by_number(shop, reader, shown.number.strip().upper())
    )
    if order.currency != shop.settings.currency:
        raise WrongCurrency(theirs=order.currency, ours=shop.settings.currency)
    today = now.astimezone(shop.settings.zone).date().isoformat()
    if order.until and today > order.until:
        raise ReturnTooLate(number=order.number, until=order.until)
    taken = Counter({(line, sku): int(n) for line, sku, n in reader.sql(_TAKEN, (order.order_id,))})
    coming = tuple(_coming(shop, reader, goods, taken) for goods in order.goods)
    if not any(it.left for it in coming):
        raise ReturnedAlready(number=order.number)
    return Returnable(order, coming, today)


def _coming(
    shop: Shop, reader: Reader, goods: ReturnableGoods, taken: Counter[tuple[int, str]]
) -> Coming:
    """What the hub knows to have come back may be in part what came back here."""
    back = max(goods.returned, taken[goods.line, goods.sku])
    language = shop.settings.language
    name = catalogue.name_in(goods.names, language, "") or catalogue.name_of(
        reader, goods.sku, language
    )
    before = goods.model_copy(update={"returned": back})
    return Coming(before, name, max(0, goods.quantity - back))


# -- how the order is known --------------------------------------------------------------------


def _by_code(shop: Shop, reader: Reader, text: str, now: datetime) -> Known:
    shown = contract.parse(text)
    if shown is None:
        raise ReturnCodeUnreadable
    verdict, code = contract.read(shown, _keys(reader, shown.kid), _fits, now)
    if verdict is Verdict.UNKNOWN_KEY:
        raise ReturnCodeUnknownKey
    if code is None:
        raise ReturnCodeForged
    if verdict is Verdict.OLD:
        raise ReturnCodeOld(number=code.number)
    return replace(_of_code(code), reason=_announced_reason(shop, reader, code.number))


def _of_code(code: ReturnCode) -> Known:
    return Known(code.order_id, code.number, code.currency, code.until, "code", code.goods)


def _announced_reason(shop: Shop, reader: Reader, number: str) -> str:
    return next((wish.reason for wish in _wishes(shop, reader, number)), "")


def _by_number(shop: Shop, reader: Reader, number: str) -> Known:
    """What was announced for this shop, else what it has handed over itself."""
    wishes = [wish for wish in _wishes(shop, reader, number) if wish.goods]
    if wishes:
        first = wishes[0]
        goods = tuple(it for wish in wishes for it in wish.goods)
        head = (first.order_id, first.number, first.currency, first.until)
        return Known(*head, "announced", goods, first.reason)
    kept = job_rows.by_number(reader, number)
    if kept is None or kept.wish.kind == "transfer":
        raise NoSuchReturn(number=number)
    if not kept.wish.is_paid_online:
        raise PaidAtTill(number=number)
    if kept.job.state != "handed_over":
        raise NotHandedOverYet(number=number)
    return _of_job(shop, kept)


def _wishes(shop: Shop, reader: Reader, number: str) -> list[WishedReturn]:
    feed = shop_feed("returns", shop.settings.location_id)
    found = []
    for (body,) in reader.sql(_WISHES, (feed, number)):
        try:
            found.append(WishedReturn.model_validate_json(body))
        except ValidationError:
            continue  # of another version: the customer's code says the same
    return found


def _of_job(shop: Shop, kept: Kept) -> Known:
    handed_at = datetime.fromisoformat(kept.updated_at).astimezone(shop.settings.zone)
    until = (handed_at + timedelta(days=contract.WINDOW_DAYS)).date().isoformat()
    wish = kept.wish
    return Known(
        wish.order_id, wish.number, wish.currency, until, "order", tuple(_goods_of_job(kept))
    )


def _goods_of_job(kept: Kept) -> Iterator[ReturnableGoods]:
    for line, sku in dict.fromkeys((it.line, it.sku) for it in kept.job.handed):
        ordered = kept.line(line)
        handed = [it for it in kept.job.handed if (it.line, it.sku) == (line, sku)]
        yield ReturnableGoods(
            line=line,
            sku=sku,
            names=ordered.names if sku == ordered.sku else {},
            quantity=sum(it.quantity for it in handed),
            unit_price_minor=ordered.unit_price_minor,
            lots=tuple(
                LineLot(lot=it.lot, expiry=it.expiry, quantity=it.quantity)
                for it in handed
                if it.lot or it.expiry
            ),
        )


def _keys(reader: Reader, kid: str) -> dict[str, str]:
    """The keys of member codes sign these codes too."""
    value: dict[str, Any] | None = feeds.value(reader, "keys", key_entry(kid))
    is_hubs = value is not None and value.get("use") == "members"
    return {kid: str(value["public_key"])} if value is not None and is_hubs else {}


def _fits(public_key: str, message: bytes, signature: bytes) -> bool:
    return verify(public_key, signature, message)


# -- what comes in -----------------------------------------------------------------------------


def _brought(
    found: Returnable, wanted: Sequence[Wanted], business_date: str
) -> tuple[BroughtBack, ...]:
    pieces: Counter[int] = Counter()
    goods: list[BroughtBack] = []
    for want in wanted:
        if not 0 < want.place <= len(found.coming) or want.quantity < 1:
            raise NothingBrought(number=found.order.number)
        coming = found.coming[want.place - 1]
        goods += _pieces(coming, want, pieces[want.place], business_date)
        pieces[want.place] += want.quantity
        if pieces[want.place] > coming.left:
            raise MoreThanHanded(name=coming.name, left=coming.left, wanted=pieces[want.place])
    if not goods:
        raise NothingBrought(number=found.order.number)
    return tuple(goods)


def _pieces(coming: Coming, want: Wanted, before: int, business_date: str) -> Iterator[BroughtBack]:
    """By lot, the first out first in. What has expired comes in, and is not sold again."""
    goods = coming.goods
    back = lots.back_into(goods.lots, goods.returned + before, want.quantity)
    undated = want.quantity - sum(lot.quantity for lot in back)
    for lot in (*back, *((LineLot(quantity=undated),) if undated else ())):
        yield BroughtBack(
            line=goods.line,
            sku=goods.sku,
            name=coming.name,
            quantity=lot.quantity,
            is_restocked=want.is_sellable and is_fresh(lot.expiry, business_date),
            lot=lot.lot,
            expiry=lot.expiry,
        )


def _insert(work: Work, fact: OrderReturned) -> None:
    rows = [
        {
            "return_id": fact.return_id,
            "number": number,
            "order_id": fact.order_id,
            "taken_at": work.stamp,
            **piece.model_dump(exclude={"name"}),
        }
        for number, piece in enumerate(fact.goods, 1)
    ]
    work.unit.insert(OrderReturnLine, rows)
    moves = [
        {"cause": "return", "cause_id": fact.return_id}
        | piece.model_dump(include={"sku", "quantity", "lot", "expiry"})
        for piece in fact.goods
        if piece.is_restocked
    ]
    work.unit.insert(StockMove, moves)
