"""The hub's HTTP: what it answers to head office's programs, and how it refuses."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from cloud.ingest.admission import Admitted
from cloud.ingest.inbox import Inbox
from cloud.ingest.pressure import Allowance
from cloud.main import Hub, build_app
from cloud.projection import FactProjector
from contract.topics import SHARDS
from tests.hubs import open_hub


@pytest.fixture
def hub(tmp_path: Path, clock, box, bodies):
    with open_hub(tmp_path, clock) as hub:
        for body in bodies.whole_shift(gross_minor=12_000):
            box.log(body)
        Inbox(hub.database, clock).commit(
            [Admitted(box.edge_id, box.batch()), Admitted(box.edge_id, box.hello())],
            Allowance(8, 0),
        )
        projector = FactProjector(hub.database, clock)
        while projector.step(frozenset(range(SHARDS))):
            pass
        yield hub


@pytest.fixture
def client(hub: Hub) -> TestClient:
    return TestClient(build_app(hub))


@pytest.mark.parametrize(
    ("host", "status"), [("127.0.0.1:8100", 200), ("elsewhere.example:8100", 421)]
)
def test_a_name_that_is_not_the_hubs_gets_nothing(client, host, status) -> None:
    """DNS rebinding: a stranger's page, whose name he points at the hub, must not read it."""
    assert client.get("/api/sales", headers={"Host": host}).status_code == status


def test_the_hub_answers_under_the_names_of_its_settings(hub) -> None:
    named = hub.settings.model_copy(
        update={"public_url": "https://hub.maru.example", "host_names": ("maru.example",)}
    )
    assert named.own_names == ("maru.example", "hub.maru.example")


def test_health_says_whether_there_is_a_broker(client, hub) -> None:
    assert client.get("/health").json() == {
        "status": "ok",
        "company": "maru",
        "software": "0.1.0",
        "boot": hub.boot,
        "broker": False,
        "shards": 0,
    }


def test_a_hub_says_who_it_is(client, hub) -> None:
    assert client.get("/.well-known/twinstore").json() == {
        "v": 1,
        "company": "maru",
        "company_name": "Maru",
        "public_key": hub.identity.public_key,
        "address": "http://127.0.0.1:8100",
    }


def test_boxes_are_told_with_both_ends_of_their_stream(client, box) -> None:
    [told] = client.get("/api/boxes").json()
    expected = {
        "edge_id": box.edge_id,
        "online": True,
        "epoch": "e1",
        "box_high": 6,
        "hub_high": 6,
        "hub_chain": box.chains[-1],
        "lag": 0,
        "chain_equal": True,
        "quarantined": 0,
        "health": None,
    }
    assert {name: told[name] for name in expected} == expected


def test_facts_come_raw_and_in_order(client, box) -> None:
    facts = client.get(f"/api/facts?edge_id={box.edge_id}&after=4").json()
    assert facts == [
        {"epoch": "e1", "seq": seq, "uid": fact.uid, "body": fact.body, "alias_of": None}
        for seq, fact in enumerate(box.facts[4:], 5)
    ]


def test_sales_returns_and_shifts(client, bodies) -> None:
    [sale] = client.get("/api/sales").json()
    whole = client.get(f"/api/sales/{sale['sale_id']}").json()
    assert [(line["sku"], line["quantity"]) for line in whole["lines"]] == [("SKU1", 2)]
    assert client.get(f"/api/sales?after={sale['position']}").json() == []
    [back] = client.get("/api/returns").json()
    assert whole["returns"] == [back["return_id"]]
    [shift] = client.get("/api/shifts").json()
    assert shift["differences"] == [{"field": "gross_minor", "reported": 12_000, "derived": 11_000}]
    assert shift["derived"]["expected_cash_minor"] == 75_500


def test_a_price_of_zero_is_refused_as_a_business_matter(client) -> None:
    price = {"sku": "A", "currency": "KRW", "amount_minor": 0}
    answer = client.put("/api/prices", json={"prices": [price]})
    assert (answer.status_code, answer.json()["key"]) == (409, "hub.catalogue")


def test_a_malformed_request_names_its_field(client) -> None:
    price = {"sku": "A", "currency": "won", "amount_minor": 1}
    answer = client.put("/api/prices", json={"prices": [price]})
    assert answer.status_code == 422
    assert answer.json() == {
        "key": "hub.malformed",
        "message": (
            "body.prices.0.currency: String should match pattern '^[A-Z]{3}$'. Nothing was changed."
        ),
        "what_now": "Correct this field and send the request again.",
        "fields": {
            "place": "body.prices.0.currency",
            "problem": "String should match pattern '^[A-Z]{3}$'",
        },
    }


def test_what_is_not_there_is_named(client) -> None:
    assert client.get("/api/boxes/nobody").json() == {
        "key": "hub.not_found",
        "message": "There is no box 'nobody' here.",
        "what_now": "Check the name; the list shows what there is.",
        "fields": {"what": "box", "name": "nobody"},
    }
    assert client.get("/api/sales/none").status_code == 404
    assert client.get("/snapshots/..%2Fhub.key").status_code == 404
