"""What the storefront asks of its database, on SQLite and on PostgreSQL."""

import threading

import pytest

from cloud.storefront import repository


@pytest.fixture
def hub_url(made_url: str) -> str:
    return made_url


def test_from_a_search_to_a_changed_basket(chain, client, read) -> None:
    assert read("/shop/search?q=크림 케이크") == (
        "Found for “크림 케이크” Strawberry cream cake ₩ 38,000 At Office Tower today, not many left"
    )
    client.post("/shop/basket", data={"sku": "B-009"})
    client.post("/shop/basket", data={"sku": "B-002", "quantity": "3"})
    client.post("/shop/basket", data={"sku": "B-002"})
    client.post("/shop/basket/line", data={"sku": "B-009", "quantity": "2"})
    assert "Together ₩ 88,800" in read("/shop/basket")
    client.post("/shop/near", data={"near": "maru-hillside"})
    assert "At Hillside today" in read("/shop/c/bread")


def test_two_first_requests_of_one_browser_make_one_row(hub, clock) -> None:
    ready = threading.Barrier(2)

    def note() -> None:
        ready.wait()
        with hub.database.write() as session:
            repository.note_shopper(session, "a" * 22, clock.now())

    threads = [threading.Thread(target=note) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with hub.database.read() as session:
        found = repository.shopper(session, "a" * 22)
        assert found is not None
        assert found.near == ""


def test_from_the_basket_to_a_paid_order_once(shopping, client, read) -> None:
    shopping.fill()
    form = shopping.form()
    wallet = shopping.take(form)
    assert shopping.take(form) == wallet
    path = shopping.say(wallet)
    assert client.post(wallet, data={"wallet": "alipay"}, follow_redirects=False).status_code == 303
    assert "Paid, and on its way to the shop." in read(path)
    client.post(f"{path}/cancel")
    assert "Being cancelled." in read(path)
    client.post("/shop/me/join", data={"name": "Luna"})
    assert "Being cancelled." in read("/shop/me")
