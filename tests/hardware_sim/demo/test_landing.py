"""The landing page, with a picture of the shops in place of nine processes."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from hardware_sim.demo import landing
from hardware_sim.demo.actions import ActionError
from hardware_sim.demo.chain import Chain
from hardware_sim.demo.products import products
from hardware_sim.demo.state import Counter, Head, Picture, Till
from ui.pages import Look

TILL = Till(is_online=True, waiting=0, high=12, basket=None, last_sale="", has_shift=True)
FIRST = Counter(TILL, Head(True, 12, 12, True), True, True)
WELL = Picture((FIRST, FIRST), True, True, True)
NOBODY = Picture((Counter(), Counter()))
FOREIGN_SITE = {"sec-fetch-site": "cross-site"}


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    return Chain(tmp_path, 8100, "en", products())


@pytest.fixture
def page(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    async def look(client: object, chain: Chain) -> Picture:
        return WELL

    monkeypatch.setattr(landing, "look", look)
    return TestClient(landing.make_app(chain), follow_redirects=False)


@pytest.fixture
def acts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    steps: list[str] = []
    monkeypatch.setattr(landing, "act", lambda step, *_: steps.append(step))
    return steps


def test_the_page_is_whole_before_any_script_runs(page: TestClient) -> None:
    page.cookies.set("look", "language=en")
    text = page.get("/").text
    assert 'href="http://127.0.0.1:8102"' in text
    assert 'href="http://127.0.0.1:8113/picking"' in text
    assert ("Office Tower" in text, "Hillside" in text) == (True, True)
    assert "up: the box reaches the broker" in text
    assert "Equal, and their chains agree" in text
    assert 'action="/tour/scan"' in text


@pytest.mark.parametrize(
    ("language", "words"), [("ko", "다섯 단계"), ("zh", "五个步骤"), ("en", "Five steps")]
)
def test_three_languages(page: TestClient, language: str, words: str) -> None:
    page.cookies.set("look", f"language={language}")
    assert words in page.get("/").text


def test_a_strangers_name_for_our_address_acts_nothing(page: TestClient, acts: list[str]) -> None:
    answer = page.post("/tour/pull", headers={"Host": "elsewhere.example"})
    assert (answer.status_code, acts) == (421, [])


def test_a_step_acts_and_comes_back(page: TestClient, acts: list[str]) -> None:
    answer = page.post("/tour/pull")
    assert (answer.status_code, answer.headers["location"], acts) == (303, "/", ["pull"])
    assert page.post("/tour/back", headers={"hx-request": "true"}).status_code == 204
    assert acts == ["pull", "back"]


def test_no_such_step(page: TestClient, acts: list[str]) -> None:
    answer = page.post("/tour/burn")
    assert answer.status_code == 404
    assert answer.text == "Expected one of scan, pay, pull, sell, back, got burn."
    assert acts == []


def test_another_sites_page_pulls_nothing(page: TestClient, acts: list[str]) -> None:
    assert page.post("/tour/pull", headers=FOREIGN_SITE).status_code == 403
    assert acts == []


def test_a_refusal_is_on_the_page(page: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ActionError("The basket is empty. Scan something first.")

    monkeypatch.setattr(landing, "act", refuse)
    page.post("/tour/pay")
    assert "The basket is empty. Scan something first." in page.get("/").text


@pytest.fixture
def shown(chain: Chain) -> landing.Landing:
    return landing.Landing(chain)


async def test_the_stream_sends_everything_once_and_then_only_what_changed(
    shown: landing.Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = iter([WELL, WELL, NOBODY])

    async def look(client: object, chain: Chain) -> Picture:
        return next(pictures)

    monkeypatch.setattr(landing, "look", look)
    monkeypatch.setattr(landing, "EVERY_S", 0)
    stream = landing.changes(shown, Look(language="en"))
    first, second, third = [await anext(stream) for _ in range(3)]
    assert first.count(b"<hx-partial") == 3
    assert second == b": still here\n\n"
    assert third.count(b"<hx-partial") == 2
    assert b"Box or hub does not answer yet." in third
