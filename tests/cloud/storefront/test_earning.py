"""Points of an order that a member placed online: once, when she has it, and not for what comes back."""

import pytest
from sqlmodel import select

from cloud.members import programme
from cloud.members.tables import MemberAct
from cloud.orders.tables import CustomerOrder
from contract.members import Programme, Tier
from tests.cloud.storefront.test_coming_back import brought_back

PICKED = [{"line": 1, "sku": "B-009", "quantity": 1}]


@pytest.fixture
def points(hub, open_shops, client):
    """How many points the member who is signed in has."""
    rules = Programme(currency="KRW", tiers=(Tier(name="member", earn_bp=100),))
    programme.publish(hub.members, rules)
    client.post("/shop/me/join", data={"name": "Luna"})
    number = client.get("/shop/me").text.partition('<dd class="mono">')[2].partition("<")[0]
    return lambda: hub.members.person(number).standing.available


def test_points_are_earned_once_with_the_hand_over_and_go_with_what_comes_back(
    shopping, shop, client, hub, points
) -> None:
    path = shopping.buy()
    shop.says("accepted")
    shop.says("picked", picked=PICKED)
    hub.count_points()
    assert points() == 0
    shop.says("ready")
    shop.says("handed_over", handed=PICKED, proof={"kind": "code", "step": 1})
    for _ in range(2):
        hub.count_points()
    assert points() == 380
    client.post(f"{path}/return", data={"line": "1", "reason": "other", "to": "maru-office"})
    with hub.database.read() as session:
        order_id = session.exec(select(CustomerOrder.order_id)).one()
    for _ in range(2):
        client.post("/api/storefront/returns", json={"order_id": order_id, "line": 1})
    hub.count_points()
    assert points() == 0


def test_who_has_left_earns_nothing_more(shopping, shop, client, hub, points) -> None:
    shopping.buy()
    shop.says("accepted")
    client.post("/shop/me/erase", data={"sure": "yes"})
    shop.says("picked", picked=PICKED)
    shop.says("ready")
    shop.says("handed_over", handed=PICKED, proof={"kind": "code", "step": 1})
    hub.count_points()
    with hub.database.read() as session:
        assert session.exec(select(MemberAct)).all() == []


def test_of_a_line_that_comes_back_in_part_a_part_of_its_points_goes(
    shopping, shop, hub, points
) -> None:
    picked = [{"line": 1, "sku": "B-002", "quantity": 3}]
    shopping.fill("B-002", 3)
    shopping.say(shopping.take(shopping.form()))
    shop.says("accepted")
    shop.says("picked", picked=picked)
    shop.says("ready")
    shop.says("handed_over", handed=picked, proof={"kind": "code", "step": 1})
    hub.count_points()
    assert points() == 96
    with hub.database.read() as session:
        order_id = session.exec(select(CustomerOrder.order_id)).one()
    for left in (64, 32, 0, 0):
        brought_back(shop, order_id, sku="B-002")
        for _ in range(2):
            hub.count_points()
        assert points() == left
