"""What a customer brings back: head office and the shop see it before she comes, and it is given back once."""

import json

from sqlmodel import select

from cloud.feeds import repository as feeds
from cloud.orders.tables import CustomerOrder

PICKED = [{"line": 1, "sku": "B-009", "quantity": 1}]


def returns_at(hub, location_id: str) -> list[dict]:
    with hub.database.read() as session:
        return [json.loads(it[2]) for it in feeds.live_rows(session, f"returns@{location_id}")]


def handed(shopping, shop) -> str:
    path = shopping.buy()
    shop.says("accepted")
    shop.says("picked", picked=PICKED)
    shop.says("ready")
    shop.says("handed_over", handed=PICKED, proof={"kind": "code", "step": 1})
    return path


def test_the_shop_that_she_names_sees_it_and_the_money_goes_back_once(
    shopping, shop, client, hub, bench, read
) -> None:
    path = handed(shopping, shop)
    wish = {"line": "1", "reason": "damaged", "to": "maru-hillside"}
    client.post(f"{path}/return", data=wish)
    [seen] = returns_at(hub, "maru-hillside")
    assert returns_at(hub, "maru-office") == []
    assert (seen["sku"], seen["quantity"], seen["reason"]) == ("B-009", 1, "damaged")
    assert "Jiyoon" not in json.dumps(seen)
    assert client.get(
        "/api/storefront/returns", params={"location_id": "maru-hillside"}
    ).json() == [seen]
    with hub.database.read() as session:
        order_id = session.exec(select(CustomerOrder.order_id)).one()
    for _ in range(2):
        client.post(
            "/api/storefront/returns", json={"order_id": order_id, "line": 1}
        ).raise_for_status()
    view = client.get(f"/api/orders/{order_id}").json()
    assert [it["amount_minor"] for it in view["credits"]] == [38_000]
    assert bench.moved_minor == client.get("/api/storefront/takings").json()["total_minor"] == 0
    assert returns_at(hub, "maru-hillside") == client.get("/api/storefront/returns").json() == []
    assert "Strawberry cream cake is with us again." in read(path)


def brought_back(shop, order_id: str, sku: str = "B-009") -> None:
    """A shop tells that it has taken a cake of the order back."""
    uid = "018f2f4e-0001-7abc-8def-0123456789ab"
    body = {
        **{
            key: value
            for key, value in shop.bodies.stocked().items()
            if key not in ("moves", "movement_id")
        },
        "type": "order.returned",
        "location_id": "maru-office",
        "return_id": uid,
        "order_id": order_id,
        "number": "H7K2",
        "shift_id": uid,
        "reason": "damaged",
        "proof": "code",
        "goods": [{"line": 1, "sku": sku, "name": "Cake", "quantity": 1}],
    }
    shop.box.log(body)
    shop.arrive(shop.box)
    shop.hub.worker.keeper.step()
    shop.hub.paying.watch()


def test_any_shop_that_takes_it_meets_the_wish_and_the_wallet_gets_its_money_back_once(
    shopping, shop, client, hub, bench, read
) -> None:
    path = handed(shopping, shop)
    client.post(f"{path}/return", data={"line": "1", "reason": "damaged", "to": "maru-hillside"})
    assert "Show this code in the shop" in read(path)
    [seen] = returns_at(hub, "maru-hillside")
    assert [it["unit_price_minor"] for it in seen["goods"]] == [38_000]
    for _ in range(2):
        brought_back(shop, seen["order_id"])
    view = client.get(f"/api/orders/{seen['order_id']}").json()
    assert [(it["amount_minor"], bool(it["settled_at"])) for it in view["credits"]] == [
        (38_000, True)
    ]
    assert (view["state"], bench.moved_minor) == ("returned", 0)
    assert returns_at(hub, "maru-hillside") == []
    assert "Show this code in the shop" not in read(path)


def test_after_the_last_day_nothing_is_announced(shopping, shop, client, hub, clock, read) -> None:
    path = handed(shopping, shop)
    clock.jump(15 * 86_400)
    wish = {"line": "1", "reason": "damaged", "to": "maru-hillside"}
    answer = client.post(f"{path}/return", data=wish)
    assert (answer.status_code, returns_at(hub, "maru-hillside")) == (409, [])
    assert "Too late to bring it back" in answer.text


def test_what_nobody_has_announced_gives_nothing_back(shopping, shop, client, hub, bench) -> None:
    handed(shopping, shop)
    with hub.database.read() as session:
        order_id = session.exec(select(CustomerOrder.order_id)).one()
    answer = client.post("/api/storefront/returns", json={"order_id": order_id, "line": 1})
    assert (answer.status_code, bench.moved_minor) == (404, 38_000)
