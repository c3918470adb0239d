"""Handing over, over HTTP: in parts, in vain, against bad codes, and while head office cancels; whole answers."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from contract import handover as codes
from edge.services import stock
from edge.services.shop import Shop
from edge.services.stock import Move
from tests.edge.conftest import NOON, JumpingClock
from tests.edge.services.test_jobs import FRESH, JOB, JOB_OF, ORDER, SECRET, changed, told

HERE, THERE = "maru-office-tower", "maru-hillside"
PAPER = codes.code(SECRET, "H7K2", HERE, codes.PAPER)
TWO = {"line": 1, "sku": "CAKE", "quantity": 2, "lot": "L3", "expiry": FRESH}
ONE = TWO | {"quantity": 1}
OF_JOB = {
    "version": 1, "location_id": HERE, "workstation_id": "till-1", "cashier": "Kim",
    "business_date": "2026-11-23", "job_id": JOB, "order_id": ORDER, "revision": 1,
}  # fmt: skip


@pytest.fixture
def client(client: TestClient, shop: Shop) -> TestClient:
    """Two cakes of an order lie ready, one more is on the shelf."""
    stock.move(shop, "opening", [Move("CAKE", 3, "L3", FRESH)])
    told(shop, JOB_OF)
    assert post(client, f"/{JOB}/pick", {"picked": [{"line": 1, "quantity": 2}]})[0] == 201
    assert post(client, f"/{JOB}/ready", {"place": "Fridge"})[0] == 201
    return client


def post(client: TestClient, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    answer = client.post(f"/api/orders{path}", json=body)
    return answer.status_code, answer.json()


def said(fact: dict[str, Any]) -> dict[str, Any]:
    """Without the moment of it."""
    return {name: value for name, value in fact.items() if name not in ("hlc", "occurred_at")}


def refused(key: str, message: str, what_now: str, **fields: str) -> tuple[int, dict[str, Any]]:
    told = {"key": key, "message": message, "what_now": what_now, "fields": fields}
    return 409, told


GONE = refused(
    "order.handed_over",
    "Order H7K2 was handed over already.",
    "Hand nothing over. Where the customer says otherwise, call the manager: the time of it is in the list.",
    number="H7K2",
)


def stand(client: TestClient, shop: Shop) -> tuple[str, list[Any], list[Any], int]:
    """State, what is set aside, what has left, and the ledger's level."""
    job = client.get(f"/api/orders/{JOB}").json()
    return job["state"], job["set_aside"], job["handed"], stock.level(shop, "CAKE")


def test_a_part_leaves_and_the_rest_stays_ready_for_the_same_code(
    client: TestClient, shop: Shop
) -> None:
    part = {"code": PAPER, "parts": [{"line": 1, "quantity": 1}]}
    status, fact = post(client, "/handovers", part)
    handed = {"type": "job.handed_over", "handed": [ONE]}
    proof = {"kind": "paper", "step": codes.PAPER, "reference": ""}
    assert (status, said(fact)) == (201, OF_JOB | handed | {"proof": proof, "is_partial": True})
    assert stand(client, shop) == ("ready", [ONE], [ONE], 2)
    status, fact = post(client, "/handovers", {"code": PAPER})
    assert (status, fact["handed"], fact["is_partial"]) == (201, [ONE], False)
    assert stand(client, shop) == ("handed_over", [], [TWO], 1)
    assert post(client, "/handovers", {"code": PAPER}) == GONE


def test_more_than_lies_there_leaves_nothing(client: TestClient, shop: Shop) -> None:
    many = {"code": PAPER, "parts": [{"line": 1, "quantity": 3}]}
    status, told_ = post(client, "/handovers", many)
    assert (status, told_) == (
        422,
        {
            "key": "order.picked_too_many",
            "message": "Line 1: expected 1 to 2 pieces, got 3.",
            "what_now": "Take as many as were ordered, or fewer.",
            "fields": {"line": 1, "picked": 3, "ordered": 2},
        },
    )
    assert stand(client, shop) == ("ready", [TWO], [], 3)


def test_a_failed_attempt_is_said_each_time_and_the_goods_stay_ready(
    client: TestClient, shop: Shop
) -> None:
    for reason, detail in (("nobody_there", ""), ("other", "dog in the yard")):
        body = {"reason": reason, "detail": detail}
        status, fact = post(client, f"/{JOB}/attempt-failed", body)
        assert (status, said(fact)) == (201, OF_JOB | {"type": "job.attempt_failed"} | body)
        assert stand(client, shop) == ("ready", [TWO], [], 3)
    assert post(client, "/handovers", {"code": PAPER})[0] == 201
    body = {"reason": "nobody_there"}
    assert post(client, f"/{JOB}/attempt-failed", body) == GONE


def test_a_cancellation_that_comes_after_the_hand_over_changes_nothing(
    client: TestClient, shop: Shop
) -> None:
    assert post(client, "/handovers", {"code": PAPER})[0] == 201
    told(shop, changed(revision=2, state="cancelled"))
    assert stand(client, shop) == ("handed_over", [], [TWO], 1)
    assert post(client, "/handovers", {"code": PAPER}) == GONE


def test_a_cancellation_that_comes_first_puts_the_goods_back_and_nothing_leaves(
    client: TestClient, shop: Shop
) -> None:
    told(shop, changed(revision=2, state="cancelled"))
    assert stand(client, shop) == ("cancelled", [], [], 3)
    assert post(client, "/handovers", {"code": PAPER}) == refused(
        "order.cancelled",
        "Order H7K2 was cancelled.",
        "Hand nothing over; its goods are back on the shelf and the money goes back the way it came.",
        number="H7K2",
    )
    assert stand(client, shop) == ("cancelled", [], [], 3)


def test_a_cancellation_between_two_parts_leaves_the_first_with_the_customer(
    client: TestClient, shop: Shop
) -> None:
    post(client, "/handovers", {"code": PAPER, "parts": [{"line": 1, "quantity": 1}]})
    told(shop, changed(revision=2, state="cancelled"))
    assert stand(client, shop) == ("cancelled", [], [ONE], 2)


def code(location_id: str = HERE, secret: str = SECRET, step: int | None = None) -> str:
    return codes.code(secret, "H7K2", location_id, codes.step_at(NOON) if step is None else step)


OLD = refused(
    "order.code_old",
    "The code of order H7K2 is an old one.",
    "Ask the customer to open the order on the phone: the code there is a new one every half minute.",
    number="H7K2",
)


def test_yesterdays_code_opens_nothing(client: TestClient, shop: Shop, clock: JumpingClock) -> None:
    yesterdays = code()
    clock.jump(days=1)
    assert post(client, "/codes", {"code": yesterdays}) == OLD
    assert post(client, "/handovers", {"code": yesterdays}) == OLD
    assert stand(client, shop) == ("ready", [TWO], [], 3)
    todays = code(step=codes.step_at(clock.now()))
    assert post(client, "/handovers", {"code": todays})[0] == 201


@pytest.mark.parametrize(
    ("shown", "answer"),
    [
        (
            code(THERE),
            refused(
                "order.code_other_shop",
                "Order H7K2 is to be collected at maru-hillside, not here.",
                "Send the customer there; the goods of this order are not in this shop.",
                number="H7K2", location=THERE,
            ),
        ),
        (
            code(secret="ab" * 32),
            refused(
                "order.code_forged",
                "The code of order H7K2 is not the one that was given to the customer.",
                "Hand nothing over. Ask for the order on the phone or on the receipt, and tell the manager.",
                number="H7K2",
            ),
        ),
    ],
)  # fmt: skip
def test_a_code_of_another_shop_or_a_forged_one_opens_nothing(
    client: TestClient, shop: Shop, shown: str, answer: tuple[int, dict[str, Any]]
) -> None:
    assert post(client, "/codes", {"code": shown}) == answer
    assert post(client, "/handovers", {"code": shown}) == answer
    assert stand(client, shop) == ("ready", [TWO], [], 3)


def test_an_order_that_comes_down_twice_is_one_order(client: TestClient, shop: Shop) -> None:
    told(shop, JOB_OF)
    assert [it["number"] for it in client.get("/api/orders").json()] == ["H7K2"]
    assert stand(client, shop) == ("ready", [TWO], [], 3)
