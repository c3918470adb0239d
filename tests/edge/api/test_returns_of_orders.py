"""Goods of an order that come back, over HTTP: what may, what did, and refusals in words."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from edge.services import printing
from edge.services.shop import Shop
from tests.edge.membership import KEY, join
from tests.edge.services.test_jobs import ORDER
from tests.edge.services.test_returns_of_orders import announced, code

HERE = "maru-office-tower"


@pytest.fixture
def doors(client: TestClient, shop: Shop) -> TestClient:
    join(shop, KEY)
    return client


def post(doors: TestClient, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
    answer = doors.post(f"/api/returns/orders{path}", json=body)
    return answer.status_code, answer.json()


def test_by_the_phones_code_it_is_known_taken_and_told_once(doors: TestClient, shop: Shop) -> None:
    status, known = post(doors, "/look-up", code=code())
    [goods] = known.pop("goods")
    assert (status, known) == (
        200,
        {"order_id": ORDER, "number": "H7K2", "currency": "KRW", "until": "2026-12-07", "proof": "code"},
    )  # fmt: skip
    assert (goods["name"], goods["quantity"], goods["left"]) == ("딸기 케이크", 2, 2)
    brought = [{"place": 1, "quantity": 2, "is_sellable": False}]
    status, fact = post(doors, "", code=code(), goods=brought, reason="dented")
    told = {key: fact[key] for key in ("type", "order_id", "number", "reason", "proof", "cashier")}
    assert (status, told) == (
        201,
        {
            "type": "order.returned", "order_id": ORDER, "number": "H7K2", "reason": "dented", "proof": "code",
            "cashier": "Kim",
        },
    )  # fmt: skip
    assert [it["is_restocked"] for it in fact["goods"]] == [False, False]
    job = printing.oldest_waiting(shop)
    assert job is not None
    assert (job.kind, job.subject_id) == ("return", fact["return_id"])
    status, refused = post(doors, "", code=code(), goods=brought, reason="dented")
    assert (status, refused["key"]) == (409, "order_return.returned")


def test_what_was_announced_is_listed_until_it_is_here(doors: TestClient, shop: Shop) -> None:
    announced(shop)
    assert [it["number"] for it in doors.get("/api/returns/awaited").json()] == ["H7K2"]
    goods = [{"place": 1, "quantity": 1}]
    assert post(doors, "", number="H7K2", goods=goods, reason="wrong")[0] == 201
    assert doors.get("/api/returns/awaited").json() == []


def test_an_order_that_nobody_knows_is_refused(doors: TestClient) -> None:
    status, refused = post(doors, "/look-up", number="NOBODY")
    assert (status, refused["key"]) == (404, "order_return.unknown")
    assert refused["what_now"].startswith("Ask the customer to open the order on the phone")
