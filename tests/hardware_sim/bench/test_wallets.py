"""The customer's phone on the bench: codes go over the scanner's line, hands reach the providers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from hardware_sim.bench.app import create_app
from hardware_sim.counter import Counter
from hardware_sim.settings import PrinterSettings, ScannerSettings, ShopSettings, TerminalSettings
from tests.wallets import Bench, served_bench


@pytest.fixture(scope="module")
def providers() -> Iterator[Bench]:
    with served_bench() as it:
        yield it


@pytest.fixture
def counter(tmp_path: Path, providers: Bench) -> Iterator[Counter]:
    providers.renew()
    settings = ShopSettings(
        name="corner",
        scanner=ScannerSettings(link=tmp_path / "scanner.tty"),
        printer=PrinterSettings(port=0),
        payment_terminal=TerminalSettings(port=0, ledger=None),
        wallets_url=providers.url,
    )
    it = Counter(settings)
    it.start()
    yield it
    it.stop()


@pytest.fixture
def client(counter: Counter) -> Iterator[TestClient]:
    with TestClient(create_app(counter)) as it:
        it.cookies.set("look", "language=en")
        yield it


def press(client: TestClient, hand: str, value: str) -> str:
    """The page afterwards."""
    client.post(f"/hands/{hand}", data={"value": value})
    return client.get("/").text


@pytest.mark.parametrize("provider", ["wechat_pay", "alipay"])
def test_a_customer_shows_her_code_and_the_scanner_reads_it(
    client: TestClient, counter: Counter, provider: str
) -> None:
    page = press(client, "wallet-show", provider)
    assert "A customer held her phone under the scanner." in page
    words = counter.scanner.last.decode().strip()
    first = int(words.removeprefix("]Q1")[:2])
    assert first in {"wechat_pay": range(10, 16), "alipay": range(25, 31)}[provider]
    assert client.post(f"/api/wallets/{provider}/show").json() == {"provider": provider}
    assert counter.scanner.last.decode().strip() != words


def test_customers_do_as_they_are_told_and_decide_when_a_hand_presses(
    client: TestClient, providers: Bench
) -> None:
    assert "No customer is asked for a password." in press(client, "wallet-press", "approve")
    press(client, "wallet-customer", "wait")
    provider = providers.provider("alipay")
    provider.pay("order-1", provider.show(), 6_500, "KRW")
    assert "The customer decided on her phone." in press(client, "wallet-press", "approve")
    assert provider.ledger.moved_minor == 6_500


def test_a_fault_is_armed_at_both(client: TestClient, providers: Bench) -> None:
    assert "Refunded, the answer gets lost" in press(client, "wallet-fault", "refund_answer_lost")
    armed = [it["faults"] for it in providers.wallets.state().values()]
    assert armed == [["refund_answer_lost"], ["refund_answer_lost"]]


def test_providers_that_do_not_answer_are_said_to_be_gone(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    settings = ShopSettings(
        scanner=ScannerSettings(link=tmp_path / "scanner.tty"),
        printer=PrinterSettings(port=0),
        payment_terminal=TerminalSettings(port=0, ledger=None),
        wallets_url=f"http://127.0.0.1:{port}",
    )
    with TestClient(create_app(Counter(settings))) as client:
        client.cookies.set("look", "language=en")
        assert "process does not answer" in client.get("/").text
        assert "Nothing was done." in press(client, "wallet-show", "alipay")
