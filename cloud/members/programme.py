"""The programme: what members get, kept in versions, sent to every box."""

from __future__ import annotations

from typing import Final, NamedTuple

from sqlmodel import Session, col, select

from cloud.errors import ProgrammeError
from cloud.feeds import cursors
from cloud.feeds import repository as feeds
from cloud.ingest.tables import Edge
from cloud.members import repository
from cloud.members.service import Members
from cloud.members.tables import ProgrammeVersion
from contract.feeds import canonical
from contract.members import PROGRAMME_KEY, Programme

FEED: Final = "offers"


class Held(NamedTuple):
    """What a box that is cut off now may take by itself, at most."""

    allowance: int
    coupon_offline_limit: int


def publish(members: Members, wanted: Programme) -> Programme:
    """Makes it the programme from now on; the same again is no new version. Raises ProgrammeError.

    Without `shops` they are those that are known: the old ones in their order, then the new ones.
    """
    with members.database.write() as session:
        known = repository.programme(session)
        programme = wanted if wanted.shops else with_shops(session, wanted, known)
        check(programme, known, members.currency)
        if programme != known:
            _store(session, programme, members)
    members.on_change()
    return programme


def check(programme: Programme, known: Programme | None, currency: str) -> None:
    if programme.currency != currency:
        raise ProgrammeError(detail=f"expected it in {currency}, got {programme.currency}")
    thresholds = [tier.threshold_minor for tier in programme.tiers]
    if thresholds[0] != 0 or thresholds != sorted(set(thresholds)):
        raise ProgrammeError(detail=f"expected tiers that rise from 0, got {thresholds}")
    before = known.shops if known else ()
    if programme.shops[: len(before)] != before:
        detail = f"expected shops that begin with {', '.join(before)}: by their order each coupon has its own"
        raise ProgrammeError(detail=detail)


def with_shops(session: Session, wanted: Programme, known: Programme | None) -> Programme:
    before = known.shops if known else ()
    found = session.exec(select(Edge.location_id).where(col(Edge.location_id) != "")).all()
    fresh = tuple(sorted(set(found) - set(before)))
    return wanted.model_copy(update={"shops": before + fresh})


def _store(session: Session, programme: Programme, members: Members) -> None:
    body = canonical(programme.model_dump(mode="json"))
    newest = session.exec(
        select(ProgrammeVersion.version).order_by(col(ProgrammeVersion.version).desc())
    ).first()
    feeds.write_operations(session, FEED, {PROGRAMME_KEY: body})
    session.flush()
    session.add(
        ProgrammeVersion(
            version=(newest or 0) + 1,
            since=members.clock.now(),
            body=body,
            feed_version=feeds.head(session, FEED).version,
        )
    )
    session.flush()


def held(session: Session) -> list[Programme]:
    """Every programme by which a box may still go: what it has acknowledged, and all that came after.

    One that has acknowledged none may have heard of any of them.
    """
    query = select(ProgrammeVersion).order_by(col(ProgrammeVersion.version).desc())
    after = min(cursors.of_chain(session, FEED), default=feeds.head(session, FEED).version)
    found = []
    for row in session.exec(query):
        found.append(Programme.model_validate_json(row.body))
        if row.feed_version <= after:
            break
    return found


def most_held(session: Session) -> Held:
    """The highest of each limit, until every box has heard of the lower one."""
    programmes = held(session)
    return Held(
        allowance=max((it.allowance for it in programmes), default=0),
        coupon_offline_limit=max((it.coupon_offline_limit for it in programmes), default=0),
    )
