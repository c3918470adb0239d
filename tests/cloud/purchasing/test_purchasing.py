"""Suggestions from demand, and orders that the shop hears of."""

import json
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from cloud import answers
from cloud.db import Database
from cloud.feeds import repository as feeds
from cloud.purchasing.endpoints import router
from cloud.settings import Settings
from cloud.stock.repository import Level, levels

SHOP = "maru-office"
FIRST, SECOND = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))


@pytest.fixture
def heads() -> list[str]:
    return []


@pytest.fixture
def client(database: Database, clock, tmp_path: Path, heads) -> TestClient:
    settings = Settings(
        company="maru", company_name="Maru", data_dir=tmp_path, broker_url="mqtt://127.0.0.1:1"
    )
    app = FastAPI()
    app.include_router(router(database, settings, clock, lambda: heads.append("moved")))
    answers.add_to(app, lambda request, error: answers.as_json(error))
    client = TestClient(app)
    terms = {"sku": "SKU1", "supplier": "Dawn Bakery", "unit_cost_minor": 3_000}
    more = {"pack_size": 6, "lead_days": 2}
    assert client.put("/api/purchasing/terms", json=[terms | more]).json() == {"terms": 1}
    return client


def purchase(quantity: int = 12, **more: Any) -> dict[str, Any]:
    return {
        "purchase_id": FIRST,
        "location_id": SHOP,
        "supplier": "Dawn Bakery",
        "lines": [{"sku": "SKU1", "quantity": quantity}],
        **more,
    }


def moved(bodies: Any, reason: str, quantity: int, at: str) -> dict[str, Any]:
    return {
        **bodies.common,
        "type": "stock.moved",
        "occurred_at": at,
        "movement_id": SECOND,
        "reason": reason,
        "cashier": "Kim",
        "moves": [{"sku": "SKU1", "quantity": quantity}],
    }


def arrivals(database: Database) -> list[dict[str, Any] | None]:
    with database.read() as session:
        found = feeds.operations_after(session, f"arrivals@{SHOP}", -1, 10)
        return [None if row.body is None else json.loads(row.body) for row in found]


def test_what_sold_is_suggested_up_to_the_next_delivery(client, box, bodies, clock, arrive) -> None:
    box.log(moved(bodies, "opening", 58, "2026-10-20T01:00:00Z"))
    for day in range(28):
        at = (clock.now() - timedelta(days=day + 1)).isoformat()
        box.log(bodies.sale(day + 1, occurred_at=at))
    arrive(box)
    (found,) = client.get("/api/purchasing/suggestions", params={"location_id": SHOP}).json()
    assert found == {
        "sku": "SKU1",
        "supplier": "Dawn Bakery",
        "quantity": 6,
        "cost_minor": 18_000,
        "position": 58 - 56,
        "level": 6,
        "mean_a_day_hundredths": 200,
        "is_capped": False,
    }


def test_an_order_is_sent_once_and_the_shop_waits_for_it(client, database, heads) -> None:
    first = client.post("/api/purchasing/orders", json=purchase())
    again = client.post("/api/purchasing/orders", json=purchase(18))
    assert (first.status_code, again.json()) == (201, first.json())
    assert first.json() == {
        "purchase_id": FIRST,
        "number": "PO-000001",
        "location_id": SHOP,
        "supplier": "Dawn Bakery",
        "state": "sent",
        "ordered_at": "2026-11-23T03:00:00Z",
        "due": "2026-11-25",
        "currency": "KRW",
        "lines": [
            {"line": 1, "sku": "SKU1", "quantity": 12, "unit_cost_minor": 3_000, "received": 0}
        ],
    }
    assert arrivals(database) == [
        {
            "arrival_id": FIRST,
            "source": "purchase_order",
            "source_id": FIRST,
            "number": "PO-000001",
            "from": "Dawn Bakery",
            "due": "2026-11-25",
            "lines": [{"sku": "SKU1", "lot": "", "expiry": "", "quantity": 12}],
        }
    ]
    assert len(heads) == 2


def test_what_is_on_its_way_is_not_suggested_again(client, box, bodies, clock, arrive) -> None:
    for day in range(28):
        at = (clock.now() - timedelta(days=day + 1)).isoformat()
        box.log(bodies.sale(day + 1, occurred_at=at))
    arrive(box)
    asked = {"location_id": SHOP}
    (before,) = client.get("/api/purchasing/suggestions", params=asked).json()
    assert (before["quantity"], before["position"]) == (66, -56)
    client.post("/api/purchasing/orders", json=purchase(66))
    assert client.get("/api/purchasing/suggestions", params=asked).json() == []


@pytest.mark.parametrize("word", ["close", "cancel"])
def test_an_order_that_ends_is_waited_for_no_longer(client, database, word) -> None:
    client.post("/api/purchasing/orders", json=purchase())
    ended = client.post(f"/api/purchasing/orders/{FIRST}/{word}").json()
    assert ended["state"] == {"close": "closed", "cancel": "cancelled"}[word]
    assert arrivals(database) == [None]
    again = client.post(f"/api/purchasing/orders/{FIRST}/{word}")
    assert (again.status_code, again.json()["message"]) == (
        409,
        f"Nothing was ordered or changed: PO-000001 is {ended['state']} already.",
    )


@pytest.mark.parametrize(
    ("asked", "detail"),
    [
        (purchase(7), "SKU1 comes in packs of 6, got 7"),
        (purchase(supplier="Dusk"), "Dusk has no terms for SKU1"),
        (purchase(lines=[{"sku": "X", "quantity": 6}]), "Dawn Bakery has no terms for X"),
    ],
)
def test_what_the_supplier_does_not_sell_is_refused_whole(client, database, asked, detail) -> None:
    refused = client.post("/api/purchasing/orders", json=asked)
    assert (refused.status_code, refused.json()["message"]) == (
        409,
        f"Nothing was ordered or changed: {detail}.",
    )
    assert client.get("/api/purchasing/orders").json() == []
    assert arrivals(database) == []


def test_an_order_that_is_none_is_said_so(client) -> None:
    assert client.get(f"/api/purchasing/orders/{SECOND}").status_code == 404
    assert client.post(f"/api/purchasing/orders/{SECOND}/close").status_code == 404


def came(bodies: Any, number: int, received: int, **more: Any) -> dict[str, Any]:
    return {
        **bodies.common,
        "type": "goods.received",
        "receiving_id": str(uuid.UUID(int=100 + number)),
        "arrival_id": FIRST,
        "source": "purchase_order",
        "source_id": FIRST,
        "cashier": "Kim",
        "lines": [{"sku": "SKU1", "expected": 12, "received": received}],
        **more,
    }


def test_an_order_is_closed_once_all_of_it_has_come(client, database, box, bodies, arrive) -> None:
    client.post("/api/purchasing/orders", json=purchase())
    box.log(came(bodies, 1, 5))
    arrive(box)
    part = client.get(f"/api/purchasing/orders/{FIRST}").json()
    assert (part["state"], part["lines"][0]["received"]) == ("sent", 5)
    box.log(came(bodies, 2, 7))
    arrive(box, first=box.high)
    whole = client.get(f"/api/purchasing/orders/{FIRST}").json()
    assert (whole["state"], whole["lines"][0]["received"]) == ("closed", 12)
    assert arrivals(database) == [None]
    box.log(came(bodies, 3, 2))
    arrive(box, first=box.high)
    assert client.get(f"/api/purchasing/orders/{FIRST}").json()["lines"][0]["received"] == 14


def test_an_order_is_closed_where_the_shop_says_that_the_rest_will_not_come(
    client, database, box, bodies, arrive
) -> None:
    client.post("/api/purchasing/orders", json=purchase())
    box.log(came(bodies, 1, 5, outcome="short", rest="awaited"))
    arrive(box)
    assert client.get(f"/api/purchasing/orders/{FIRST}").json()["state"] == "sent"
    box.log(came(bodies, 2, 1, outcome="short", rest="lost"))
    arrive(box, first=box.high)
    short = client.get(f"/api/purchasing/orders/{FIRST}").json()
    assert (short["state"], short["lines"][0]["received"]) == ("closed", 6)
    assert arrivals(database) == [None]


def test_goods_for_an_order_that_nobody_knows_are_goods_all_the_same(
    client, box, bodies, arrive, database
) -> None:
    box.log(came(bodies, 1, 5, source_id=SECOND))
    arrive(box)
    with database.read() as session:
        assert levels(session) == [Level(SHOP, "SKU1", 5, 1)]
