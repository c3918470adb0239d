"""Orders as head office sees them: the list and its filters, one order, what is owed, how each shop keeps its word."""

import re
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest
from babel.messages.pofile import read_po
from fastapi.testclient import TestClient

import cloud.console
from cloud.console import order_views
from cloud.orders import lists, service, shops
from cloud.orders.following import OrderKeeper
from cloud.orders.quoting import OFFERS_OF_A_KIND
from cloud.orders.service import WantedHold, WantedLine
from cloud.orders.shops import RightChange, ShopChange
from cloud.storefront import coming_back
from contract.orders import JobKind
from tests.hubs import all_pull

SHOP = "maru-office"
LOCALES = Path(cloud.console.__file__).parent / "locale"
ONE = (WantedLine(sku="SKU1", quantity=1),)


@pytest.fixture
def client(app) -> TestClient:
    return TestClient(app, headers={"Cookie": "look=language=en"})


@pytest.fixture
def keeper(hub, clock) -> OrderKeeper:
    return OrderKeeper(hub.database, clock, lambda: None)


@pytest.fixture
def ordered(hub, day, bodies, arrive, clock):
    """An order of one lipstick that was placed at the shop, which is in touch."""
    names = {"en": "Office", "ko": "오피스점", "zh": "写字楼店"}
    day.log(bodies.stocked(9))
    arrive(day)
    with hub.database.write() as session:
        shops.write_shops(session, [ShopChange(location_id=SHOP, names=names)])
        shops.write_rights(session, [RightChange(location_id=SHOP, sku="*", cap=5)])
    all_pull(hub)
    with hub.database.write() as session:
        offer = service.quote(session, clock.now(), ONE, SHOP, "en")[0]
        wanted = WantedHold(offer_id=offer.offer_id, lines=ONE, key="k", customer="Mina")
        held = service.hold(session, clock.now(), wanted)
        service.place(session, clock.now(), held.order_id, 5_500, "pay-1")
    return held


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split()).replace("₩ ", "₩")


def main_of(html: str) -> str:
    return words(html[html.index("<main") :])


def test_before_there_is_an_order_the_page_says_where_they_come_from(client, hub) -> None:
    shown = main_of(client.get("/orders").text)
    assert "0 orders are open. No order is open. Orders come from the counter (⇧F7)" in shown
    assert "No shop can promise anything yet." in shown


def test_the_list_says_what_is_open_and_by_when(client, ordered) -> None:
    shown = main_of(client.get("/orders").text)
    assert "Open 1 At risk 0 Broken 0 Returns 0 Today 1 All 1" in shown
    assert "1 order is open." in shown
    row = f"{ordered.number} Placed Collected at Office 23 Nov 2026, 12:30 KST Stands Mina ₩5,500"
    assert row in shown
    assert "Office no jobs yet 0 / 0 – In touch" in shown


@pytest.mark.parametrize(
    ("query", "is_there"),
    [
        ("show=at_risk", False),
        ("show=broken", False),
        ("show=today", True),
        ("show=nonsense", True),
        ("location_id=maru-office", True),
        ("location_id=elsewhere", False),
        ("search=min", True),
        ("search=zzz", False),
    ],
)
def test_a_filter_shows_what_it_says(client, ordered, query, is_there) -> None:
    assert (ordered.number in client.get(f"/orders?{query}").text) is is_there


def test_a_shop_out_of_touch_is_the_first_thing_said(client, ordered, clock) -> None:
    clock.jump(121)
    shown = main_of(client.get("/orders").text)
    assert "Out of touch: Office. Nothing new is promised from there." in shown
    assert "Office no jobs yet 0 / 0 – Silent since 23 Nov 2026, 12:00 KST" in shown
    one = main_of(client.get(f"/orders/{ordered.number}").text)
    assert "A shop of this order is out of touch. It may have handed it over." in one


def test_an_order_is_found_by_its_number_and_tells_everything(client, ordered) -> None:
    shown = main_of(client.get(f"/orders/{ordered.number.lower()}").text)
    for said in (
        "Placed. Collected at Office.",
        "Nothing to do. The shops are working on it, and it is in time.",
        "Promised by 23 Nov 2026, 12:30 KST The promise Stands How sure it was 90%",
        "Plan B Money back and compensation",
        "Goods ₩5,500 Paid ₩5,500 Due at hand-over ₩0",
        "Rose lipstick 1 0 0 ₩5,500",
        "Office Hands over Not answered yet",
        "Placed · ₩5,500",
    ):
        assert said in shown


def test_a_hand_over_is_shown_with_its_proof(client, hub, ordered, day, arrive, keeper) -> None:
    with hub.database.read() as session:
        (job,) = service.order_view(session, hub.clock.now(), ordered.order_id)["jobs"]
    own = {"job_id": job["job_id"], "order_id": ordered.order_id, "revision": 1, "cashier": "Kim"}
    at = {"occurred_at": hub.clock.now().isoformat(), "hlc": "1.0.b", "location_id": SHOP}
    common = {"version": 1, "business_date": "2026-11-23", "workstation_id": "till-1", **at, **own}
    goods = [{"line": 1, "sku": "SKU1", "quantity": 1}]
    day.log({"type": "job.picked", "picked": goods, **common})
    day.log({"type": "job.ready", "place": "Shelf 2", **common})
    day.log({"type": "job.handed_over", "handed": goods, "proof": {"kind": "code"}, **common})
    arrive(day)
    while keeper.step():
        pass
    shown = main_of(client.get(f"/orders/{ordered.number}").text)
    assert "23 Nov 2026, 12:00 KST: 1 piece handed over at Office, code on the phone." in shown
    assert "The promise Kept" in shown
    assert "Nothing to do. This order is closed." in shown
    assert "Office 100% 1 / 1" in main_of(client.get("/orders?show=all").text)


def test_what_will_come_back_and_what_is_owed_for_what_did_stands_under_returns(
    client, hub, day, bodies, arrive, ordered, keeper, clock
) -> None:
    with hub.database.read() as session:
        (job,) = service.order_view(session, clock.now(), ordered.order_id)["jobs"]
    common = {"location_id": SHOP, "order_id": ordered.order_id}
    job_common = {"job_id": job["job_id"], "revision": job["revision"], **common}
    goods = [{"line": 1, "sku": "SKU1", "quantity": 1}]
    for kind, more in (
        ("picked", {"picked": goods}),
        ("ready", {}),
        ("handed_over", {"handed": goods, "proof": {"kind": "code"}}),
    ):
        day.log(bodies.stocked(0) | {"type": f"job.{kind}", **job_common, **more})
    arrive(day)
    while keeper.step():
        pass
    with hub.database.write() as session:
        coming_back.wish(session, clock.now(), ordered.order_id, 1, SHOP, "damaged")
    assert "return announced 23 Nov 2026, 12:00 KST" in main_of(
        client.get("/orders?show=returns").text
    )
    page = main_of(client.get(f"/orders/{ordered.number}").text)
    assert "Announced Office" in page
    back = {"return_id": ordered.order_id, "number": ordered.number, "shift_id": ordered.order_id}
    piece = {"line": 1, "sku": "SKU1", "name": "Lipstick", "quantity": 1, "is_restocked": False}
    told = {"type": "order.returned", "proof": "announced", "reason": "damaged", "goods": [piece]}
    day.log(bodies.stocked(0) | common | back | told)
    arrive(day)
    while keeper.step():
        pass
    assert "money owed since 23 Nov 2026, 12:00 KST" in main_of(
        client.get("/orders?show=returns").text
    )
    page = main_of(client.get(f"/orders/{ordered.number}").text)
    assert "Announced, and taken" in page
    assert "Taken, not sold again" in page
    assert "Refund ₩5,500 brought back" in page


def test_what_is_owed_is_noted_as_paid_once(client, hub, ordered, keeper, clock) -> None:
    clock.jump(timedelta(hours=3).total_seconds())
    while keeper.step():
        pass
    page = client.get(f"/orders/{ordered.number}").text
    assert "The customer is owed money." in page or "A shop of this order is out of touch." in page
    assert "Refund ₩5,500 promise broken" in main_of(page)
    at = f"/orders/{ordered.order_id}/credits/1"
    paid = client.post(at, data={"by": "cash", "reference": "A-12"})
    assert "given 23 Nov 2026, 15:00 KST, Cash" in main_of(paid.text)
    page = {"Accept": "text/html"}
    twice = client.post(at, data={"by": "bank", "reference": "T-1"}, headers=page)
    assert (twice.status_code, "This debt is settled already." in words(twice.text)) == (409, True)


def test_an_order_that_is_not_there_is_refused_in_words(client) -> None:
    answer = client.get("/orders/NOSUCH7")
    assert answer.status_code == 404


@pytest.mark.parametrize("language", ["en", "ko", "zh"])
def test_every_word_that_the_pages_make_up_is_said(language) -> None:
    with (LOCALES / f"{language}.po").open("rb") as file:
        said = {message.id for message in read_po(file, locale=language) if message.string}
    jobs = ("offered", "accepted", "declined", "picked", "ready", "partly_handed", "handed_over")
    todo = (
        "silent",
        "pay",
        "comes_back",
        "cancelling",
        "at_risk",
        "late",
        "held",
        "due",
        "wait",
        "nothing",
    )
    keys = {
        *(f"orders.state.{it}" for it in (*order_views.STATE_TONES, *lists.OPEN, "held")),
        *(f"orders.promise.{it}" for it in (*order_views.PROMISE_TONES, "quoted", "accepted")),
        *(f"orders.promise.{it}" for it in ("void",)),
        *(f"orders.way.{it}" for it in OFFERS_OF_A_KIND),
        *(f"orders.{what}.{it}" for what in ("show", "none") for it in lists.FILTERS),
        *(f"orders.job.{it}" for it in (*jobs, "cancelled", *get_args(JobKind))),
        *(f"orders.do.{it}{now}" for it in todo for now in ("", ".now")),
        *(f"orders.credit.{it}" for it in ("refund", "compensation")),
    }
    assert keys - said == set()
