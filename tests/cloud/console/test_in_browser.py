"""The console in a real browser: live without a reload, worked by keys, readable by everybody."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

PHONE = {"width": 390, "height": 844}
PATHS = [
    "/",
    "/boxes/maru-office-1",
    "/sales",
    "/stock",
    "/stock/purchasing",
    "/stock/transfers?show=all",
    "/orders",
    "/money",
    "/money/books?day=2026-11-22",
    "/data",
    "/find?q=lipstick",
    "/nonsense",
]


@pytest.fixture
def served(app) -> Iterator[str]:
    """The address of the console, served by a thread and without the ingest."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, lifespan="off", log_level="warning", timeout_graceful_shutdown=0)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    listener.close()


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser complains about: script errors, refused styles, missing files."""
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda m: heard.append(m.text) if m.type in ("error", "warning") else None)
    return heard


def test_a_sale_appears_without_a_reload(served, page, day, bodies, arrive, complaints) -> None:
    page.goto(f"{served}/sales")
    rows = page.locator("#latest tbody tr")
    expect(rows).to_have_count(1)
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    page.fill("#search", "half a word")
    day.log(bodies.sale(5))
    arrive(day)
    expect(rows).to_have_count(2)
    expect(page.locator("#search")).to_have_value("half a word")
    assert complaints == []


def test_what_became_of_a_command_appears_without_a_reload(
    served, page, day, bodies, arrive, complaints
) -> None:
    page.goto(f"{served}/boxes/{day.edge_id}")
    button = page.get_by_role("button", name="Print a test page")
    button.click()
    told = page.locator("#commands tbody tr td:last-child")
    expect(told).to_have_text("On its way to the box")
    expect(button).to_be_disabled()
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    [row] = page.request.get(f"{served}/api/boxes/{day.edge_id}/commands").json()
    day.log(bodies.finished(row["command_id"], "failed", "no room on the disk"))
    arrive(day)
    expect(told).to_have_text("Failed: no room on the disk")
    expect(button).to_be_enabled()
    assert complaints == []


def test_a_page_that_is_not_there_leads_back(served, page) -> None:
    page.goto(f"{served}/nonsense")
    expect(page.locator("h1")).to_have_text("No such page")
    page.get_by_role("link", name="To the boxes").click()
    expect(page.locator("h1")).to_have_text("Boxes")


def test_slash_goes_to_the_search_and_enter_finds(served, page, day, complaints) -> None:
    page.goto(served)
    page.keyboard.press("/")
    page.keyboard.type("lipstick")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Found for “lipstick”")
    expect(page.locator("main")).to_contain_text("Rose lipstick")
    assert complaints == []


def test_a_click_on_a_row_opens_the_box(served, page, day) -> None:
    page.goto(served)
    page.locator("#box-maru-office-1 .now").click()
    expect(page.locator("h1")).to_have_text("Office")


def test_the_language_is_changed_on_the_spot(served, page, day) -> None:
    page.goto(f"{served}/money")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("h1")).to_have_text("账款")


@pytest.mark.parametrize("path", PATHS)
def test_no_page_is_wider_than_a_phone(served, page, day, path) -> None:
    page.set_viewport_size(PHONE)
    page.goto(f"{served}{path}")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


@pytest.mark.parametrize("path", PATHS)
def test_no_page_breaks_a_rule_of_accessibility(served, page, day, path) -> None:
    page.goto(f"{served}{path}")
    found: dict[str, Any] = Axe().run(page).response
    assert [
        (fault["id"], [n["html"] for n in fault["nodes"]]) for fault in found["violations"]
    ] == []
