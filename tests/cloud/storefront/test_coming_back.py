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


def test_what_nobody_has_announced_gives_nothing_back(shopping, shop, client, hub, bench) -> None:
    handed(shopping, shop)
    with hub.database.read() as session:
        order_id = session.exec(select(CustomerOrder.order_id)).one()
    answer = client.post("/api/storefront/returns", json={"order_id": order_id, "line": 1})
    assert (answer.status_code, bench.moved_minor) == (404, 38_000)
