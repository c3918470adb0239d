"""A box that the hub knows, and the ways in which a command of it goes."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from cloud.db import Database
from cloud.fleet.commands import Wanted, ask
from cloud.ingest.admission import Admitted
from cloud.ingest.inbox import Inbox
from cloud.ingest.pressure import Allowance
from cloud.projection import FactProjector
from contract.envelope import State
from contract.topics import SHARDS

ALLOWED = Allowance(8, 0)
EVERY_SHARD = frozenset(range(SHARDS))


@pytest.fixture
def hear(database: Database, clock) -> Callable[..., None]:
    """What boxes send, taken in and projected."""

    def hear(edge_id: str, *messages: Any) -> None:
        Inbox(database, clock).commit([Admitted(edge_id, m) for m in messages], ALLOWED)
        projector = FactProjector(database, clock)
        while projector.step(EVERY_SHARD):
            pass

    return hear


@pytest.fixture
def come(hear, box) -> Callable[..., None]:
    return lambda **said: hear(box.edge_id, box.hello(**said))


@pytest.fixture
def go(hear, box) -> Callable[[], None]:
    return lambda: hear(box.edge_id, State(online=False, boot="boot-1"))


@pytest.fixture
def finish(hear, box, bodies) -> Callable[..., None]:
    """The box's fact about a command."""
    sent = 0

    def finish(command_id: str, outcome: str = "done", detail: str = "queued") -> None:
        nonlocal sent
        box.log(bodies.finished(command_id, outcome, detail))
        hear(box.edge_id, box.batch(sent + 1))
        sent = box.high

    return finish


@pytest.fixture
def asked(database: Database, clock, box) -> Callable[..., Any]:
    """The row of a command that is asked now."""

    def asked(verb: str = "print_test", **more: Any) -> Any:
        wanted = Wanted.model_validate_json(json.dumps({"verb": verb, **more}))
        return ask(database, clock, box.edge_id, wanted)

    return asked
