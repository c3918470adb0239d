"""What head office says of its shops: where they are, when they are open, what they offer and may promise."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlmodel import Session, select

from cloud.feeds import cursors
from cloud.feeds import repository as feeds
from cloud.orders import quoting, repository
from cloud.orders.tables import Place
from contract.feeds import canonical, shop_feed
from contract.rights import RightsAccount
from contract.settings import Timezone

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
LocationId = Annotated[str, Field(pattern=r"^[^~@\s,]{1,64}$")]
_HOURS = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d-(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)")


def _check_hours(text: str) -> str:
    opening, _, closing = text.partition("-")
    if not _HOURS.fullmatch(text) or opening >= closing:
        raise ValueError(f"expected hours as 09:00-21:00, got {text}")
    return text


class ShopChange(BaseModel):
    """One shop; `travel_min` is minutes that goods take to other shops, by their location_id.

    Without `opens` it is always open; a day that is not named is closed. Radius and minutes 0: no delivery.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    location_id: LocationId
    names: dict[str, str] = Field(min_length=1)
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)
    timezone: Timezone = "Asia/Seoul"
    opens: dict[Weekday, Annotated[str, AfterValidator(_check_hours)]] = {}
    travel_min: dict[str, Annotated[int, Field(ge=0, le=10_000)]] = {}
    is_pickup: bool = True
    accept_min: int = Field(default=10, ge=1, le=1_440)
    prepare_min: int = Field(default=15, ge=1, le=1_440)
    delivery_radius_m: int = Field(default=0, ge=0, le=100_000)
    delivery_min: int = Field(default=0, ge=0, le=1_440)
    delivery_fee_minor: int = Field(default=0, ge=0)
    ship_days: int = Field(default=0, ge=0, le=60)
    ship_fee_minor: int = Field(default=0, ge=0)


class RightChange(BaseModel):
    """`sku` "*" is everything that has no right of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    location_id: LocationId
    sku: str = Field(min_length=1)
    cap: int = Field(ge=0, le=1_000_000)
    keep: int = Field(default=0, ge=0, le=1_000_000)


def write_shops(session: Session, changes: Sequence[ShopChange]) -> None:
    repository.write_shops(session, [_row(change) for change in changes])


def _row(change: ShopChange) -> dict[str, object]:
    texts = {
        name: json.dumps(getattr(change, name), ensure_ascii=False)
        for name in ("names", "opens", "travel_min")
    }
    return change.model_dump() | texts


def write_rights(session: Session, changes: Sequence[RightChange]) -> None:
    """Also to each shop's own feed: its box states the bound, and a cap that was raised waits for that."""
    by_shop: dict[str, dict[str, RightChange]] = defaultdict(dict)
    for change in changes:
        by_shop[change.location_id][change.sku] = change
    for location_id, rights in by_shop.items():
        feed = shop_feed("rights", location_id)
        bodies: dict[str, str | None] = {
            sku: canonical({"cap": it.cap, "keep": it.keep}) for sku, it in rights.items()
        }
        feeds.write_operations(session, feed, bodies)
        session.flush()
        version = feeds.head(session, feed).version
        before = {it.sku: it.heard_cap for it in repository.rights_at(session, location_id)}
        rows = [
            it.model_dump() | {"heard_cap": min(it.cap, before.get(sku, 0)), "version": version}
            for sku, it in rights.items()
        ]
        repository.write_rights(session, rows)
        rights_acknowledged(session, feed)


def rights_acknowledged(session: Session, feed: str) -> None:
    """A box has pulled: what every box of the shop knows of counts. A shop without a box states no bound."""
    kind, _, location_id = feed.partition("@")
    if kind != "rights":
        return
    known = cursors.of_shop(session, location_id, feed)
    through = min(known, default=feeds.head(session, feed).version)
    repository.rights_heard(session, location_id, through)


def listed(session: Session, now: datetime) -> list[dict[str, Any]]:
    """Every shop with what was measured of it; `keep_rate_bp` is None before the first job."""
    heard = repository.shops(session)
    rows = session.exec(select(Place).order_by(Place.location_id)).all()
    return [_as_dict(row, heard[row.location_id], now) for row in rows]


def _as_dict(row: Place, shop: quoting.Shop, now: datetime) -> dict[str, Any]:
    texts = {name: json.loads(getattr(row, name)) for name in ("names", "opens", "travel_min")}
    rate = row.on_time * 10_000 // row.samples if row.samples else None
    return (
        row.model_dump(mode="json")
        | texts
        | {
            "keep_rate_bp": rate,
            "is_leased": quoting.is_leased(shop.heard_at, now),
        }
    )


def promisable(
    session: Session, now: datetime, location_id: str, skus: Sequence[str]
) -> list[dict[str, Any]]:
    """For each SKU: what the hub could promise here this minute, and how many promises one cut can break at most."""
    facts = repository.facts(session, now, skus, {location_id})
    ledger = quoting.Ledger(facts)
    shop = facts.shops.get(location_id)
    today = shop.date(now) if shop else now.date().isoformat()
    return [_as_account(sku, ledger.account(location_id, sku, today)) for sku in skus]


def _as_account(sku: str, account: RightsAccount) -> dict[str, Any]:
    names = ("on_hand", "set_aside", "promised", "cap", "keep", "may_promise", "bound")
    return {"sku": sku} | {name: getattr(account, name) for name in names}
