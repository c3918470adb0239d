"""A hub with a chain of two shops and something on their shelves, its storefront asked by one browser or several."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import select

from cloud.catalogue import service
from cloud.catalogue.checking import CatalogueChange
from cloud.ingest.admission import Admitted
from cloud.ingest.inbox import Inbox
from cloud.main import Hub, build_app
from cloud.orders.tables import OrderJob
from tests.hubs import ALLOWED, all_pull, arriving, open_hub
from tests.made_once import hub_file
from tests.wallets import Bench

GOODS = (
    ("B-002", "bread", ("소금빵", "海盐黄油卷", "Salt butter roll"), 3_200),
    ("B-009", "cake", ("딸기 생크림 케이크", "草莓奶油蛋糕", "Strawberry cream cake"), 38_000),
    ("C-001", "lip", ("벨벳 립스틱 로즈", "丝绒口红 玫瑰", "Velvet lipstick, rose"), 24_000),
    ("X-001", "umbrella", ("우산", "雨伞", "<b>Umbrella</b>"), 9_900),
)
SHOPS = {
    "maru-office-1": (
        "maru-office",
        {"en": "Office Tower", "ko": "오피스타워점", "zh": "写字楼店"},
    ),
    "maru-hillside-1": ("maru-hillside", {"en": "Hillside", "ko": "힐사이드점", "zh": "山坡店"}),
}
SHELVES = {
    "maru-office-1": {"B-002": 40, "B-009": 2, "C-001": 9},
    "maru-hillside-1": {"B-002": 12, "C-001": 5},
}


@pytest.fixture
def hub_url(tmp_path: Path) -> str:
    """Where the database's kind does not matter; the tests of its SQL take both."""
    return f"sqlite:///{hub_file(tmp_path / 'hub.sqlite3')}"


@pytest.fixture
def hub_address() -> str:
    """Where providers say that something was paid: nowhere, until a test has a server."""
    return "http://127.0.0.1:9"


@pytest.fixture
def hub(tmp_path: Path, clock, hub_url: str, hub_address: str, bench: Bench) -> Iterator[Hub]:
    """Its customers pay with the simulated wallets of `bench`."""
    places = {"database_url": hub_url, "public_url": hub_address}
    with open_hub(tmp_path, clock, **places, wallets=bench.settings) as hub:
        yield hub


@pytest.fixture
def app(hub: Hub) -> FastAPI:
    return build_app(hub)


@pytest.fixture
def browser_of(app: FastAPI) -> Callable[[str], TestClient]:
    """A browser of somebody with a language; it keeps its own cookies, as every browser does."""

    def browser_of(language: str = "en") -> TestClient:
        client = TestClient(app, headers={"Accept": "text/html"})
        client.cookies.set("look", f"language={language}")
        return client

    return browser_of


@pytest.fixture
def client(browser_of) -> TestClient:
    return browser_of("en")


@pytest.fixture
def arrive(hub: Hub, clock) -> Callable[[Any], None]:
    return arriving(hub, clock)


@pytest.fixture
def catalogue(hub: Hub) -> None:
    products, prices = [], []
    for sku, category, (ko, zh, en), amount_minor in GOODS:
        names = {"ko": ko, "zh": zh, "en": en}
        tax = {"tax_group": "standard", "tax_rate_bp": 1_000}
        products.append({"sku": sku, "category": category, "names": names, "is_quick": True, **tax})
        prices.append({"sku": sku, "currency": "KRW", "amount_minor": amount_minor})
    change = {"products": products, "prices": prices}
    service.apply(hub.database, CatalogueChange.model_validate(change))


@pytest.fixture
def chain(hub: Hub, catalogue, make_box, bodies, arrive, clock) -> dict[str, Any]:
    """The boxes of the two shops, by name, heard a moment ago and with goods on their shelves."""
    boxes = {}
    for edge_id, (location_id, names) in SHOPS.items():
        box = boxes[edge_id] = make_box(edge_id)
        moves = [{"sku": sku, "quantity": n} for sku, n in SHELVES[edge_id].items()]
        box.log({**bodies.stocked(), "moves": moves, "location_id": location_id})
        hello = box.hello(location_id=location_id, location_name=names)
        Inbox(hub.database, clock).commit([Admitted(edge_id, hello)], ALLOWED)
        arrive(box)
    return boxes


def words(html: str) -> str:
    """What a reader sees, without tags and in single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


@pytest.fixture
def read(client: TestClient) -> Callable[[str], str]:
    """The words of the main part of a page."""

    def read(path: str) -> str:
        answer = client.get(path)
        assert answer.status_code == 200, answer.text
        return words(answer.text.partition("<main")[2].partition("</main>")[0].partition(">")[2])

    return read


@pytest.fixture
def open_shops(hub: Hub, chain, client: TestClient) -> dict[str, Any]:
    """What head office says of the two shops: collect at both, the Office Tower also delivers nearby."""
    office = {
        "location_id": "maru-office",
        "names": SHOPS["maru-office-1"][1],
        "latitude": 37.5,
        "longitude": 127.0,
        "delivery_radius_m": 5_000,
        "delivery_min": 30,
        "delivery_fee_minor": 3_000,
    }
    hillside = {
        "location_id": "maru-hillside",
        "names": SHOPS["maru-hillside-1"][1],
        "latitude": 37.51,
        "longitude": 127.01,
    }
    client.put("/api/shops", json={"shops": [office, hillside]}).raise_for_status()
    rights = [
        {"location_id": it["location_id"], "sku": "*", "cap": 10} for it in (office, hillside)
    ]
    client.put("/api/rights", json={"rights": rights}).raise_for_status()
    all_pull(hub)
    return chain


def field(html: str, name: str) -> str:
    """The value of the first hidden field of this name."""
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, f"no field {name}"
    return unescape(found[1])


TAKE_FIELDS = (
    "attempt",
    "offer_id",
    "total_minor",
    "coupon",
    "points",
    "stored_minor",
    "rest_minor",
)


class Shopping:
    """Somebody who orders a cake with one browser, as far as a test wants it."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def fill(self, sku: str = "B-009", quantity: int = 1) -> None:
        self.client.post("/shop/basket", data={"sku": sku, "quantity": str(quantity)})

    def offers(self) -> list[str]:
        html = self.client.get("/shop/ways").text
        return [unescape(it) for it in re.findall(r'name="offer" value="([^"]*)"', html)]

    def form(self, offer_id: str = "", **spends: str) -> dict[str, str]:
        """What the form before paying would send; `spends` is what a member chose on it before."""
        asked = {"offer": offer_id or self.offers()[0], **spends}
        page = self.client.get("/shop/take", params=asked).text
        page = page[page.index('method="post" action="/shop/take"') :]
        return {name: field(page, name) for name in TAKE_FIELDS} | {"customer": "Jiyoon"}

    def take(self, form: dict[str, str]) -> str:
        """Where the shop sends the browser: to the wallet, or to the order."""
        answer = self.client.post("/shop/take", data=form, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def send(self, payment: str, wallet: str = "alipay") -> str:
        """The address of the wallet's own page."""
        page = self.client.post(payment, data={"wallet": wallet})
        assert page.status_code == 200, page.text
        return unescape(page.text.partition('content="0;url=')[2].partition('"')[0])

    def press(self, page_url: str, answer: str = "approve") -> str:
        """What she presses there; gives where the wallet sends her next."""
        with httpx.Client(follow_redirects=True, trust_env=False) as phone:
            page = phone.get(page_url)
            back = re.search(r'name="back" value="([^"]*)"', page.text)
            form = {"answer": answer, "back": unescape(back[1]) if back else ""}
            answered = phone.post(page.url, data=form, follow_redirects=False)
        return answered.headers["location"]

    def say(self, payment: str, answer: str = "approve", wallet: str = "alipay") -> str:
        """From the choice of a wallet to the order's page, as far as the wallet's page leads there."""
        url = self.press(self.send(payment, wallet), answer)
        came = self.client.get(urlsplit(url).path, follow_redirects=False)
        assert came.status_code == 303, came.text
        return came.headers["location"]

    def buy(self) -> str:
        """The path of a paid order's page."""
        self.fill()
        return self.say(self.take(self.form()))


@pytest.fixture
def shopping(open_shops, client: TestClient) -> Shopping:
    return Shopping(client)


class Shop:
    """A box that does its part of an order."""

    def __init__(self, hub, box: Any, arrive, bodies) -> None:
        self.hub, self.box, self.arrive, self.bodies = hub, box, arrive, bodies

    def says(self, kind: str, **more: Any) -> None:
        with self.hub.database.read() as session:
            job = session.exec(select(OrderJob)).all()[-1]
        body = {
            **self.bodies.stocked(),
            "type": f"job.{kind}",
            "location_id": job.location_id,
            "job_id": job.job_id,
            "order_id": job.order_id,
            "revision": job.revision,
            **more,
        }
        for name in ("movement_id", "reason", "moves"):
            if name not in more:
                body.pop(name)
        self.box.log(body)
        self.arrive(self.box)
        self.hub.worker.keeper.step()
        self.hub.paying.watch()


@pytest.fixture
def shop(hub, open_shops, arrive, bodies) -> Shop:
    return Shop(hub, open_shops["maru-office-1"], arrive, bodies)
