"""What the tour's buttons ask of the shop."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from hardware_sim.demo.actions import ActionError, act, notes_for
from hardware_sim.demo.products import products
from hardware_sim.processes import Company, Ports

BASKET = {"lines": [{}], "total_minor": 4800}


class Shop:
    """Answers for every process of the company, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        self.answers: dict[str, tuple[int, Any]] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else None
        self.asked.append((request.method, f"{request.url.port}{request.url.path}", body))
        status, content = self.answers.get(request.url.path, (200, {"basket": BASKET}))
        return httpx.Response(status, json=content)


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    shop = Shop()
    real = httpx.Client
    monkeypatch.setattr(
        "hardware_sim.demo.actions.httpx.Client",
        lambda **_: real(transport=httpx.MockTransport(shop)),
    )
    return shop


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path, Ports.in_a_row(8100))


def test_scanning_presses_the_scanner_on_the_bench(shop: Shop, company: Company) -> None:
    act("scan", company, products())
    assert shop.asked == [("POST", "8103/api/scanner/scan", {"data": "2000010000012"})]


def test_paying_hands_over_notes(shop: Shop, company: Company) -> None:
    act("pay", company, products())
    assert shop.asked[-1] == ("POST", "8102/api/basket/tenders/cash", {"tendered_minor": 10_000})


@pytest.mark.parametrize(("step", "state"), [("pull", "cut"), ("back", "up")])
def test_the_line_is_pulled_at_the_line(
    shop: Shop, company: Company, step: str, state: str
) -> None:
    act(step, company, products())
    assert shop.asked == [("POST", "8107/", {"state": state})]


def test_selling_scans_and_then_takes_the_money(shop: Shop, company: Company) -> None:
    act("sell", company, products())
    assert [(method, place) for method, place, _ in shop.asked] == [
        ("POST", "8103/api/scanner/scan"),
        ("GET", "8102/api/state"),
        ("GET", "8102/api/state"),
        ("POST", "8102/api/basket/tenders/cash"),
    ]


def test_a_refusal_is_shown_in_the_shops_own_words(shop: Shop, company: Company) -> None:
    words = {"key": "x", "message": "The basket is empty.", "what_now": "Scan something first."}
    shop.answers["/api/basket/tenders/cash"] = (409, words)
    with pytest.raises(ActionError) as error:
        act("pay", company, products())
    assert str(error.value) == "The basket is empty. Scan something first."


def test_a_refusal_without_words_is_shown_as_it_came(shop: Shop, company: Company) -> None:
    shop.answers["/api/scanner/scan"] = (502, "away")
    with pytest.raises(ActionError) as error:
        act("scan", company, products())
    assert str(error.value) == '502: "away"'


def test_nobody_there(company: Company) -> None:
    company.sim.url = f"http://127.0.0.1:{Ports.free().sim}"
    with pytest.raises(ActionError, match="did not answer"):
        act("scan", company, products())


@pytest.mark.parametrize(("total", "notes"), [(1, 10_000), (10_000, 10_000), (10_001, 20_000)])
def test_notes(total: int, notes: int) -> None:
    assert notes_for(total) == notes
