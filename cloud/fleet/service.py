"""One box as the console and the API show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from cloud.errors import NotFoundError
from cloud.fleet import repository
from cloud.fleet.presence import Presence, presence
from cloud.ingest.tables import Edge, Stream
from contract.envelope import GENESIS
from contract.health import Health

# Two boxes under one name come back by turns, each within a minute or two.
DOUBLED_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Box:
    """`lag` is how many facts the box is known to hold that the hub does not.

    `is_chain_equal` is None where the box's chain has not been compared since it came. `is_doubled` says that another
    box has just spoken under its name.
    """

    edge: Edge
    presence: Presence
    streams: Sequence[Stream]
    quarantined: int
    health: Health | None
    is_doubled: bool = False

    @property
    def current(self) -> Stream | None:
        own = (stream for stream in self.streams if stream.epoch == self.edge.epoch)
        return next(own, None)

    @property
    def hub_high(self) -> int:
        return self.current.high if self.current else 0

    @property
    def hub_chain(self) -> str:
        return self.current.chain if self.current else GENESIS

    @property
    def lag(self) -> int:
        return max(0, self.edge.box_high - self.hub_high)

    @property
    def is_frozen(self) -> bool:
        return self.current is not None and self.current.is_frozen

    @property
    def is_chain_equal(self) -> bool | None:
        return self.current.is_chain_equal if self.current else None


def boxes(session: Session, now: datetime) -> list[Box]:
    streams = repository.streams(session)
    quarantined = repository.quarantine_counts(session)
    return [
        _box(edge, streams.get(edge.edge_id, []), quarantined.get(edge.edge_id, 0), now)
        for edge in repository.edges(session)
    ]


def box(session: Session, edge_id: str, now: datetime) -> Box:
    """Raises NotFoundError for a box that has never been heard."""
    edge = repository.edge(session, edge_id)
    if edge is None:
        raise NotFoundError(what="box", name=edge_id)
    streams = repository.streams(session).get(edge_id, [])
    quarantined = repository.quarantine_counts(session).get(edge_id, 0)
    return _box(edge, streams, quarantined, now)


def _box(edge: Edge, streams: Sequence[Stream], quarantined: int, now: datetime) -> Box:
    health = Health.model_validate_json(edge.health) if edge.health else None
    return Box(
        edge=edge,
        presence=presence(
            is_connected=edge.is_connected,
            sheds_health=health is not None and "telemetry" in health.sheds,
            last_seen=edge.last_seen,
            now=now,
        ),
        streams=streams,
        quarantined=quarantined,
        health=health,
        is_doubled=edge.doubled_at is not None and now - edge.doubled_at < DOUBLED_FOR,
    )
