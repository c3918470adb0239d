"""The counter in a real browser: scans appear, typed text stays, a whole day without a mouse, faults in words."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from edge.peripherals.conditions import State
from edge.services import printing, sales

BREAD, CAKE, COFFEE = "8801007000015", "8801007000022", "8801007000046"


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


def test_a_doubtful_paper_is_answered_by_the_keys_that_are_shown(till: Page, counter: Any) -> None:
    """The key's button knows which paper it answers for: after the last answer the key means nothing more."""
    shop = counter.box.shop
    for code, total in ((BREAD, "₩3,200"), (CAKE, "₩38,000")):
        counter.scan(code)
        expect(till.locator("#total")).to_have_text(total)
        till.keyboard.press("F8")
        stage(till, "done")
    for job_id in (1, 2):
        printing.advance(shop, job_id, "SENDING")
        printing.advance(shop, job_id, "UNKNOWN")
    question = till.get_by_label("A paper that may be missing")
    expect(question).to_have_text(
        re.compile(
            r"The receipt of sale 1 may or may not have been printed\."
            r"\s*Look at the printer, then say\. 1 more waits behind it\.\s*I saw the paper\s*⇧F2\s*Print a copy\s*⇧F4"
        )
    )
    till.keyboard.press("Shift+F2")
    expect(question).to_contain_text("The receipt of sale 2")
    till.keyboard.press("Shift+F4")
    expect(question).to_have_count(0)
    expect(till.locator("#notice")).to_contain_text("A copy is printing; it says COPY.")
    till.keyboard.press("Shift+F4")
    till.keyboard.press("F10")
    stage(till, "shift")
    jobs = [(job.job_id, job.state, job.copy_of) for job in printing.recent(shop)]
    assert jobs == [(3, "QUEUED", 2), (2, "FAILED", None), (1, "PRINTED", None)]


def test_a_code_goes_into_the_line_wherever_tab_has_left_the_focus(
    till: Page, counter: Any
) -> None:
    """A scanner that types ends with Enter: on a button in focus that would be its press."""
    counter.scan(CAKE)
    expect(till.locator("#total")).to_have_text("₩38,000")
    till.locator("#keys [data-key='Shift+F3']").focus()
    type_line(till, BREAD)
    expect(till.locator("#total")).to_have_text("₩41,200")
    expect(till.locator("#entry")).to_be_focused()
    expect(till.locator("#notice")).to_have_text("")


def test_space_and_enter_press_the_button_in_focus(till: Page, counter: Any) -> None:
    basket = till.locator("#basket")
    counter.scan(CAKE)
    expect(basket).to_have_attribute("data-version", "1")
    for key, version in (("Space", "2"), ("Enter", "3")):
        till.locator("#quick button").first.focus()
        till.keyboard.press(key)
        expect(basket).to_have_attribute("data-version", version)
    expect(basket).to_have_attribute("data-lines", "2")


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
