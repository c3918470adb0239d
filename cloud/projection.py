"""From facts to sales, stock and money: what the rows of a fact are, and how they are written exactly once.

Every concern has a module `projection` with `PROJECTIONS`, and with `UPCASTERS` where facts of older boxes differ; the
registry walks, there is no list to edit. A projection is pure: fact in, rows out. The rows of some facts and the cursor
behind them are one transaction, so a fact counts once whatever is killed when. A fact that cannot be understood is
parked with its reason and an alarm, and the stream goes on; `hub reproject` tries it again with newer software.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import json
import logging
import pkgutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, NamedTuple

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import Session, SQLModel, col, delete, select

import cloud
from cloud.clock import Clock
from cloud.db import Database, insert_for
from cloud.ingest.quarantine import park
from cloud.ingest.tables import Alarm, Fact, ProjectionCursor, Quarantined, Stream
from cloud.upcasting import Upcast, raised
from contract.envelope import FactBody, Message, fact_type
from contract.errors import WireError

log = logging.getLogger(__name__)
FACTS_A_STEP = 200


class Origin(NamedTuple):
    """Where a fact comes from."""

    edge_id: str
    epoch: str
    seq: int
    uid: str


class Row(NamedTuple):
    """Values by column, of one INSERT with the others of its table; an object each would cost half the time."""

    table: type[SQLModel]
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Projection:
    """`rows` turns one fact of `model`'s type and version into rows of `tables`.

    `after`, where given, runs in the same transaction for what a step's facts have touched.
    """

    model: type[FactBody]
    tables: tuple[type[SQLModel], ...]
    rows: Callable[[Origin, Any], Sequence[Row]]
    after: Callable[[Session, Sequence[Any]], None] | None = None

    @property
    def key(self) -> tuple[str, int]:
        fields = self.model.model_fields
        return fields["type"].default, fields["version"].default


class Parked(NamedTuple):
    fact: Fact
    key: WireError
    detail: str


class Projected(NamedTuple):
    fact: Fact
    projections: Sequence[Projection]
    body: FactBody
    rows: Sequence[Row]


Registry = dict[tuple[str, int], list[Projection]]


@functools.cache
def registry() -> Registry:
    """Every projection of the hub, by the type and version of its fact."""
    found: Registry = defaultdict(list)
    for module in _projection_modules():
        for projection in module.PROJECTIONS:
            found[projection.key].append(projection)
    return dict(found)


@functools.cache
def upcasters() -> Mapping[tuple[str, int], Upcast]:
    """Every upcaster of the hub, by the type and version that it takes."""
    return {
        (upcaster.type, upcaster.version): upcaster.to_next
        for module in _projection_modules()
        for upcaster in getattr(module, "UPCASTERS", ())
    }


def _projection_modules() -> Iterator[ModuleType]:
    for module in pkgutil.walk_packages(cloud.__path__, "cloud."):
        if module.name.endswith(".projection") and module.name != __name__:
            yield importlib.import_module(module.name)


def project(
    fact: Fact, known: Registry, raisable: Mapping[tuple[str, int], Upcast]
) -> Projected | Parked:
    """The rows of one fact, raised to the version that they are made from, or why there are none."""
    try:
        body = raised(json.loads(fact.body), raisable)
        key = fact_type(body)
        projections = known.get(key)
        if not projections:
            detail = f"Expected a fact that this hub knows, got {key[0]!r} version {key[1]}."
            return Parked(fact, WireError.UNKNOWN_FACT, detail)
        message = projections[0].model.model_validate(body)
        origin = Origin(fact.edge_id, fact.epoch, fact.seq, fact.uid)
        rows = [made for projection in projections for made in projection.rows(origin, message)]
        if "\\u0000" in fact.body and (place := nul_in(rows)):
            detail = f"{place}: Expected text without NUL, got one."
            return Parked(fact, WireError.FAILED_FACT, detail)
        return Projected(fact, projections, message, rows)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in problem["loc"])
        return Parked(fact, WireError.FAILED_FACT, f"{place}: {problem['msg']}")
    except Exception as error:  # noqa: BLE001 - a projection's own fault must not stop the stream either
        return Parked(fact, WireError.FAILED_FACT, f"{type(error).__name__}: {error}")


def nul_in(rows: Iterable[Row]) -> str:
    """Where a row holds what PostgreSQL does not take, "" where none does. SQLite takes it: both refuse it here."""
    return next(
        (
            f"{made.table.__tablename__}.{name}"
            for made in rows
            for name, value in made.values.items()
            if isinstance(value, str) and "\0" in value
        ),
        "",
    )


def row(table: type[SQLModel], message: Message, **own: Any) -> Row:
    """A row of what the message and the table have both, and of `own`."""
    names = _shared_names(type(message), table)
    return Row(table, {name: getattr(message, name) for name in names} | own)


@functools.cache
def _shared_names(message: type[Message], table: type[SQLModel]) -> tuple[str, ...]:
    return tuple(sorted(message.model_fields.keys() & table.model_fields.keys()))


class FactProjector:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def step(self, shards: frozenset[int]) -> bool:
        """Projects some facts of one stream; False where every stream of `shards` is done."""
        with self._database.read() as session:
            work = next_work(session, shards)
        if work is None:
            return False
        cursor, facts, through = work
        outcomes = [project(fact, registry(), upcasters()) for fact in facts]
        try:
            self._write(cursor, outcomes, through)
        except OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 - one fact's rows must not stop those of the others
            log.warning("A step of the projection was refused (%s): fact by fact now.", error)
            self._write_singly(cursor, outcomes, through)
        return True

    def _write(
        self, cursor: ProjectionCursor, outcomes: Sequence[Projected | Parked], through: int
    ) -> None:
        with self._database.write() as session:
            if not move_cursor(session, cursor, through):
                return
            store_rows(session, [o for o in outcomes if isinstance(o, Projected)])
            park(session, [self._parked_row(o) for o in outcomes if isinstance(o, Parked)])

    def _write_singly(
        self, cursor: ProjectionCursor, outcomes: Sequence[Projected | Parked], through: int
    ) -> None:
        with self._database.write() as session:
            if not move_cursor(session, cursor, through):
                return
            for outcome in outcomes:
                park(session, [self._parked_row(p) for p in store_alone(session, outcome)])

    def _parked_row(self, parked: Parked) -> Quarantined:
        fact, now = parked.fact, self._clock.now()
        return Quarantined(
            digest=hashlib.blake2b(fact.uid.encode(), digest_size=16).hexdigest(),
            edge_id=fact.edge_id,
            key=parked.key.value,
            detail=parked.detail[:500].replace("\0", "\\x00"),
            epoch=fact.epoch,
            seq=fact.seq,
            uid=fact.uid,
            payload=fact.body[:4_096],
            size_bytes=len(fact.body.encode()),
            first_at=now,
            last_at=now,
        )


def next_work(
    session: Session, shards: frozenset[int]
) -> tuple[ProjectionCursor, Sequence[Fact], int] | None:
    """The oldest stream with unprojected facts, the next of them, and the cursor behind them."""
    at = sa.func.coalesce(ProjectionCursor.seq, 0)
    stream = session.exec(
        select(Stream.edge_id, Stream.epoch, Stream.high, at)
        .join(
            ProjectionCursor,
            (col(ProjectionCursor.edge_id) == Stream.edge_id)
            & (col(ProjectionCursor.epoch) == Stream.epoch),
            isouter=True,
        )
        .where(col(Stream.shard).in_(shards), col(Stream.high) > at)
        .order_by(col(Stream.opened_at))
        .limit(1)
    ).first()
    if stream is None:
        return None
    edge_id, epoch, high, seq = stream
    facts = session.exec(
        select(Fact)
        .where(Fact.edge_id == edge_id, Fact.epoch == epoch, Fact.seq > seq, Fact.seq <= high)
        .order_by(col(Fact.seq))
        .limit(FACTS_A_STEP)
    ).all()
    # Where fewer come than were asked for, the rest of the way is aliases.
    through = facts[-1].seq if len(facts) == FACTS_A_STEP else high
    return ProjectionCursor(edge_id=edge_id, epoch=epoch, seq=seq), facts, through


def move_cursor(session: Session, cursor: ProjectionCursor, through: int) -> bool:
    """False where another worker was faster: then these rows are written already."""
    if cursor.seq == 0:
        statement = insert_for(session, ProjectionCursor).values(
            edge_id=cursor.edge_id, epoch=cursor.epoch, seq=0
        )
        session.connection().execute(statement.on_conflict_do_nothing())
    moved = session.connection().execute(
        sa.update(ProjectionCursor)
        .where(
            col(ProjectionCursor.edge_id) == cursor.edge_id,
            col(ProjectionCursor.epoch) == cursor.epoch,
            col(ProjectionCursor.seq) == cursor.seq,
        )
        .values(seq=through)
    )
    return moved.rowcount == 1


def store_rows(session: Session, projected: Iterable[Projected]) -> None:
    """One INSERT a table, then what follows from the facts together."""
    rows: dict[type[SQLModel], list[dict[str, Any]]] = defaultdict(list)
    touched: dict[Projection, list[FactBody]] = defaultdict(list)
    for outcome in projected:
        for made in outcome.rows:
            rows[made.table].append(made.values)
        for projection in outcome.projections:
            touched[projection].append(outcome.body)
    for table, values in rows.items():
        session.connection().execute(sa.insert(table), values)
    for projection, bodies in touched.items():
        if projection.after is not None:
            projection.after(session, bodies)


def store_alone(session: Session, outcome: Projected | Parked) -> list[Parked]:
    """Stores one fact's rows; where the database refuses them they are what gets parked."""
    if isinstance(outcome, Parked):
        return [outcome]
    try:
        with session.begin_nested():
            store_rows(session, [outcome])
    except OperationalError:
        raise
    except IntegrityError as error:
        detail = f"Expected something new, got what is known already: {error.orig}"
        return [Parked(outcome.fact, WireError.FAILED_FACT, detail)]
    except Exception as error:  # noqa: BLE001 - whatever the database cannot take is parked, and the stream goes on
        return [Parked(outcome.fact, WireError.FAILED_FACT, f"{type(error).__name__}: {error}")]
    return []


def forget(database: Database) -> None:
    """Everything that follows from facts, so that all of them are projected anew. Facts stay."""
    known = [projection for same in registry().values() for projection in same]
    tables = {table for projection in known for table in projection.tables}
    parked = [WireError.UNKNOWN_FACT.value, WireError.FAILED_FACT.value]
    with database.write() as session:
        for table in tables:
            session.exec(delete(table))
        session.exec(delete(Quarantined).where(col(Quarantined.key).in_(parked)))
        session.exec(delete(Alarm).where(col(Alarm.key).in_(parked)))
        session.exec(delete(ProjectionCursor))
