"""Orders on the counter and on a phone: reached by keys alone, readable in every look, in three languages."""

import os
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from contract import handover as codes
from contract.orders import JobLine, ShopJob, Window
from edge.peripherals.conditions import State
from edge.services import jobs, stock
from edge.services.jobs import Picked
from edge.services.stock import Move
from tests.browser.test_counter_looks import CUT_OFF, wear
from tests.edge.services.test_jobs import told
from ui.formats import LANGUAGES

HERE, SECRET = "maru-office-tower", "5e" * 32
BREAD = "8801007000015"
SIZES = {"counter": (1280, 800), "portrait": (800, 1280), "phone": (390, 844)}
CAKE = {
    "ko": "딸기 생크림 케이크 2호",
    "zh": "草莓鲜奶油蛋糕 2号",
    "en": "Strawberry cream cake, size 2",
}
BREADS = {"ko": "소금빵", "zh": "海盐面包", "en": "Salt bread"}
PICTURES = os.environ.get("PICTURES", "")


def job(number: int, now: datetime, **more: Any) -> ShopJob:
    values: dict[str, Any] = {
        "job_id": f"01890000-0000-7000-8000-{number:012d}",
        "order_id": f"01890000-0000-7000-8000-1{number:011d}",
        "number": f"H7K{number}",
        "revision": 1,
        "state": "placed",
        "kind": "pickup",
        "placed_at": now,
        "accept_by": now + timedelta(minutes=10),
        "window": Window(start=now, end=now + timedelta(hours=number)),
        "lines": (
            JobLine(line=1, sku="CAKE", names=CAKE, quantity=2),
            JobLine(line=2, sku="BREAD", names=BREADS, quantity=3),
        ),
        "customer": "지윤",
        "secret": SECRET,
        "currency": "KRW",
    } | more
    return ShopJob(**values)


def prepared(counter: Any) -> list[ShopJob]:
    """Four orders: ready, half picked, new, and one that is paid at the desk; the shelf is short of bread."""
    shop, now = counter.box.shop, datetime.now(UTC)
    fresh = (now + timedelta(days=2)).date().isoformat()
    moves = [Move("CAKE", 12, "L23-1", fresh), Move("CAKE", 2, "L22-9", now.date().isoformat())]
    stock.move(shop, "opening", [*moves, Move("BREAD", 12)])
    wishes = [
        job(1, now),
        job(2, now, kind="delivery", note="B동 1203호, 문 앞에", secret=""),
        job(3, now, kind="transfer", to_location_id="maru-hillside", customer="", secret=""),
        job(4, now, due_minor=85_600, customer="민수"),
    ]
    told(shop, *wishes)
    for one in (wishes[0], wishes[3]):
        jobs.pick(shop, one.job_id, [Picked(1, 2), Picked(2, 3)])
        jobs.ready(shop, one.job_id, "냉장고 2", 2)
    jobs.pick(shop, wishes[1].job_id, [Picked(1, 2), Picked(2, 1)])
    return wishes


def paper(number: str) -> str:
    return codes.code(SECRET, number, HERE, codes.PAPER)


WAYS = [
    ("pickup", "Hillside", 2, 0, 9_700, 212, 40, {"kind": "delivery", "location_name": "Hillside"}),
    ("transfer_pickup", "Hillside", 5, 0, 9_000, 31, 1_200, {"kind": "refund"}),
    ("delivery", "Office Tower", 3, 3_000, 8_800, 8, 90, {"kind": "shipping", "location_name": "Hillside"}),
    ("shipping", "Office Tower", 40, 2_500, 9_900, 120, 90, {"kind": "refund"}),
]  # fmt: skip


def hub(verb: str, arguments: Mapping[str, Any], *, ask_id: str, timeout_s: float) -> Any:
    """Offers four ways; holds what is chosen."""
    del arguments, ask_id, timeout_s
    now = datetime.now(UTC)
    if verb == "orders.hold":
        return {
            "order_id": "01890000-0000-7000-8000-00000000000f",
            "number": "H9Z9",
            "hold_until": (now + timedelta(minutes=15)).isoformat(),
            "paper_code": paper("H9Z9"),
        }
    return {
        "offers": [
            {
                "offer_id": f"{kind}-{place}",
                "kind": kind,
                "location_id": place,
                "location_name": place,
                "window": {
                    "start": now.isoformat(),
                    "end": (now + timedelta(hours=hours)).isoformat(),
                },
                "cutoff": (now + timedelta(minutes=30)).isoformat(),
                "fee_minor": fee,
                "confidence_bp": sure,
                "samples": samples,
                "data_age_s": age,
                "plan_b": plan_b,
                "expires_at": (now + timedelta(minutes=5)).isoformat(),
            }
            for kind, place, hours, fee, sure, samples, age, plan_b in WAYS
        ]
    }


def show(counter: Any, state: str) -> None:
    counter.open_shift()
    counter.box.uplink.asking = type("Asking", (), {"ask": staticmethod(hub)})()
    press = counter.box.screens.desk.press
    if state in ("orders", "ready", "due", "half", "done"):
        prepared(counter)
    if state == "orders":
        press("Shift+F6", "")
    if state in ("ready", "due"):
        counter.scan(paper("H7K1" if state == "ready" else "H7K4"))
    if state == "half":
        press("Shift+F6", "H7K2")
    if state == "done":
        counter.scan(paper("H7K1"))
        press("F8", "")
    if state == "ways":
        counter.scan(BREAD)
        press("Shift+F7", "Jiyoon")
    if state == "no_orders":
        press("Shift+F6", "")


STATES = ("orders", "no_orders", "ready", "due", "half", "done", "ways")


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"))


@pytest.mark.parametrize("state", STATES)
def test_orders_can_be_read_in_every_language_size_and_with_a_fault(
    page: Page, counter: Any, state: str
) -> None:
    show(counter, state)
    counter.fault("receipt_printer", State.NOT_READY, "cover_open")
    violations, cut = {}, {}
    for language in LANGUAGES:
        wear(page, counter.url, language=language)
        page.goto(counter.url)
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            picture(page, f"{state}-{language}-{size}")
            cut[language, size] = page.evaluate(CUT_OFF)
        page.set_viewport_size({"width": 1280, "height": 800})
        violations[language] = Axe().run(page).response["violations"]
    assert violations == {language: [] for language in violations}
    assert cut == {look: [] for look in cut}


def test_an_order_is_handed_over_by_keys_alone(till: Page, counter: Any) -> None:
    prepared(counter)
    till.keyboard.press("Shift+F6")
    expect(till.locator("#stage")).to_have_attribute("data-stage", "orders")
    till.keyboard.type(paper("H7K1"))
    till.keyboard.press("Enter")
    expect(till.locator("#stage")).to_have_attribute("data-stage", "pickup")
    expect(till.locator(".pickup h2")).to_contain_text("H7K1")
    expect(till.locator(".pickup .place")).to_contain_text("냉장고 2")
    till.keyboard.press("F8")
    expect(till.locator("#notice")).to_contain_text("Order H7K1 was handed over.")
    expect(till.locator("[data-key=F8]")).to_be_disabled()


def test_an_order_is_picked_and_made_ready_by_keys_alone(till: Page, counter: Any) -> None:
    prepared(counter)
    till.keyboard.press("Shift+F6")
    till.keyboard.type("H7K3")
    till.keyboard.press("Enter")
    expect(till.locator(".pickup h2")).to_contain_text("H7K3")
    till.keyboard.press("F3")
    expect(till.locator("#notice")).to_contain_text("Set aside.")
    till.keyboard.type("Back door")
    till.keyboard.press("F2")
    expect(till.locator(".pickup .place")).to_contain_text("Back door")
    till.keyboard.press("F8")
    expect(till.locator("#notice")).to_contain_text("Order H7K3 was handed over.")


def test_a_way_is_chosen_and_paid_by_keys_alone(till: Page, counter: Any) -> None:
    counter.box.uplink.asking = type("Asking", (), {"ask": staticmethod(hub)})()
    counter.scan(BREAD)
    expect(till.locator("#stage")).to_have_attribute("data-stage", "selling")
    till.keyboard.press("Shift+F7")
    expect(till.locator(".ways tbody tr")).to_have_count(4)
    till.keyboard.press("1")
    expect(till.locator("#notice")).to_contain_text("Order H9Z9 is held for the customer.")
    till.keyboard.press("F8")
    expect(till.locator("#stage")).to_have_attribute("data-stage", "done")


def test_a_whole_order_from_the_basket_to_the_customers_hand_by_keys_alone(
    till: Page, counter: Any
) -> None:
    """Chosen and paid here, heard of as this shop's job, found, picked, laid ready, and given against the receipt."""
    counter.box.uplink.asking = type("Asking", (), {"ask": staticmethod(hub)})()
    stock.move(counter.box.shop, "opening", [Move("BREAD", 3)])
    press, stage, told_ = till.keyboard.press, till.locator("#stage"), till.locator("#notice")

    def enter(text: str) -> None:
        till.keyboard.type(text)
        press("Enter")

    enter(BREAD)
    expect(stage).to_have_attribute("data-stage", "selling")
    till.keyboard.type("Jiyoon")
    press("Shift+F7")
    expect(till.locator(".ways tbody tr")).to_have_count(4)
    press("1")
    expect(told_).to_contain_text("Order H9Z9 is held for the customer.")
    press("F8")
    expect(stage).to_have_attribute("data-stage", "done")
    line = JobLine(line=1, sku="BREAD", names=BREADS, quantity=1)
    wish = job(9, datetime.now(UTC), lines=(line,)).model_copy(update={"number": "H9Z9"})
    told(counter.box.shop, wish)
    press("Shift+F6")
    expect(stage).to_have_attribute("data-stage", "orders")
    enter("1")
    expect(till.locator(".pickup h2")).to_contain_text("H9Z9")
    press("F3")
    expect(told_).to_contain_text("Set aside.")
    till.keyboard.type("Shelf 4")
    press("F2")
    expect(till.locator(".pickup .place")).to_contain_text("Shelf 4")
    press("Escape")
    expect(stage).to_have_attribute("data-stage", "orders")
    enter(paper("H9Z9"))
    expect(till.locator(".pickup .place")).to_contain_text("Shelf 4")
    press("F8")
    expect(told_).to_contain_text("Order H9Z9 was handed over.")
    assert stock.level(counter.box.shop, "BREAD") == 2


def test_while_the_hub_is_asked_the_page_says_so_and_one_key_leaves(
    till: Page, counter: Any
) -> None:
    may_answer = threading.Event()

    def slow(verb: str, arguments: Mapping[str, Any], **rest: Any) -> Any:
        may_answer.wait(60)
        return hub(verb, arguments, **rest)

    counter.box.uplink.asking = type("Asking", (), {"ask": staticmethod(slow)})()
    counter.scan(BREAD)
    expect(till.locator("#stage")).to_have_attribute("data-stage", "selling")
    till.keyboard.press("Shift+F7")
    expect(till.locator("[role=status].empty")).to_contain_text("Asking head office")
    violations, cut = {}, {}
    for size, (width, height) in SIZES.items():
        till.set_viewport_size({"width": width, "height": height})
        picture(till, f"asking-{size}")
        violations[size] = Axe().run(till).response["violations"]
        cut[size] = till.evaluate(CUT_OFF)
    assert violations == {size: [] for size in SIZES}
    assert cut == {size: [] for size in SIZES}
    till.set_viewport_size({"width": 1280, "height": 800})
    till.keyboard.press("Escape")
    expect(till.locator("#stage")).to_have_attribute("data-stage", "selling")
    may_answer.set()
    till.keyboard.press("Shift+F7")
    expect(till.locator(".ways tbody tr")).to_have_count(4)


@pytest.mark.parametrize("page_of", ["list", "order", "done", "refused"])
def test_the_picking_list_can_be_read_on_a_phone_and_at_the_counter(
    page: Page, counter: Any, page_of: str
) -> None:
    counter.open_shift()
    wishes = prepared(counter)
    job_id = wishes[{"done": 0, "refused": 1}.get(page_of, 2)].job_id
    path = "/picking" if page_of == "list" else f"/picking/{job_id}"
    violations, cut = {}, {}
    for language in LANGUAGES:
        wear(page, counter.url, language=language)
        page.goto(counter.url + path)
        if page_of == "refused":
            page.locator("form.ready button").click()
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            picture(page, f"picking-{page_of}-{language}-{size}")
            cut[language, size] = page.evaluate(CUT_OFF)
        page.set_viewport_size({"width": 390, "height": 844})
        violations[language] = Axe().run(page).response["violations"]
    assert violations == {language: [] for language in violations}
    assert cut == {look: [] for look in cut}
