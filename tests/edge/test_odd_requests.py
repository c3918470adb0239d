"""Every address of the box is asked with what no client should send: it says no in words, and nothing changes by it."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, cast
from urllib.parse import quote

import pytest
from anyio.from_thread import start_blocking_portal
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient

from contract.feeds import Operation, Ops
from edge import api
from edge.db import outbox
from edge.domain.basket import EnteredCode
from edge.main import Box
from edge.services import catalogue, selling, shifts
from edge.services.selling import Ordered
from edge.settings import Settings
from tests.made_once import kept_pages

LONG = "x" * 400_000
DEEP = "[" * 900 + "]" * 900
HUGE = 10**400
# As JSON text, because no Python value becomes NaN, half a character or a number of 5,000 digits by itself.
ODD_JSON = (
    "null", "true", "0", "-1", "1.5", "1e999", "NaN", str(2**63), str(-(2**63) - 1), str(HUGE), "9" * 5_000,
    '""', r'"\u0000"', r'"a\u0000b"', r'"\ud800"', r'"\u202e\u2028"', '"１２"', f'"{LONG}"', "[]", "[null]", "{}", DEEP,
    '{"a": {"b": [1]}}',
)  # fmt: skip
ODD_BODIES = (
    b"", b"{", b"null", b"[]", b'"text"', b"1", b"\xff\xfe\x00", DEEP.encode(), b'{"a": 1' * 500,
    b"[" * 100_000, b" " * 600_000,
)  # fmt: skip
ODD_IN_ADDRESS = (
    "0", "-1", "1.5", "NaN", "x", "%00", "a%00b", "%ED%A0%80", "%FF%FE", "%2e%2e", "%0A", "%20", "１",
    str(2**63), str(2**64), str(HUGE), "9" * 5_000, "x" * 20_000,
)  # fmt: skip
ODD_HEADERS = (
    {"content-type": "text/plain"}, {"content-type": "application/x-www-form-urlencoded"}, {"content-type": ""},
    {"content-type": "application/json; charset=utf-7"}, {"content-length": "x"}, {"cookie": "look=%00;=;"},
    {"referer": "http://[", "cookie": "look=language=zz"}, {"accept": "text/html"}, {"hx-request": "true"},
)  # fmt: skip
ODD_KEYS = (
    "", "Enter", "F2", "F4", "F8", "F9", "Escape", "F7", "Escape", "F10", "Escape",
    "line:", "line:x", f"line:{HUGE}", "line:-1", "cash:", "cash:x", f"cash:{10**30}", "\0",
)  # fmt: skip
ODD_TEXTS = (
    "",
    "\0",
    "a\0b",
    "9" * 300,
    "-1",
    "1e9",
    "²",
    "１２",
    "9*9*9",
    "TW1:AAAA",
    "\u202e\u2028",
    "999*" + "9" * 300,
)
ONE_OF_TWO = {"gtin": "", "receipt_qr": ""}  # beside a sku, beside a sale_id
SHORT = 3_000  # what is refused is not sent back whole
ERROR = {"key", "message", "what_now", "fields"}


class Ask(NamedTuple):
    method: str
    address: str
    content: bytes = b""
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),)


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """A box in the middle of a day: a shift, a sale, goods in a basket. One for all, because nothing may change it."""
    folder = tmp_path_factory.mktemp("box")
    settings = Settings(
        edge_id="maru-1",
        location_id="maru",
        location_name={"en": "Maru"},
        company_name="Maru",
        data_dir=folder,
        broker_url="mqtt://127.0.0.1:1",
        hub_url="http://127.0.0.1:1",
        language="en",
    )
    kept_pages(folder)
    box = Box(settings)
    for feed, value in (
        (
            "catalogue",
            {"sku": "BREAD", "names": {"en": "Bread"}, "tax_group": "A", "tax_rate_bp": 0},
        ),
        ("prices", {"sku": "BREAD", "currency": "KRW", "amount_minor": 3_200}),
    ):
        operation = Operation(key="BREAD", version=1, value=value)
        ops = Ops(feed=feed, after=0, through=1, operations=(operation,))
        assert catalogue.apply(box.database, ops)
    yield box
    box.stop()


@pytest.fixture(scope="module")
def client(box: Box) -> Iterator[TestClient]:
    """One event loop for all that is asked, and no start-up."""
    client = TestClient(box.app(), raise_server_exceptions=False)
    with start_blocking_portal() as client.portal:
        yield client


def day_begins(box: Box) -> None:
    """What the odd values are to be let loose on; again, because some of them are right somewhere."""
    if shifts.current(box.shop) is None:
        shifts.open_shift(box.shop, "Kim", 100_000)
        selling.sell(box.shop, [Ordered("BREAD")])
    if selling.current(box.shop) is None:
        selling.add_scan(box.shop, EnteredCode("BREAD"))


def stand(box: Box) -> tuple[Any, ...]:
    """All that a refused request must leave as it was."""
    with box.shop.read() as reader:
        head = outbox.head(reader)
        tables = ("sale", "goods_return", "payment", "print_job", "stock_move", "cash_movement")
        counts = [reader.sql(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables]
        baskets = reader.sql("SELECT basket_id, state, body FROM basket ORDER BY 1").fetchall()
    return head, counts, baskets


def described(routers: list[APIRouter]) -> dict[str, Any]:
    app = FastAPI()
    for router in routers:
        app.include_router(router)
    return app.openapi()


SCHEMA = described(api.routers(cast("api.Box", None)))  # only described: nothing is called
SCHEMAS: dict[str, Any] = SCHEMA["components"]["schemas"]
OPERATIONS = [
    (method.upper(), path, operation)
    for path, methods in SCHEMA["paths"].items()
    for method, operation in methods.items()
]


def filled(path: str) -> str:
    return re.sub(r"{\w+}", "1", path)


def in_addresses(method: str, path: str, operation: dict[str, Any]) -> Iterator[Ask]:
    for odd in ODD_IN_ADDRESS:
        if "{" in path:
            yield Ask(method, re.sub(r"{\w+}", quote(odd, safe="%"), path))
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "query":
                yield Ask(method, f"{path}?{parameter['name']}={quote(odd, safe='%')}")


def properties(operation: dict[str, Any]) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return {}
    name = content["schema"]["$ref"].rpartition("/")[2]
    found: dict[str, Any] = SCHEMAS[name]["properties"]
    return found


def proper(schema: dict[str, Any]) -> Any:
    """A value that the rules allow."""
    schema = schema.get("anyOf", [schema])[0]
    if "$ref" in schema:
        below = SCHEMAS[schema["$ref"].rpartition("/")[2]]["properties"]
        return {name: proper(of) for name, of in below.items()}
    if "enum" in schema:
        return schema["enum"][0]
    kinds: dict[str, Any] = {"integer": 1, "string": "BREAD", "boolean": True}
    return [proper(schema["items"])] if schema["type"] == "array" else kinds[schema["type"]]


def in_bodies(method: str, path: str, operation: dict[str, Any]) -> Iterator[Ask]:
    known = properties(operation)
    whole = {name: ONE_OF_TWO.get(name, proper(schema)) for name, schema in known.items()}
    for name, right in whole.items():
        rest = json.dumps({other: value for other, value in whole.items() if other != name})[1:]
        inner = right[0] if isinstance(right, list) and isinstance(right[0], dict) else {}
        for odd in ODD_JSON:
            yield body(method, path, f'{{"{name}": {odd}{"," if len(rest) > 1 else ""}{rest}')
            for below in inner:
                others = json.dumps(inner)[
                    1:
                ]  # a later member of the same name would win: it goes first
                told = others.replace(f'"{below}": {json.dumps(inner[below])}', f'"{below}": {odd}')
                yield body(method, path, f'{{"{name}": [{{{told}], {rest}')
    if method != "GET":
        for content in ODD_BODIES:
            yield Ask(method, filled(path), content)


def body(method: str, path: str, text: str) -> Ask:
    return Ask(method, filled(path), text.replace(", }", "}").encode())


def in_headers(method: str, path: str) -> Iterator[Ask]:
    for headers in ODD_HEADERS:
        yield Ask(method, filled(path), b"{}" if method != "GET" else b"", tuple(headers.items()))


def in_forms() -> Iterator[Ask]:
    form = (("content-type", "application/x-www-form-urlencoded"),)
    for key in ODD_KEYS:
        for text in ODD_TEXTS:
            told = f"key={quote(key)}&text={quote(text)}"
            yield Ask("POST", "/counter/press", told.encode(), form)
    for odd in (
        b"\xff\xfe",
        b"%FF%FE",
        b"a" * 400_000,
        b"&" * 10_000,
        b"language=zz",
        b"%ED%A0%80",
    ):
        yield Ask("POST", "/counter/press", b"key=Enter&text=" + odd, form)
        yield Ask("POST", "/counter/press", odd, form)
        yield Ask("POST", "/look", odd, form)


def refused_without_a_trace(box: Box, client: TestClient, asks: Iterable[Ask]) -> int:
    """How many of them were refused; each in the error form, with everything as it was."""
    return sum(is_refused_without_a_trace(box, client, ask) for ask in asks)


def is_refused_without_a_trace(box: Box, client: TestClient, ask: Ask) -> bool:
    day_begins(box)
    before = stand(box)
    answer = client.request(
        ask.method,
        ask.address,
        content=ask.content,
        headers=dict(ask.headers),
        follow_redirects=False,
    )
    if answer.status_code < 400:
        return False
    brief = (
        ask.method,
        ask.address[:80],
        ask.content[:80],
        answer.status_code,
        answer.text[:200],
    )
    assert answer.status_code < 500, brief
    assert stand(box) == before, brief
    if not answer.headers["content-type"].startswith("text/html"):
        told = answer.json()
        assert told.keys() == ERROR, brief
        assert told["message"].endswith("."), brief
        assert len(answer.content) < SHORT, brief
    return True


@pytest.mark.parametrize(
    ("method", "path", "operation"), OPERATIONS, ids=[f"{it[0]} {it[1]}" for it in OPERATIONS]
)
def test_what_no_client_should_send_is_refused_in_words_and_changes_nothing(
    box: Box, client: TestClient, method: str, path: str, operation: dict[str, Any]
) -> None:
    asks = [
        *in_addresses(method, path, operation),
        *in_bodies(method, path, operation),
        *in_headers(method, path),
    ]
    is_asked_something = "{" in path or method == "POST" or "parameters" in operation
    assert refused_without_a_trace(box, client, asks) >= 5 * is_asked_something


def test_what_nobody_can_press_or_type_is_no_fault_of_the_counter(
    box: Box, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    """A key that no button sends does nothing; a text that no keyboard types is refused in words."""
    refused_without_a_trace(box, client, in_forms())
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "BREW"])
def test_where_nothing_is_there_is_an_answer(box: Box, client: TestClient, method: str) -> None:
    asks = [Ask(method, f"{filled(path)}/nowhere") for _, path, _ in OPERATIONS]
    assert refused_without_a_trace(box, client, asks) == len(asks)
