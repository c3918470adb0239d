"""The doors of the shop's goods: what goes in and what comes out of them, word for word."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from edge.services import stock
from edge.services.shop import Shop
from edge.services.stock import Move
from tests.edge.services.test_receiving import ARRIVAL, announced  # noqa: F401 - a fixture
from tests.edge.services.test_rights import allow, promise

LOT = {"lot": "B", "expiry": "2026-11-25"}
CAKES = {"sku": "CAKE", "received": 5, **LOT}
BREAD = {"sku": "BREAD", "received": 2}
UNDATED = {"lot": "", "expiry": ""}


def post(client: TestClient, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    answer = client.post(f"/api/stock{path}", json=body)
    return answer.status_code, answer.json()


def receive(client: TestClient, *lines: dict[str, Any], **more: Any) -> tuple[int, dict[str, Any]]:
    return post(client, "/receivings", {"arrival_id": "A1", "lines": lines, **more})


def level(client: TestClient, sku: str) -> dict[str, Any]:
    return dict(client.get(f"/api/stock/{sku}").json())


# -- counts ---------------------------------------------------------------------------------


def test_a_count_that_agrees_says_so_by_saying_nothing(client: TestClient, shop: Shop) -> None:
    stock.move(shop, "received", [Move("BREAD", 5)])
    status, told = post(client, "/counts", {"lines": [{"sku": "BREAD", "counted": 5}]})
    assert (status, told["type"], told["cashier"], told["disagreements"]) == (
        201,
        "stock.counted",
        "Kim",
        [],
    )
    assert told["lines"] == [{"sku": "BREAD", "expected": 5, "counted": 5, "lots": []}]


def test_a_count_that_disagrees_with_the_ledger_is_said_and_both_figures_are_kept(
    client: TestClient, shop: Shop, facts: Callable[..., Any]
) -> None:
    """The count holds; what the ledger had said is in the fact that goes to head office, and in the words."""
    stock.move(shop, "received", [Move("CAKE", 4, "A", "2026-11-24"), Move("BREAD", 5)])
    lines = [{"sku": "CAKE", "counted": 1}, {"sku": "BREAD", "counted": 7}]
    status, told = post(client, "/counts", {"lines": lines})
    assert status == 201
    assert told["disagreements"] == [
        {
            "key": "stock.count_disagrees",
            "message": "딸기 케이크: 1 counted, 4 expected. The stock now says 1.",
            "what_now": "Look behind the shelf once more; if you find some, count again.",
            "fields": {"name": "딸기 케이크", "counted": 1, "expected": 4},
        },
        {
            "key": "stock.count_disagrees",
            "message": "우유 식빵: 7 counted, 5 expected. The stock now says 7.",
            "what_now": "Look behind the shelf once more; if you find some, count again.",
            "fields": {"name": "우유 식빵", "counted": 7, "expected": 5},
        },
    ]
    kept = [
        {"sku": "CAKE", "expected": 4, "counted": 1,
         "lots": [{"sku": "CAKE", "quantity": -3, "lot": "A", "expiry": "2026-11-24"}]},
        {"sku": "BREAD", "expected": 5, "counted": 7,
         "lots": [{"sku": "BREAD", "quantity": 2, **UNDATED}]},
    ]  # fmt: skip
    assert told["lines"] == facts(shop)[-1]["lines"] == kept
    assert [level(client, sku) for sku in ("CAKE", "BREAD")] == [
        {"sku": "CAKE", "quantity": 1},
        {"sku": "BREAD", "quantity": 7},
    ]
    again = post(client, "/counts", {"lines": lines})[1]
    assert (again["disagreements"], [line["lots"] for line in again["lines"]]) == ([], [[], []])


@pytest.mark.parametrize(
    ("lines", "status", "key", "message"),
    [
        ([{"sku": "BREAD", "counted": 1}, {"sku": "NIX", "counted": 1}], 409, "goods.unknown_code",
         "The code NIX is not in the catalogue."),
        ([{"sku": "BREAD", "counted": -1}], 422, "request.malformed",
         "Expected lines.0.counted to be 0 or more, got -1."),
        ([{"sku": "BREAD", "counted": 1_000_001}], 422, "request.malformed",
         "Expected lines.0.counted to be 1000000 or less, got 1000001."),
        ([{"sku": "BREAD", "counted": 1, "expiry": "soon"}], 422, "request.malformed", None),
        ([], 422, "request.malformed", None),
    ],
)  # fmt: skip
def test_a_bad_count_is_refused_in_words_and_changes_nothing(
    client: TestClient,
    shop: Shop,
    facts: Callable[..., Any],
    lines: list[Any],
    status: int,
    key: str,
    message: str | None,
) -> None:
    stock.move(shop, "received", [Move("BREAD", 5)])
    before = facts(shop)
    got, told = post(client, "/counts", {"lines": lines})
    assert (got, told["key"]) == (status, key)
    assert message in (None, told["message"])
    assert told["what_now"]
    assert facts(shop) == before
    assert level(client, "BREAD") == {"sku": "BREAD", "quantity": 5}


# -- receiving ------------------------------------------------------------------------------


@pytest.mark.usefixtures("announced")
def test_what_is_on_its_way_is_listed(client: TestClient) -> None:
    assert client.get("/api/stock/arrivals").json() == [
        {
            "arrival_id": "A1",
            "source": "transfer",
            "source_id": "job-1",
            "number": "",
            "sender": "hillside",
            "due": ARRIVAL["due"],
            "announced": {"CAKE": 5, "BREAD": 2},
            "came": {},
            "lots": [{"sku": "CAKE", "quantity": 5, **LOT}],
            "is_ended": False,
            "left": {"CAKE": 5, "BREAD": 2},
        }
    ]


@pytest.mark.usefixtures("announced")
def test_all_of_it_came(client: TestClient) -> None:
    status, fact = receive(client, CAKES, BREAD)
    assert (status, fact["outcome"], fact["source"], fact["source_id"], fact["cashier"]) == (
        201,
        "full",
        "transfer",
        "job-1",
        "Kim",
    )
    assert fact["lines"] == [
        {"sku": "CAKE", **LOT, "expected": 5, "received": 5, "damaged": 0},
        {"sku": "BREAD", **UNDATED, "expected": 2, "received": 2, "damaged": 0},
    ]
    assert client.get("/api/stock/lots/CAKE").json() == [{**LOT, "quantity": 5}]


@pytest.mark.usefixtures("announced")
def test_it_came_short_and_what_is_missing_is_still_announced(client: TestClient) -> None:
    status, fact = receive(client, {**CAKES, "received": 3, "damaged": 1})
    assert (status, fact["outcome"], fact["lines"]) == (
        201,
        "short",
        [{"sku": "CAKE", **LOT, "expected": 5, "received": 3, "damaged": 1}],
    )
    (arrival,) = client.get("/api/stock/arrivals").json()
    assert (arrival["announced"], arrival["came"]) == ({"CAKE": 5, "BREAD": 2}, {"CAKE": 3})
    assert (fact["rest"], arrival["left"]) == ("awaited", {"CAKE": 2, "BREAD": 2})
    assert level(client, "CAKE") == {"sku": "CAKE", "quantity": 2}
    ended = receive(client, {**BREAD, "received": 1}, rest="lost")[1]
    assert (ended["outcome"], ended["rest"]) == ("short", "lost")
    assert client.get("/api/stock/arrivals").json() == []


@pytest.mark.usefixtures("announced")
def test_more_than_announced_is_refused_until_it_is_confirmed(client: TestClient) -> None:
    status, told = receive(client, {**CAKES, "received": 6}, BREAD)
    assert (status, told) == (
        409,
        {
            "key": "stock.more_than_announced",
            "message": "딸기 케이크: 5 were announced and 6 have come. Nothing was taken in.",
            "what_now": "Count again; if so many came, confirm that more came than was announced.",
            "fields": {"name": "딸기 케이크", "expected": 5, "received": 6},
        },
    )
    assert level(client, "BREAD") == {"sku": "BREAD", "quantity": 0}
    status, fact = receive(client, {**CAKES, "received": 6}, BREAD, over="accept")
    assert (status, fact["outcome"]) == (201, "over")
    assert (fact["lines"][0]["expected"], fact["lines"][0]["received"]) == (5, 6)
    assert level(client, "CAKE") == {"sku": "CAKE", "quantity": 6}


def test_goods_that_nobody_announced_come_in(client: TestClient) -> None:
    status, fact = receive(client, BREAD, arrival_id="")
    assert (status, fact["outcome"], fact["source"]) == (201, "unannounced", "none")
    assert level(client, "BREAD") == {"sku": "BREAD", "quantity": 2}


@pytest.mark.usefixtures("announced")
@pytest.mark.parametrize(
    ("arrival_id", "line", "status", "message", "now"),
    [
        ("A9", BREAD, 404, "There is no arrival A9 here.", None),
        ("A1", {**BREAD, "sku": "NIX"}, 409, "The code NIX is not in the catalogue.", None),
        ("A1", {**CAKES, "damaged": 6}, 422, "딸기 케이크: 6 damaged of 5 that came. Nothing was taken in.",
         "Damaged pieces are counted among those that came: correct one of the two."),
        ("A1", {**CAKES, "expiry": "2026-11-20"}, 409,
         "딸기 케이크 came with the use-by date 2026-11-20; today is 2026-11-23. Nothing was taken in.",
         "Enter the expired pieces as damaged and send them back with the driver."),
        ("A1", {**BREAD, "received": 0}, 422, "Expected at least one piece that came, got 0.", None),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_delivery_is_said_and_nothing_comes_in(
    client: TestClient,
    shop: Shop,
    facts: Callable[..., Any],
    arrival_id: str,
    line: dict[str, Any],
    status: int,
    message: str,
    now: str | None,
) -> None:
    before = facts(shop)
    got, told = receive(client, line, arrival_id=arrival_id)
    assert (got, told["message"]) == (status, message)
    assert now in (None, told["what_now"])
    assert facts(shop) == before


# -- whose the goods are --------------------------------------------------------------------


def test_the_bound_is_a_number_and_a_sentence_in_three_languages(
    client: TestClient, shop: Shop
) -> None:
    allow(shop, CAKE={"cap": 2, "keep": 1})
    stock.move(shop, "received", [Move("CAKE", 5)])
    promise(shop, 1)
    with shop.write() as work:
        work.unit.sql("INSERT INTO set_aside VALUES ('job-9', 1, 'CAKE', '', '', 0, 1)")
    assert client.get("/api/stock/rights").json() == [
        {
            "sku": "CAKE",
            "on_hand": 5,
            "set_aside": 1,
            "cap": 2,
            "keep": 1,
            "promised": 1,
            "unheard": 0,
            "free": 4,
            "leased": 2,
            "walk_in": 2,
            "may_promise": 1,
            "bound": 2,
            "in_words": {
                "en": "If the line drops now, at most 2 of these can be promised twice.",
                "ko": "지금 회선이 끊기면 이 상품은 최대 2개까지 이중으로 약속될 수 있습니다.",
                "zh": "如果线路现在断开，该商品最多有 2 件可能被重复承诺。",
            },
        }
    ]


def test_moves_of_the_manager_are_kept_as_they_were_told(client: TestClient) -> None:
    moves = [{"sku": "CAKE", "quantity": 2, **LOT}, {"sku": "BREAD", "quantity": -1}]
    status, fact = post(client, "/moves", {"reason": "damaged", "moves": moves})
    assert (status, fact["type"], fact["reason"]) == (201, "stock.moved", "damaged")
    assert fact["moves"] == [moves[0], {**moves[1], **UNDATED}]
    assert level(client, "BREAD") == {"sku": "BREAD", "quantity": -1}
    status, told = post(client, "/moves", {"reason": "damaged", "moves": [{**moves[1], "quantity": 0}]})  # fmt: skip
    assert (status, told["message"]) == (
        422,
        "Expected at least one move, each with a quantity other than zero, got 1.",
    )
