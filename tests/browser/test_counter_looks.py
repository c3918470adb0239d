"""What the counter looks like in every state, size, language and light: read, reached and in sight."""

from itertools import product
from typing import Any
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from contract.order_returns import ReturnableGoods, WishedReturn
from edge.peripherals.conditions import State
from edge.services import printing
from edge.services.shop import Shop
from tests.edge.conftest import NOON
from tests.edge.membership import put
from tests.edge.services.test_jobs import ORDER
from ui.formats import LANGUAGES

BREAD, CAKE, COFFEE = "8801007000015", "8801007000022", "8801007000046"
SIZES = {"counter": (1280, 800), "portrait": (800, 1280), "phone": (390, 844)}
KEYS_TO = {
    "done": ["F8"],
    "doubt": ["F8"],
    "card": ["F9"],
    "shift": ["F10"],
    "returning": ["F7"],
    "suspended": ["F6", "F6"],
    "report": ["F8", "F10", "F4"],
}
# Words that do not fit where they stand, by more than a letter's overhang, and whatever stands outside the window or
# outside what holds it.
CUT_OFF = """() => {
    const room = (it) => parseFloat(getComputedStyle(it).fontSize) / 2;
    const isOutside = (it) => {
        let part = it.parentElement;
        while (getComputedStyle(part).display === "contents") part = part.parentElement;
        return it.getBoundingClientRect().right > part.getBoundingClientRect().right + 1;
    };
    const words = [...document.querySelectorAll(".button, .key, .state, .banner, h2")].filter(
        (it) => it.checkVisibility() && !it.matches(".visually-hidden"));
    const cut = words.filter((it) => it.scrollWidth > it.clientWidth + 1 + (it.matches("kbd, .state") ? 2 : 0)
        || it.scrollHeight > it.clientHeight + room(it) || it.getBoundingClientRect().right > innerWidth + 1
        || isOutside(it));
    const wide = document.documentElement.scrollWidth > innerWidth ? ["the page"] : [];
    return [...cut.map((it) => it.textContent.replace(/\\s+/g, " ").trim()), ...wide];
}"""
REACHED = """() => {
    const it = document.activeElement, ring = getComputedStyle(it);
    return [it.dataset.key ?? it.id, it.matches(":focus-visible") && ring.outlineStyle !== "none"];
}"""


def announce(shop: Shop) -> None:
    """Customers will bring back goods of an order that they paid online."""
    goods = ReturnableGoods(line=1, sku="CAKE", quantity=2, unit_price_minor=38_000)
    wish = WishedReturn(
        order_id=ORDER, number="H7K2QP4", line=1, sku="CAKE", names={"ko": "딸기 케이크"}, quantity=2,
        reason="damaged", location_id=shop.settings.location_id, asked_at=NOON, currency="KRW", goods=(goods,),
    )  # fmt: skip
    put(shop, f"returns@{shop.settings.location_id}", **{f"{ORDER}:1": wish})


def prepare(counter: Any, state: str) -> None:
    if state == "opening":
        return
    counter.open_shift()
    press = counter.box.screens.desk.press
    if state == "returning":
        announce(counter.box.shop)
    for code in {"empty": (), "shift": (), "returning": ()}.get(state, (BREAD, CAKE, COFFEE)):
        counter.scan(code)
    for key in KEYS_TO.get(state, ()):
        press(key, "")
    if state == "doubt":
        printing.advance(counter.box.shop, 1, "SENDING")
        printing.advance(counter.box.shop, 1, "UNKNOWN")
    if state == "fault":
        counter.fault("receipt_printer", State.NOT_READY, "cover_open")
        counter.line(is_online=False, waiting=12)
        press("F3", "")
        press("Enter", "99999")


def wear(page: Page, url: str, **look: str) -> None:
    page.context.add_cookies([{"name": "look", "value": urlencode(look), "url": url}])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", ["selling", "fault", "doubt", "card"])
def test_everybody_can_read_it(page: Page, counter: Any, language: str, state: str) -> None:
    """axe-core's rules (WCAG 2 A and AA, and good practice), in every language and size."""
    wear(page, counter.url, language=language)
    prepare(counter, state)
    violations = {}
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        page.goto(counter.url)
        violations[size] = Axe().run(page).response["violations"]
    assert violations == {size: [] for size in SIZES}


@pytest.mark.parametrize(
    "state",
    [
        "opening",
        "empty",
        "selling",
        "done",
        "doubt",
        "card",
        "shift",
        "returning",
        "suspended",
        "report",
    ],
)
def test_every_state_can_be_read_in_every_light(page: Page, counter: Any, state: str) -> None:
    prepare(counter, state)
    violations = {}
    for theme, contrast in product(("light", "dark"), ("auto", "more")):
        wear(page, counter.url, theme=theme, contrast=contrast, text="large")
        page.goto(counter.url)
        violations[theme, contrast] = Axe().run(page).response["violations"]
    assert violations == {look: [] for look in violations}


@pytest.mark.parametrize("state", ["selling", "fault", "doubt", "card", "returning", "shift"])
def test_nothing_is_cut_off(page: Page, counter: Any, state: str) -> None:
    prepare(counter, state)
    cut = {}
    for language in LANGUAGES:
        wear(page, counter.url, language=language)
        page.goto(counter.url)
        for size, text in product(SIZES, ("normal", "large")):
            width, height = SIZES[size]
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate("text => { document.documentElement.dataset.text = text; }", text)
            cut[size, language, text] = page.evaluate(CUT_OFF)
    assert cut == {look: [] for look in cut}


@pytest.mark.parametrize("size", SIZES)
def test_one_look_tells_what_it_costs_and_whether_money_may_be_taken(
    page: Page, counter: Any, size: str
) -> None:
    """Also of a basket that is longer than the window."""
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    counter.open_shift()
    for number in range(30):
        counter.scan((BREAD, CAKE)[number % 2])
    page.goto(counter.url)
    expect(page.locator("#total")).to_have_text("₩618,000")
    for place in (".newest h2", ".newest .amount", "#total", "[data-key=F8]", "[data-key=F9]"):
        expect(page.locator(place)).to_be_in_viewport(ratio=1)
    expect(page.locator("[data-key=F8]")).to_be_enabled()
    counter.box.screens.desk.press("F9", "")
    expect(page.locator("#stage")).to_have_attribute("data-stage", "card")
    for key in ("[data-key=F8]", "[data-key=F9]"):
        expect(page.locator(key)).to_be_in_viewport(ratio=1)
        expect(page.locator(key)).to_be_disabled()


@pytest.mark.parametrize("state", ["empty", "selling", "doubt", "card", "returning", "shift"])
def test_tab_reaches_every_key_that_is_shown_and_shows_where_it_is(
    page: Page, counter: Any, state: str
) -> None:
    prepare(counter, state)
    page.goto(counter.url)
    shown = page.locator("button[data-key]:enabled:not(.visually-hidden)")
    expected = {button.get_attribute("data-key") for button in shown.all()}
    reached = {}
    for _ in range(len(expected) + 20):
        page.keyboard.press("Tab")
        key, has_ring = page.evaluate(REACHED)
        reached[key] = has_ring
    assert expected <= reached.keys()
    assert {key for key in expected if not reached[key]} == set()


@pytest.mark.parametrize("state", ["empty", "selling", "doubt", "card", "returning", "shift"])
def test_every_button_shows_its_key(page: Page, counter: Any, state: str) -> None:
    prepare(counter, state)
    page.goto(counter.url)
    buttons = page.locator("button[data-key]:not(.visually-hidden)").all()
    assert [it.inner_text() for it in buttons if it.locator("kbd").count() != 1] == []
