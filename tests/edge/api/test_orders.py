"""The doors of orders: what comes out of them, and that a secret does not."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from contract import handover as codes
from edge.services import stock
from edge.services.shop import Shop
from edge.services.stock import Move
from tests.edge.services.test_jobs import FRESH, JOB, JOB_OF, SECRET, told

PAPER = codes.code(SECRET, "H7K2", "maru-office-tower", codes.PAPER)


@pytest.fixture
def client(client: TestClient, shop: Shop) -> TestClient:
    stock.move(shop, "opening", [Move("CAKE", 3, "L3", FRESH)])
    told(shop, JOB_OF)
    return client


def post(client: TestClient, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    answer = client.post(f"/api/orders{path}", json=body)
    return answer.status_code, answer.json()


def test_an_order_goes_through_the_shop(client: TestClient) -> None:
    (listed,) = client.get("/api/orders").json()
    assert (listed["state"], listed["number"], listed["customer"]) == ("accepted", "H7K2", "Jiyoon")
    one = client.get(f"/api/orders/{JOB}").json()
    take = {"line": 1, "sku": "CAKE", "quantity": 2, "lot": "L3", "expiry": FRESH}
    assert one["proposals"] == [{"line": 1, "take": [take], "missing": 0}]
    assert post(client, f"/{JOB}/pick", {"picked": [{"line": 1, "quantity": 2}]})[0] == 201
    assert post(client, f"/{JOB}/ready", {"place": "Fridge"})[0] == 201
    assert post(client, "/codes", {"code": PAPER})[1]["state"] == "ready"
    status, fact = post(client, "/handovers", {"code": PAPER})
    assert (status, fact["type"], fact["handed"]) == (201, "job.handed_over", [take])
    status, refused = post(client, "/handovers", {"code": PAPER})
    assert (status, refused["key"]) == (409, "order.handed_over")


def test_a_person_may_vouch_and_an_attempt_may_fail(client: TestClient) -> None:
    post(client, f"/{JOB}/pick", {"picked": [{"line": 1, "quantity": 2}]})
    assert post(client, f"/{JOB}/at-risk", {"reason": "late"})[1]["type"] == "job.at_risk"
    post(client, f"/{JOB}/ready", {"place": "Fridge", "packages": 2})
    assert post(client, f"/{JOB}/attempt-failed", {"reason": "nobody_there"})[0] == 201
    body = {"job_id": JOB, "reference": "her card", "parts": [{"line": 1, "quantity": 1}]}
    status, fact = post(client, "/handovers", body)
    assert (status, fact["is_partial"], fact["proof"]["kind"]) == (201, True, "staff")


def test_a_shop_may_decline(client: TestClient) -> None:
    assert post(client, f"/{JOB}/decline", {"reason": "closed"})[0] == 201
    assert client.get("/api/orders").json() == []


def test_the_secret_of_a_code_never_comes_out(client: TestClient) -> None:
    answers = [client.get("/api/orders").text, client.get(f"/api/orders/{JOB}").text]
    answers.append(client.post("/api/orders/codes", json={"code": PAPER}).text)
    assert [answer for answer in answers if SECRET in answer] == []
