"""The counter in a real browser: scans appear, typed text stays, a whole day without a mouse, faults in words."""

from collections.abc import Callable
from itertools import product
from typing import Any
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from edge.peripherals.conditions import State
from edge.services import sales
from ui.formats import LANGUAGES

BREAD, CAKE, COFFEE = "8801007000015", "8801007000022", "8801007000046"
SIZES = {"counter": (1280, 800), "portrait": (800, 1280), "phone": (390, 844)}


KEYS_TO = {
    "done": ["F8"],
    "card": ["F9"],
    "shift": ["F10"],
    "returning": ["F7"],
    "suspended": ["F6", "F6"],
    "report": ["F8", "F10", "F4"],
}


def type_line(page: Page, text: str, key: str = "Enter") -> None:
    page.keyboard.type(text)
    page.keyboard.press(key)


def stage(page: Page, name: str) -> None:
    expect(page.locator("#stage")).to_have_attribute("data-stage", name)


def test_a_scan_is_on_the_page_at_once(till: Page, counter: Any) -> None:
    counter.scan(BREAD)
    expect(till.locator(".newest h2")).to_have_text("Salt bread")
    expect(till.locator("#total")).to_have_text("₩3,200")
    expect(till.locator("#basket")).to_have_attribute("data-lines", "1")


def test_every_change_of_the_basket_has_its_version(till: Page, counter: Any) -> None:
    versions = []
    for lines, code in enumerate((BREAD, CAKE, COFFEE), 1):
        counter.scan(code)
        basket = till.locator(f"#basket[data-lines='{lines}']")
        expect(basket).to_be_visible()
        versions.append(int(basket.get_attribute("data-version") or 0))
    assert versions == sorted(set(versions))


def test_what_is_being_typed_survives_a_scan(till: Page, counter: Any) -> None:
    till.keyboard.type("50")
    counter.scan(BREAD)
    expect(till.locator("#total")).to_have_text("₩3,200")
    expect(till.locator("#entry")).to_have_value("50")
    till.keyboard.type("00")
    till.keyboard.press("F8")
    expect(till.locator(".change")).to_have_text("₩1,800")


def test_a_whole_day_without_a_mouse(open_page: Callable[[], Page], counter: Any) -> None:
    page = open_page()
    stage(page, "opening")
    type_line(page, "Jiyoon")
    expect(page.locator("#prompt")).to_have_text("Cash in the drawer now (the float)")
    type_line(page, "100000")
    stage(page, "empty")
    type_line(page, f"2*{BREAD}")
    type_line(page, "CAKE")
    expect(page.locator("#basket")).to_have_attribute("data-lines", "2")
    type_line(page, "3", "F2")
    expect(page.locator("#total")).to_have_text("₩120,400")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#line-1")).to_have_attribute("aria-current", "true")
    page.keyboard.press("F3")
    expect(page.locator("#line-1")).to_contain_text("void")
    type_line(page, "10%", "F4")
    expect(page.locator("#total")).to_have_text("₩102,600")
    type_line(page, "110000", "F8")
    stage(page, "done")
    expect(page.locator(".change")).to_have_text("₩7,400")
    page.keyboard.press("Shift+F7")
    expect(page.locator("#notice")).to_contain_text("A copy is printing; it says COPY.")
    page.keyboard.press("F10")
    stage(page, "shift")
    page.keyboard.press("F10")
    stage(page, "counting")
    type_line(page, "202600")
    expect(page.locator(".variance")).to_have_text("The drawer is exact")
    assert [sale.total_minor for sale in sales.newest(counter.box.shop)] == [102_600]


def test_a_wedge_scanner_types_faster_than_the_box_answers(till: Page, counter: Any) -> None:
    for code in (BREAD, CAKE, COFFEE, CAKE):
        type_line(till, code)
    expect(till.locator("#total")).to_have_text("₩83,700")
    expect(till.locator("#entry")).to_have_value("")


def test_keys_may_be_faster_than_the_page(till: Page, counter: Any) -> None:
    till.evaluate(
        """code => {
            const press = (key) => document.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true }));
            document.getElementById("entry").value = code;
            document.getElementById("desk").requestSubmit(document.querySelector("[data-key=Enter]"));
            press("F8");
        }""",
        BREAD,
    )
    stage(till, "done")


def test_letters_add_quick_products_only_on_an_empty_line(till: Page, counter: Any) -> None:
    name = till.locator("#quick [data-key=KeyQ] .name").inner_text()
    till.keyboard.press("q")
    expect(till.locator(".newest h2")).to_have_text(name)
    till.keyboard.type("/BREADq")
    expect(till.locator("#entry")).to_have_value("/BREADq")


def test_a_refused_code_does_not_become_an_amount(till: Page, counter: Any) -> None:
    counter.scan(BREAD)
    type_line(till, "99999")
    expect(till.locator("#notice")).to_contain_text("The code 99999 is not in the catalogue.")
    expect(till.locator("#entry")).to_have_value("")


def test_a_misread_amount_stays_to_be_corrected(till: Page, counter: Any) -> None:
    counter.scan(BREAD)
    type_line(till, "5x", "F8")
    expect(till.locator("#notice")).to_contain_text("Expected an amount, got 5x.")
    expect(till.locator("#entry")).to_have_value("5x")
    type_line(till, "5000", "F8")
    expect(till.locator(".change")).to_have_text("₩1,800")


def test_fingers_do_what_keys_do(till: Page, counter: Any) -> None:
    till.locator("#quick button").first.click()
    expect(till.locator("#basket")).to_have_attribute("data-lines", "1")
    till.get_by_role("button", name="Cash", exact=False).first.click()
    stage(till, "done")


def test_offline_is_said_with_how_many_facts_wait(till: Page, counter: Any) -> None:
    counter.line(is_online=False, waiting=12)
    expect(till.locator(".line-state")).to_have_text("Selling offline; 12 facts wait")
    counter.line(is_online=False, waiting=1)
    expect(till.locator(".line-state")).to_have_text("Selling offline; 1 fact waits")
    counter.line(is_online=True, waiting=0)
    expect(till.locator(".line-state")).to_have_text("Online, everything is sent")


def test_a_printers_fault_is_in_words_with_what_to_do(till: Page, counter: Any) -> None:
    counter.fault("receipt_printer", State.NOT_READY, "paper_out")
    expect(till.locator("#strip .banner")).to_have_text(
        "The receipt printer has no paper."
        "Put a new roll in and close the cover. It prints on by itself."
    )
    expect(till.locator("#strip li", has_text="Paper out")).to_have_text(
        "Receipt printer: Paper out"
    )
    counter.fault("receipt_printer", State.READY)
    expect(till.locator("#strip .banner")).to_have_count(0)


def test_the_language_changes_by_a_key_and_stays(till: Page, counter: Any) -> None:
    till.keyboard.press("F1")
    expect(till.locator("html")).to_have_attribute("lang", "ko")
    expect(till.locator("#prompt")).to_have_text("스캔하거나 코드 입력")
    till.reload()
    expect(till.locator("html")).to_have_attribute("lang", "ko")


def test_forty_lines_scroll_under_the_newest(till: Page, counter: Any) -> None:
    for number in range(40):
        counter.scan((BREAD, CAKE)[number % 2])
    expect(till.locator("#basket")).to_have_attribute("data-lines", "40")
    expect(till.locator("#line-1")).not_to_be_in_viewport()
    expect(till.locator(".newest h2")).to_be_in_viewport()
    expect(till.locator("#keys button").first).to_be_in_viewport()


def test_no_script_or_style_of_the_page_is_refused(till: Page, counter: Any) -> None:
    complaints: list[str] = []
    till.on("console", lambda message: complaints.append(message.text))
    till.on("pageerror", lambda error: complaints.append(str(error)))
    till.reload()
    expect(till.locator("html")).to_have_attribute("data-live", "on")
    counter.scan(BREAD)
    expect(till.locator("#total")).to_have_text("₩3,200")
    till.keyboard.press("F8")
    stage(till, "done")
    assert complaints == []


def prepare(counter: Any, state: str) -> None:
    if state == "opening":
        return
    counter.open_shift()
    press = counter.box.screens.desk.press
    for code in {"empty": (), "shift": (), "returning": ()}.get(state, (BREAD, CAKE, COFFEE)):
        counter.scan(code)
    for key in KEYS_TO.get(state, ()):
        press(key, "")
    if state == "fault":
        counter.fault("receipt_printer", State.NOT_READY, "cover_open")
        counter.line(is_online=False, waiting=12)
        press("F3", "")
        press("Enter", "99999")


def wear(page: Page, url: str, **look: str) -> None:
    page.context.add_cookies([{"name": "look", "value": urlencode(look), "url": url}])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", ["selling", "fault"])
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
    ["opening", "empty", "selling", "done", "card", "shift", "returning", "suspended", "report"],
)
def test_every_state_can_be_read_in_every_light(page: Page, counter: Any, state: str) -> None:
    prepare(counter, state)
    violations = {}
    for theme, contrast in product(("light", "dark"), ("auto", "more")):
        wear(page, counter.url, theme=theme, contrast=contrast, text="large")
        page.goto(counter.url)
        violations[theme, contrast] = Axe().run(page).response["violations"]
    assert violations == {look: [] for look in violations}
