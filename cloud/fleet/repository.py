"""All SQL of the fleet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlmodel import Session, col, func, select

from cloud.ingest.tables import (
    Alarm,
    Edge,
    Fact,
    FactAlias,
    ProjectionCursor,
    Quarantined,
    Stream,
)


def edges(session: Session) -> Sequence[Edge]:
    return session.exec(select(Edge).order_by(Edge.edge_id)).all()


def edge(session: Session, edge_id: str) -> Edge | None:
    return session.get(Edge, edge_id)


def streams(session: Session) -> dict[str, list[Stream]]:
    """Every box's streams, oldest first."""
    found: dict[str, list[Stream]] = defaultdict(list)
    for stream in session.exec(select(Stream).order_by(col(Stream.opened_at))):
        found[stream.edge_id].append(stream)
    return found


def quarantine_counts(session: Session) -> dict[str, int]:
    query = select(Quarantined.edge_id, func.count()).group_by(Quarantined.edge_id)
    return dict(session.exec(query).all())


def quarantine(session: Session, limit: int, edge_id: str | None = None) -> Sequence[Quarantined]:
    """Newest first."""
    query = select(Quarantined).order_by(col(Quarantined.last_at).desc()).limit(limit)
    if edge_id is not None:
        query = query.where(Quarantined.edge_id == edge_id)
    return session.exec(query).all()


def alarms(session: Session, edge_id: str | None = None) -> Sequence[Alarm]:
    query = select(Alarm).order_by(col(Alarm.last_at).desc())
    if edge_id is not None:
        query = query.where(Alarm.edge_id == edge_id)
    return session.exec(query).all()


def facts(
    session: Session, edge_id: str, epoch: str, after: int, limit: int
) -> list[tuple[int, str, str, str | None]]:
    """(seq, uid, body, uid of the fact it is an alias of) of one stream, gapless and in order."""
    own = session.exec(
        select(Fact.seq, Fact.uid, Fact.body)
        .where(Fact.edge_id == edge_id, Fact.epoch == epoch, Fact.seq > after)
        .order_by(col(Fact.seq))
        .limit(limit)
    )
    again = session.exec(
        select(FactAlias.seq, FactAlias.uid, FactAlias.body)
        .where(FactAlias.edge_id == edge_id, FactAlias.epoch == epoch, FactAlias.seq > after)
        .order_by(col(FactAlias.seq))
        .limit(limit)
    )
    rows = [(seq, uid, body, None) for seq, uid, body in own]
    aliases = [(seq, uid, body, uid) for seq, uid, body in again]
    return sorted([*rows, *aliases], key=lambda row: row[0])[:limit]


def fact_count(session: Session) -> int:
    return int(session.exec(select(func.coalesce(func.sum(Stream.high), 0))).one())


def unprojected(session: Session) -> int:
    """Facts that are stored and not yet sales, stock and money."""
    done = session.exec(select(func.coalesce(func.sum(ProjectionCursor.seq), 0))).one()
    return fact_count(session) - int(done)
