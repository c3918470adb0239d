"""The picking list on a phone: pages and forms, as somebody with one hand sends them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from contract.orders import JobLine
from edge.domain.order import Goods
from edge.screens import picking_list
from edge.services import jobs, stock
from edge.services.stock import Move
from tests.edge.screens.conftest import Till
from tests.edge.screens.test_desk_orders import JOB, WISH
from tests.edge.services.test_jobs import told

FRESH = "2099-01-01"
SEEN = {"accept": "text/html"}


@pytest.fixture
def phone(till: Till) -> Iterator[TestClient]:
    shop = till.box.shop
    stock.move(shop, "opening", [Move("CAKE", 2, "L1", FRESH), Move("CREAM", 3)])
    line = JobLine(line=1, sku="CAKE", names={"en": "Cake"}, quantity=2, substitutes=("CREAM",))
    told(shop, WISH.model_copy(update={"lines": (line,)}))
    app = FastAPI()
    till.screens.add_to(app)
    with TestClient(app, headers=SEEN, cookies={"look": "language=en"}) as client:
        yield client


def send(client: TestClient, path: str, **values: Any) -> tuple[int, str]:
    answer = client.post(f"/picking/{JOB}/{path}", data=values, follow_redirects=False)
    return answer.status_code, answer.text


def test_an_order_is_picked_and_made_ready_on_the_phone(phone: TestClient, till: Till) -> None:
    assert "H7K2" in phone.get("/picking").text
    page = phone.get(f"/picking/{JOB}").text
    assert "Lot L1" in page
    take = json.dumps(["CAKE", "L1", FRESH])
    assert send(phone, "lines/1", quantity="2", take=take)[0] == 303
    kept = jobs.get(till.box.shop, JOB)
    assert kept.job.aside == (Goods(1, "CAKE", 2, "L1", FRESH),)
    assert send(phone, "ready", place="Fridge", packages="1")[0] == 303
    assert jobs.get(till.box.shop, JOB).place == "Fridge"
    assert "Nothing to pick." in phone.get("/picking").text


def test_a_substitute_that_the_customer_takes_is_offered(phone: TestClient, till: Till) -> None:
    assert "instead:" in phone.get(f"/picking/{JOB}").text
    assert send(phone, "lines/1", quantity="1", take=json.dumps(["CREAM", "", ""]))[0] == 303
    assert jobs.get(till.box.shop, JOB).job.aside == (Goods(1, "CREAM", 1),)


def test_what_is_refused_stands_above_the_order_and_changes_nothing(
    phone: TestClient, till: Till
) -> None:
    status, page = send(phone, "lines/1", quantity="3", take=json.dumps(["CAKE", "L1", FRESH]))
    assert status == 422
    assert "Line 1: expected 1 to 2 pieces, got 3." in page
    assert send(phone, "lines/1", quantity="1", take="nonsense")[0] == 422
    assert send(phone, "ready", place=" ")[0] == 422
    assert jobs.get(till.box.shop, JOB).job.state == "accepted"


def test_goods_that_are_not_here_are_said(phone: TestClient, till: Till) -> None:
    assert send(phone, "missing")[0] == 303
    assert jobs.get(till.box.shop, JOB).job.state == "declined"


def test_a_form_without_a_lot_means_the_one_that_expires_first() -> None:
    assert picking_list.picked(1, 2, "") == jobs.Picked(1, 2)
