"""What the stock desk reads: arrivals, lots near their date, and whose a product's pieces are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from contract.lots import Lot
from contract.rights import RightsAccount
from edge.services import goods, lots, markdowns, receiving, rights, shifts
from edge.services.goods import Dated, Names
from edge.services.receiving import Arrival

if TYPE_CHECKING:
    from contract.stock import Markdown
    from edge.db.unit_of_work import Reader
    from edge.screens.stock_state import StockDraft
    from edge.services.shop import Shop

NEAR_D: Final = 1  # a lot stands in the list from the day before its last
MAX_NEAR: Final = 12


@dataclass(frozen=True, slots=True)
class StockSeen:
    """What the desk's mode needs; the rest is empty. `names` by SKU, in every language."""

    now: datetime
    today: str
    arrivals: tuple[Arrival, ...] = ()
    near: tuple[Dated, ...] = ()
    arrival: Arrival | None = None
    names: tuple[tuple[str, Names], ...] = ()
    account: RightsAccount | None = None
    lots: tuple[Lot, ...] = ()
    rule: Markdown | None = None


def read(shop: Shop, draft: StockDraft) -> StockSeen:
    now, day = shop.clock.now(), today(shop)
    match draft.mode:
        case "menu":
            arrivals, near = menu(shop)
            skus = {sku for it in arrivals for sku in it.left} | {it.sku for it in near}
            return StockSeen(
                now, day, tuple(arrivals), tuple(near), names=_names(shop, skus), rule=None
            )
        case "receiving":
            announced = arrival(shop, draft.arrival_id)
            names = _names(shop, announced.left) if announced else ()
            return StockSeen(now, day, arrival=announced, names=names)
        case "goods":
            return _of_goods(shop, StockSeen(now, day), draft.sku)
        case _:
            return StockSeen(now, day)


def today(shop: Shop) -> str:
    """The shift's day, or the calendar's before anybody has opened one."""
    shift = shifts.current(shop)
    here = shop.clock.now().astimezone(shop.settings.zone)
    return shift.business_date if shift else here.date().isoformat()


def menu(shop: Shop) -> tuple[list[Arrival], list[Dated]]:
    until = date.fromisoformat(today(shop)) + timedelta(days=NEAR_D)
    with shop.read() as reader:
        near = goods.near_use_by(reader, until.isoformat(), MAX_NEAR)
    return receiving.arrivals(shop), near


def arrival(shop: Shop, arrival_id: str) -> Arrival | None:
    """None for goods that nobody announced, and for what came in meanwhile."""
    return next((it for it in receiving.arrivals(shop) if it.arrival_id == arrival_id), None)


def lots_of(shop: Shop, sku: str) -> list[Lot]:
    """Those with pieces, the first to expire first."""
    with shop.read() as reader:
        return [lot for lot in lots.lots(reader, sku) if lot.quantity > 0]


def on_shelf(reader: Reader, skus: Iterable[str]) -> dict[str, int]:
    """What a count should find: what is set aside lies elsewhere."""
    return {sku: sum(lot.quantity for lot in lots.lots(reader, sku)) for sku in skus}


def _of_goods(shop: Shop, seen: StockSeen, sku: str) -> StockSeen:
    with shop.read() as reader:
        rule = markdowns.rule_of(reader, sku)
    return StockSeen(
        seen.now,
        seen.today,
        names=_names(shop, [sku]),
        account=rights.accounts(shop).get(sku, RightsAccount(0)),
        lots=tuple(lots_of(shop, sku)),
        rule=rule,
    )


def _names(shop: Shop, skus: Iterable[str]) -> tuple[tuple[str, Names], ...]:
    with shop.read() as reader:
        return tuple(sorted(goods.names(reader, skus).items()))
