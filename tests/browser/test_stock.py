"""The stock desk on the counter: reached by keys alone or by touch, readable in every look, in three languages."""

from datetime import date, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from contract.feeds import Operation, Ops
from edge.domain.basket import EnteredCode
from edge.peripherals.conditions import State
from edge.screens import stock_readings
from edge.services import feed_stores, feeds, stock
from edge.services.stock import Move
from tests.browser.test_counter_looks import CUT_OFF, wear
from tests.browser.test_orders import SIZES, picture
from ui.formats import LANGUAGES

HERE = "maru-office-tower"
BREAD, CAKE, COFFEE = "8801007000015", "8801007000022", "8801007000046"


def feed(counter: Any, name: str, **rows: dict[str, Any]) -> None:
    operations = tuple(
        Operation(key=key.replace("any", "*"), version=1, value=value)
        for key, value in rows.items()
    )
    with counter.box.shop.write() as work:
        ops = Ops(feed=name, after=0, through=1, operations=operations)
        feeds.apply(work.unit, feed_stores.stores_of(HERE)[name], ops)


def day(counter: Any, days: int) -> str:
    here = date.fromisoformat(stock_readings.today(counter.box.shop))
    return (here + timedelta(days=days)).isoformat()


def prepared(counter: Any) -> None:
    """A transfer and a purchase order on their way, cakes of four lots, a rule for what is near its date."""
    cake = {"sku": "CAKE", "lot": "L29-2", "expiry": day(counter, 3), "quantity": 3}
    bread = {"sku": "BREAD", "lot": "", "expiry": "", "quantity": 24}
    coffee = {"sku": "COFFEE", "lot": "", "expiry": "", "quantity": 6}
    feed(
        counter,
        f"arrivals@{HERE}",
        A1={"arrival_id": "A1", "source": "transfer", "source_id": "job-1", "number": "H7K2",
            "from": "maru-hillside", "due": day(counter, 0), "lines": [cake]},
        A2={"arrival_id": "A2", "source": "purchase_order", "source_id": "A2", "number": "PO-000007",
            "from": "Dawn Bakery", "due": day(counter, 1), "lines": [bread, coffee]},
    )  # fmt: skip
    feed(counter, f"rights@{HERE}", CAKE={"cap": 2, "keep": 1})
    feed(counter, "offers", **{"markdown:any": {"hours_left": 36, "percent_bp": 3_000}})
    kept = ((1, -1), (2, 0), (3, 1), (4, 3))
    cakes = [Move("CAKE", n, f"L2{n}-1", day(counter, ahead)) for n, ahead in kept]
    stock.move(counter.box.shop, "opening", [*cakes, Move("BREAD", 5), Move("COFFEE", 9)])
    aside = "INSERT INTO set_aside VALUES ('job-9', 1, 'CAKE', 'L24-1', ?, 0, 1)"
    with counter.box.shop.write() as work:
        work.unit.sql(aside, (day(counter, 3),))


def show(counter: Any, state: str) -> None:
    counter.open_shift()
    press = counter.box.screens.desk.press
    if state != "nothing":
        prepared(counter)
    press("F2", CAKE if state == "goods" else "")
    if state in ("receiving", "short", "asked"):
        press("Enter", "2")
        press("Enter", f"20*{BREAD}")
        press("F4", "2")
        press("Enter", f"7*{COFFEE}")
    if state == "short":
        press("F8", "")
    if state == "asked":
        press("F7", "")
    if state in ("counting", "compared"):
        press("F3", "")
        press("Enter", f"8*{CAKE}")
        press("Enter", f"5*{BREAD}")
        press("Enter", f"10*{COFFEE}")
    if state == "compared":
        press("F8", "")
    if state == "goods":
        press("line:2", "")


STATES = (
    "menu",
    "nothing",
    "receiving",
    "short",
    "asked",
    "counting",
    "compared",
    "goods",
)


@pytest.mark.parametrize("state", STATES)
def test_stock_can_be_read_in_every_language_size_and_with_faults(
    page: Page, counter: Any, state: str
) -> None:
    show(counter, state)
    counter.fault("receipt_printer", State.NOT_READY, "cover_open")
    counter.line(is_online=False, waiting=12)
    violations, cut = {}, {}
    for language in LANGUAGES:
        wear(page, counter.url, language=language)
        page.goto(counter.url)
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            picture(page, f"stock-{state}-{language}-{size}")
            cut[language, size] = page.evaluate(CUT_OFF)
        page.set_viewport_size({"width": 1280, "height": 800})
        violations[language] = Axe().run(page).response["violations"]
    assert violations == {language: [] for language in violations}
    assert cut == {look: [] for look in cut}


def test_a_delivery_is_taken_in_by_keys_alone(till: Page, counter: Any) -> None:
    prepared(counter)
    till.keyboard.press("F2")
    expect(till.locator("#stage")).to_have_attribute("data-stage", "stock")
    till.keyboard.type("1")
    till.keyboard.press("Enter")
    expect(till.locator(".stock.receiving h2")).to_contain_text("maru-hillside")
    for _ in range(2):
        till.keyboard.type(CAKE)
        till.keyboard.press("Enter")
    expect(till.locator(".stock .word")).to_contain_text("1 missing")
    till.keyboard.press("F8")
    expect(till.locator("#notice")).to_contain_text("1 of the announced pieces have not come.")
    till.keyboard.press("F8")
    expect(till.locator("#notice")).to_contain_text("2 pieces taken in; not all of it has come.")
    till.keyboard.press("Escape")
    expect(till.locator("#stage")).to_have_attribute("data-stage", "empty")


def test_a_scan_at_the_desk_is_shown_at_once_and_in_no_basket(till: Page, counter: Any) -> None:
    till.keyboard.press("F2")
    expect(till.locator("#stage")).to_have_attribute("data-stage", "stock")
    till.keyboard.press("F3")
    expect(till.locator(".stock.counting h2")).to_contain_text("Count of the shelf")
    counter.box.screens.desk.scanned(EnteredCode(CAKE))
    expect(till.locator(".stock tbody tr")).to_contain_text("Strawberry cake")
    till.keyboard.press("F8")
    expect(till.locator(".stock .word")).to_contain_text("1 more than the ledger")
    till.keyboard.press("F8")
    expect(till.locator("#notice")).to_contain_text("1 counted, 0 expected")
    till.keyboard.press("Escape")
    expect(till.locator("#stage")).to_have_attribute("data-stage", "empty")


def test_a_spoilt_lot_is_taken_off_by_touch(till: Page, counter: Any) -> None:
    prepared(counter)
    till.locator("[data-key=F2]").click()
    till.locator(".stock button", has_text="Strawberry cake").first.click()
    expect(till.locator(".stock .bound")).to_contain_text(
        "at most 2 of these can be promised twice"
    )
    till.locator(".stock button", has_text="L21-1").click()
    expect(till.locator(".stock tr.selected")).to_contain_text("expired")
    till.keyboard.type("1")
    till.locator("[data-key=F4]").click()
    expect(till.locator("#notice")).to_contain_text("1 pieces taken off the shelf")
    expect(till.locator(".stock tbody tr")).to_have_count(3)
