"""Ordering at the counter over HTTP: the goods may lie anywhere, the money lies here."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from edge import api
from edge.domain.basket import EnteredCode
from edge.domain.errors import HubSilent, HubUnreachable, ShopError
from edge.services.hub import AskHub
from edge.services.shop import Shop
from tests.edge.conftest import JumpingClock
from tests.edge.services.test_jobs import ORDER
from tests.edge.services.test_ordering import LINES, PAPER, Hub, way

GOODS_MINOR = 2 * 33_333 + 2_800
PAID_MINOR = 69_470  # to the next ten
HELD = {
    "order_id": ORDER,
    "number": "H7K2",
    "state": "held",
    "kind": "pickup",
    "place": "힐사이드점",
    "until": "2026-11-23T05:00:00+00:00",
    "hold_until": "2026-11-23T03:15:00+00:00",
    "sale_id": "",
    "paper_code": "",
}

Facts = Callable[[Shop], list[dict[str, Any]]]


def client_of(shop: Shop, ask_hub: AskHub) -> TestClient:
    box = api.Box(
        shop=shop,
        software="0",
        boot="b",
        read_code=lambda data, _: EnteredCode(data),
        is_online=lambda: True,
        peripherals=list,
        ask_hub=ask_hub,
    )
    app = FastAPI()
    api.answer_errors(app, lambda *_: pytest.fail("a page"))
    for router in api.routers(box):
        app.include_router(router)
    return TestClient(app)


@pytest.fixture
def asked() -> Hub:
    return Hub(way("a", 2), way("b", 9))


@pytest.fixture
def client(shop: Shop, asked: Hub) -> TestClient:
    return filled(client_of(shop, asked))


def filled(client: TestClient) -> TestClient:
    for line in LINES:
        assert client.post("/api/basket/lines", json=line).status_code == 200
    return client


def post(client: TestClient, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    answer = client.post(f"/api/orders{path}", json=body or {})
    return answer.status_code, answer.json()


def quoted(client: TestClient, **body: str) -> dict[str, Any]:
    offers: list[dict[str, Any]] = post(client, "/quote", body)[1]["offers"]
    return offers[0]


def held(client: TestClient) -> dict[str, Any]:
    whole = {"offer": quoted(client), "customer": "Jiyoon", "note": "door 3"}
    status, found = post(client, "/hold", whole)
    assert status == 201, found
    return found


def test_the_customers_place_and_language_go_to_the_hub_and_every_way_comes_back(
    client: TestClient, asked: Hub
) -> None:
    status, found = post(client, "/quote", {"near": "maru-hillside", "language": "en"})
    assert (status, [it["offer_id"] for it in found["offers"]]) == (200, ["a", "b"])
    first = found["offers"][0]
    assert first.pop("hold_id")
    assert first == {
        **way("a", 2),
        "window": {"start": "2026-11-23T04:00:00Z", "end": "2026-11-23T05:00:00Z"},
        "cutoff": "2026-11-23T03:30:00Z",
        "expires_at": "2026-11-23T03:05:00Z",
        "fee_sku": "",
        "plan_b": {"kind": "refund", "location_name": "", "window_end": None},
        "best": ["soonest", "cheapest", "surest"],
    }
    wanted = {"lines": LINES, "near": "maru-hillside", "language": "en"}
    assert [(verb, arguments) for verb, arguments, _ in asked.asked] == [("orders.quote", wanted)]


def test_goods_of_another_shop_are_paid_into_this_shops_drawer(
    client: TestClient, shop: Shop, facts: Facts
) -> None:
    found = held(client)
    basket = found.pop("basket")
    assert found == HELD | {"basket_id": basket["basket_id"]}
    assert (basket["total_minor"], basket["due_minor"]) == (GOODS_MINOR, GOODS_MINOR)
    x = "/api/shifts/current/x"
    drawer_minor = client.get(x).json()["expected_cash_minor"]

    status, paid = post(client, f"/{ORDER}/place", {"tendered_minor": 100_000})
    assert status == 201
    sale = paid.pop("sale")
    assert paid == found | {"state": "paid", "sale_id": sale["sale_id"], "paper_code": PAPER}
    assert (sale["total_minor"], sale["shift_id"]) == (GOODS_MINOR, shop_shift(client))
    assert [line["order_id"] for line in sale["lines"]] == [ORDER, ORDER]
    assert [(it["kind"], it["amount_minor"], it["change_minor"]) for it in sale["tenders"]] == [
        ("cash", PAID_MINOR, 100_000 - PAID_MINOR)
    ]
    fact = facts(shop)[-1]
    assert (fact["type"], fact["location_id"]) == ("sale.completed", "maru-office-tower")
    assert [line["order_id"] for line in fact["lines"]] == [ORDER, ORDER]

    after = client.get(x).json()
    assert after["expected_cash_minor"] - drawer_minor == PAID_MINOR
    assert (after["sale_count"], after["gross_minor"]) == (1, GOODS_MINOR)
    counted = {"counted_minor": after["expected_cash_minor"]}
    z = client.post("/api/shifts/current/close", json=counted).json()
    assert (z["gross_minor"], z["sale_count"], z["variance_minor"]) == (GOODS_MINOR, 1, 0)
    assert client.get(f"/api/orders/{ORDER}/ordered").json() == paid


def shop_shift(client: TestClient) -> str:
    shift: str = client.get("/api/state").json()["shift"]["shift_id"]
    return shift


def test_it_may_be_paid_by_any_tender_of_the_basket(client: TestClient) -> None:
    held(client)
    paid = client.post("/api/basket/tenders/cash", json={"tendered_minor": PAID_MINOR}).json()
    found = client.get(f"/api/orders/{ORDER}/ordered").json()
    assert (found["state"], found["sale_id"]) == ("paid", paid["sale"]["sale_id"])


def test_exact_money_needs_no_amount_and_too_little_takes_nothing(
    client: TestClient, shop: Shop, facts: Facts
) -> None:
    held(client)
    said = len(facts(shop))
    status, refused = post(client, f"/{ORDER}/place", {"tendered_minor": PAID_MINOR - 1})
    assert (status, refused["message"]) == (
        422,
        "Expected at least 69,470 KRW in cash, got 69,469 KRW.",
    )
    assert len(facts(shop)) == said
    assert post(client, f"/{ORDER}/place")[1]["sale"]["tenders"][0]["amount_minor"] == PAID_MINOR


def test_holding_and_placing_again_gives_what_was_given(
    client: TestClient, shop: Shop, asked: Hub, facts: Facts
) -> None:
    offer = quoted(client)
    first = post(client, "/hold", {"offer": offer})
    questions = len(asked.asked)
    assert post(client, "/hold", {"offer": offer}) == first
    assert len(asked.asked) == questions
    assert len(first[1]["basket"]["lines"]) == 2
    placed = post(client, f"/{ORDER}/place")
    said = len(facts(shop))
    assert post(client, f"/{ORDER}/place") == placed
    assert len(facts(shop)) == said


def test_a_doubled_order_is_refused_in_words_and_the_second_basket_stays_as_it_is(
    client: TestClient,
) -> None:
    """The hub knows the question and answers with the first order; its goods are in the first basket."""
    offer = quoted(client)
    assert post(client, "/hold", {"offer": offer})[0] == 201
    client.post("/api/basket/suspend")
    filled(client)
    status, refused = post(client, "/hold", {"offer": offer})
    assert (status, refused["key"], refused["fields"]) == (
        409,
        "order.taken_twice",
        {"number": "H7K2"},
    )
    assert refused["message"] == (
        "That way was taken already, as order H7K2; this basket was not ordered."
    )
    basket = client.get("/api/state").json()["basket"]
    assert (basket["due_minor"], len(basket["lines"])) == (GOODS_MINOR, 2)


def test_an_order_whose_basket_is_not_on_the_screen_is_not_paid(
    client: TestClient, shop: Shop, facts: Facts
) -> None:
    held(client)
    client.post("/api/basket/suspend")
    assert client.get(f"/api/orders/{ORDER}/ordered").json()["state"] == "held"
    filled(client)
    said = len(facts(shop))
    status, refused = post(client, f"/{ORDER}/place")
    assert (status, refused["key"], refused["message"]) == (
        409,
        "order.not_in_basket",
        "Order H7K2 is not in the basket on the screen; nothing was paid.",
    )
    assert len(facts(shop)) == said


def test_an_order_whose_basket_was_voided_is_given_up(client: TestClient) -> None:
    held(client)
    client.post("/api/basket/void")
    assert client.get(f"/api/orders/{ORDER}/ordered").json()["state"] == "given_up"
    assert post(client, f"/{ORDER}/place")[1]["key"] == "order.not_in_basket"


PAYING = ({"tendered_minor": 100_000}, "/api/basket/tenders/cash"), ({}, "/api/basket/tenders/card")


def test_when_the_hold_is_over_no_money_is_taken_and_the_basket_may_be_ordered_anew(
    client: TestClient, clock: JumpingClock, shop: Shop, facts: Facts
) -> None:
    held(client)
    clock.jump(minutes=15)
    said = len(facts(shop))
    asked = [client.post(path, json=body) for body, path in PAYING]
    for answer in (*asked, client.post(f"/api/orders/{ORDER}/place", json={})):
        assert (answer.status_code, answer.json()) == (
            409,
            {
                "key": "order.hold_lapsed",
                "message": "The goods of order H7K2 were held until 12:15; "
                "nobody holds them any more, and nothing was paid.",
                "what_now": "Ask for the ways once more and choose again, or void the basket.",
                "fields": {"number": "H7K2", "until": "12:15"},
            },
        )
    assert len(facts(shop)) == said
    assert client.get("/api/payments").json() == []
    assert client.get(f"/api/orders/{ORDER}/ordered").json()["state"] == "lapsed"
    assert post(client, "/quote") == (
        200,
        {"offers": [], "near": {}},
    )  # the ways of this hub are of noon
    lines = client.get("/api/state").json()["basket"]["lines"]
    assert [(line["sku"], line["is_void"]) for line in lines] == [("CAKE", False), ("MILK", False)]
    paid = client.post("/api/basket/tenders/cash", json={"tendered_minor": 100_000}).json()["sale"]
    assert {line.get("order_id", "") for line in paid["lines"]} == {""}


def test_a_fee_goes_with_the_hold_that_is_over(shop: Shop, clock: JumpingClock, asked: Hub) -> None:
    client = filled(client_of(shop, Hub(way("a", 2, fee_minor=3_000, fee_sku="GIFT"))))
    assert held(client)["basket"]["due_minor"] == GOODS_MINOR + 3_000
    clock.jump(minutes=16)
    post(client, "/quote")
    assert client.get("/api/state").json()["basket"]["due_minor"] == GOODS_MINOR


def test_money_under_way_when_the_hold_ends_still_pays_the_order(
    client: TestClient, clock: JumpingClock
) -> None:
    held(client)
    client.post("/api/basket/tenders/cash", json={"tendered_minor": 10_000})
    clock.jump(minutes=16)
    assert post(client, "/quote")[1]["key"] == "order.in_basket"
    assert post(client, f"/{ORDER}/place")[1]["state"] == "paid"


def test_an_order_that_nobody_made_here_is_not_there(client: TestClient) -> None:
    answer = client.get("/api/orders/nobody/ordered")
    assert (answer.status_code, answer.json()["key"]) == (404, "order.unknown")
    assert post(client, "/nobody/place")[0] == 404


def test_the_hubs_fee_is_taken_and_not_what_a_client_says(shop: Shop) -> None:
    class Charging(Hub):
        def __call__(self, verb: str, arguments: Mapping[str, Any], **rest: Any) -> dict[str, Any]:
            answer = super().__call__(verb, arguments, **rest)
            return answer if verb == "orders.quote" else answer | {"fee_minor": 3_000}

    client = filled(client_of(shop, Charging(way("a", 2, fee_minor=3_000, fee_sku="GIFT"))))
    offer = quoted(client) | {"fee_minor": 1}
    basket = post(client, "/hold", {"offer": offer})[1]["basket"]
    assert (basket["lines"][-1]["sku"], basket["due_minor"]) == ("GIFT", GOODS_MINOR + 3_000)


@pytest.mark.parametrize("error", [HubUnreachable(), HubSilent(timeout_s=4)])
def test_without_the_hub_the_basket_stays_as_it_is(
    shop: Shop, asked: Hub, error: ShopError
) -> None:
    def cut(verb: str, arguments: Mapping[str, Any], **rest: Any) -> dict[str, Any]:
        raise error

    offer = quoted(filled(client_of(shop, asked)))
    client = client_of(shop, cut)
    before = client.get("/api/state").json()["basket"]
    for path, body in (("/quote", {}), ("/hold", {"offer": offer})):
        status, refused = post(client, path, body)
        assert (status, refused["key"], refused["message"]) == (409, error.key, error.message)
        assert refused["what_now"]
    assert client.get("/api/state").json()["basket"] == before


def test_what_is_no_offer_is_refused_before_the_hub_is_asked(
    client: TestClient, asked: Hub
) -> None:
    odd: tuple[dict[str, Any], ...] = (
        {"offer_id": ""},
        {"offer_id": "a" * 401},
        {"location_name": "a\u0000b"},
        {"fee_minor": -1},
        {"window": {"start": "now", "end": "then"}},
    )
    offer = quoted(client)
    for wrong in odd:
        status, refused = post(client, "/hold", {"offer": offer | wrong})
        assert (status, sorted(refused)) == (422, ["fields", "key", "message", "what_now"])
    assert [verb for verb, _, _ in asked.asked] == ["orders.quote"]
    assert json.dumps(client.get("/api/state").json()).count(ORDER) == 0
