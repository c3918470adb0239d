"""An offer as it is shown, and its id: the choice itself in words that the hub checks anew when somebody takes it up.

Nothing of a quote is stored. Who changes an id gets what the hub would offer anyway, or a refusal.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict

from cloud.errors import OfferChangedError, OfferExpiredError
from cloud.orders.quoting import OFFER_LASTS, Way, best, confidence_bp, data_age_s
from contract.orders import Window

_BETWEEN = "~"


class Choice(NamedTuple):
    """What an offer's id says."""

    kind: str
    location_id: str
    source_id: str
    end: datetime
    fee_minor: int
    expires_at: datetime
    near: str

    def text(self) -> str:
        parts = (
            self.kind,
            self.location_id,
            self.source_id,
            str(int(self.end.timestamp())),
            str(self.fee_minor),
            str(int(self.expires_at.timestamp())),
            self.near,
        )
        return _BETWEEN.join(parts)


class Offer(BaseModel):
    """One way to get a basket. `source_id` is the shop whose goods it takes, `location_id` the one to deal with.

    `confidence_bp` (of 10,000) comes from `samples` jobs and data that is `data_age_s` old; `plan_b` is what the hub
    would do if it broke: another way, or {"kind": "refund"}.
    """

    model_config = ConfigDict(frozen=True)

    offer_id: str
    kind: str
    location_id: str
    location_name: str
    source_id: str
    source_name: str
    window: Window
    cutoff: AwareDatetime
    goods_minor: int
    fee_minor: int
    total_minor: int
    currency: str
    confidence_bp: int
    samples: int
    data_age_s: int
    distance_m: int | None
    plan_b: dict[str, Any]
    expires_at: AwareDatetime


def whole(moment: datetime) -> datetime:
    """The next whole minute: what people are told, and what an offer's id can carry."""
    at = moment.astimezone(UTC)
    return datetime.fromtimestamp(-(-at.timestamp() // 60) * 60, UTC)


def offers(
    found: Sequence[Way], goods_minor: int, currency: str, near: str, language: str, now: datetime
) -> list[Offer]:
    """The best of the ways that were found; plan B may be any of them."""
    return [
        _offer(way, plan_b(way, found, language), goods_minor, currency, near, language, now)
        for way in best(found)
    ]


def _offer(
    way: Way,
    plan: dict[str, Any],
    goods_minor: int,
    currency: str,
    near: str,
    language: str,
    now: datetime,
) -> Offer:
    end, expires_at = whole(way.end), now + OFFER_LASTS
    places = way.shop.location_id, way.source.location_id
    return Offer(
        offer_id=Choice(way.kind, *places, end, way.fee_minor, expires_at, near).text(),
        kind=way.kind,
        location_id=way.shop.location_id,
        location_name=way.shop.name(language),
        source_id=way.source.location_id,
        source_name=way.source.name(language),
        window=Window(start=whole(way.start), end=end),
        cutoff=way.cutoff,
        goods_minor=goods_minor,
        fee_minor=way.fee_minor,
        total_minor=goods_minor + way.fee_minor,
        currency=currency,
        confidence_bp=confidence_bp(way, now),
        samples=min(shop.samples for shop in way.sources),
        data_age_s=max(data_age_s(shop, now) for shop in way.sources),
        distance_m=round(way.distance_m) if way.distance_m < 1e8 else None,
        plan_b=plan,
        expires_at=expires_at,
    )


def plan_b(way: Way, found: Sequence[Way], language: str) -> dict[str, Any]:
    """The best of the other ways whose goods come from another shop, those to the same shop first."""
    others = [other for other in found if is_instead(other, way)]
    if not others:
        return {"kind": "refund"}
    instead = min(others, key=lambda it: (it.shop is not way.shop, it.end))
    return {
        "kind": instead.kind,
        "location_id": instead.shop.location_id,
        "location_name": instead.shop.name(language),
        "window_end": whole(instead.end).isoformat(),
    }


COMES = frozenset({"pickup", "transfer_pickup"})


def is_instead(other: Way, way: Way) -> bool:
    """Who comes for it can be sent to another shop; who has it brought, not."""
    same_sort = (other.kind in COMES) == (way.kind in COMES)
    return same_sort and other.source.location_id != way.source.location_id


def parse(offer_id: str, now: datetime) -> Choice:
    """Raises OfferChangedError for what is no offer, OfferExpiredError for one that no longer holds."""
    try:
        kind, place, source, end, fee, expires, near = offer_id.split(_BETWEEN)
        times = (datetime.fromtimestamp(int(text), UTC) for text in (end, expires))
        end_at, expires_at = times
        choice = Choice(kind, place, source, end_at, int(fee), expires_at, near)
    except (ValueError, OverflowError, OSError) as error:
        raise OfferChangedError(detail="this is no offer of this hub") from error
    if now > expires_at:
        raise OfferExpiredError(expired_at=expires_at.isoformat())
    return choice


def check(choice: Choice, found: Sequence[Way]) -> Way:
    """The way that was chosen, if it can still be kept as it was offered. Raises OfferChangedError."""
    for way in found:
        places = way.shop.location_id, way.source.location_id
        if (way.kind, *places) == (choice.kind, choice.location_id, choice.source_id):
            return _still(choice, way)
    raise OfferChangedError(detail="the shop no longer offers it")


def _still(choice: Choice, way: Way) -> Way:
    if way.start > choice.end:
        raise OfferChangedError(detail="it would come later than promised")
    if way.fee_minor != choice.fee_minor:
        raise OfferChangedError(detail="it costs another fee now")
    return way
