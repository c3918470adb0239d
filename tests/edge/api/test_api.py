from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from drivers.events import PaymentOutcome, PaymentResult
from edge.api import BodyLimit, Box, answer_errors, routers
from edge.api.errors import status_of
from edge.domain.basket import EnteredCode
from edge.domain.errors import DiskFailed, DiskFull, NoShift, NotFound, ShopError, TenderTooSmall
from edge.services import documents, payments, printing
from edge.services.shop import Shop

JSON = {"content-type": "application/json"}
WHAT_STAYS = ("basket", "sale", "goods_return", "print_job", "stock_move", "outbox")


def read_code(data: str, symbology: str) -> EnteredCode:
    return EnteredCode(data.removeprefix("01")) if symbology == "]d2" else EnteredCode(data)


@pytest.fixture
def api(shop: Shop) -> Iterator[TestClient]:
    app = FastAPI()
    box = Box(
        shop=shop,
        software="0.1.0",
        boot="boot-1",
        read_code=read_code,
        is_online=lambda: False,
        peripherals=lambda: [{"name": "printer", "state": "ready"}],
    )
    for router in routers(box):
        app.include_router(router)
    answer_errors(app)
    app.add_middleware(BodyLimit)
    with TestClient(app) as client:
        yield client


def ok(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    return response.json() if response.content else None


def refused(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    body: dict[str, Any] = response.json()
    assert body.keys() == {"key", "message", "what_now", "fields"}
    return body


def test_health_names_the_box(api: TestClient) -> None:
    assert ok(api.get("/health")) == {
        "status": "ok", "edge_id": "maru-office-tower-1", "software": "0.1.0", "boot": "boot-1",
    }  # fmt: skip


def test_a_sale_by_scans_and_cash(api: TestClient) -> None:
    ok(api.post("/api/scans", json={"data": "018801234500012", "symbology": "]d2"}))
    ok(api.post("/api/basket/lines", json={"sku": "MILK", "quantity": 3}))
    ok(api.post("/api/basket/lines/2/quantity", json={"quantity": 2}))
    ok(api.post("/api/basket/lines", json={"gtin": "8801234500036"}))
    ok(api.post("/api/basket/lines/3/void"))
    basket = ok(api.post("/api/basket/discount", json={"percent_bp": 1000}))
    assert (basket["total_minor"], basket["due_minor"], basket["discount_minor"]) == (
        9_090,
        9_090,
        1_010,
    )
    assert [(line["sku"], line["quantity"], line["is_void"]) for line in basket["lines"]] == [
        ("BREAD", 1, False), ("MILK", 2, False), ("CAKE", 1, True),
    ]  # fmt: skip
    part = ok(api.post("/api/basket/tenders/cash", json={"tendered_minor": 90}))
    assert part["basket"]["due_minor"] == 9_000
    sale = ok(api.post("/api/basket/tenders/cash", json={"tendered_minor": 10_000}))["sale"]
    assert sale["tenders"][1]["change_minor"] == 1_000
    assert ok(api.get("/api/state"))["basket"] is None
    found = ok(api.get(f"/api/sales/{sale['sale_id']}"))
    assert (found["total_minor"], len(found["lines"]), len(found["tenders"])) == (9_090, 2, 2)
    assert [row["sale_id"] for row in ok(api.get("/api/sales?limit=5"))] == [sale["sale_id"]]


def test_a_whole_sale_in_one_request(api: TestClient) -> None:
    body = {
        "lines": [{"sku": "BREAD", "quantity": 2}, {"gtin": "50123452"}],
        "tendered_minor": 20_000,
    }
    sale = ok(api.post("/api/sales", json=body), 201)
    assert (sale["type"], sale["total_minor"], sale["tenders"][0]["change_minor"]) == (
        "sale.completed", 11_800, 8_200,
    )  # fmt: skip
    copy = ok(api.post(f"/api/sales/{sale['sale_id']}/reprint"), 202)
    assert (copy["state"], copy["copy_of"]) == ("QUEUED", 1)
    jobs = ok(api.get("/api/print-jobs"))
    assert [job["job_id"] for job in jobs] == [2, 1]
    assert ok(api.post("/api/print-jobs/1/copy"), 202)["copy_of"] == 1


def test_baskets_put_aside(api: TestClient) -> None:
    basket = ok(api.post("/api/basket/lines", json={"sku": "BREAD"}))
    ok(api.post("/api/basket/suspend"), 204)
    assert [row["basket_id"] for row in ok(api.get("/api/baskets/suspended"))] == [
        basket["basket_id"]
    ]
    back = ok(api.post(f"/api/baskets/{basket['basket_id']}/resume"))
    assert (back["state"], back["total_minor"]) == ("open", 4_500)
    ok(api.post("/api/basket/void"), 204)
    assert refused(api.post("/api/basket/void"), 409)["key"] == "basket.none"


def test_a_card(api: TestClient, shop: Shop) -> None:
    ok(api.post("/api/basket/lines", json={"sku": "BREAD"}))
    payment = ok(api.post("/api/basket/tenders/card", json={}), 202)
    assert (payment["state"], payment["amount_minor"]) == ("NEW", 4_500)
    payments.send(shop, payment["payment_id"])
    payments.lose(shop, payment["payment_id"], "silence")
    assert [row["payment_id"] for row in ok(api.get("/api/payments?state=unknown"))] == [
        payment["payment_id"]
    ]
    assert len(ok(api.get("/api/payments"))) == 1
    assert ok(api.get("/api/state"))["basket"]["payment"]["state"] == "UNKNOWN"
    payments.settle(
        shop, payment["payment_id"], PaymentOutcome(PaymentResult.APPROVED, "r", 4_500, "KRW")
    )
    assert ok(api.get(f"/api/payments/{payment['payment_id']}"))["state"] == "APPROVED"
    sold = refused(api.post(f"/api/payments/{payment['payment_id']}/reverse"), 409)
    assert (sold["key"], sold["what_now"]) == (
        "payment.is_sold",
        "Take the goods back against the receipt; the money goes back with them.",
    )
    ok(api.post("/api/basket/lines", json={"sku": "BREAD"}))
    part = ok(api.post("/api/basket/tenders/card", json={"amount_minor": 1_000}), 202)["payment_id"]
    payments.send(shop, part)
    payments.settle(shop, part, PaymentOutcome(PaymentResult.APPROVED, "r", 1_000, "KRW"))
    assert ok(api.post(f"/api/payments/{part}/reverse"), 202)["state"] == "REVERSING"
    assert refused(api.get("/api/payments?state=lost"), 422)["message"].startswith(
        "Expected one of NEW, SENT"
    )


def test_a_person_who_sees_the_paper_settles_a_job_of_unknown_outcome(
    api: TestClient, shop: Shop
) -> None:
    ok(api.post("/api/sales", json={"lines": [{"sku": "BREAD"}]}), 201)
    waiting = refused(api.post("/api/print-jobs/1/printed"), 409)
    assert waiting["message"] == "Print job 1 is QUEUED and cannot become PRINTED."
    printing.advance(shop, 1, "SENDING", process_id="0001")
    printing.advance(shop, 1, "UNKNOWN", reason="the line broke")
    seen = ok(api.post("/api/print-jobs/1/printed"))
    assert (seen["state"], seen["reason"]) == ("PRINTED", "seen by a person")


def test_goods_back(api: TestClient, shop: Shop) -> None:
    sale = ok(api.post("/api/sales", json={"lines": [{"sku": "BREAD", "quantity": 2}]}), 201)
    job = printing.oldest_waiting(shop)
    assert job is not None
    code = next(e.data for e in documents.from_text(job.document).elements if hasattr(e, "data"))
    found = ok(api.post("/api/returns/look-up", json={"receipt_qr": code}))
    assert (found["sale_id"], found["lines"][0]["left"], found["refunded_minor"]) == (
        sale["sale_id"],
        2,
        0,
    )
    body = {
        "receipt_qr": code,
        "lines": [{"line": 1, "quantity": 2}],
        "reason": "stale",
        "tender": "cash",
    }
    back = ok(api.post("/api/returns", json=body), 201)
    assert back["total_minor"] == 9_000
    assert ok(api.get(f"/api/returns/{back['return_id']}"))["total_minor"] == 9_000
    again = refused(api.post("/api/returns", json=body), 409)
    assert again == {
        "key": "return.above_paid",
        "message": "Line 1: 2 were to come back, but only 0 of 2 sold are left to return.",
        "what_now": "Return at most what is left; earlier returns of this receipt are counted.",
        "fields": {"line": 1, "wanted": 2, "left": 0, "sold": 2},
    }
    neither = refused(api.post("/api/returns/look-up", json={}), 422)
    assert neither["message"] == "Expected either a receipt_qr or a sale_id, got neither."


def test_a_shift_from_open_to_z(api: TestClient, shop: Shop) -> None:
    taken = refused(api.post("/api/shifts", json={"cashier": "Lee", "float_minor": 0}), 409)
    assert (taken["key"], taken["fields"]["cashier"]) == ("shift.drawer_taken", "Kim")
    shift = ok(api.get("/api/shifts/current"))
    moved = {"direction": "in", "amount_minor": 5_000, "reason": "coins"}
    assert ok(api.post("/api/shifts/current/cash", json=moved), 201)["type"] == "cash.moved"
    assert ok(api.get("/api/shifts/current/x"))["expected_cash_minor"] == 55_000
    assert ok(api.post("/api/shifts/current/x"), 202)["shift"]["number"] == 1
    z = ok(api.post("/api/shifts/current/close", json={"counted_minor": 55_000}))
    assert (z["variance_minor"], z["cash_in_minor"]) == (0, 5_000)
    assert ok(api.get(f"/api/shifts/{shift['shift_id']}/z")) == z
    assert ok(api.get("/api/shifts/current")) is None
    assert refused(api.post("/api/drawer/open"), 409)["key"] == "shift.none"
    assert (
        ok(api.post("/api/shifts", json={"cashier": "Lee", "float_minor": 0}), 201)["number"] == 2
    )
    ok(api.post("/api/drawer/open"), 202)


def test_stock(api: TestClient) -> None:
    body = {"reason": "received", "moves": [{"sku": "BREAD", "quantity": 12}]}
    assert ok(api.post("/api/stock/moves", json=body), 201)["type"] == "stock.moved"
    assert ok(api.get("/api/stock/BREAD")) == {"sku": "BREAD", "quantity": 12}


def test_the_state_of_the_line(api: TestClient) -> None:
    ok(api.post("/api/sales", json={"lines": [{"sku": "BREAD"}]}), 201)
    state = ok(api.get("/api/state"))
    assert (state["line"]["online"], state["line"]["waiting"], state["line"]["high"]) == (
        False,
        2,
        2,
    )
    assert state["line"].keys() == {"online", "waiting", "epoch", "high", "chain", "acked"}
    assert (state["shift"]["cashier"], state["catalogue_version"], state["prices_version"]) == (
        "Kim",
        1,
        1,
    )
    assert state["peripherals"] == [{"name": "printer", "state": "ready"}]


def test_metrics_are_text(api: TestClient) -> None:
    ok(api.post("/api/sales", json={"lines": [{"sku": "BREAD"}]}), 201)
    api.post("/api/scans", json={"data": "4006381333931"})
    text = api.get("/metrics").text
    assert "# TYPE twinstore_sales_total counter\ntwinstore_sales_total 1\n" in text
    unknown = "twinstore_unknown_scans_kept"
    assert f"# TYPE {unknown} gauge\n{unknown} 1\n" in text
    assert "twinstore_outbox_waiting 2\n" in text
    assert "twinstore_reserve_released 0\n" in text


@pytest.mark.parametrize(
    ("path", "body", "status", "message"),
    [
        ("/api/scans", {"data": "4006381333931"}, 409, "The code 4006381333931 is not in the catalogue."),
        ("/api/scans", {"data": "ZERO"}, 409, "The price of 값 없는 빵 (ZERO) is zero and it is not marked as free."),
        ("/api/basket/lines", {}, 422, "Expected either a sku or a gtin, got neither."),
        ("/api/basket/lines", {"sku": "BREAD", "quantity": 0}, 422, "Expected a quantity of 1 to 999, got 0."),
        ("/api/basket/lines/9/void", None, 409, "There is no open basket."),
        ("/api/sales/nope/reprint", None, 404, "There is no sale nope here."),
        ("/api/print-jobs/77/copy", None, 404, "There is no print job 77 here."),
        ("/api/print-jobs/77/printed", None, 404, "There is no print job 77 here."),
        ("/api/returns/look-up", {"receipt_qr": "x"}, 422, "Expected the code of a receipt, got 'x'."),
        ("/api/sales", {"lines": []}, 422,
         "Expected lines to have 1 or more entries, got []."),
        ("/api/basket/tenders/cash", {"tendered_minor": 10**15}, 422,
         "Expected tendered_minor to be 1000000000000 or less, got 1000000000000000."),
        ("/api/basket/tenders/cash", {}, 422, "Expected tendered_minor not to be missing, got nothing."),
        ("/api/basket/tenders/cash", [], 422, "Expected the body to be an object, got []."),
        ("/api/basket/lines", {"sku": 5}, 422, "Expected sku to be text, got 5."),
        ("/api/basket/lines", {"sku": "BREAD\0"}, 422,
         r"Expected sku to be text without control characters, got 'BREAD\x00'."),
        ("/api/basket/lines", {"sku": "x" * 999}, 422,
         f"Expected sku to have 128 or fewer characters, got '{'x' * 27}...{'x' * 28}'."),
        ("/api/basket/lines", {"sku": "BREAD", "quantity": 1.5}, 422,
         "Expected quantity to be a whole number, got 1.5."),
        ("/api/basket/lines", {"sku": "BREAD", "quantity": 2**64}, 422,
         "Expected quantity to be 1000000 or less, got 18446744073709551616."),
        ("/api/scans", {"data": "8801\0"}, 422,
         r"Expected data to be text without control characters, got '8801\x00'."),
        ("/api/shifts", {"cashier": "Le\0e", "float_minor": 0}, 422,
         r"Expected cashier to be text without control characters, got 'Le\x00e'."),
        ("/api/shifts/current/cash", {"direction": "in", "amount_minor": 1, "reason": "a\nb"}, 422,
         r"Expected reason to be text without control characters, got 'a\nb'."),
        ("/api/shifts/current/cash", {"direction": "up", "amount_minor": 1}, 422,
         "Expected direction to be 'in' or 'out', got 'up'."),
        ("/api/returns", {"sale_id": "x", "lines": [{"line": 1, "quantity": 1}], "reason": "\0"}, 422,
         r"Expected reason to be text without control characters, got '\x00'."),
        ("/api/returns", {"sale_id": "x", "lines": [{"line": 0, "quantity": 1}], "reason": "a"}, 422,
         "Expected lines.0.line to be 1 or more, got 0."),
        ("/api/stock/moves", {"reason": "received", "moves": [{"sku": "\0", "quantity": 1}]}, 422,
         r"Expected moves.0.sku to be text without control characters, got '\x00'."),
        (f"/api/print-jobs/{2**63}/copy", None, 422,
         "Expected job_id to be 9223372036854775807 or less, got '9223372036854775808'."),
        (f"/api/print-jobs/{2**63 - 1}/copy", None, 404, "There is no print job 9223372036854775807 here."),
        ("/api/print-jobs/-1/copy", None, 422, "Expected job_id to be 1 or more, got '-1'."),
        ("/api/print-jobs/one/printed", None, 422, "Expected job_id to be a whole number, got 'one'."),
        (f"/api/print-jobs/{'9' * 5000}/printed", None, 422,
         f"Expected job_id to be a number that fits the box, got '{'9' * 27}...{'9' * 28}'."),
        ("/api/basket/lines/201/void", None, 422, "Expected line to be 200 or less, got '201'."),
        (f"/api/sales/{2**70}/reprint", None, 404, "There is no sale 1180591620717411303424 here."),
        ("/api/sales/a%00b/reprint", None, 422,
         r"Expected sale_id to be text without control characters, got 'a\x00b'."),
    ],
)  # fmt: skip
def test_bad_input_is_answered_in_words_and_changes_nothing(
    api: TestClient,
    rows: Callable[[Shop, str], list[tuple[Any, ...]]],
    shop: Shop,
    path: str,
    body: Any,
    status: int,
    message: str,
) -> None:
    assert refused(api.post(path, json=body), status)["message"] == message
    counts = ", ".join(f"(SELECT count(*) FROM {name})" for name in WHAT_STAYS)
    assert rows(shop, f"SELECT {counts}") == [(0, 0, 0, 0, 0, 1)]


@pytest.mark.parametrize(
    ("content", "content_type", "status", "key", "message", "what_now"),
    [
        (b"{'a'", "application/json", 422, "request.malformed",
         "Expected the body to be JSON, got Expecting property name enclosed in double quotes at character 1.",
         "Correct the value and try again."),
        (b"\xff", "application/json", 400, "request.unreadable",
         "The request was not understood: There was an error parsing the body. Nothing was changed.",
         "Correct the request and send it again."),
        (b'{"data": "1"}', "text/plain", 415, "request.wrong_content",
         "Expected a body of application/json, got text/plain. Nothing was changed.",
         "Send the request again with the header Content-Type: application/json."),
        (b'{"data": "1"}', "", 415, "request.wrong_content",
         "Expected a body of application/json, got none. Nothing was changed.",
         "Send the request again with the header Content-Type: application/json."),
        (b'{"data": "%s"}' % (b"x" * 1_000_000), "application/json", 413, "request.too_long",
         "Expected a request of at most 500000 bytes, got a longer one. Nothing was changed.",
         "Send less at once."),
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_refused_before_it_is(
    api: TestClient,
    content: bytes,
    content_type: str,
    status: int,
    key: str,
    message: str,
    what_now: str,
) -> None:
    answer = api.post("/api/scans", content=content, headers={"content-type": content_type})
    told = refused(answer, status)
    assert (told["key"], told["message"], told["what_now"]) == (key, message, what_now)
    assert ok(api.get("/api/state"))["basket"] is None


def test_a_body_in_pieces_without_a_length_is_counted(api: TestClient) -> None:
    pieces = (b" " * 10_000 for _ in range(51))
    told = refused(api.post("/api/scans", content=pieces, headers=JSON), 413)
    assert told["key"] == "request.too_long"


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "/api/nowhere", 404, "There is nothing at /api/nowhere of this box. Nothing was changed."),
        ("GET", "/nowhere", 404, "There is nothing at /nowhere of this box. Nothing was changed."),
        ("GET", "/api/basket/void", 405, "Expected POST at /api/basket/void, got GET. Nothing was changed."),
        ("DELETE", "/api/sales/1", 405, "Expected GET at /api/sales/1, got DELETE. Nothing was changed."),
    ],
)  # fmt: skip
def test_an_address_that_is_not_there_is_said_in_words(
    api: TestClient, method: str, path: str, status: int, message: str
) -> None:
    assert refused(api.request(method, path), status)["message"] == message


def test_the_description_of_the_api_shows_the_error_form(api: TestClient) -> None:
    described = ok(api.get("/openapi.json"))
    form = described["components"]["schemas"]["Refusal"]
    assert form["required"] == ["key", "message", "what_now", "fields"]
    told = described["paths"]["/api/scans"]["post"]["responses"]
    shown = {
        status: told[status]["content"]["application/json"]["schema"] for status in ("409", "422")
    }
    assert shown == {key: {"$ref": "#/components/schemas/Refusal"} for key in ("409", "422")}


def test_a_defect_of_ours_is_said_too(api: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "recent", lambda *_: 1 // 0)
    client = TestClient(api.app, raise_server_exceptions=False)
    assert refused(client.get("/api/print-jobs"), 500) == {
        "key": "box.fault",
        "message": "The box could not do that: a fault of its own stopped it.",
        "what_now": "Look whether it was done before you do it again, and call the person who looks after the box.",
        "fields": {},
    }


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (TenderTooSmall(amount="0"), 422),
        (NotFound(what="sale", name="x"), 404),
        (NoShift(), 409),
        (DiskFull(), 507),
        (DiskFailed(detail="x"), 503),
        (ShopError(), 500),
    ],
)
def test_the_status_follows_from_the_sort_of_the_error(error: ShopError, status: int) -> None:
    assert status_of(error) == status
