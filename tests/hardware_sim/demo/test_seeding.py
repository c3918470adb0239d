"""The first morning, and the second one in the same folder."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from hardware_sim.demo import seeding
from hardware_sim.demo.chain import Chain
from hardware_sim.demo.products import products

A_SHOPS_MORNING = ("POST /api/stock/moves", "POST /api/shifts")
PROMISES = ("PUT /api/shops", "PUT /api/rights")


class Shop:
    """Hub and boxes as far as seeding asks them; a box is known by its port."""

    def __init__(self) -> None:
        self.versions = {"catalogue_version": 0, "prices_version": 0}
        self.shifts: dict[int | None, Any] = {}
        self.shelves: dict[int | None, int] = {}
        self.asked: list[str] = []
        self.refuses = ""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = f"{request.method} {request.url.path}"
        if request.url.path == self.refuses:
            return httpx.Response(422, text="a price is missing")
        if asked == "GET /api/state":
            shift = self.shifts.get(request.url.port)
            return httpx.Response(200, json=self.versions | {"shift": shift})
        self.asked.append(asked)
        if asked == "PUT /api/catalogue":
            self.versions = {"catalogue_version": 1, "prices_version": 1}
        if asked == "POST /api/shifts":
            self.shifts[request.url.port] = json.loads(request.content)
        if asked == "POST /api/stock/moves":
            self.shelves[request.url.port] = len(json.loads(request.content)["moves"])
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
def chain(tmp_path: Path) -> Chain:
    return Chain(tmp_path, 8100, "ko", products())


def test_the_first_morning(shop: Shop, chain: Chain) -> None:
    seeding.seed(chain)
    assert shop.asked == [
        "PUT /api/catalogue",
        *A_SHOPS_MORNING,
        *A_SHOPS_MORNING,
        *PROMISES,
    ]
    assert shop.shifts == {
        8102: {"cashier": "김하늘", "float_minor": 100_000},
        8113: {"cashier": "박솔", "float_minor": 100_000},
    }


def test_the_small_shop_lacks_what_the_cakes_story_brings_to_it(shop: Shop, chain: Chain) -> None:
    seeding.seed(chain)
    small = [it for it in products() if it.category not in {"cake", "makeup", "serum"}]
    assert shop.shelves == {8102: len(products()), 8113: len(small)}
    assert len(small) < len(products())


def test_the_second_morning_in_the_same_folder_changes_nothing(shop: Shop, chain: Chain) -> None:
    seeding.seed(chain)
    shop.asked.clear()
    seeding.seed(chain)
    assert shop.asked == []


def test_what_failed_is_done_again_and_what_was_done_is_not(shop: Shop, chain: Chain) -> None:
    shop.refuses = "/api/stock/moves"
    with pytest.raises(seeding.SeedingError) as error:
        seeding.seed(chain)
    assert str(error.value) == (
        "Asked for its opening stock, the box answered 422: a price is missing"
    )
    shop.refuses, shop.asked = "", []
    seeding.seed(chain)
    assert shop.asked == [*A_SHOPS_MORNING, *A_SHOPS_MORNING, *PROMISES]


def test_a_catalogue_that_does_not_arrive_is_not_waited_for_for_ever(
    shop: Shop, chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeding, "CATALOGUE_WITHIN_S", -1.0)
    shop.versions = {"catalogue_version": 1, "prices_version": 0}
    monkeypatch.setattr(seeding, "send_catalogue", lambda *_: None)
    with pytest.raises(seeding.SeedingError, match=r"^The catalogue did not reach the box in -1 s"):
        seeding.seed(chain)
    assert shop.asked == []
