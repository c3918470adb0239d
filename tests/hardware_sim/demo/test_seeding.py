"""The first morning, and the second one in the same folder."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from hardware_sim.demo import seeding
from hardware_sim.demo.products import products
from hardware_sim.processes import Company, Ports

PROMISES = ("PUT /api/shops", "PUT /api/rights")


class Shop:
    """Hub and box as far as seeding asks them."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {"catalogue_version": 0, "prices_version": 0, "shift": None}
        self.asked: list[str] = []
        self.refuses = ""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = f"{request.method} {request.url.path}"
        if request.url.path == self.refuses:
            return httpx.Response(422, text="a price is missing")
        if asked == "GET /api/state":
            return httpx.Response(200, json=self.state)
        self.asked.append(asked)
        if asked == "PUT /api/catalogue":
            self.state |= {"catalogue_version": 1, "prices_version": 1}
        if asked == "POST /api/shifts":
            self.state["shift"] = json.loads(request.content)
        return httpx.Response(200, json={})


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    shop = Shop()
    real = httpx.Client
    monkeypatch.setattr(
        "hardware_sim.demo.seeding.httpx.Client",
        lambda **_: real(transport=httpx.MockTransport(shop)),
    )
    return shop


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path, Ports.in_a_row(8100))


def test_the_first_morning(shop: Shop, company: Company) -> None:
    seeding.seed(company, products())
    assert shop.asked == [
        "PUT /api/catalogue",
        "POST /api/stock/moves",
        *PROMISES,
        "POST /api/shifts",
    ]
    assert shop.state["shift"] == {"cashier": "김하늘", "float_minor": 100_000}


def test_the_second_morning_in_the_same_folder_changes_nothing(
    shop: Shop, company: Company
) -> None:
    seeding.seed(company, products())
    shop.asked.clear()
    seeding.seed(company, products())
    assert shop.asked == []


def test_what_failed_is_done_again_and_what_was_done_is_not(shop: Shop, company: Company) -> None:
    shop.refuses = "/api/stock/moves"
    with pytest.raises(seeding.SeedingError) as error:
        seeding.seed(company, products())
    assert str(error.value) == (
        "Asked for its opening stock, the box answered 422: a price is missing"
    )
    shop.refuses, shop.asked = "", []
    seeding.seed(company, products())
    assert shop.asked == ["POST /api/stock/moves", *PROMISES, "POST /api/shifts"]


def test_a_catalogue_that_does_not_arrive_is_not_waited_for_for_ever(
    shop: Shop, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeding, "CATALOGUE_WITHIN_S", -1.0)
    shop.state = {"catalogue_version": 1, "prices_version": 0, "shift": None}
    monkeypatch.setattr(seeding, "send_catalogue", lambda *_: None)
    with pytest.raises(seeding.SeedingError, match=r"^The catalogue did not reach the box in -1 s"):
        seeding.seed(company, products())
    assert shop.asked == []
