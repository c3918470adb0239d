"""What the counter reads from the box: each reading with the topics that make it stale, read again only then."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Protocol

from sqlmodel import col, select

from edge import changes
from edge.db.tables import Product, Shift
from edge.domain.basket import Basket
from edge.domain.member import Standing
from edge.screens.state import DeskState
from edge.services import catalogue, printing, sales, selling, shifts, waiting_orders
from edge.services.catalogue import QuickProduct
from edge.services.hub import AskHub, PayByWallet, no_wallet, nobody
from edge.services.notices import Notice, Notices
from edge.services.printing import Undecided
from edge.services.selling import BasketView
from edge.services.shop import Shop
from edge.services.waiting_orders import NONE_WAITING, WaitingOrders

if TYPE_CHECKING:
    from edge.screens.order_readings import OrdersSeen
    from edge.screens.stock_readings import StockSeen


class Advice(Protocol):
    """What is wrong with a peripheral and what to do: a key for translation, and the English."""

    @property
    def key(self) -> str: ...
    @property
    def what(self) -> str: ...
    @property
    def what_now(self) -> str: ...


class Condition(Protocol):
    """One peripheral as it is now."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def reasons(self) -> tuple[str, ...]: ...
    @property
    def is_paper_low(self) -> bool: ...
    @property
    def advice(self) -> Advice | None: ...


@dataclass(frozen=True, slots=True)
class LineSeen:
    """The line to the hub: whether it stands, and how many facts wait for it."""

    is_online: bool
    waiting: int


@dataclass(frozen=True, slots=True)
class Box:
    """What the counter needs of the box beside its shop; `edge.main` hands it in.

    `ask_to_stop` asks whoever carries a payment out to give it (by its id) up; `ask_hub` waits for the hub's answer.
    """

    shop: Shop
    changes: changes.Changes
    notices: Notices
    conditions: Callable[[], Sequence[Condition]]
    line: Callable[[], LineSeen]
    ask_to_stop: Callable[[str], None]
    ask_hub: AskHub = nobody
    pay_by_wallet: PayByWallet = no_wallet


@dataclass(frozen=True, slots=True)
class Known:
    """What the catalogue says of a SKU beside its price: its picture's category, and its name by language."""

    category: str = ""
    names: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Readings:
    """Everything that the screen is composed from, beside the desk's own state.

    `version` is the desk's number of this basket (`Desk.version_of`), the same on every page and after a reconnection.
    """

    basket: BasketView | None = None
    version: int = 0
    known: dict[str, Known] = field(default_factory=dict)
    suspended: tuple[BasketView, ...] = ()
    shift: Shift | None = None
    print_job: printing.Job | None = None
    last_id: str | None = None
    papers: tuple[Undecided, ...] = ()
    quick: tuple[QuickProduct, ...] = ()
    conditions: tuple[Condition, ...] = ()
    line: LineSeen = LineSeen(is_online=False, waiting=0)
    notice: Notice | None = None
    standing: Standing | None = None
    waiting_orders: WaitingOrders = NONE_WAITING
    orders: OrdersSeen | None = None
    stock: StockSeen | None = None


STALE_BY: Final = {
    "basket": frozenset({changes.BASKET, changes.PAYMENTS}),
    "suspended": frozenset({changes.BASKET}),
    "shift": frozenset({changes.SHIFT}),
    "print_job": frozenset({changes.PRINT_JOBS, changes.SALES, changes.NOTICES}),
    "papers": frozenset({changes.PRINT_JOBS}),
    "last_id": frozenset({changes.SALES}),
    "quick": frozenset({changes.CATALOGUE, changes.PRICES}),
    "conditions": frozenset({changes.PERIPHERALS}),
    "line": frozenset({changes.LINE, changes.OUTBOX}),
    "notice": frozenset({changes.NOTICES}),
    "standing": frozenset({changes.BASKET, changes.LINE}),
    "waiting_orders": frozenset({changes.ORDERS}),
    "orders": frozenset({changes.ORDERS, changes.SALES, changes.NOTICES}),
    "stock": frozenset({changes.STOCK, changes.ORDERS, changes.NOTICES}),
}
ORDER_VIEWS: Final = frozenset({"orders", "pickup"})
MAX_QUICK: Final = 8


def read(box: Box, before: Readings, topics: Iterable[str], state: DeskState) -> Readings:
    """`before` with whatever the topics made stale read again."""
    stale = frozenset(topics)
    fresh = {
        name: reading(box, state) for name, reading in READINGS.items() if stale & STALE_BY[name]
    }
    after = replace(before, **fresh)  # type: ignore[arg-type]  # each reading gives its field's type
    if stale & STALE_BY["suspended"] and _suspended_matters(before, after, state):
        after = replace(after, suspended=tuple(selling.suspended(box.shop)))
    if stale & STALE_BY["standing"]:
        after = replace(after, standing=_standing(box, after))
    if stale & STALE_BY["quick"]:
        after = replace(after, known={})
    return _with_known(box, after)


def _suspended_matters(before: Readings, after: Readings, state: DeskState) -> bool:
    """Between customers, or with the list open: not while a basket is being scanned."""
    if before.basket is None or after.basket is None or state.view == "suspended":
        return True
    return len(before.basket.basket.lines) <= 1


def _with_known(box: Box, readings: Readings) -> Readings:
    """Names in the page's language and categories are not in the basket: looked up once for each SKU."""
    lines = readings.basket.basket.lines if readings.basket else ()
    skus = {line.article.sku for line in lines} | {product.sku for product in readings.quick}
    unknown = skus - readings.known.keys()
    if not unknown:
        return readings
    statement = select(Product.sku, Product.category, Product.names).where(
        col(Product.sku).in_(unknown)
    )
    with box.shop.read() as reader:
        found = {
            str(sku): Known(category, tuple(json.loads(names).items()))
            for sku, category, names in reader.rows(statement)
        }
    return replace(readings, known=readings.known | dict.fromkeys(unknown, Known()) | found)


def _standing(box: Box, readings: Readings) -> Standing | None:
    """What the basket's member may spend now; most baskets are nobody's."""
    basket: Basket | None = readings.basket.basket if readings.basket else None
    if basket is None or basket.member is None:
        return None
    from edge.services import members  # loaded by the first member of the day

    return members.standing(box.shop, basket.member, is_online=readings.line.is_online)


def _print_job(box: Box, state: DeskState) -> printing.Job | None:
    return printing.newest_of(box.shop, state.done.subject_id) if state.done else None


def _orders(box: Box, state: DeskState) -> OrdersSeen | None:
    """Looked at only while they are on the screen."""
    if state.view not in ORDER_VIEWS:
        return None
    from edge.screens import order_readings  # loaded by the first look at orders

    return order_readings.read(box.shop, state)


def _stock(box: Box, state: DeskState) -> StockSeen | None:
    if state.view != "stock" or state.stock is None:
        return None
    from edge.screens import stock_readings  # loaded by the first look at stock

    return stock_readings.read(box.shop, state.stock)


READINGS: Final[dict[str, Callable[[Box, DeskState], object]]] = {
    "basket": lambda box, _: selling.current(box.shop),
    "shift": lambda box, _: shifts.current(box.shop),
    "print_job": _print_job,
    "papers": lambda box, _: tuple(printing.undecided(box.shop)),
    "last_id": lambda box, _: sales.last_id(box.shop),
    "quick": lambda box, _: tuple(catalogue.quick_products(box.shop, MAX_QUICK)),
    "conditions": lambda box, _: tuple(box.conditions()),
    "line": lambda box, _: box.line(),
    "notice": lambda box, _: box.notices.newest,
    "waiting_orders": lambda box, _: waiting_orders.count(box.shop),
    "orders": _orders,
    "stock": _stock,
}
