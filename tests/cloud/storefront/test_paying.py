"""Paying at the wallets' own pages: taken once, given back the same way, and their ledgers are the judges."""

from dataclasses import replace

import httpx
import pytest
from sqlmodel import select

from cloud.catalogue import service
from cloud.catalogue.checking import CatalogueChange
from cloud.ingest.tables import Alarm
from cloud.orders.service import HOLD_LASTS
from cloud.orders.tables import CustomerOrder
from cloud.payments import repository as wallets
from cloud.payments.service import LATE
from hardware_sim.wallets.provider import LATE_S
from tests.wallets import Bench

both = pytest.mark.parametrize("wallet", ["wechat_pay", "alipay"])


def moved(bench) -> dict[str, int]:
    return {name: it["moved_minor"] for name, it in bench.wallets.state().items()}


def states(hub) -> list[str]:
    with hub.database.read() as session:
        return [it.state for it in session.exec(select(CustomerOrder)).all()]


def agree(hub, bench, client) -> int:
    """Takings, the hub's ledger of wallets and the providers' own ledgers, which must say the same; gives the sum."""
    takings = client.get("/api/storefront/takings").json()
    with hub.database.read() as session:
        totals = {name: it for name, it in wallets.totals(session).items() if it}
    assert {name: it for name, it in takings["wallets"].items() if it} == totals
    assert {name: it for name, it in moved(bench).items() if it} == totals
    assert all(
        it == 1 for one in bench.wallets.state().values() for it in one["times_charged"].values()
    )
    return int(takings["total_minor"])


@pytest.fixture
def waiting(shopping) -> str:
    """A held order's page on which a wallet is chosen."""
    shopping.fill()
    return shopping.take(shopping.form())


@both
def test_money_of_an_order_is_in_the_wallets_own_ledger(
    shopping, hub, bench, client, waiting, wallet
) -> None:
    shopping.say(waiting, wallet=wallet)
    assert states(hub) == ["placed"]
    assert moved(bench)[wallet] == 38_000
    assert agree(hub, bench, client) == 38_000


@both
def test_a_wallet_says_by_itself_that_it_was_paid(
    shopping, hub, bench, client, waiting, wallet
) -> None:
    """The customer never comes back: her phone went out."""
    shopping.press(shopping.send(waiting, wallet))
    assert states(hub) == ["held"]
    [notice] = bench.cashier.notices.sent
    path = f"/api/payments/notices/{wallet}"
    for _ in range(2):
        assert notice.heard in client.post(path, content=notice.content).content
    assert states(hub) == ["placed"]
    assert agree(hub, bench, client) == 38_000


@both
def test_a_forged_word_changes_nothing(shopping, hub, bench, client, waiting, wallet) -> None:
    bench.provider(wallet).arm("notify_forged")
    shopping.press(shopping.send(waiting, wallet))
    [notice] = bench.cashier.notices.sent
    answer = client.post(f"/api/payments/notices/{wallet}", content=notice.content)
    assert (answer.status_code, answer.json()["key"]) == (400, "hub.notice_refused")
    assert states(hub) == ["held"]


@both
@pytest.mark.parametrize("body", [b"", b"<xml></xml>", b"\xff", b"out_trade_no=1&sign=x"])
def test_a_word_that_is_none_is_refused(client, chain, wallet, body) -> None:
    assert client.post(f"/api/payments/notices/{wallet}", content=body).status_code == 400


@both
def test_who_never_comes_back_is_found_by_asking(
    shopping, hub, bench, client, clock, waiting, wallet
) -> None:
    bench.provider(wallet).arm("notify_lost")
    shopping.press(shopping.send(waiting, wallet))
    clock.jump(6)
    hub.paying.watch()
    assert states(hub) == ["placed"]
    assert agree(hub, bench, client) == 38_000


@both
def test_paid_in_the_last_moment_of_its_hold_the_order_stands(
    shopping, hub, bench, client, clock, open_shops, waiting, wallet
) -> None:
    """The word comes after the hold: the goods are still there, so they are promised anew."""
    shopping.press(shopping.send(waiting, wallet))
    clock.jump(HOLD_LASTS.total_seconds() + 60)
    hub.worker.keeper.step()
    hub.paying.watch()
    assert states(hub) == ["placed"]
    assert agree(hub, bench, client) == 38_000


@both
def test_a_hold_that_ends_at_the_wallets_page_closes_it(
    shopping, hub, bench, client, clock, read, waiting, wallet
) -> None:
    page = shopping.send(waiting, wallet)
    clock.jump(HOLD_LASTS.total_seconds() + 1)
    hub.worker.keeper.step()
    hub.paying.watch()
    shopping.press(page)
    assert moved(bench)[wallet] == 0
    assert "Nothing was taken" in read(waiting)


@both
def test_money_that_comes_after_it_was_given_up_goes_back_by_itself(
    shopping, hub, bench, client, clock, read, waiting, wallet
) -> None:
    bench.provider(wallet).arm("open_late")
    url = shopping.send(waiting, wallet)
    shopping.press(url)
    path = client.get(f"{waiting}/back", follow_redirects=False).headers["location"]
    client.post(f"{path}/cancel")
    assert states(hub) == ["cancelled"]
    bench.pass_time(LATE_S + 1)
    for _ in range(3):
        clock.jump(400)
        hub.wallets.watch()
    assert moved(bench)[wallet] == 0
    text = read(path)
    assert "Your wallet took the money after this order had been given up." in text
    assert "It has gone back to your wallet." in text
    with hub.database.read() as session:
        assert [it.key for it in session.exec(select(Alarm)).all()] == [LATE]
    assert agree(hub, bench, client) == 0


@both
def test_a_cancelled_order_goes_back_to_its_wallet(
    shopping, shop, hub, bench, client, waiting, wallet
) -> None:
    path = shopping.say(waiting, wallet=wallet)
    client.post(f"{path}/cancel")
    bench.provider(wallet).arm("refund_answer_lost")
    shop.says("cancelled")
    assert "They go back the way they came" in client.get(path).text
    hub.paying.watch()
    assert (
        f"They are in {'Alipay' if wallet == 'alipay' else 'WeChat Pay'} again."
        in client.get(path).text
    )
    assert agree(hub, bench, client) == 0


def test_another_wallet_is_asked_only_after_the_first_was_closed(
    shopping, hub, bench, client, waiting
) -> None:
    first = shopping.send(waiting, "wechat_pay")
    shopping.say(waiting, wallet="alipay")
    shopping.press(first)
    assert states(hub) == ["placed"]
    assert moved(bench) == {"wechat_pay": 0, "alipay": 38_000}
    assert agree(hub, bench, client) == 38_000


def test_who_has_paid_with_the_first_wallet_pays_no_second(
    shopping, hub, bench, client, waiting
) -> None:
    shopping.press(shopping.send(waiting, "wechat_pay"))
    answer = client.post(waiting, data={"wallet": "alipay"}, follow_redirects=False)
    assert answer.headers["location"].startswith("/shop/o/")
    assert moved(bench) == {"wechat_pay": 38_000, "alipay": 0}
    assert states(hub) == ["placed"]


def test_a_price_that_changed_between_the_basket_and_the_wallet_is_said(
    shopping, hub, client, bench
) -> None:
    shopping.fill()
    form = shopping.form()
    price = {"sku": "B-009", "currency": "KRW", "amount_minor": 40_000}
    service.apply(hub.database, CatalogueChange.model_validate({"prices": [price]}))
    answer = client.post("/shop/take", data=form)
    assert (answer.status_code, "The price has changed" in answer.text) == (409, True)
    assert (states(hub), moved(bench)) == ([], {"wechat_pay": 0, "alipay": 0})


def test_a_wallet_that_the_company_does_not_take_is_refused(shopping, client, waiting) -> None:
    answer = client.post(waiting, data={"wallet": "other"})
    assert (answer.status_code, "Choose another one." in answer.text) == (409, True)


def test_an_address_that_no_shop_signed_opens_nothing(shopping, bench, waiting) -> None:
    url = shopping.send(waiting, "alipay").replace("38000", "1")
    assert httpx.get(url, trust_env=False).status_code == 400
    assert bench.provider("alipay").orders == {}


class TestNobodyAnswers:
    """A provider that is not reached."""

    @pytest.fixture
    def bench(self, bench) -> Bench:
        away = "http://127.0.0.1:9"
        settings = bench.settings
        wechat_pay = settings.wechat_pay.model_copy(update={"url": away})
        return replace(bench, settings=settings.model_copy(update={"wechat_pay": wechat_pay}))

    def test_nothing_is_taken_and_another_wallet_helps(
        self, shopping, hub, bench, client, read, waiting
    ) -> None:
        form = {"wallet": "wechat_pay"}
        path = client.post(waiting, data=form, follow_redirects=False).headers["location"]
        assert "WeChat Pay could not be reached. Nothing was taken" in read(path)
        again = client.post(f"{path}/pay", follow_redirects=False).headers["location"]
        shopping.say(again, wallet="alipay")
        assert agree(hub, bench, client) == 38_000
