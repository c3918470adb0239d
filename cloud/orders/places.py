"""Where a customer says that she is, in words: a shop or a district, in any of its names, as far as it is typed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlmodel import Session, select

from cloud.errors import PlaceUnclearError, PlaceUnknownError
from cloud.names import name_in
from cloud.orders import quoting
from cloud.orders.districts import districts
from cloud.orders.tables import Place

MOST_NAMED = 5


class Spot(NamedTuple):
    """`near` is what a promise is asked for: a location_id, "latitude,longitude" or "". `names` are by language."""

    near: str
    names: Mapping[str, str]


def spot_of(session: Session, said: str, language: str) -> Spot:
    """`said` is a location_id, "latitude,longitude", a shop's or a district's name or how it begins, or "" for nowhere.

    Raises PlaceUnknownError, and PlaceUnclearError where several are called so.
    """
    word = _plain(said)
    rows = session.exec(select(Place).order_by(Place.location_id)).all()
    if not word or quoting.is_spot(said):
        return Spot(said.strip(), {})
    known = list(_known(rows))
    for row, spot in zip(rows, known, strict=False):
        if row.location_id == said:
            return spot
    called = [it for it in known if word in map(_plain, it.names.values())] or [
        it for it in known if any(_plain(name).startswith(word) for name in it.names.values())
    ]
    if not called:
        raise PlaceUnknownError(place=said)
    if len(called) > 1:
        names = sorted({name_in(it.names, language) for it in called})
        raise PlaceUnclearError(place=said, places=", ".join(names[:MOST_NAMED]))
    return called[0]


def _known(rows: Sequence[Place]) -> Iterator[Spot]:
    """Every shop in the order of `rows`, then every district of their time zones."""
    for row in rows:
        yield Spot(row.location_id, json.loads(row.names))
    for timezone in sorted({row.timezone for row in rows}):
        for district in districts(timezone).values():
            yield Spot(district.spot, district.names)


def _plain(name: str) -> str:
    return "".join(name.split()).casefold()
