"""From the basket to the order in hand: once each, whatever is pressed twice, tried too late or by somebody else."""

import pytest
from sqlmodel import col, select

from cloud.orders.service import HOLD_LASTS
from cloud.orders.tables import CustomerOrder
from cloud.storefront import repository
from cloud.storefront.tables import ShopOrder, ShopPayment
from contract import handover


def orders(hub) -> list[CustomerOrder]:
    with hub.database.read() as session:
        return list(session.exec(select(CustomerOrder).order_by(col(CustomerOrder.held_at))).all())


def states(hub) -> list[str]:
    return [order.state for order in orders(hub)]


def payments(hub) -> list[tuple[int, str, int]]:
    with hub.database.read() as session:
        rows = session.exec(select(ShopPayment).order_by(col(ShopPayment.made_at))).all()
        ids = [row.payment_id for row in rows]
        back = {it: repository.returned_minor(session, [it]) for it in ids}
        return [(row.amount_minor, row.state, back[row.payment_id]) for row in rows]


def test_every_way_is_shown_side_by_side(shopping, client, read) -> None:
    shopping.fill("C-001")
    client.post("/shop/near", data={"near": "maru-office"})
    assert read("/shop/ways").startswith(
        "How to get it Every way there is this minute, from where you are: near Office Tower. Change "
        "Collect at Office Tower Today, 12:15–12:30 KST "
        "90% sure: an estimate, this shop has no orders yet. Order by 12:10 KST. "
        "If it breaks: Sent to Office Tower, collect there, by 23 Nov 2026, 13:10 KST. "
        "Free Choose : Collect at Office Tower, Today, 12:15–12:30 KST "
    )


def test_without_a_basket_there_is_nothing_to_compare(shopping, client, read) -> None:
    assert read("/shop/ways").startswith("How to get it Your basket is empty.")
    answer = client.get("/shop/take", params={"offer": "pickup~a~b~1~0~1~"})
    assert (answer.status_code, "Nothing to order" in answer.text) == (409, True)


def test_an_order_is_paid_and_stands(shopping, client, hub, read) -> None:
    path = shopping.buy()
    [order] = orders(hub)
    assert (order.state, order.paid_minor, order.customer) == ("placed", 38_000, "Jiyoon")
    assert order.channel == "storefront"
    text = read(path)
    assert text.startswith(f"Order {order.number} Paid, and on its way to the shop.")
    assert "Your basket is empty." in read("/shop/basket")
    assert payments(hub) == [(38_000, "paid", 0)]


def test_a_form_that_is_sent_twice_gives_one_order(shopping, hub) -> None:
    shopping.fill()
    form = shopping.form()
    wallet = shopping.take(form)
    assert shopping.take(form) == wallet
    path = shopping.say(wallet)
    again = shopping.client.post(wallet, data={"wallet": "alipay"}, follow_redirects=False)
    assert again.headers["location"] == path
    assert shopping.take(form) == path
    assert states(hub) == ["placed"]
    assert payments(hub) == [(38_000, "paid", 0)]


def test_going_back_and_choosing_again_keeps_the_last_choice_alone(shopping, hub) -> None:
    shopping.fill()
    first = shopping.take(shopping.form())
    second = shopping.take(shopping.form())
    assert sorted(states(hub)) == ["cancelled", "held"]
    answer = shopping.client.post(first, data={"wallet": "alipay"})
    assert (answer.status_code, "Nothing was changed." in answer.text) == (409, True)
    shopping.say(second)
    assert sorted(states(hub)) == ["cancelled", "placed"]
    assert sorted(state for _, state, _ in payments(hub)) == ["open", "paid"]


def test_a_hold_that_is_over_takes_no_money(shopping, hub, clock, client, open_shops) -> None:
    shopping.fill()
    wallet = shopping.take(shopping.form())
    clock.jump(HOLD_LASTS.total_seconds() + 1)
    answer = client.post(wallet, data={"wallet": "alipay"})
    assert answer.status_code == 409
    assert "Nothing was taken from your wallet." in answer.text
    assert payments(hub) == [(38_000, "open", 0)]
    assert "Strawberry cream cake" in client.get("/shop/basket").text


def test_what_is_sold_out_meanwhile_is_said_and_nothing_is_held(
    shopping, browser_of, hub, client
) -> None:
    shopping.fill(quantity=2)
    form = shopping.form()
    other = type(shopping)(browser_of())
    other.buy()
    answer = client.post("/shop/take", data=form)
    assert answer.status_code == 409
    assert "Somebody was quicker" in answer.text
    assert 'href="/shop/ways"' in answer.text
    assert states(hub) == ["placed"]


def test_an_offer_that_is_over_is_refused(shopping, client, clock) -> None:
    shopping.fill()
    form = shopping.form()
    clock.jump(601)
    answer = client.post("/shop/take", data=form)
    assert (answer.status_code, "That offer is over" in answer.text) == (409, True)


def test_a_forged_offer_is_no_offer(shopping, client, hub) -> None:
    shopping.fill()
    form = shopping.form()
    for forged in ("", "x", form["offer_id"].replace("pickup", "gift"), "~" * 6):
        answer = client.post("/shop/take", data={**form, "offer_id": forged})
        assert answer.status_code in (409, 422), answer.text
    assert states(hub) == []


def test_what_is_brought_needs_an_address(shopping, client, hub) -> None:
    client.post("/shop/near", data={"near": "maru-office"})
    shopping.fill()
    [delivery] = [it for it in shopping.offers() if it.startswith("delivery~")]
    form = shopping.form(delivery)
    answer = client.post("/shop/take", data={**form, "note": " "})
    assert (answer.status_code, states(hub)) == (422, [])
    path = shopping.say(shopping.take({**form, "note": "Hill Road 1"}))
    [order] = orders(hub)
    assert (order.kind, order.fee_minor, order.paid_minor) == ("delivery", 3_000, 41_000)
    assert 'class="symbol"' not in client.get(path).text


def test_a_wallet_that_does_not_pay_leaves_the_goods_held(shopping, client, hub, read) -> None:
    shopping.fill()
    path = shopping.say(shopping.take(shopping.form()), "decline")
    assert "The wallet did not pay. Nothing was taken" in read(path)
    wallet = client.post(f"{path}/pay", follow_redirects=False).headers["location"]
    assert shopping.say(wallet) == path
    assert states(hub) == ["placed"]
    assert [state for _, state, _ in payments(hub)] == ["declined", "paid"]


@pytest.mark.parametrize("act", ["", "/pay", "/cancel", "/return"])
def test_another_browser_sees_nothing_and_does_nothing(shopping, browser_of, hub, act) -> None:
    path = shopping.buy()
    stranger = browser_of()
    stranger.post("/shop/basket", data={"sku": "B-002"})  # somebody with a cookie of her own
    form = {"line": "1", "reason": "other", "to": "maru-office"}
    answer = stranger.post(f"{path}{act}", data=form) if act else stranger.get(path)
    assert (answer.status_code, "Not here" in answer.text) == (404, True)
    assert states(hub) == ["placed"]


def test_another_browser_follows_no_stream_and_opens_no_wallet(shopping, browser_of) -> None:
    shopping.fill()
    wallet = shopping.take(shopping.form())
    path = shopping.say(wallet)
    stranger = browser_of()
    assert stranger.get(path.replace("/o/", "/events/o/")).status_code == 404
    assert stranger.get(wallet).status_code == 404
    assert stranger.get(f"{wallet}/back").status_code == 404
    assert stranger.post(wallet, data={"wallet": "alipay"}).status_code == 404


def test_the_attempt_of_another_browser_is_not_hers(shopping, browser_of, hub) -> None:
    shopping.fill()
    form = shopping.form()
    shopping.take(form)
    stranger = browser_of()
    stranger.post("/shop/basket", data={"sku": "B-002"})
    assert stranger.post("/shop/take", data=form).status_code == 404


def test_the_code_is_that_of_this_half_minute(shopping, client, hub, clock) -> None:
    path = shopping.buy()
    [order] = orders(hub)
    html = client.get(path).text
    assert 'class="symbol"' in html
    clock.jump(handover.STEP_S)
    assert client.get(path).text != html
    assert order.secret not in html


def test_a_cancelled_order_gives_the_money_back(shopping, client, hub, read) -> None:
    shopping.fill()
    path = shopping.say(shopping.take(shopping.form()))
    client.post(f"{path}/cancel")
    assert states(hub) == ["cancelling"]
    assert "Being cancelled." in read(path)
    client.post(f"{path}/cancel")
    assert states(hub) == ["cancelling"]


PICKED = [{"line": 1, "sku": "B-009", "quantity": 1}]


def test_the_page_follows_the_shop_until_the_goods_are_handed_over(
    shopping, shop, client, read
) -> None:
    path = shopping.buy()
    shop.says("accepted")
    assert "The shop has taken it on." in read(path)
    shop.says("picked", picked=PICKED)
    shop.says("ready", place="A3")
    text = read(path)
    assert "It is ready. At Office Tower, set aside for you alone." in text
    assert "A3" not in text
    shop.says("handed_over", handed=PICKED, proof={"kind": "code", "step": 1})
    text = read(path)
    assert "Handed over. By Office Tower. Enjoy it." in text
    assert "Code for collecting" not in client.get(path).text
    assert "Cancel the order" not in text


def test_a_cancellation_that_the_shop_heard_in_time_gives_the_money_back(
    shopping, shop, client, hub, read
) -> None:
    path = shopping.buy()
    shop.says("accepted")
    client.post(f"{path}/cancel")
    shop.says("cancelled")
    text = read(path)
    assert "Cancelled." in text
    assert "₩38,000 come back to you They are in Alipay again." in text, text
    assert "Given back − ₩ 38,000" in text
    assert payments(hub) == [(38_000, "paid", 38_000)]


def test_what_was_handed_over_can_be_announced_to_come_back_once(
    shopping, shop, client, read
) -> None:
    path = shopping.buy()
    wish = {"line": "1", "reason": "damaged", "to": "maru-hillside"}
    assert client.post(f"{path}/return", data=wish).status_code == 404
    shop.says("accepted")
    shop.says("picked", picked=PICKED)
    shop.says("ready")
    shop.says("handed_over", handed=PICKED, proof={"kind": "code", "step": 1})
    assert "Any of our shops takes it until 7 Dec 2026: Hillside, Office Tower." in read(path)
    client.post(f"{path}/return", data=wish)
    assert client.post(f"{path}/return", data=wish).status_code == 200
    assert (
        "Strawberry cream cake is announced. Bring it to Hillside, which knows of it now, or to any"
        in read(path)
    )
    assert client.post(f"{path}/return", data={**wish, "line": "7"}).status_code == 404
    assert client.post(f"{path}/return", data={**wish, "to": "atlantis"}).status_code == 404


def test_links_are_long_enough_that_nobody_guesses_them(shopping, hub) -> None:
    shopping.buy()
    with hub.database.read() as session:
        [order] = session.exec(select(ShopOrder)).all()
    assert len(order.link) == 22
    assert order.link not in order.order_id


def test_what_others_were_promised_is_no_longer_there(shopping, browser_of, read) -> None:
    assert "At Office Tower today, not many left" in read("/shop/c/cake")
    other = type(shopping)(browser_of())
    other.fill(quantity=2)
    other.say(other.take(other.form()))
    assert read("/shop/c/cake") == "Cakes Strawberry cream cake ₩ 38,000 Sold out today"


def test_a_refused_order_is_not_followed(shopping, client) -> None:
    assert "hx-sse" in client.get(shopping.buy()).text
    assert "hx-sse" not in client.get("/shop/o/not-mine").text
