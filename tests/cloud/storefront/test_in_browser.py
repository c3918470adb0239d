"""The storefront in a real browser: the whole order by keys alone, without scripts, on a phone, for everybody."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

PHONE: ViewportSize = {"width": 390, "height": 844}
SIZES: list[ViewportSize] = [PHONE, {"width": 834, "height": 1112}, {"width": 1280, "height": 800}]
PATHS = [
    *("/shop", "/shop/c/bread", "/shop/search?q=cake", "/shop/search?q=nothing", "/shop/p/B-009"),
    *("/shop/basket", "/shop/places", "/shop/ways", "/shop/me", "/shop/o/not-mine"),
]
LANGUAGES = ["ko", "zh", "en"]


@pytest.fixture
def door() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def hub_address(door) -> str:
    """Where the wallets' pages send her back to, and say that she has paid."""
    return f"http://127.0.0.1:{door.getsockname()[1]}"


@pytest.fixture
def served(app, door, hub_address) -> Iterator[str]:
    """The address of the shop, served by a thread and without the ingest."""
    config = uvicorn.Config(app, lifespan="off", log_level="warning", timeout_graceful_shutdown=0)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
    thread.start()
    yield hub_address
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser complains about: script errors, refused styles, missing files."""
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda m: heard.append(m.text) if m.type in ("error", "warning") else None)
    return heard


def faults(page: Page) -> list[Any]:
    found: dict[str, Any] = Axe().run(page).response
    return [(it["id"], [node["html"] for node in it["nodes"]]) for it in found["violations"]]


def focus(page: Page, name: str) -> None:
    """Presses Tab until the element that is called so has the focus, as somebody without a mouse does."""
    for _ in range(80):
        page.keyboard.press("Tab")
        told = page.evaluate(
            "() => { const e = document.activeElement;"
            " return e.labels?.[0]?.textContent || e.textContent || ''; }"
        )
        if told.strip().startswith(name):
            return
    pytest.fail(f"Tab never came to {name!r}")


def speak(page: Page, served: str, language: str) -> None:
    page.context.add_cookies([{"name": "look", "value": f"language={language}", "url": served}])


def fill_basket(page: Page, served: str) -> None:
    page.goto(f"{served}/shop/p/B-009")
    page.locator("form.put button").click()


def order(page: Page, served: str) -> None:
    """As far as the page of a paid order."""
    fill_basket(page, served)
    page.goto(f"{served}/shop/ways")
    page.locator("form[action='/shop/take'] button").first.click()
    page.locator("form.form button").click()
    page.locator("button[value='alipay']").click()
    page.locator("button[value='approve']").click()
    expect(page.locator("#order")).to_be_visible()


def test_a_whole_order_needs_no_mouse(served, page, open_shops, complaints) -> None:
    page.goto(f"{served}/shop")
    focus(page, "Search products")
    page.keyboard.type("strawberry")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Found for “strawberry”")
    focus(page, "Strawberry cream cake")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Strawberry cream cake")
    focus(page, "Put into the basket")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Basket")
    focus(page, "How to get it")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("How to get it")
    focus(page, "Choose: Collect at Office Tower")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("One more thing")
    focus(page, "What shall we call out?")
    page.keyboard.type("Jiyoon")
    focus(page, "On to paying ₩38,000")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("How would you like to pay?")
    focus(page, "Pay with WeChat Pay")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("WeChat Pay")
    focus(page, "Pay ₩38,000")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Order ")
    expect(page.locator(".banner").nth(1)).to_contain_text("Paid, and on its way")
    focus(page, "Cancel the order")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Being cancelled.")
    assert complaints == []


@pytest.mark.parametrize(
    ("language", "label", "typed", "name"),
    [
        ("ko", "상품 검색", "케이크", "딸기 생크림 케이크"),
        ("zh", "搜索商品", "蛋糕", "草莓奶油蛋糕"),
    ],
)
def test_a_search_in_every_language_needs_no_mouse(
    served, page, open_shops, language, label, typed, name
) -> None:
    speak(page, served, language)
    page.goto(f"{served}/shop")
    focus(page, label)
    page.keyboard.insert_text(typed)
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=*")
    focus(page, name)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(name)


def test_a_return_is_announced_without_a_mouse(served, page, open_shops, shop, hub) -> None:
    """The page follows the shop live as far as the hand-over; then she says where she brings it."""
    order(page, served)
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    goods = [{"line": 1, "sku": "B-009", "quantity": 1}]
    shop.says("accepted")
    expect(page.locator("#order")).to_contain_text("The shop has taken it on.")
    shop.says("picked", picked=goods)
    shop.says("ready")
    shop.says("handed_over", handed=goods, proof={"kind": "code", "step": 1})
    expect(page.locator("#order")).to_contain_text("Handed over.")
    focus(page, "To which shop")
    page.keyboard.press("ArrowUp")
    focus(page, "I will bring it back")
    page.keyboard.press("Enter")
    expect(page.locator("#return")).to_contain_text("is announced.")
    assert faults(page) == []


def test_a_whole_order_needs_no_script(served, browser: Browser, open_shops) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    order(page, served)
    expect(page.locator("main")).to_contain_text("Paid, and on its way to the shop.")
    expect(page.locator("svg.symbol")).to_be_visible()
    context.close()


def test_the_order_and_its_code_change_without_a_reload(
    served, page, open_shops, clock, hub, complaints
) -> None:
    order(page, served)
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    drawn = page.locator("svg.symbol .dark")
    before = drawn.get_attribute("d")
    assert before is not None
    clock.jump(30)
    hub.changes.announce()
    expect(drawn).not_to_have_attribute("d", before)
    assert complaints == []


def test_two_presses_of_the_button_and_the_way_back_give_one_order(
    served, page, open_shops
) -> None:
    fill_basket(page, served)
    page.goto(f"{served}/shop/ways")
    page.locator("form[action='/shop/take'] button").first.click()
    page.locator("form.form button").dblclick()
    expect(page.locator("h1")).to_have_text("How would you like to pay?")
    page.locator("button[value='alipay']").dblclick()
    page.locator("button[value='approve']").dblclick()
    expect(page.locator("h1")).to_contain_text("Order ")
    page.go_back()
    page.go_back()
    page.goto(f"{served}/shop/basket")
    expect(page.locator("main")).to_contain_text("Your basket is empty.")
    listed = page.request.get(f"{served}/api/orders").json()
    assert [one["state"] for one in listed] == ["placed"]


@pytest.mark.parametrize("path", PATHS)
def test_no_page_is_wider_than_its_screen_or_breaks_a_rule_of_accessibility(
    served, page, open_shops, path
) -> None:
    fill_basket(page, served)
    for language in LANGUAGES:
        speak(page, served, language)
        page.goto(f"{served}{path}")
        keeps_rules(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_of_an_order_and_of_a_member_keep_the_same_rules(
    served, page, open_shops, language
) -> None:
    speak(page, served, language)
    page.goto(f"{served}/shop/me")
    page.fill("#join-name", "Luna")
    press(page, "form[action='/shop/me/join'] button")
    fill_basket(page, served)
    page.goto(f"{served}/shop/ways")
    press(page, "form[action='/shop/take'] button")
    keeps_rules(page)
    press(page, "form.form button")
    keeps_rules(page)
    page.locator("button[value='wechat_pay']").click()
    expect(page.locator("button[value='approve']")).to_be_visible()
    keeps_rules(page)
    page.locator("button[value='approve']").click()
    expect(page.locator("#order")).to_be_visible()
    keeps_rules(page)
    for path in ("/shop/me", "/shop/me/code"):
        page.goto(f"{served}{path}")
        keeps_rules(page)


def press(page: Page, selector: str) -> None:
    """Until the next page is there: what is measured in between has no root."""
    with page.expect_navigation():
        page.locator(selector).first.click()


def keeps_rules(page: Page) -> None:
    for size in SIZES:
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth") == size["width"], page.url
    assert faults(page) == [], page.url
