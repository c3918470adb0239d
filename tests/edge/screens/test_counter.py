"""The counter over HTTP: the page, the stream that says only what changed, the keys, and who may press them."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from edge import changes
from edge.domain.errors import UnknownCode
from edge.screens.counter import Page, follow
from edge.screens.paint import PAINTED, Painter
from edge.services import selling
from ui.pages import Look
from ui.security import HEADERS

BREAD, CAKE = "8801007000015", "8801007000022"
TARGET = re.compile(r'<hx-partial hx-target="([^"]+)"')


@pytest.fixture
def client(till: Any) -> TestClient:
    app = FastAPI()
    till.screens.add_to(app)
    return TestClient(app, follow_redirects=False)


def page_of(till: Any, language: str = "en") -> Page:
    return Page(till.box, till.desk, Painter(till.screens.pages, Look(language)))


def targets(html: str) -> list[str]:
    return TARGET.findall(html)


def test_the_page_shows_the_state_before_any_stream_stands(till: Any, client: TestClient) -> None:
    till.scan(BREAD)
    html = client.get("/").text
    assert "소금빵" in html
    assert '<section id="basket" data-version="1" data-lines="1"' in html
    assert all(f'id="{target[1:]}"' in html for target in PAINTED)


def test_the_page_carries_the_headers(client: TestClient) -> None:
    headers = client.get("/").headers
    assert {name: headers[name] for name in HEADERS} == HEADERS
    assert headers["cache-control"] == "no-store"


def test_every_asset_of_the_page_is_there(client: TestClient) -> None:
    found = re.findall(r'(?:src|href)="(/static/[^"]+)"', client.get("/").text)
    assert len(found) == 8
    assert [client.get(path).status_code for path in found] == [200] * 8


def test_a_key_answers_with_nothing_to_swap(client: TestClient, till: Any) -> None:
    form = {"key": "Enter", "text": BREAD}
    answer = client.post("/counter/press", data=form, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.text) == (204, "")
    assert "hx-trigger" not in answer.headers
    assert till.stage == "selling"


def test_a_misread_amount_asks_the_page_to_keep_it(client: TestClient, till: Any) -> None:
    till.scan(BREAD)
    form = {"key": "F8", "text": "5x"}
    answer = client.post("/counter/press", data=form, headers={"HX-Request": "true"})
    assert answer.headers["hx-trigger"] == "typed:keep"


def test_without_scripts_a_key_brings_the_page_back(client: TestClient) -> None:
    answer = client.post("/counter/press", data={"key": "F10"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_the_language_key_walks_round_and_keeps_the_rest(client: TestClient) -> None:
    client.post("/look", data={"theme": "dark"})
    seen = []
    for _ in range(3):
        client.post("/counter/press", data={"key": "F1"}, headers={"HX-Request": "true"})
        seen.append(
            re.findall('<html lang="([^"]+)" data-theme="([^"]+)"', client.get("/").text)[0]
        )
    assert seen == [("zh-Hans", "dark"), ("en", "dark"), ("ko", "dark")]


def test_another_sites_page_cannot_press_a_key(client: TestClient, till: Any) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    answer = client.post("/counter/press", data={"key": "Enter", "text": BREAD}, headers=headers)
    assert answer.status_code == 403
    assert selling.current(till.box.shop) is None


@pytest.mark.parametrize("form", [{}, {"key": "x" * 41}, {"key": "Enter", "text": "x" * 4001}])
def test_what_no_page_of_ours_sends_is_refused(client: TestClient, form: dict[str, str]) -> None:
    assert client.post("/counter/press", data=form).status_code == 422


def test_a_name_from_the_catalogue_is_text_and_nothing_else(till: Any, client: TestClient) -> None:
    till.press("Escape")
    till.box.notices.tell("bad", "x", "<script>alert(1)</script>")
    assert "&lt;script&gt;alert(1)" in client.get("/").text


# --- the stream ---


def test_a_fresh_page_gets_everything_and_then_only_what_changed(till: Any) -> None:
    page = page_of(till)
    assert targets(page.changed(changes.TOPICS)) == list(PAINTED)
    till.scan(BREAD)
    page.changed(changes.TOPICS)
    till.scan(CAKE)
    assert targets(page.changed(frozenset({changes.BASKET}))) == ["#stage", "#side"]


@pytest.mark.parametrize(
    ("language", "name"), [("ko", "소금빵"), ("en", "Salt bread"), ("zh", "소금빵")]
)
def test_goods_are_named_in_the_pages_language_where_it_has_a_name(
    till: Any, language: str, name: str
) -> None:
    till.scan(BREAD)
    assert f"<h2>{name}</h2>" in page_of(till, language).changed(changes.TOPICS)


def test_a_change_that_the_page_shows_already_sends_nothing(till: Any) -> None:
    page = page_of(till)
    page.changed(changes.TOPICS)
    assert page.changed(changes.TOPICS) == ""


def test_the_line_changes_the_strip_alone(till: Any) -> None:
    page = page_of(till)
    page.changed(changes.TOPICS)
    till.outside.line = type(till.outside.line)(is_online=False, waiting=3)
    html = page.changed(frozenset({changes.LINE}))
    assert targets(html) == ["#strip"]
    assert "Selling offline; 3 facts wait" in html


def test_what_is_not_named_is_not_read_again(till: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    page = page_of(till)
    page.changed(changes.TOPICS)

    def never(*_: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr("edge.services.catalogue.quick_products", never)
    monkeypatch.setattr("edge.services.shifts.current", never)
    till.scan(BREAD)
    assert targets(page.changed(frozenset({changes.BASKET})))[:2] == ["#stage", "#side"]


def test_the_entry_line_is_in_no_part_so_that_nothing_typed_is_ever_lost(till: Any) -> None:
    assert 'id="entry"' not in page_of(till).changed(changes.TOPICS)


def test_the_stream_begins_with_the_whole_state_and_follows_every_commit(till: Any) -> None:
    async def two_events() -> list[str]:
        events = follow(till.box, page_of(till))
        first = await anext(events)
        await asyncio.to_thread(till.scan, BREAD)
        second = await anext(events)
        await events.aclose()
        return [first.decode(), second.decode()]

    first, second = asyncio.run(two_events())
    assert targets(first) == list(PAINTED)
    assert first.startswith("data: <hx-partial")
    assert targets(second)[:2] == ["#stage", "#side"]
    assert "Salt bread" in second


def test_the_next_scan_is_painted_from_memory(till: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    page = page_of(till)
    till.scan(CAKE)
    page.changed(changes.TOPICS)
    monkeypatch.setattr(selling, "current", None)
    till.scan(BREAD)
    html = "".join(page.at_once(frozenset({changes.BASKET})) or ())
    assert targets(html) == ["#stage", "#side"]
    assert "₩41,200" in html.replace('<span class="sign">₩</span>', "₩")


@pytest.mark.parametrize("topic", [changes.PAYMENTS, changes.LINE, changes.SHIFT])
def test_any_other_change_is_read(till: Any, topic: str) -> None:
    page = page_of(till)
    till.scan(BREAD)
    page.changed(changes.TOPICS)
    till.scan(BREAD)
    assert page.at_once(frozenset({changes.BASKET, topic})) is None


def test_what_was_changed_beside_the_scanner_is_read(till: Any) -> None:
    page = page_of(till)
    till.scan(BREAD)
    page.changed(changes.TOPICS)
    till.scan(BREAD)
    selling.set_quantity(till.box.shop, 1, 5)
    assert page.at_once(frozenset({changes.BASKET})) is None
    assert "₩16,000" in page.changed(frozenset({changes.BASKET})).replace(
        '<span class="sign">₩</span>', "₩"
    )


def test_goods_that_the_page_does_not_know_are_looked_up(till: Any) -> None:
    page = page_of(till)
    till.scan(BREAD)
    page.changed(changes.TOPICS)
    page._seen.known.clear()
    till.scan(CAKE)
    assert page.at_once(frozenset({changes.BASKET})) is None


def test_a_refused_scan_leaves_the_desk_ready(till: Any) -> None:
    with pytest.raises(UnknownCode):
        till.scan("99999")
    assert till.desk.is_scanning is False


def test_a_scan_is_on_every_open_page(till: Any) -> None:
    pages = [page_of(till, language) for language in ("ko", "zh", "en")]
    for page in pages:
        page.changed(changes.TOPICS)
    till.scan(BREAD)
    assert ["#stage" in targets(page.changed(changes.TOPICS)) for page in pages] == [True] * 3


@pytest.mark.parametrize("language", ["ko", "zh", "en"])
@pytest.mark.parametrize(
    "keys",
    [
        ["F7"],
        ["F10"],
        ["F10", "F4"],
        ["F10", "F10"],
        ["F10", "F2"],
        ["KeyQ", "F6", "F6"],
        ["KeyQ", "F8"],
        ["KeyQ", "F9"],
        ["KeyQ", "Shift+F3"],
    ],
    ids="-".join,
)
def test_every_stage_can_be_painted(till: Any, keys: list[str], language: str) -> None:
    for key in keys:
        till.press(key)
    assert targets(page_of(till, language).changed(changes.TOPICS)) == list(PAINTED)


def test_a_shop_without_a_payment_terminal_still_sells(make_till: Callable[..., Any]) -> None:
    till = make_till()
    till.outside.conditions = []
    till.open_shift()
    till.scan(BREAD)
    html = page_of(till).changed(changes.TOPICS)
    card = re.findall(r'<button[^>]*data-key="F9"[^>]*>', html)[0]
    assert card.endswith(" disabled>")
    till.press("F8")
    assert till.stage == "done"
