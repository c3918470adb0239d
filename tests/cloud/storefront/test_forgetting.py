"""A member who leaves: her name is in no table of the hub any more, and what her orders came to still is."""

import json

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel, select

from cloud.orders.tables import CustomerOrder

NAME, STREET = "Xanthippe", "Quince Lane 7"


def tables_with(hub, words: str) -> list[str]:
    """Every table of the hub in which the words stand anywhere, its own bookkeeping included."""
    with hub.database.read() as session:
        names = sa.inspect(session.connection()).get_table_names()
        return [
            name
            for name in names
            if any(
                words in repr(tuple(row))
                for row in session.connection().execute(sa.text(f'SELECT * FROM "{name}"'))
            )
        ]


@pytest.fixture
def xanthippe(open_shops, client, shopping) -> str:
    """The page of an order that is brought to her."""
    client.post("/shop/me/join", data={"name": NAME})
    client.post("/shop/me/profile", data={"name": NAME, "address": STREET})
    client.post("/shop/near", data={"near": "maru-office"})
    shopping.fill()
    [delivery] = [it for it in shopping.offers() if it.startswith("delivery~")]
    form = shopping.form(delivery) | {"customer": NAME, "note": STREET}
    return shopping.say(shopping.take(form))


def test_the_search_would_find_her(hub, xanthippe) -> None:
    assert {"customer_order", "feed_operation", "member_field"} <= set(tables_with(hub, NAME))
    assert {"customer_order", "feed_operation", "member_field"} <= set(tables_with(hub, STREET))
    assert set(SQLModel.metadata.tables) <= set(sa.inspect(hub.database.engine).get_table_names())


def test_an_erased_members_name_and_address_leave_orders_that_are_over(
    hub, client, xanthippe, shop
) -> None:
    goods = [{"line": 1, "sku": "B-009", "quantity": 1}]
    shop.says("accepted")
    shop.says("picked", picked=goods)
    shop.says("ready")
    shop.says("handed_over", handed=goods, proof={"kind": "code", "step": 1})
    client.post("/shop/me/erase", data={"sure": "yes"})
    assert tables_with(hub, NAME) == []
    assert tables_with(hub, STREET) == []
    with hub.database.read() as session:
        order = session.exec(select(CustomerOrder)).one()
    assert (order.state, order.goods_minor, order.paid_minor) == ("completed", 38_000, 41_000)


def test_an_order_under_way_keeps_them_until_it_is_over(hub, client, xanthippe, shop) -> None:
    shop.says("accepted")
    client.post("/shop/me/erase", data={"sure": "yes"})
    hub.forget_orders()
    assert set(tables_with(hub, STREET)) == {"customer_order", "feed_operation"}
    goods = [{"line": 1, "sku": "B-009", "quantity": 1}]
    shop.says("picked", picked=goods)
    shop.says("ready")
    shop.says("handed_over", handed=goods, proof={"kind": "code", "step": 1})
    hub.forget_orders()
    assert tables_with(hub, STREET) == tables_with(hub, NAME) == []


def test_the_shop_hears_it_by_the_same_job(hub, client, xanthippe, shop) -> None:
    from cloud.feeds import repository as feeds

    goods = [{"line": 1, "sku": "B-009", "quantity": 1}]
    shop.says("accepted")
    shop.says("picked", picked=goods)
    shop.says("ready")
    shop.says("handed_over", handed=goods, proof={"kind": "code", "step": 1})
    client.post("/shop/me/erase", data={"sure": "yes"})
    with hub.database.read() as session:
        [(_, _, body)] = feeds.live_rows(session, "orders@maru-office")
    assert (json.loads(body).get("customer", ""), json.loads(body).get("note", "")) == ("", "")
