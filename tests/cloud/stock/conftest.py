"""A hub whose facts are projected at once, and its doors."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from cloud.ingest.admission import Admitted
from cloud.ingest.inbox import Inbox
from cloud.ingest.pressure import Allowance
from cloud.main import Hub, build_app
from cloud.projection import FactProjector
from cloud.settings import Settings
from contract.topics import SHARDS


@pytest.fixture
def hub(tmp_path: Path, clock):
    settings = Settings(
        company="maru", company_name="Maru", data_dir=tmp_path, broker_url="mqtt://127.0.0.1:1"
    )
    hub = Hub(settings, clock)
    yield hub
    hub.wire.close()
    hub.feeds.close()
    hub.database.close()


@pytest.fixture
def client(hub: Hub) -> TestClient:
    return TestClient(build_app(hub))


@pytest.fixture
def heard(hub: Hub, clock, box):
    def heard(*bodies: dict[str, Any]) -> None:
        for body in bodies:
            box.log(body)
        Inbox(hub.database, clock).commit([Admitted(box.edge_id, box.batch())], Allowance(8, 0))
        projector = FactProjector(hub.database, clock)
        while projector.step(frozenset(range(SHARDS))):
            pass

    return heard


@pytest.fixture
def fact(bodies) -> Callable[..., dict[str, Any]]:
    """Any fact with the header of the others, by its name and its own fields."""
    without = ("movement_id", "reason", "moves")
    common = {name: value for name, value in bodies.stocked().items() if name not in without}
    return lambda name, **own: common | {"type": name} | own
