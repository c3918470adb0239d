"""What could not be taken in, and the alarms of it: both count up instead of growing without end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from cloud.db import insert_for
from cloud.ingest.tables import Alarm, Quarantined


def park(session: Session, parked: Sequence[Quarantined]) -> None:
    """Keeps each of `parked` and raises its alarm; one that is known already counts up."""
    if not parked:
        return
    statement = insert_for(session, Quarantined)
    session.connection().execute(
        statement.on_conflict_do_update(
            index_elements=["digest"],
            set_={"count": Quarantined.count + 1, "last_at": statement.excluded.last_at},
        ),
        [row.model_dump() for row in parked],
    )
    of_one_kind = defaultdict(list)
    for row in parked:
        of_one_kind[row.edge_id, row.key].append(row)
    for (edge_id, key), rows in of_one_kind.items():
        raise_alarm(session, edge_id, key, rows[-1].detail, rows[-1].last_at, len(rows))


def raise_alarm(
    session: Session, edge_id: str, key: str, detail: str, at: datetime, count: int = 1
) -> None:
    alarm = Alarm(edge_id=edge_id, key=key, detail=detail, count=count, first_at=at, last_at=at)
    statement = insert_for(session, Alarm)
    fresh = statement.excluded
    session.connection().execute(
        statement.on_conflict_do_update(
            index_elements=["edge_id", "key"],
            set_={
                "count": Alarm.count + fresh.count,
                "last_at": fresh.last_at,
                "detail": fresh.detail,
            },
        ),
        [alarm.model_dump()],
    )
