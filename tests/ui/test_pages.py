"""The page environment: languages, looks, escaping, and where the look is kept."""

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from ui.pages import Look, Pages, Place, look_from


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "page.html").write_text(
        '{% extends "base.html" %}{% block body %}<h1>{{ title }}</h1>'
        "{{ money(12300) }}|{{ time_of(at) }}{{ ui.language_form() }}{{ ui.look_form(look) }}{% endblock %}",
        encoding="utf-8",
    )
    return tmp_path


@pytest.fixture
def client(folder: Path) -> TestClient:
    pages = Pages(folder, Place(currency="CNY", timezone="Asia/Shanghai", language="zh"))

    def page(request: Request) -> Response:
        look = pages.look(request)
        return pages.response("page.html", look, title="<b>", at="2026-11-23T00:00:00+00:00")

    app = Starlette(routes=[Route("/shop", page)])
    pages.add_to(app)
    return TestClient(app, follow_redirects=False)


def test_a_page_is_in_the_places_language_money_and_time(client: TestClient) -> None:
    answer = client.get("/shop")
    assert '<html lang="zh-Hans"' in answer.text
    assert "¥123.00|08:00 CST" in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_what_comes_from_data_is_escaped(client: TestClient) -> None:
    assert "<h1>&lt;b&gt;</h1>" in client.get("/shop").text


def test_the_page_has_no_inline_script_or_style(client: TestClient) -> None:
    html = client.get("/shop").text
    assert " style=" not in html
    assert "<style" not in html
    assert html.count("<script") == html.count("<script src=")


def test_the_stream_comes_back_quickly(client: TestClient) -> None:
    config = "sse.reconnectDelay:300ms, sse.reconnectMaxDelay:2s"
    assert f'<meta name="htmx-config" content="{config},' in client.get("/shop").text


def test_a_look_is_kept_and_goes_back_to_the_page(client: TestClient) -> None:
    answer = client.post(
        "/look", data={"theme": "dark"}, headers={"Referer": "http://testserver/shop?x=1"}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/shop?x=1")
    html = client.get("/shop").text
    assert 'data-theme="dark" data-contrast="auto" data-text="normal"' in html


@pytest.mark.parametrize(
    ("referer", "path"),
    [
        ("http://testserver/shop?x=1", "/shop?x=1"),
        ("http://testserver/shop", "/shop"),
        ("http://testserver", "/"),
        ("http://testserver//elsewhere.example/", "/elsewhere.example/"),
        ("http://testserver/\\elsewhere.example", "/elsewhere.example"),
        ("http://[", "/"),
        ("", "/"),
    ],
)
def test_the_way_back_is_a_page_of_ours(client: TestClient, referer: str, path: str) -> None:
    answer = client.post("/look", data={"theme": "dark"}, headers={"Referer": referer})
    assert (answer.status_code, answer.headers["location"]) == (303, path)


def test_a_second_choice_keeps_the_first(client: TestClient) -> None:
    client.post("/look", data={"theme": "dark"})
    client.post("/look", data={"language": "ko", "text": "large"})
    html = client.get("/shop").text
    assert '<html lang="ko" data-theme="dark" data-contrast="auto" data-text="large">' in html


@pytest.mark.parametrize("cookie", ["", "language=de&theme=pink", "language=<script>", "x"])
def test_an_unknown_look_is_ignored(cookie: str) -> None:
    assert look_from(cookie, "ko") == Look("ko", "auto", "auto", "normal")


def test_a_message_page_says_what_happened_what_to_do_and_the_way_back(tmp_path: Path) -> None:
    html = Pages(tmp_path, Place()).render(
        "message.html",
        Look(),
        title="No such page",
        message="Here is nothing under /<nonsense>.",
        what_now="Check the address.",
        back="/",
        back_label="To the boxes",
    )
    assert "<title>No such page</title>" in html
    assert (
        '<p class="first">Here is nothing under /&lt;nonsense&gt;.</p><p>Check the address.</p>'
        '<p><a class="button main" href="/">To the boxes</a></p>'
    ) in html


def test_a_second_face_has_files_of_its_own_and_the_first_ones_look(folder: Path) -> None:
    (folder / "static").mkdir()
    (folder / "static" / "own.css").write_text("main { color: red }", encoding="utf-8")
    first, second = Pages(folder, Place()), Pages(folder, Place(), "/shop")
    app = Starlette()
    first.add_to(app)
    second.add_files_to(app)
    client = TestClient(app)
    url = second.environment("en").from_string("{{ asset('own.css') }}").render()
    assert url.startswith("/shop/static/own.")
    assert client.get(url).text == "main { color: red }"
