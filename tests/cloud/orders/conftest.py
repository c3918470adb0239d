"""Three shops of one chain with goods, rights and boxes that are heard, and a keeper that follows their orders."""

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from cloud.catalogue import service as catalogue
from cloud.catalogue.checking import CatalogueChange
from cloud.db import Database
from cloud.feeds import cursors
from cloud.feeds import repository as feeds
from cloud.ingest.admission import Admitted
from cloud.ingest.inbox import Inbox
from cloud.ingest.pressure import Allowance
from cloud.ingest.tables import Edge
from cloud.orders import service, shops
from cloud.orders.following import OrderKeeper
from cloud.orders.offers import Offer
from cloud.orders.service import Held, WantedHold, WantedLine
from cloud.orders.shops import RightChange, ShopChange
from cloud.orders.tables import PromisedGoods
from cloud.projection import FactProjector
from contract.envelope import make_uid
from contract.feeds import Price, Product, shop_feed
from contract.orders import ShopJob
from contract.topics import SHARDS, shard_of

ALL = frozenset(range(SHARDS))
OFFICE, HILLSIDE, HARBOUR = "office", "hillside", "harbour"
CAKE, TEA = "CAKE", "TEA"


def uid(number: int) -> str:
    return make_uid(1_700_000_000_000 + number, lambda size: number.to_bytes(size, "big"))


@dataclass
class Chain:
    """The hub's service as its callers use it, on one database and one clock."""

    database: Database
    clock: Any
    make_box: Callable[..., Any]

    def __post_init__(self) -> None:
        self.keys = itertools.count(1)
        self.uids = itertools.count(1)
        self.boxes = {}
        self.inbox = Inbox(self.database, self.clock)
        self.projector = FactProjector(self.database, self.clock)
        self.keeper = OrderKeeper(self.database, self.clock, lambda: None)

    @staticmethod
    def uid(number: int) -> str:
        return uid(number)

    def open_shop(self, location_id: str, **more: Any) -> None:
        self.open_shop_again(location_id, **more)
        edge_id = f"maru-{location_id}-1"
        self.boxes[location_id] = self.make_box(edge_id=edge_id)
        with self.database.write() as session:
            session.add(
                Edge(
                    edge_id=edge_id,
                    shard=shard_of(edge_id),
                    location_id=location_id,
                    last_seen=self.clock.now(),
                )
            )

    def open_shop_again(self, location_id: str, **more: Any) -> None:
        """Head office says anew what the shop offers."""
        names = {"en": location_id.title(), "ko": f"{location_id}점"}
        shop = ShopChange(location_id=location_id, names=names, timezone="Asia/Seoul", **more)
        with self.database.write() as session:
            shops.write_shops(session, [shop])

    def allow(self, location_id: str, cap: int, keep: int = 0, sku: str = "*") -> None:
        """Head office says so, and the shop's box hears of it."""
        self.say(location_id, cap, keep, sku)
        self.pull(location_id)

    def say(self, location_id: str, cap: int, keep: int = 0, sku: str = "*") -> None:
        right = RightChange(location_id=location_id, sku=sku, cap=cap, keep=keep)
        with self.database.write() as session:
            shops.write_rights(session, [right])

    def pull(self, location_id: str) -> None:
        """The shop's box acknowledges what its feed of rights has."""
        feed = shop_feed("rights", location_id)
        with self.database.write() as session:
            after = feeds.head(session, feed).version
            cursors.note(session, f"maru-{location_id}-1", feed, after)
            shops.rights_acknowledged(session, feed)

    def hear(self, *location_ids: str) -> None:
        with self.database.write() as session:
            for location_id in location_ids or self.boxes:
                edge = session.get(Edge, f"maru-{location_id}-1")
                edge.last_seen = self.clock.now()

    def tell(self, location_id: str, *facts: dict[str, Any]) -> None:
        """Facts of a shop arrive, are projected, and what follows from them is done."""
        box = self.boxes[location_id]
        first = box.high + 1
        for fact in facts:
            box.log(self.fact(location_id, fact), uid(next(self.uids)))
        batch = box.batch(first, box.high)
        self.inbox.commit([Admitted(box.edge_id, batch)], Allowance(8, 0))
        self.settle()

    def settle(self) -> None:
        while self.projector.step(ALL):
            pass
        while self.keeper.step():
            pass

    def fact(self, location_id: str, own: dict[str, Any]) -> dict[str, Any]:
        return {
            "version": 1,
            "occurred_at": self.clock.now().isoformat(),
            "hlc": "1.0.box",
            "business_date": "2026-11-23",
            "location_id": location_id,
            "workstation_id": "till-1",
            **own,
        }

    def stock(self, location_id: str, sku: str, quantity: int, expiry: str = "") -> None:
        moved = {"movement_id": uid(next(self.keys) + 10**6), "reason": "opening", "cashier": "Kim"}
        moves = [{"sku": sku, "quantity": quantity, "expiry": expiry}]
        self.tell(location_id, {"type": "stock.moved", **moved, "moves": moves})

    def quote(self, near: str = OFFICE, **goods: int) -> list[Offer]:
        lines = wanted_lines(goods or {CAKE: 1})
        with self.database.read() as session:
            return service.quote(session, self.clock.now(), lines, near, "en")

    def hold(self, offer: Offer, key: str = "", **goods: int) -> Held:
        wanted = WantedHold(
            offer_id=offer.offer_id,
            lines=wanted_lines(goods or {CAKE: 1}),
            key=key or f"key-{next(self.keys)}",
            customer="Mina",
        )
        with self.database.write() as session:
            return service.hold(session, self.clock.now(), wanted)

    def place(self, order_id: str, paid_minor: int = 30_000) -> dict[str, Any]:
        with self.database.write() as session:
            return service.place(session, self.clock.now(), order_id, paid_minor, "pay-1")

    def cancel(self, order_id: str) -> dict[str, Any]:
        with self.database.write() as session:
            return service.cancel(session, self.clock.now(), order_id)

    def view(self, order_id: str) -> dict[str, Any]:
        with self.database.read() as session:
            return service.order_view(session, self.clock.now(), order_id)

    def ordered(self, near: str = OFFICE, kind: str = "pickup", **goods: int) -> str:
        """An order that was held and paid at once."""
        offer = next(it for it in self.quote(near, **goods) if it.kind == kind)
        held = self.hold(offer, **goods)  # type: ignore[arg-type] # SKUs, no key among them
        self.place(held.order_id)
        return held.order_id

    def jobs_at(self, location_id: str) -> list[ShopJob]:
        """As the shop's box reads them from its feed."""
        from cloud.feeds import repository as feeds

        with self.database.read() as session:
            rows = feeds.live_rows(session, f"orders@{location_id}")
        return [ShopJob.model_validate_json(body) for _, _, body in rows]

    def arrivals_at(self, location_id: str) -> list[dict[str, Any]]:
        from cloud.feeds import repository as feeds

        with self.database.read() as session:
            rows = feeds.live_rows(session, f"arrivals@{location_id}")
        return [json.loads(body) for _, _, body in rows]

    def standing(self, sku: str = CAKE) -> list[tuple[Any, ...]]:
        """What promises stand on: (location, sku, whether it is set aside, units), without holds that ran out."""
        query = select(PromisedGoods).where(PromisedGoods.sku == sku)
        with self.database.read() as session:
            rows = session.exec(query).all()
        now = self.clock.now()
        return sorted(
            (it.location_id, it.sku, it.is_set_aside, it.quantity)
            for it in rows
            if it.until is None or it.until > now
        )

    def later(self, **span: float) -> None:
        """Time passes, every box is heard, and what is due is done."""
        self.clock.jump(timedelta(**span).total_seconds())
        self.hear()
        self.settle()


def wanted_lines(goods: dict[str, int]) -> tuple[WantedLine, ...]:
    return tuple(WantedLine(sku=sku, quantity=quantity) for sku, quantity in goods.items())


def of_job(job: ShopJob, kind: str, **more: Any) -> dict[str, Any]:
    own = {"job_id": job.job_id, "order_id": job.order_id, "revision": job.revision}
    return {"type": f"job.{kind}", **own, **more}


def goods_of(job: ShopJob) -> list[dict[str, Any]]:
    return [{"line": it.line, "sku": it.sku, "quantity": it.quantity} for it in job.lines]


def picked(job: ShopJob) -> dict[str, Any]:
    return of_job(job, "picked", picked=goods_of(job))


def handed(job: ShopJob, kind: str = "code") -> dict[str, Any]:
    return of_job(job, "handed_over", handed=goods_of(job), proof={"kind": kind})


def fill_catalogue(database: Database) -> None:
    products = [
        Product(sku=sku, names={"en": sku.title()}, tax_group="A", tax_rate_bp=1_000)
        for sku in (CAKE, TEA)
    ]
    prices = [
        Price(sku=CAKE, currency="KRW", amount_minor=30_000),
        Price(sku=TEA, currency="KRW", amount_minor=4_000),
    ]
    catalogue.apply(database, CatalogueChange(products=products, prices=prices))


@pytest.fixture
def empty_chain(database: Database, clock, make_box) -> Chain:
    fill_catalogue(database)
    return Chain(database, clock, make_box)


@pytest.fixture
def new_chain(make_clock, make_box) -> Callable[[Database], Chain]:
    """One chain after another, each on a database of its own."""

    def new_chain(database: Database) -> Chain:
        fill_catalogue(database)
        return Chain(database, make_clock(), make_box)

    return new_chain


@pytest.fixture
def chain(empty_chain: Chain) -> Chain:
    """The cake is at the office and the harbour, not near home (hillside)."""
    chain = empty_chain
    chain.open_shop(OFFICE, latitude=37.5665, longitude=126.9780, accept_min=5)
    chain.open_shop(HILLSIDE, latitude=37.5796, longitude=126.9770)
    chain.open_shop(
        HARBOUR,
        latitude=37.60,
        longitude=126.98,
        delivery_radius_m=10_000,
        delivery_min=30,
        delivery_fee_minor=3_000,
        ship_days=1,
        ship_fee_minor=2_500,
    )
    for location_id in (OFFICE, HILLSIDE, HARBOUR):
        chain.allow(location_id, cap=2)
    for location_id in (OFFICE, HARBOUR):
        chain.stock(location_id, CAKE, 5)
    return chain


@pytest.fixture
def changes() -> list[str]:
    """How often the ingest was told that feeds may have moved."""
    return []


class Jobs:
    """What a shop says of a job."""

    def __init__(self) -> None:
        self.of = of_job
        self.picked = picked
        self.handed = handed
        self.uid = uid

    def whole_way(self, job: ShopJob) -> list[dict[str, Any]]:
        return [of_job(job, "accepted"), picked(job), of_job(job, "ready"), handed(job)]

    def sale(self, order_id: str, number: int = 1, quantity: int = 1) -> dict[str, Any]:
        """Cakes paid at the till, by the order's line."""
        gross, tax = 30_000 * quantity, 2_727 * quantity
        amounts = {"unit_price_minor": 30_000, "amount_minor": gross}
        taxed = {"tax_group": "A", "rate_bp": 1_000, "tax_minor": tax}
        line = {"line": 1, "sku": CAKE, "name": "Cake", "quantity": quantity, "order_id": order_id}
        group = {"tax_group": "A", "rate_bp": 1_000, "gross_minor": gross, "tax_minor": tax}
        tender = {"kind": "cash", "amount_minor": gross, "tendered_minor": gross}
        return {
            "type": "sale.completed",
            "sale_id": uid(5_000_000 + number),
            "receipt_number": number,
            "shift_id": uid(1),
            "cashier": "Kim",
            "currency": "KRW",
            "lines": [{**line, **amounts, **taxed}],
            "tax": [group],
            "tenders": [tender],
            "total_minor": gross,
        }


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()
