"""Messages in, one transaction, acks out: nothing is acknowledged that is not committed.

Group commit: everything that waits, of every box, is stored by one COMMIT. A stream's stand moves under a condition
on the stand it was read at, so that two workers that both believe to hold a lease cannot both store.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cloud.clock import Clock
from cloud.db import Database
from cloud.errors import StandMovedError
from cloud.fleet import receipt_keys
from cloud.ingest.admission import Admitted, Rejected
from cloud.ingest.intake import Intake, Standing, StreamKey, contradicting_row, edge_ids
from cloud.ingest.pressure import Allowance
from cloud.ingest.quarantine import park, raise_alarm
from cloud.ingest.tables import Edge, Fact, FactAlias, Stream
from contract.envelope import Ack
from contract.errors import WireError
from contract.stream import Stand

log = logging.getLogger(__name__)
UIDS_A_QUERY = 500
FACT_COLUMNS = {
    "edge_id": "text",
    "epoch": "text",
    "seq": "bigint",
    "uid": "text",
    "body": "text",
    "received_ms": "bigint",
}
# PostgreSQL plans one statement for all of them instead of one for each fact. The arrays go in binary form ("b"), as
# fast as COPY: to quote the JSON of the bodies once more takes the hub four times as long as everything else.
INSERT_ARRAYS = (
    f"INSERT INTO fact ({', '.join(FACT_COLUMNS)}) SELECT * FROM unnest("  # noqa: S608 - our own names
    + ", ".join(f"%({name})b::{kind}[]" for name, kind in FACT_COLUMNS.items())
    + ") ON CONFLICT (uid) DO NOTHING"
)


# The driver's own statement: a backlog is a hundred thousand rows, and the compiler would handle each of them.
INSERT_ROWS = (
    f"INSERT INTO fact ({', '.join(FACT_COLUMNS)}) VALUES ({', '.join('?' for _ in FACT_COLUMNS)})"  # noqa: S608 - our own names
    " ON CONFLICT (uid) DO NOTHING"
)
_values_of = itemgetter(*FACT_COLUMNS)

# Made once: to put them together costs as much as to ask them, and ingest asks before every transaction.
_IDS: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
_EDGES = select(Edge).where(col(Edge.edge_id).in_(_IDS))
_STREAMS = select(Stream).where(col(Stream.edge_id).in_(_IDS))
_MOVE = sa.update(Stream).where(
    col(Stream.edge_id) == sa.bindparam("of_edge"),
    col(Stream.epoch) == sa.bindparam("of_epoch"),
    col(Stream.high) == sa.bindparam("was_high"),
    col(Stream.is_frozen) == sa.bindparam("was_frozen"),
)


class Inbox:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def commit(
        self, arrivals: Sequence[Admitted | Rejected], allowance: Allowance
    ) -> list[tuple[str, Ack]]:
        """Stores all of `arrivals` or nothing, then gives the acks to send.

        Raises StandMovedError where another worker has moved one of the streams.
        """
        with self._database.write() as session:
            intake = self._open(session, arrivals)
            for arrival in arrivals:
                intake.take(arrival)
            self._store(session, intake)
        return intake.answers(allowance)

    def _open(self, session: Session, arrivals: Sequence[Admitted | Rejected]) -> Intake:
        ids = edge_ids(arrivals)
        edges = session.exec(_EDGES, params={"ids": ids}).all()
        rows = session.exec(_STREAMS, params={"ids": ids}).all()
        streams = {
            (row.edge_id, row.epoch): Standing(row, Stand(row.high, row.chain, row.is_frozen))
            for row in rows
        }
        for row in rows:
            session.expunge(row)
        return Intake({edge.edge_id: edge for edge in edges}, streams, self._clock.now())

    def _store(self, session: Session, intake: Intake) -> None:
        session.add_all(intake.edges.values())
        for standing in intake.touched.values():
            store_stand(session, standing)
        if intake.facts:
            self._store_facts(session, intake)
        park(session, intake.parked)
        receipt_keys.publish(session, intake.greeted, intake.renewed)
        for edge in intake.doubled:
            detail = (
                f"Expected start {edge.boot} to be over since another one came, heard it again."
            )
            self._alarm(session, edge.edge_id, WireError.TWO_BOXES, detail, intake.now)
        for row in intake.forked:
            detail = f"Expected epoch {row.epoch} to go on behind {row.high}, heard a new one."
            self._alarm(session, row.edge_id, WireError.FORK, detail, intake.now)

    def _alarm(
        self, session: Session, edge_id: str, key: WireError, detail: str, now: datetime
    ) -> None:
        log.error("%s, %s: %s", edge_id, key, detail)
        raise_alarm(session, edge_id, key.value, detail, now)

    def _store_facts(self, session: Session, intake: Intake) -> None:
        if insert_new(session, intake.facts) != len(intake.facts):
            self._store_aliases(session, intake)

    def _store_aliases(self, session: Session, intake: Intake) -> None:
        """Facts of this transaction that the inbox knew already, from another epoch or another box."""
        places = defaultdict(list)
        for fact in intake.facts:
            places[str(fact["edge_id"]), str(fact["epoch"])].append(fact)
        aliases = [
            fact for key, facts in places.items() for fact in _without_row(session, key, facts)
        ]
        rows = [{name: fact[name] for name in FactAlias.model_fields} for fact in aliases]
        session.connection().execute(sa.insert(FactAlias), rows)
        contradictions = [
            contradicting_row(it, intake.now) for it in _contradictions(session, rows)
        ]
        for row in contradictions:
            log.error("%s, %s: %s", row.edge_id, row.key, row.detail)
        park(session, contradictions)


def insert_new(session: Session, facts: list[dict[str, object]]) -> int:
    """Stores those of `facts` whose uid is new; gives how many."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        columns = {name: [fact[name] for fact in facts] for name in FACT_COLUMNS}
        return connection.exec_driver_sql(INSERT_ARRAYS, columns).rowcount
    rows = [_values_of(fact) for fact in facts]
    options = {"preserve_rowcount": True}
    return connection.exec_driver_sql(INSERT_ROWS, rows, execution_options=options).rowcount


def store_stand(session: Session, standing: Standing) -> None:
    """Raises StandMovedError where the database no longer holds the stand that was read."""
    row = standing.row
    if standing.was is None:
        session.add(row)
        session.flush()
        return
    was = {
        "of_edge": row.edge_id,
        "of_epoch": row.epoch,
        "was_high": standing.was.high,
        "was_frozen": standing.was.is_frozen,
    }
    now = row.model_dump(exclude={"edge_id", "epoch", "shard", "opened_at"})
    moved = session.connection().execute(_MOVE, now | was)
    if moved.rowcount != 1:
        raise StandMovedError(edge_id=row.edge_id, epoch=row.epoch, high=standing.was.high)


def _without_row(
    session: Session, key: StreamKey, facts: list[dict[str, object]]
) -> list[dict[str, object]]:
    first = facts[0]["seq"]
    found = session.exec(
        select(Fact.seq).where(Fact.edge_id == key[0], Fact.epoch == key[1], col(Fact.seq) >= first)
    )
    stored = set(found.all())
    return [fact for fact in facts if fact["seq"] not in stored]


def _contradictions(session: Session, rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Every alias whose body is not the body known under its uid."""
    known: dict[str, str] = {}
    for start in range(0, len(rows), UIDS_A_QUERY):
        uids = [str(row["uid"]) for row in rows[start : start + UIDS_A_QUERY]]
        query = select(Fact.uid, Fact.body).where(col(Fact.uid).in_(uids))
        known.update(session.exec(query).all())
    return [row for row in rows if known[str(row["uid"])] != row["body"]]
