"""Every way to get a basket: computed from what shops have, may promise and are known to keep. Pure.

A shop's goods can be promised up to

    L = min(cap, max(0, H - A - keep)) - open promises that are not yet set aside

where H is what the ledger says (only lots that keep until the customer has them), A what is set aside, cap and keep
what head office lets the hub promise there (`contract.rights`, which the box runs too). The hub promises only while the
shop's lease holds. So at most min(cap, H - A) promises can break through one cut of the line.
"""

from __future__ import annotations

import functools
import heapq
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cloud.orders.hours import METRES_A_DEGREE, Hours, closing_after, distance_m, done_at
from cloud.stock.repository import Promisable
from contract.rights import LEASE_S, RightsAccount, lease_holds

OFFER_LASTS = timedelta(minutes=10)
HANDING = timedelta(minutes=10)  # that a shop needs to take in a transfer and lay it ready
RIDE_M_A_MIN = 250  # a van between shops, in traffic
RIDE_LEAST_MIN = 20
SHIPPED_AT_HOUR = 20  # parcels come until eight in the evening
SHOPS_LOOKED_AT = 12
NEAR_M = 5_000  # as far as somebody goes to collect what a shop nearby does not carry
OFFERS_OF_A_KIND = {
    "pickup": 4,
    "transfer_pickup": 1,
    "delivery": 2,
    "transfer_delivery": 1,
    "shipping": 1,
}
VIA = {"transfer_pickup": "pickup", "transfer_delivery": "delivery"}
"""Ways by another shop's goods, and what the shop that the customer deals with does when they have come."""
# Before there are measurements: nine of ten in time, with the weight of ten jobs.
PRIOR_ON_TIME, PRIOR_SAMPLES = 9, 10
STALE_COSTS = 0.2  # of the confidence, at the end of the lease
MEASURED_FROM = 5  # jobs, before their lead time counts more than the stated one


class Line(NamedTuple):
    sku: str
    quantity: int


class RightOf(NamedTuple):
    cap: int
    keep: int


NO_RIGHT = RightOf(0, 0)


class Shop(NamedTuple):
    """As the database's row has it; see `tables.Place`. `heard_at` is when any box of the shop was last heard."""

    location_id: str
    names: str
    latitude: float | None
    longitude: float | None
    timezone: str
    opens: str
    travel_min: str
    is_pickup: bool
    accept_min: int
    prepare_min: int
    delivery_radius_m: int
    delivery_min: int
    delivery_fee_minor: int
    ship_days: int
    ship_fee_minor: int
    samples: int
    on_time: int
    lead_s: int
    heard_at: datetime

    @property
    def point(self) -> tuple[float, float] | None:
        if self.latitude is None or self.longitude is None:
            return None
        return self.latitude, self.longitude

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def hours(self) -> Hours:
        return _hours(self.opens)

    @property
    def work(self) -> timedelta:
        """From the order to the goods lying ready: measured, where there is enough of it."""
        if self.samples >= MEASURED_FROM and self.lead_s:
            return timedelta(seconds=self.lead_s)
        return timedelta(minutes=self.prepare_min)

    def name(self, language: str) -> str:
        names: dict[str, str] = json.loads(self.names)
        return names.get(language) or next(iter(names.values()), self.location_id)

    def date(self, moment: datetime) -> str:
        return moment.astimezone(self.zone).date().isoformat()


@functools.cache
def _hours(text: str) -> Hours:
    hours: dict[str, str] = json.loads(text)
    return hours


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a quote reads. `promised` is by (location_id, sku), and not set aside yet."""

    shops: Mapping[str, Shop]
    stock: Sequence[Promisable]
    promised: Mapping[tuple[str, str], int]
    rights: Mapping[tuple[str, str], RightOf]


@dataclass(frozen=True, slots=True)
class Way:
    """One way that a basket can go: `source` has the goods, the customer deals with `shop`."""

    kind: str
    shop: Shop
    source: Shop
    start: datetime
    end: datetime
    cutoff: datetime
    fee_minor: int
    distance_m: float

    @property
    def sources(self) -> tuple[Shop, ...]:
        """Every shop that has work with it."""
        return (self.source,) if self.source is self.shop else (self.source, self.shop)

    @property
    def keeps_until(self) -> str:
        """Only lots whose use-by date is this day or later may go this way."""
        return self.shop.date(self.end)


def is_leased(heard_at: datetime, now: datetime) -> bool:
    return lease_holds((now - heard_at).total_seconds())


class Ledger:
    """What can be promised where, on the day on which it must still keep."""

    def __init__(self, facts: Facts) -> None:
        self._rights = facts.rights
        self._promised = facts.promised
        self._stock = {(it.location_id, it.sku): it for it in facts.stock}

    def account(self, location_id: str, sku: str, keeps_until: str = "") -> RightsAccount:
        """Of the lots only that are good on that day; lots that are short are taken from the others."""
        key = location_id, sku
        right = self._rights.get(key) or self._rights.get((location_id, "*"), NO_RIGHT)
        promised = self._promised.get(key, 0)
        stock = self._stock.get(key)
        if stock is None:
            return RightsAccount(0, 0, *right, promised)
        spoilt = sum(
            lot.quantity
            for lot in stock.lots
            if lot.quantity > 0 and lot.expiry and lot.expiry < keeps_until
        )
        return RightsAccount(stock.on_hand - spoilt, stock.set_aside, *right, promised)

    def left(self, location_id: str, sku: str, keeps_until: str) -> int:
        return self.account(location_id, sku, keeps_until).may_promise

    def has(self, location_id: str, lines: Sequence[Line], keeps_until: str) -> bool:
        return all(self.left(location_id, it.sku, keeps_until) >= it.quantity for it in lines)


def ways(facts: Facts, lines: Sequence[Line], near: str, now: datetime) -> list[Way]:
    """Every way by which the goods can still be promised. `near` is a location_id or "latitude,longitude"."""
    ledger = Ledger(facts)
    yesterday = (now - timedelta(days=1)).date().isoformat()  # nowhere is it earlier than this
    having = {
        name: shop for name, shop in facts.shops.items() if ledger.has(name, lines, yesterday)
    }
    return [
        way
        for way in possible(facts, near, now, having)
        if ledger.has(way.source.location_id, lines, way.keeps_until)
    ]


def possible(
    facts: Facts, near: str, now: datetime, having: Mapping[str, Shop] | None = None
) -> list[Way]:
    """Every way from the nearest of the shops `having` the goods, whether they are still free or not."""
    spot = point_of(facts.shops, near)
    shops = facts.shops if having is None else having
    heard = [shop for shop in shops.values() if is_leased(shop.heard_at, now)]
    return list(_all_ways(facts, _nearest(heard, spot, near), near, spot, now))


def promised_until(way: Way, end: datetime) -> Way:
    return replace(way, end=end)


def point_of(shops: Mapping[str, Shop], near: str) -> tuple[float, float] | None:
    return shops[near].point if near in shops else _spot(near)


def is_spot(text: str) -> bool:
    """Whether `text` is "latitude,longitude"."""
    return _spot(text) is not None


def _spot(text: str) -> tuple[float, float] | None:
    north, comma, east = text.partition(",")
    try:
        return (float(north), float(east)) if comma else None
    except ValueError:
        return None


def _nearest(
    having: Sequence[Shop], spot: tuple[float, float] | None, near: str
) -> list[tuple[float, Shop]]:
    """Shops without a place on the map come last; the one that was asked for comes first."""
    far = 1e9

    def distance(shop: Shop) -> float:
        if shop.location_id == near:
            return 0.0
        point = shop.point
        return far if spot is None or point is None else distance_m(spot, point)

    measured = sorted((distance(shop), shop.location_id, shop) for shop in having)
    return [(metres, shop) for metres, _, shop in measured[:SHOPS_LOOKED_AT]]


def _all_ways(
    facts: Facts,
    sources: Sequence[tuple[float, Shop]],
    near: str,
    spot: tuple[float, float] | None,
    now: datetime,
) -> Iterator[Way]:
    here = _here(facts.shops, near, spot, now) if sources else None
    bringing = _bringing(facts.shops.values(), spot, now) if sources else []
    for metres, shop in sources:
        if shop.is_pickup and (way := _pickup(shop, metres, now)):
            yield way
        if here and here is not shop and (way := _transfer(shop, here, now)):
            yield way
        brought = (_transfer_delivery(shop, it, now) for it in bringing if it is not shop)
        yield from (way for way in brought if way)
        if spot and brings(shop, spot) and (way := _delivery(shop, metres, now)):
            yield way
        if shop.ship_days and (way := _shipping(shop, metres, now)):
            yield way


def _here(
    shops: Mapping[str, Shop], near: str, spot: tuple[float, float] | None, now: datetime
) -> Shop | None:
    """Where goods from elsewhere would be collected: the shop that was asked for, else the nearest to the spot."""
    if near in shops:
        around = [shops[near]]
    else:
        around = [shop for shop in shops.values() if spot and is_within(shop, spot, NEAR_M)]
    may = [shop for shop in around if shop.is_pickup and is_leased(shop.heard_at, now)]
    return min(may, key=lambda it: (_away(it, spot), it.location_id), default=None)


def _away(shop: Shop, spot: tuple[float, float] | None) -> float:
    return distance_m(spot, shop.point) if spot and shop.point else 0.0


def is_within(shop: Shop, spot: tuple[float, float], reach_m: float) -> bool:
    """Most shops are further north or south than that, which costs no sine."""
    point = shop.point
    if point is None or abs(point[0] - spot[0]) * METRES_A_DEGREE > reach_m:
        return False
    return distance_m(spot, point) <= reach_m


def brings(shop: Shop, spot: tuple[float, float]) -> bool:
    """Whether the shop delivers there; one without a place on the map delivers nowhere."""
    reach_m = shop.delivery_radius_m
    return bool(shop.delivery_min and reach_m) and is_within(shop, spot, reach_m)


def _bringing(shops: Iterable[Shop], spot: tuple[float, float] | None, now: datetime) -> list[Shop]:
    """The two nearest that deliver to the spot: where one has the goods itself, or says no, there is another."""
    if spot is None:
        return []
    found = (
        (distance_m(spot, point), shop.location_id, shop)
        for shop in shops
        if (point := shop.point) and brings(shop, spot) and is_leased(shop.heard_at, now)
    )
    return [shop for _, _, shop in heapq.nsmallest(2, found)]


def _pickup(shop: Shop, metres: float, now: datetime) -> Way | None:
    ready = done_at(shop.hours, shop.zone, now, shop.work)
    if ready is None:
        return None
    end = done_at(shop.hours, shop.zone, now, shop.work * 2) or ready + shop.work
    return Way("pickup", shop, shop, ready, end, _cutoff(shop, ready, now), 0, metres)


class _Moved(NamedTuple):
    """Goods that come to another shop first: when they lie ready there, at the earliest and at the latest."""

    ready: datetime
    end: datetime
    cutoff: datetime


def _moved(source: Shop, here: Shop, now: datetime) -> _Moved | None:
    ride_min = _ride_min(source, here)
    packed = done_at(source.hours, source.zone, now, source.work)
    if ride_min is None or packed is None:
        return None
    arrived = packed + timedelta(minutes=ride_min)
    ready = done_at(here.hours, here.zone, arrived, HANDING)
    end = done_at(here.hours, here.zone, arrived + source.work, HANDING * 2)
    if ready is None or end is None:
        return None
    closing = closing_after(here.hours, here.zone, end)
    cutoff = _cutoff(source, packed, now)
    if closing is not None:
        cutoff = max(now, min(cutoff, packed - source.work + (closing - end)))
    return _Moved(ready, end, cutoff)


def _transfer(source: Shop, here: Shop, now: datetime) -> Way | None:
    moved = _moved(source, here, now)
    if moved is None:
        return None
    return Way("transfer_pickup", here, source, moved.ready, moved.end, moved.cutoff, 0, 0.0)


def _transfer_delivery(source: Shop, here: Shop, now: datetime) -> Way | None:
    """The goods come to the shop that delivers, and go out from there."""
    moved = _moved(source, here, now)
    if moved is None:
        return None
    ride, fee_minor = timedelta(minutes=here.delivery_min), here.delivery_fee_minor
    start, end = moved.ready + ride, moved.end + ride
    return Way("transfer_delivery", here, source, start, end, moved.cutoff, fee_minor, 0.0)


def before_the_end(kind: str, source: Shop, here: Shop) -> timedelta:
    """How long before the customer has it the goods must have left the source by transfer."""
    ride = timedelta(minutes=_ride_min(source, here) or 0) + HANDING * 2
    return ride + timedelta(minutes=here.delivery_min if kind == "transfer_delivery" else 0)


def _ride_min(source: Shop, here: Shop) -> int | None:
    """Minutes that goods take, as head office says or by the distance; None where neither is known."""
    said: int | None = _travel(source.travel_min).get(here.location_id)
    if said is not None:
        return said
    if source.point is None or here.point is None:
        return None
    return max(RIDE_LEAST_MIN, round(distance_m(source.point, here.point) / RIDE_M_A_MIN))


@functools.cache
def _travel(text: str) -> dict[str, int]:
    travel: dict[str, int] = json.loads(text)
    return travel


def _delivery(shop: Shop, metres: float, now: datetime) -> Way | None:
    ride = timedelta(minutes=shop.delivery_min)
    ready = done_at(shop.hours, shop.zone, now, shop.work)
    if ready is None:
        return None
    start = ready + ride
    end = start + max(ride, shop.work) / 2
    cutoff = _cutoff(shop, ready, now)
    return Way("delivery", shop, shop, start, end, cutoff, shop.delivery_fee_minor, metres)


def _shipping(shop: Shop, metres: float, now: datetime) -> Way | None:
    packed = done_at(shop.hours, shop.zone, now, shop.work)
    if packed is None:
        return None
    day = packed.astimezone(shop.zone) + timedelta(days=shop.ship_days)
    end = day.replace(hour=SHIPPED_AT_HOUR, minute=0, second=0, microsecond=0)
    start = end - timedelta(hours=SHIPPED_AT_HOUR - 9)
    cutoff = _cutoff(shop, packed, now)
    return Way("shipping", shop, shop, start, end, cutoff, shop.ship_fee_minor, metres)


def _cutoff(shop: Shop, ready: datetime, now: datetime) -> datetime:
    """Until when to order for this very day's window."""
    closing = closing_after(shop.hours, shop.zone, ready)
    return now + OFFER_LASTS if closing is None else max(now, closing - shop.work)


def best(found: Sequence[Way]) -> list[Way]:
    """A few of every kind, soonest first: what people can compare."""
    left = dict(OFFERS_OF_A_KIND)
    chosen = []
    for way in sorted(found, key=lambda it: (it.end, it.fee_minor, it.distance_m)):
        if left[way.kind] > 0:
            left[way.kind] -= 1
            chosen.append(way)
    return chosen


def confidence_bp(way: Way, now: datetime) -> int:
    """How sure: the share of jobs in time of every shop on the way, less for data that has grown old."""
    sure = 1.0
    for shop in way.sources:
        on_time = (shop.on_time + PRIOR_ON_TIME) / (shop.samples + PRIOR_SAMPLES)
        sure *= on_time * (1 - STALE_COSTS * data_age_s(shop, now) / LEASE_S)
    return round(10_000 * sure)


def data_age_s(shop: Shop, now: datetime) -> int:
    return max(0, int((now - shop.heard_at).total_seconds()))
