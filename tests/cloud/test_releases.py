"""The bytes that every release sends, taken in by this hub: admitted, stored, counted, nothing parked."""

import json
from pathlib import Path

import pytest
from sqlmodel import func, select

from cloud.ingest.admission import Admitted, Packet, admit
from cloud.ingest.inbox import Inbox
from cloud.ingest.pressure import Allowance
from cloud.ingest.tables import Fact, Quarantined
from cloud.projection import FactProjector, registry, upcasters
from contract import topics
from contract.topics import SHARDS, Up

GOLDEN = Path(__file__).parents[1] / "vectors" / "contract"
RELEASES = sorted(path.name for path in GOLDEN.iterdir())
EVERY_SHARD = frozenset(range(SHARDS))
UP = {"hello": Up.HELLO, "batch": Up.FACTS, "pull": Up.PULL, "health": Up.HEALTH, "state": Up.STATE}

every_release = pytest.mark.parametrize("release", RELEASES)


def golden(release: str, *names: str) -> dict[str, bytes]:
    """Bytes by the message's name without its version."""
    paths = sorted((GOLDEN / release).glob("*.json"))
    found = {path.stem.rpartition(".")[0]: path.read_bytes() for path in paths}
    return {name: payload for name, payload in found.items() if not names or name in names}


def facts_of(release: str) -> list[str]:
    bodies = [payload.decode() for payload in golden(release).values()]
    return [body for body in bodies if "occurred_at" in json.loads(body)]


@every_release
def test_every_message_that_a_release_sends_up_is_admitted(release: str) -> None:
    for name, payload in golden(release, *UP).items():
        packet = Packet(topics.up("maru-office-1", UP[name]), payload)
        assert isinstance(admit(packet), Admitted), name


@every_release
def test_every_fact_of_a_release_is_stored_and_counted(release, database, box, clock) -> None:
    for body in facts_of(release):
        box.log(body)
    Inbox(database, clock).commit([Admitted(box.edge_id, box.batch())], Allowance(8, 0))
    while FactProjector(database, clock).step(EVERY_SHARD):
        pass
    with database.read() as session:
        parked = [(row.key, row.detail) for row in session.exec(select(Quarantined)).all()]
        stored = session.exec(select(func.count()).select_from(Fact)).one()
    assert (parked, stored) == ([], box.high)


def test_every_fact_that_the_hub_reads_has_been_released() -> None:
    sent = {
        (body["type"], body["version"])
        for release in RELEASES
        for body in map(json.loads, facts_of(release))
    }
    assert sent == registry().keys() | upcasters().keys()
