"""A member at the counter in a real browser: by keys alone, cut off, in three languages."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from edge.services import sales
from tests.browser.test_counter import BREAD, CAKE, stage, type_line
from tests.browser.test_counter_looks import CUT_OFF, SIZES, wear
from tests.edge.membership import MEMBER, HubKey, coupon_of, give_coupon, join
from ui.formats import LANGUAGES

KEY = HubKey()
HERE = "maru-office-tower"


@pytest.fixture
def chain(counter: Any) -> Any:
    """The counter of a chain's shop, cut off: it has the hub's key, the programme and a coupon."""
    join(counter.box.shop, KEY)
    give_coupon(counter.box.shop, coupon_of(HERE), counter.box.clock.now())
    counter.line(is_online=False, waiting=3)
    counter.open_shift()
    return counter


def code(counter: Any, **changes: Any) -> str:
    return KEY.code(counter.box.clock.now(), **changes)


def test_member_points_coupon_and_cash_without_a_mouse(
    open_page: Callable[[], Page], chain: Any
) -> None:
    page = open_page()
    stage(page, "empty")
    type_line(page, code(chain))
    expect(page.locator("#member")).to_contain_text("Gold 1,500 points at")
    expect(page.locator("#member")).to_contain_text(
        "The line is down: up to 1,000 points can be spent, the allowance of one shop."
    )
    expect(page.locator("#member")).to_contain_text(
        "Offline, at most 1,500 of these points could be spent twice."
    )
    type_line(page, BREAD)
    expect(page.locator("#total")).to_have_text("₩3,200")
    type_line(page, "700", "Shift+F8")
    expect(page.locator("#total")).to_have_text("₩2,500")
    expect(page.locator("#notice")).to_contain_text("₩700 taken in points. Take the rest.")
    type_line(page, coupon_of(HERE))
    expect(page.locator("#total")).to_have_text("₩500")
    page.keyboard.press("F8")
    stage(page, "done")
    [sale] = sales.newest(chain.box.shop)
    assert (sale.member_id, sale.total_minor, sale.points_earned) == (MEMBER, 3_200, 15)


def test_a_member_is_taken_off_by_a_key(open_page: Callable[[], Page], chain: Any) -> None:
    page = open_page()
    chain.scan(BREAD)
    chain.scan(code(chain))
    expect(page.locator("#member")).to_be_visible()
    page.keyboard.press("Shift+F4")
    expect(page.locator("#member")).to_have_count(0)
    expect(page.locator("#notice")).to_contain_text("The member is off the basket.")


def test_an_old_code_is_refused_in_words_and_goods_go_on(
    open_page: Callable[[], Page], chain: Any
) -> None:
    page = open_page()
    chain.scan(BREAD)
    shown = KEY.code(chain.box.clock.now(), issued_at=1_700_000_000)
    type_line(page, shown)
    expect(page.locator("#notice")).to_contain_text(
        "The member code is old: it was made at 2023-11-14 22:13:20 UTC and is good for 90 seconds."
    )
    expect(page.locator("#notice")).to_contain_text("Let the customer open the app")
    type_line(page, CAKE)
    expect(page.locator("#total")).to_have_text("₩41,200")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
def test_a_member_on_the_screen_can_be_read_and_nothing_is_cut_off(
    page: Page, chain: Any, language: str, size: str
) -> None:
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    wear(page, chain.url, language=language)
    chain.scan(CAKE)
    chain.scan(code(chain))
    chain.box.screens.desk.press("Shift+F8", "700")
    page.goto(chain.url)
    expect(page.locator("#member")).to_be_visible()
    assert page.evaluate(CUT_OFF) == []
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
