"""A hub with a shop's day in it, served without a broker."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from cloud.catalogue import service
from cloud.catalogue.checking import CatalogueChange
from cloud.ingest.admission import Admitted, Packet, admit
from cloud.ingest.inbox import Inbox
from cloud.main import Hub, build_app
from contract import topics
from contract.health import Health, PeripheralHealth
from tests.hubs import ALLOWED, arriving, open_hub


@pytest.fixture
def hub(tmp_path: Path, clock) -> Iterator[Hub]:
    with open_hub(tmp_path, clock) as hub:
        yield hub


@pytest.fixture
def app(hub: Hub) -> FastAPI:
    return build_app(hub)


@pytest.fixture
def arrive(hub: Hub, clock) -> Callable[[Any], None]:
    return arriving(hub, clock)


@pytest.fixture
def day(hub: Hub, box, bodies, arrive, clock) -> Any:
    """A shift with a falsified Z report, an unknown fact, nonsense on the wire and an open printer."""
    names = {"names": {"en": "Rose lipstick", "ko": "립스틱 로즈", "zh": "玫瑰口红"}}
    product = {"sku": "SKU1", "tax_group": "standard", "tax_rate_bp": 1_000, **names}
    price = {"sku": "SKU1", "currency": "KRW", "amount_minor": 5_500}
    service.apply(
        hub.database, CatalogueChange.model_validate({"products": [product], "prices": [price]})
    )
    for body in bodies.whole_shift(gross_minor=12_000):
        box.log(body)
    box.log({**bodies.sale(9), "type": "loyalty.burned"})
    arrive(box)
    printer = PeripheralHealth(
        name="printer",
        kind="receipt_printer",
        state="not_ready",
        reasons=("cover_open",),
        since=clock.at,
    )
    health = Health(
        at=clock.at,
        boot="boot-1",
        uptime_s=7_200,
        disk_free_bytes=10**9,
        waiting_facts=0,
        shift_open=True,
        peripherals=(printer,),
    )
    location = {"location_name": {"en": "Office", "ko": "오피스점", "zh": "写字楼店"}}
    packet = Packet(topics.up(box.edge_id, topics.Up.FACTS), b'<script>alert("x")</script>')
    arrivals = [Admitted(box.edge_id, m) for m in (box.hello(acked=box.high, **location), health)]
    Inbox(hub.database, clock).commit([*arrivals, admit(packet)], ALLOWED)
    return box
