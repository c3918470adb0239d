"""What every answer says to the browser, and whose requests are refused."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from ui.security import HEADERS, REFUSAL, UNKNOWN_NAME, Guard, OwnNames

acted: list[str] = []


async def act(request: Request) -> PlainTextResponse:
    acted.append(request.method)
    return PlainTextResponse("done")


async def streamed(_: Request) -> StreamingResponse:
    return StreamingResponse(iter([b"a", b"b"]))


@pytest.fixture
def client() -> TestClient:
    acted.clear()
    routes = [Route("/act", act, methods=["GET", "POST"]), Route("/stream", streamed)]
    return TestClient(Guard(Starlette(routes=routes)))


@pytest.mark.parametrize("path", ["/act", "/stream", "/nowhere"])
def test_every_answer_carries_the_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert {name: headers[name] for name in HEADERS} == HEADERS


def test_no_inline_script_or_style_and_nothing_from_elsewhere() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_sites_page_cannot_act(client: TestClient, site: str) -> None:
    answer = client.post("/act", headers={"Sec-Fetch-Site": site})
    assert (answer.status_code, answer.text) == (403, REFUSAL)
    assert acted == []


@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}]
)
def test_our_own_page_and_programs_may_act(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/act", headers=headers).text == "done"


def test_another_sites_link_may_look(client: TestClient) -> None:
    assert client.get("/act", headers={"Sec-Fetch-Site": "cross-site"}).text == "done"


@pytest.mark.parametrize("origin", ["http://elsewhere.example", "null", "http://testserver:81"])
def test_where_the_browser_says_no_more_its_origin_must_be_ours(
    client: TestClient, origin: str
) -> None:
    answer = client.post("/act", headers={"Origin": origin})
    assert (answer.status_code, answer.text) == (403, REFUSAL)
    assert acted == []


def test_our_own_origin_may_act(client: TestClient) -> None:
    assert client.post("/act", headers={"Origin": "http://testserver"}).text == "done"


@pytest.fixture
def named() -> TestClient:
    acted.clear()
    routes = [Route("/act", act, methods=["GET", "POST"])]
    return TestClient(OwnNames(Guard(Starlette(routes=routes)), ["Till1.shop.example"]))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8101", "[::1]:8101", "192.168.0.40", "localhost:8101", "till-1:8101",
        "till-1.local", "till1.shop.example:443", "TILL1.SHOP.EXAMPLE.",
    ],
)  # fmt: skip
def test_it_answers_under_its_own_names(named: TestClient, host: str) -> None:
    assert named.post("/act", headers={"Host": host}).text == "done"


@pytest.mark.parametrize(
    "host", ["elsewhere.example:8101", "127.0.0.1.elsewhere.example", "shop.example", "[", "1.2.3"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_strangers_name_for_our_address_gets_nothing(
    named: TestClient, method: str, host: str
) -> None:
    answer = named.request(method, "/act", headers={"Host": host})
    assert (answer.status_code, answer.text) == (421, UNKNOWN_NAME)
    assert acted == []
