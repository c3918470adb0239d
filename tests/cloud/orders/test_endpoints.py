"""What head office's programs and the online shop ask of orders: whole answers, and every refusal in words."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from cloud import answers
from cloud.orders import endpoints
from contract import handover

OFFICE, HILLSIDE, HARBOUR, CAKE = "office", "hillside", "harbour", "CAKE"
CHOOSE = "Ask again for the ways to get it, and choose one of them."
NOON = "2026-11-23T03:00:00+00:00"


@pytest.fixture
def database_kind() -> str:
    """What the addresses add to the service does not depend on it."""
    return "sqlite"


@pytest.fixture
def client(chain, changes) -> TestClient:
    app = FastAPI()
    told = endpoints.router(chain.database, chain.clock, lambda: changes.append("told"))
    app.include_router(told)
    answers.add_to(app, lambda _, error: answers.as_json(error))
    return TestClient(app)


@pytest.fixture
def ask(client):
    """The answer's body; the status must be the expected one."""

    def ask(method: str, path: str, body: Any = None, status: int = 200, key: str = "") -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        answer = client.request(method, f"/api{path}", json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    return ask


def cakes(quantity: int = 1) -> list[dict[str, Any]]:
    return [{"sku": CAKE, "quantity": quantity}]


@pytest.fixture
def offer(ask) -> dict[str, Any]:
    """The soonest: to collect at the office."""
    return ask("POST", "/orders/quote", {"lines": cakes(), "near": OFFICE, "language": "ko"})[
        "offers"
    ][0]


@pytest.fixture
def held(ask, offer) -> dict[str, Any]:
    wanted = {"offer_id": offer["offer_id"], "lines": cakes(), "customer": "Mina"}
    return ask("POST", "/orders/hold", wanted, key="first")


def test_the_soonest_way_is_told_whole(offer) -> None:
    assert offer == {
        "offer_id": "pickup~office~office~1795404600~0~1795403400~office",
        "kind": "pickup",
        "location_id": OFFICE,
        "location_name": "office점",
        "source_id": OFFICE,
        "source_name": "office점",
        "window": {"start": "2026-11-23T03:15:00Z", "end": "2026-11-23T03:30:00Z"},
        "cutoff": "2026-11-23T03:10:00Z",
        "goods_minor": 30_000,
        "fee_minor": 0,
        "total_minor": 30_000,
        "currency": "KRW",
        "confidence_bp": 9_000,
        "samples": 0,
        "data_age_s": 0,
        "distance_m": 0,
        "plan_b": {
            "kind": "transfer_pickup",
            "location_id": OFFICE,
            "location_name": "office점",
            "window_end": "2026-11-23T04:10:00+00:00",
        },
        "expires_at": "2026-11-23T03:10:00Z",
    }


def test_a_hold_is_told_whole_and_the_same_again(ask, offer, held, changes) -> None:
    assert handover.parse(held["paper_code"]).location_id == OFFICE
    made = {name: held[name] for name in ("order_id", "number", "paper_code")}
    assert held == made | {
        "hold_until": "2026-11-23T03:15:00Z",
        "goods_minor": 30_000,
        "fee_minor": 0,
        "currency": "KRW",
    }
    again = {"offer_id": offer["offer_id"], "lines": cakes(), "customer": "Mina"}
    assert ask("POST", "/orders/hold", again, key="first") == held
    assert changes == []


def test_an_order_is_placed_followed_and_cancelled(ask, held, changes) -> None:
    path = f"/orders/{held['order_id']}"
    placed = ask("POST", f"{path}/place", {"paid_minor": 30_000, "payment": "pay-1"})
    (job,) = placed["jobs"]
    assert placed == {
        "order_id": held["order_id"],
        "number": held["number"],
        "state": "placed",
        "promise": "accepted",
        "kind": "pickup",
        "location_id": OFFICE,
        "source_id": OFFICE,
        "goods_minor": 30_000,
        "fee_minor": 0,
        "paid_minor": 30_000,
        "currency": "KRW",
        "confidence_bp": 9_000,
        "channel": "api",
        "customer": "Mina",
        "member_id": "",
        "payment": "pay-1",
        "promises_made": 1,
        "location_name": "Office",
        "due_minor": 0,
        "can_cancel": True,
        "is_hold_lapsed": False,
        "plan_b": {
            "kind": "pickup",
            "location_id": HARBOUR,
            "window_end": "2026-11-23T03:30:00+00:00",
        },
        "held_at": NOON,
        "hold_until": "2026-11-23T03:15:00+00:00",
        "placed_at": NOON,
        "completed_at": None,
        "window": {"start": "2026-11-23T03:15:00+00:00", "end": "2026-11-23T03:30:00+00:00"},
        "lines": [
            {
                "line": 1,
                "sku": CAKE,
                "names": {"en": "Cake"},
                "quantity": 1,
                "unit_price_minor": 30_000,
                "amount_minor": 30_000,
                "handed": 0,
                "returned": 0,
                "paid_back": 0,
                "substitutes": [],
            }
        ],
        "jobs": [job],
        "story": [
            {"at": NOON, "what": "held", "fields": {"until": "2026-11-23 03:15:00+00:00"}},
            {"at": NOON, "what": "placed", "fields": {"paid_minor": 30_000}},
        ],
        "credits": [],
    }
    assert ask("POST", f"{path}/place", {"paid_minor": 30_000}) == placed
    assert ask("GET", path) == placed
    (listed,) = ask("GET", f"/orders?location_id={OFFICE}&state=placed")
    assert listed == {
        name: value
        for name, value in placed.items()
        if name not in ("lines", "jobs", "story", "credits")
    }
    assert ask("GET", f"/orders?location_id={HARBOUR}") == []
    asked = ask("POST", f"{path}/cancel", {"reason": "too late"})
    assert (asked["state"], asked["can_cancel"]) == ("cancelling", False)
    assert asked["story"][-1] == {
        "at": NOON,
        "what": "cancel_asked",
        "fields": {"reason": "too late"},
    }
    assert changes == ["told"] * 3


def test_a_hold_that_nobody_wants_is_given_up(ask, held, chain) -> None:
    path = f"/orders/{held['order_id']}"
    view = ask("POST", f"{path}/release")
    assert (view["state"], view["promise"], chain.standing()) == ("cancelled", "void", [])
    assert ask("POST", f"{path}/release") == view


def test_the_phones_code_turns_with_the_clock(ask, held, clock) -> None:
    clock.jump(7)
    shown = ask("GET", f"/orders/{held['order_id']}/code")
    assert set(shown) == {"code", "changes_in_s"}
    assert shown["changes_in_s"] == 23
    code = handover.parse(shown["code"])
    assert (code.number, code.location_id, code.step) == (
        held["number"],
        OFFICE,
        handover.step_at(clock.now()),
    )


def test_what_is_owed_is_listed_and_paid_back_once(ask, chain, jobs) -> None:
    chain.allow(HARBOUR, cap=0)
    order_id = chain.ordered()
    (job,) = chain.jobs_at(OFFICE)
    chain.tell(OFFICE, jobs.of(job, "declined", reason="damaged"))
    refund, made_good = ask("GET", "/orders/owed")
    number = chain.view(order_id)["number"]
    own = {"order_id": order_id, "order": number, "currency": "KRW", "reason": "broken"}
    owed_at = "2026-11-23T03:00:00Z"
    assert refund == own | {
        "number": 1,
        "kind": "refund",
        "amount_minor": 30_000,
        "owed_at": owed_at,
    }
    assert made_good == own | {
        "number": 2,
        "kind": "compensation",
        "amount_minor": 1_500,
        "owed_at": owed_at,
    }
    path = f"/orders/{order_id}/credits"
    paid = ask("POST", f"{path}/1/paid", {"by": "bank", "reference": "T-1"})
    assert paid == {name: refund[name] for name in refund if name not in ("order", "order_id")} | {
        "settled_at": owed_at,
        "settled_by": "bank:T-1",
    }
    refused = ask("POST", f"{path}/1/paid", {"by": "cash", "reference": "T-2"}, status=409)
    assert refused == {
        "key": "orders.already_settled",
        "message": "Debt 1 of this order is settled already (bank:T-1). Nothing was changed.",
        "what_now": "Do not pay it again. If money has gone out twice, ask for one of the two back.",
        "fields": {"number": 1, "by": "bank:T-1"},
    }
    assert ask("GET", "/orders/owed") == [made_good]


def test_shops_and_rights_are_head_offices(ask, chain, changes) -> None:
    shop = {"location_id": HILLSIDE, "names": {"en": "Hillside"}, "timezone": "Asia/Seoul"}
    listed = ask("PUT", "/shops", {"shops": [shop | {"opens": {"mon": "09:00-21:00"}}]})
    assert listed == ask("GET", "/shops")
    (hillside,) = [it for it in listed if it["location_id"] == HILLSIDE]
    assert hillside == {
        "location_id": HILLSIDE,
        "names": {"en": "Hillside"},
        "latitude": None,
        "longitude": None,
        "timezone": "Asia/Seoul",
        "opens": {"mon": "09:00-21:00"},
        "travel_min": {},
        "is_pickup": True,
        "accept_min": 10,
        "prepare_min": 15,
        "delivery_radius_m": 0,
        "delivery_min": 0,
        "delivery_fee_minor": 0,
        "ship_days": 0,
        "ship_fee_minor": 0,
        "samples": 0,
        "on_time": 0,
        "lead_s": 0,
        "measured_at": None,
        "keep_rate_bp": None,
        "is_leased": True,
    }
    rights = [{"location_id": OFFICE, "sku": CAKE, "cap": 1, "keep": 4}]
    assert ask("PUT", "/rights", {"rights": rights}) == {"rights": 1}
    chain.pull(OFFICE)
    assert changes == ["told"]
    assert ask("GET", f"/shops/{OFFICE}/promisable?sku={CAKE}&sku=TEA") == [
        {
            "sku": CAKE,
            "on_hand": 5,
            "set_aside": 0,
            "promised": 0,
            "cap": 1,
            "keep": 4,
            "may_promise": 1,
            "bound": 1,
        },
        {
            "sku": "TEA",
            "on_hand": 0,
            "set_aside": 0,
            "promised": 0,
            "cap": 2,
            "keep": 0,
            "may_promise": 0,
            "bound": 0,
        },
    ]


def refusal(key: str, message: str, what_now: str, **fields: Any) -> dict[str, Any]:
    return {"key": key, "message": message, "what_now": what_now, "fields": fields}


def malformed(place: str, problem: str) -> dict[str, Any]:
    text = f"{place}: {problem}. Nothing was changed."
    now = "Correct this field and send the request again."
    return refusal("hub.malformed", text, now, place=place, problem=problem)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "answer"),
    [
        (
            "POST",
            "/orders/quote",
            {"lines": [{"sku": "PIE", "quantity": 1}]},
            404,
            refusal(
                "hub.not_found",
                "There is no product with a price 'PIE' here.",
                "Check the name; the list shows what there is.",
                what="product with a price",
                name="PIE",
            ),
        ),
        (
            "POST",
            "/orders/quote",
            {"lines": [{"sku": CAKE, "quantity": 0}]},
            422,
            malformed("body.lines.0.quantity", "Input should be greater than or equal to 1"),
        ),
        (
            "POST",
            "/orders/hold",
            {"offer_id": "pickup~office", "lines": [{"sku": CAKE, "quantity": 1}]},
            409,
            refusal(
                "orders.offer_changed",
                "This way is no longer to be had as offered: this is no offer of this hub. "
                "Nothing was set aside for it.",
                CHOOSE,
                detail="this is no offer of this hub",
            ),
        ),
        (
            "GET",
            "/orders/none",
            None,
            404,
            refusal(
                "hub.not_found",
                "There is no order 'none' here.",
                "Check the name; the list shows what there is.",
                what="order",
                name="none",
            ),
        ),
        (
            "POST",
            "/orders/none/place",
            {"paid_minor": -1},
            422,
            malformed("body.paid_minor", "Input should be greater than or equal to 0"),
        ),
        (
            "GET",
            "/orders?limit=0",
            None,
            422,
            malformed("query.limit", "Input should be greater than or equal to 1"),
        ),
        (
            "PUT",
            "/rights",
            {"rights": [{"location_id": OFFICE, "sku": CAKE, "cap": -1}]},
            422,
            malformed("body.rights.0.cap", "Input should be greater than or equal to 0"),
        ),
    ],
)
def test_what_cannot_be_is_refused_in_words(ask, chain, method, path, body, status, answer) -> None:
    assert ask(method, path, body, status) == answer
    assert chain.standing() == []


def test_what_came_too_late_is_refused_in_words(ask, offer, held, clock) -> None:
    """A doubled order, an expired offer, an expired hold that nobody has looked at since."""
    wanted = {"offer_id": offer["offer_id"], "lines": cakes(2)}
    message = f"Under this key another order was asked for before ({held['number']}). Nothing was changed."
    now = "Send the same request again, or a new one under a new key."
    answer = refusal("orders.doubled_key", message, now, number=held["number"])
    assert ask("POST", "/orders/hold", wanted, 409, key="first") == answer
    clock.jump(timedelta(minutes=15).total_seconds())
    at = "2026-11-23T03:10:00+00:00"
    message = f"This offer held until {at}: nothing was set aside for it."
    answer = refusal("orders.offer_expired", message, CHOOSE, expired_at=at)
    assert ask("POST", "/orders/hold", wanted, 409, key="second") == answer
    until = "2026-11-23T03:15:00+00:00"
    message = f"The goods of order {held['number']} were held until {until}, and are free again."
    fields = {"number": held["number"], "hold_until": until}
    now = "Ask again for the ways to get it. What has been paid already is kept all the same."
    answer = refusal("orders.hold_lapsed", message, now, **fields)
    assert ask("POST", f"/orders/{held['order_id']}/place", {}, 409) == answer


def test_what_was_handed_over_is_not_cancelled(ask, chain, jobs) -> None:
    order_id = chain.ordered()
    (job,) = chain.jobs_at(OFFICE)
    chain.tell(OFFICE, *jobs.whole_way(job))
    number = chain.view(order_id)["number"]
    message = f"Order {number} is completed: it cannot be cancelled. Nothing was changed."
    now = "Look at the order; what was handed over can come back as a return at any shop."
    fields = {"number": number, "state": "completed", "wanted": "cancelled"}
    answer = refusal("orders.state", message, now, **fields)
    assert ask("POST", f"/orders/{order_id}/cancel", {}, 409) == answer
    assert ask("GET", f"/orders/{order_id}")["state"] == "completed"
