"""What could not be taken in, and the alarms of it: both count up instead of growing without end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from cloud.db import insert_for
from cloud.ingest.tables import Alarm, Quarantined


def park(session: Session, parked: Sequence[Quarantined]) -> None:
    """Keeps each of `parked` and raises its alarm; one that is known already counts up."""
    for row in parked:
        statement = insert_for(session, Quarantined).values(**row.model_dump())
        session.connection().execute(
            statement.on_conflict_do_update(
                index_elements=["digest"],
                set_={"count": Quarantined.count + 1, "last_at": row.last_at},
            )
        )
        raise_alarm(session, row.edge_id, row.key, row.detail, row.last_at)


def raise_alarm(session: Session, edge_id: str, key: str, detail: str, at: datetime) -> None:
    alarm = Alarm(edge_id=edge_id, key=key, detail=detail, first_at=at, last_at=at)
    session.connection().execute(
        insert_for(session, Alarm)
        .values(**alarm.model_dump())
        .on_conflict_do_update(
            index_elements=["edge_id", "key"],
            set_={"count": Alarm.count + 1, "last_at": at, "detail": detail},
        )
    )
