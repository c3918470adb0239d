"""The bench in a real browser: press there, see the bytes and the paper here."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from hardware_sim.bench.app import create_app
from hardware_sim.counter import Counter

PATIENCE_MS = 10_000


@pytest.fixture
def url(counter: Counter) -> Iterator[str]:
    config = uvicorn.Config(
        create_app(counter),
        host="127.0.0.1",
        port=0,
        log_level="error",
        timeout_graceful_shutdown=0,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def test_the_bench_is_pressed_and_answers(page: Page, url: str, counter: Counter) -> None:
    complaints: list[str] = []
    page.on("console", lambda it: complaints.append(it.text) if it.type == "error" else None)
    page.on("pageerror", lambda it: complaints.append(str(it)))
    page.goto(url)

    page.locator("#free").fill("96385074")
    page.locator(".free button").click()
    expect(page.locator("#scanner .wire")).to_have_text(
        "5d 45 34 39 36 33 38 35 30 37 34 0d 0a", timeout=PATIENCE_MS
    )

    with counter.printer.host.changing():
        counter.printer.simulator.take(b"\x1b@TOTAL 100\n\x1dV\x42\x00")
    receipt = page.locator("#paper img.cut")
    expect(receipt).to_have_attribute("alt", "TOTAL 100", timeout=PATIENCE_MS)
    expect(page.locator("#bytes")).to_contain_text("GS V 66 0", timeout=PATIENCE_MS)
    assert receipt.evaluate("it => it.decode().then(() => it.naturalWidth)") == 640

    page.locator('form[action="/hands/cover"] button').click()
    expect(page.locator(".printer-drawing")).to_have_class(re.compile("open"), timeout=PATIENCE_MS)
    expect(page.locator("#free")).to_have_value("96385074")  # what was typed is left alone
    assert complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_bench_keeps_the_accessibility_rules(page: Page, url: str, theme: str) -> None:
    page.context.add_cookies([{"name": "look", "value": f"language=en&theme={theme}", "url": url}])
    page.goto(url)
    page.locator("#faults summary").click()
    results = Axe().run(page)
    found = [
        (it["id"], [node["html"][:120] for node in it["nodes"]])
        for it in results.response["violations"]
    ]
    assert found == []


def test_on_a_phone_nothing_is_wider_than_the_phone(page: Page, url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(url)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
