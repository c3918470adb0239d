"""All SQL of the fleet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from cloud.fleet.tables import BoxCommand, FinishedCommand
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


def commands(session: Session, edge_id: str, limit: int) -> Sequence[BoxCommand]:
    """Newest first."""
    query = select(BoxCommand).where(BoxCommand.edge_id == edge_id)
    newest = (col(BoxCommand.asked_at).desc(), col(BoxCommand.command_id).desc())
    return session.exec(query.order_by(*newest).limit(limit)).all()


def finished(
    session: Session, edge_id: str, command_ids: Collection[str]
) -> dict[str, FinishedCommand]:
    """What the box said of each; its first word where a restored box has carried one out again."""
    query = select(FinishedCommand).where(
        FinishedCommand.edge_id == edge_id, col(FinishedCommand.command_id).in_(command_ids)
    )
    newest_first = session.exec(query.order_by(col(FinishedCommand.uid).desc()))
    return {fact.command_id: fact for fact in newest_first}


def open_commands(session: Session, now: datetime, edge_id: str) -> Sequence[BoxCommand]:
    """Those of one box that are neither finished nor too late, oldest first."""
    return session.exec(_open(now).where(BoxCommand.edge_id == edge_id)).all()


def sendable(session: Session, now: datetime, shards: Collection[int]) -> Sequence[BoxCommand]:
    """Open commands of the connected boxes in `shards`, oldest first."""
    of_connected = _open(now).join(Edge, col(Edge.edge_id) == col(BoxCommand.edge_id))
    connected = of_connected.where(col(Edge.is_connected), col(Edge.shard).in_(shards))
    return session.exec(connected).all()


def _open(now: datetime) -> SelectOfScalar[BoxCommand]:
    said = sa.exists().where(
        col(FinishedCommand.command_id) == col(BoxCommand.command_id),
        col(FinishedCommand.edge_id) == col(BoxCommand.edge_id),
    )
    query = select(BoxCommand).where(col(BoxCommand.not_after) >= now, ~said)
    return query.order_by(col(BoxCommand.asked_at), col(BoxCommand.command_id))


def note_sent(session: Session, command_ids: Collection[str], now: datetime) -> None:
    """The first sending counts."""
    session.connection().execute(
        sa.update(BoxCommand)
        .where(col(BoxCommand.command_id).in_(command_ids), col(BoxCommand.sent_at).is_(None))
        .values(sent_at=now)
    )
