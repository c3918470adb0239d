"""Purchasing and the books, as head office sees them."""

import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from cloud.feeds import repository as feeds
from cloud.purchasing.repository import write_terms
from cloud.purchasing.tables import SupplierTerm
from cloud.stock.tables import GoodsReceipt, StockEntry

SHOP = "maru-office"


@pytest.fixture
def client(app) -> TestClient:
    return TestClient(app, headers={"Cookie": "look=language=en"})


@pytest.fixture
def sold(hub, box, bodies, clock, arrive):
    """Two pieces a day for four weeks, of a shelf that nobody filled."""
    term = SupplierTerm(
        sku="SKU1", supplier="Dawn", unit_cost_minor=3_000, pack_size=6, lead_days=2, shelf_days=0
    )
    with hub.database.write() as session:
        write_terms(session, [term])
    for day in range(28):
        at = clock.now() - timedelta(days=day + 1)
        box.log(bodies.sale(day + 1, occurred_at=at.isoformat(), business_date=f"{at:%Y-%m-%d}"))
    arrive(box)


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_a_suggestion_is_ordered_and_the_shop_waits_for_it(client, hub, sold) -> None:
    page = client.get("/stock/purchasing", params={"location_id": SHOP}).text
    assert 'name="quantity:SKU1" type="number" min="0" value="66"' in page
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    answer = client.post("/stock/purchasing", data=form | {"quantity:SKU1": "66"})
    assert "To order now Nothing needs to be ordered." in words(answer.text)
    assert "PO-000001 Dawn" in words(answer.text)
    assert "0 / 66" in words(answer.text)
    with hub.database.read() as session:
        (waited,) = feeds.operations_after(session, f"arrivals@{SHOP}", 0, 9)
    assert waited.key == form["purchase_id"]
    again = client.post("/stock/purchasing", data=form | {"quantity:SKU1": "66"})
    assert "PO-000002" not in again.text


def test_an_order_is_cancelled_from_the_page(client, sold) -> None:
    page = client.get("/stock/purchasing").text
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    client.post("/stock/purchasing", data=form | {"quantity:SKU1": "6"})
    ended = client.post(f"/stock/purchasing/{form['purchase_id']}", data={"end": "cancelled"})
    assert "Cancelled" in words(ended.text)


@pytest.mark.parametrize(
    ("quantity", "status", "says"),
    [
        ("7", 409, "Nothing was ordered or changed: SKU1 comes in packs of 6, got 7."),
        ("0", 422, "Nothing was changed."),
        ("many", 422, "Nothing was changed."),
    ],
)
def test_an_order_that_cannot_be_is_refused_in_words(client, sold, quantity, status, says) -> None:
    page = client.get("/stock/purchasing").text
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    browser = {"Accept": "text/html"}
    refused = client.post(
        "/stock/purchasing", data=form | {"quantity:SKU1": quantity}, headers=browser
    )
    assert refused.status_code == status
    assert says in words(refused.text)
    assert "PO-0" not in client.get("/stock/purchasing").text


def test_the_books_of_a_day_say_both_sides(client, sold) -> None:
    page = words(client.get("/money/books", params={"day": "2026-11-22"}).text)
    assert "Assets Cash · Maru-office ₩ 11,000" in page
    assert "Income Sales · Maru-office ₩ 10,000" in page
    assert "Nothing was booked on this day." in words(
        client.get("/money/books", params={"day": "1999-01-01"}).text
    )


def test_a_day_that_is_none_is_today(client, clock) -> None:
    assert "Books of 2026-11-23" in words(client.get("/money/books", params={"day": "soon"}).text)


def moved(number: int, reason: str, location_id: str, quantity: int, job_id: str, at) -> StockEntry:
    return StockEntry(
        uid=f"{job_id}-{number}", number=number, edge_id="e", location_id=location_id, sku="SKU1",
        quantity=quantity, reason=reason, reference=job_id, occurred_at=at,
    )  # fmt: skip


def test_transfers_show_what_is_on_its_way_and_what_its_sender_is_left_with(
    client, hub, clock
) -> None:
    at = clock.now()
    ended = GoodsReceipt(
        uid="short-end", edge_id="e", location_id=SHOP, receiving_id="r", arrival_id="short",
        source="transfer", source_id="short", outcome="short", rest="lost", cashier="", occurred_at=at,
    )  # fmt: skip
    with hub.database.write() as session:
        session.add_all(
            [
                moved(1, "transferred_out", "hillside", -3, "away", at),
                moved(1, "transferred_out", "hillside", -5, "short", at),
                moved(2, "transferred_in", SHOP, 4, "short", at),
                ended,
            ]
        )
    shown = {
        name: words(client.get("/stock/transfers", params={"show": name}).text)
        for name in ("in_transit", "differing", "all")
    }
    away = "hillside → not heard of yet 3 × SKU1 on its way –"
    short = f"hillside → {SHOP} 5 × SKU1 4 × SKU1 came short 1 × SKU1"
    assert {name: (away in page, short in page) for name, page in shown.items()} == {
        "in_transit": (True, False),
        "differing": (False, True),
        "all": (True, True),
    }
    assert "On their way 1 With a difference 1 All 2" in shown["all"]
