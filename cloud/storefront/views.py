"""What each page of the storefront shows: values for its template."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlmodel import Session

from cloud.catalogue import repository as catalogue
from cloud.errors import NotFoundError
from cloud.fleet import repository as fleet
from cloud.identity import Identity
from cloud.names import name_in, shop_name
from cloud.orders import repository as orders
from cloud.orders.districts import District, districts
from cloud.orders.hours import distance_m
from cloud.storefront import repository
from cloud.storefront.available import Standing, standings
from cloud.storefront.repository import Goods
from cloud.storefront.tables import Shopper

ORDER = (Standing.HERE, Standing.FEW, Standing.UNSURE, Standing.NONE)
FAR_M = 1e9  # where nobody has said how far it is
LONGEST_QUESTION = 100  # characters that anybody looks for


@dataclass(frozen=True)
class Scene:
    """What a view works with: one read transaction, the moment, the shop's zone, and who looks in which language.

    `wallets` are those that she can pay with, `currency` the company's, `codes` the key of what she shows in shops.
    """

    session: Session
    now: datetime
    zone: ZoneInfo
    company: str
    currency: str
    language: str
    shopper: Shopper | None
    wallets: tuple[str, ...] = ()
    codes: Identity | None = None

    @property
    def shopper_id(self) -> str:
        return self.shopper.shopper_id if self.shopper else ""

    @cached_property
    def shops(self) -> dict[str, str]:
        """Names by location: the shops of the chain that have ever said hello."""
        return {
            edge.location_id: shop_name(edge, self.company, self.language)
            for edge in fleet.edges(self.session)
            if edge.location_id
        }

    @property
    def near(self) -> str:
        chosen = self.shopper.near if self.shopper else ""
        return chosen if chosen in self.shops else ""

    @cached_property
    def district(self) -> District | None:
        """Where she says that she is, if it is no shop."""
        return districts(self.zone.key).get(self.shopper.near) if self.shopper else None

    @property
    def spot(self) -> str:
        """From where a promise is asked for: a shop, a district's middle, or nowhere."""
        return self.district.spot if self.district else self.near

    @property
    def near_name(self) -> str:
        if self.district:
            return name_in(self.district.names, self.language)
        return self.shops.get(self.near, "")

    @cached_property
    def away_m(self) -> dict[str, float]:
        """How far each shop is from the district; empty where she chose none, without shops that nobody has placed."""
        if self.district is None:
            return {}
        known = orders.shops(self.session, set(self.shops))
        here = self.district.point
        return {it: distance_m(here, shop.point) for it, shop in known.items() if shop.point}

    @property
    def today(self) -> str:
        return self.now.astimezone(self.zone).date().isoformat()


class At(NamedTuple):
    """One product in one shop, in words; `away_km` from where she says that she is, None where she does not."""

    location_id: str
    name: str
    standing: Standing
    away_km: int | None = None


class Card(NamedTuple):
    """One product in a list; `at` is the best there is, in the chosen shop before all others, None for nowhere."""

    goods: Goods
    at: At | None


def nothing(scene: Scene, asked: Mapping[str, str]) -> dict[str, Any]:
    del scene, asked
    return {}


def home(scene: Scene, asked: Mapping[str, str]) -> dict[str, Any]:
    del asked
    return {"cards": cards(scene, repository.first_choice(scene.session, scene.language))}


def category(scene: Scene, asked: Mapping[str, str]) -> dict[str, Any]:
    found = repository.of_category(scene.session, asked["category"], scene.language)
    if not found:
        raise NotFoundError(what="category", name=asked["category"])
    return {"category": asked["category"], "cards": cards(scene, found)}


def search(scene: Scene, asked: Mapping[str, str]) -> dict[str, Any]:
    text = asked.get("q", "").strip()[:LONGEST_QUESTION]
    skus = catalogue.find(scene.session, text, repository.SHOWN)
    found = repository.goods(scene.session, skus, scene.language)
    return {"text": text, "cards": cards(scene, list(found.values()))}


def product(scene: Scene, asked: Mapping[str, str]) -> dict[str, Any]:
    sku = asked["sku"]
    found = repository.goods(scene.session, [sku], scene.language).get(sku)
    if found is None:
        raise NotFoundError(what="product", name=sku)
    known = _standings(scene, [sku]).get(sku, {})
    places = [_at(scene, it, known.get(it, Standing.NONE)) for it in scene.shops]
    return {"goods": found, "places": sorted(places, key=lambda it: _rank(it, scene))}


def basket(scene: Scene, asked: Mapping[str, str]) -> dict[str, Any]:
    del asked
    lines = repository.basket(scene.session, scene.shopper_id, scene.language)
    at = {card.goods.sku: card.at for card in cards(scene, [line.goods for line in lines])}
    return {"lines": lines, "at": at, "sum_minor": sum(line.amount_minor for line in lines)}


def places(scene: Scene, asked: Mapping[str, str]) -> dict[str, Any]:
    named = {
        it: name_in(district.names, scene.language)
        for it, district in districts(scene.zone.key).items()
    }
    return {
        "places": scene.shops,
        "districts": sorted(named.items(), key=lambda it: it[1]),
        "chosen": scene.shopper.near if scene.shopper else "",
        "back": asked.get("back", "/shop"),
    }


def cards(scene: Scene, found: Sequence[Goods]) -> list[Card]:
    known = _standings(scene, [goods.sku for goods in found])
    return [Card(goods, _best(scene, known.get(goods.sku, {}))) for goods in found]


def _best(scene: Scene, known: Mapping[str, Standing]) -> At | None:
    there = (_at(scene, it, standing) for it, standing in known.items())
    having = [at for at in there if at.standing is not Standing.NONE]
    return min(having, key=lambda at: _rank(at, scene), default=None)


def _at(scene: Scene, location_id: str, standing: Standing) -> At:
    metres = scene.away_m.get(location_id)
    away_km = None if metres is None else max(1, round(metres / 1_000))
    return At(location_id, scene.shops[location_id], standing, away_km)


def _standings(scene: Scene, skus: Sequence[str]) -> dict[str, dict[str, Standing]]:
    edges = fleet.edges(scene.session)
    known = standings(scene.session, skus, edges, scene.now, scene.today)
    return {sku: _of_shops(by_place, scene.shops) for sku, by_place in known.items()}


def _of_shops(by_place: Mapping[str, Standing], shops: Iterable[str]) -> dict[str, Standing]:
    return {location: by_place[location] for location in shops if location in by_place}


def _rank(at: At, scene: Scene) -> tuple[bool, float, int, str]:
    """The chosen shop first if it has any; then the nearest to her district; then the surest; then by name."""
    has_some = at.standing is not Standing.NONE
    is_near = has_some and at.location_id == scene.near
    away_m = scene.away_m.get(at.location_id, FAR_M) if has_some else FAR_M
    return (not is_near, away_m, ORDER.index(at.standing), at.name)
