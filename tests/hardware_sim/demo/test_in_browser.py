"""The landing page in a real browser: it follows the shop by itself, and can be read by everybody."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from hardware_sim.demo import landing
from hardware_sim.demo.chain import Chain
from hardware_sim.demo.products import products
from hardware_sim.demo.state import Basket, Counter, Head, Picture, Till

PATIENCE_MS = 10_000
TILL = Till(
    is_online=True,
    waiting=0,
    high=12,
    basket=None,
    last_sale="",
    has_shift=True,
    peripherals={
        "scanner": ("ready", ()),
        "printer": ("not_ready", ("paper_out",)),
        "drawer": ("ready", ()),
        "payment_terminal": ("faulted", ()),
    },
)
FIRST = Counter(TILL, Head(True, 12, 12, True), True, True)
WELL = Picture((FIRST, FIRST), True, True, True)


def with_first(till: Till) -> Picture:
    return replace(WELL, counters=(replace(FIRST, till=till), FIRST))


PULLED = with_first(replace(TILL, is_online=False, waiting=2, high=14))
SCANNED = with_first(replace(TILL, basket=Basket(lines=1, total_minor=4800)))
PICTURES = {"well": WELL, "pulled": PULLED, "nobody": Picture((Counter(), Counter()))}


class Window:
    """What the page sees of the shop, changed by the test; `acts` is what it asked for."""

    def __init__(self) -> None:
        self.picture = WELL
        self.acts: list[str] = []

    async def look(self, client: object, chain: Chain) -> Picture:
        return self.picture


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> Window:
    window = Window()
    monkeypatch.setattr(landing, "look", window.look)
    monkeypatch.setattr(landing, "EVERY_S", 0.05)
    monkeypatch.setattr(landing, "act", lambda step, *_: window.acts.append(step))
    return window


@pytest.fixture
def url(window: Window, tmp_path: Path) -> Iterator[str]:
    app = landing.make_app(Chain(tmp_path, 8100, "en", products()))
    config = uvicorn.Config(app, port=0, log_level="error", timeout_graceful_shutdown=0)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def choose(page: Page, url: str, look: str) -> None:
    page.context.add_cookies([{"name": "look", "value": look, "url": url}])


def test_the_page_follows_the_shop_and_the_tour_ticks_itself_off(
    page: Page, url: str, window: Window
) -> None:
    complaints: list[str] = []
    page.on("console", lambda it: complaints.append(it.text) if it.type == "error" else None)
    page.on("pageerror", lambda it: complaints.append(str(it)))
    choose(page, url, "language=en")
    page.goto(url)

    page.get_by_role("button", name="Scan a loaf").click()
    window.picture = SCANNED
    expect(page.locator(".steps .done")).to_have_count(1, timeout=PATIENCE_MS)
    expect(page.get_by_role("button", name="Pay in cash")).to_be_enabled()
    assert window.acts == ["scan"]

    window.picture = PULLED
    expect(page.locator("#drawing")).to_contain_text("sells on; 2 facts wait", timeout=PATIENCE_MS)
    expect(page.locator("#truth")).to_contain_text("Apart, because the line is down")
    assert complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", sorted(PICTURES))
def test_the_page_keeps_the_accessibility_rules(
    page: Page, url: str, window: Window, name: str, theme: str
) -> None:
    window.picture = PICTURES[name]
    choose(page, url, f"language=en&theme={theme}")
    page.goto(url)
    results = Axe().run(page)
    found = [
        (it["id"], [node["html"][:120] for node in it["nodes"]])
        for it in results.response["violations"]
    ]
    assert found == []


def test_on_a_phone_only_the_drawing_scrolls(page: Page, url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(url)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
