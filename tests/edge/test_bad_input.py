"""What goes wrong at a till every day, asked through every door of a whole box: the scanner, the keys and the API.

Each is answered with the whole sentence and what to do now, in the reader's language, and leaves every table of the
database as it was.
"""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from contract.feeds import Operation, Ops
from drivers.events import ScanRead
from edge.checks import Problem
from edge.clock import parse_stamp
from edge.domain.errors import DrawerTaken
from edge.main import Box, read_code
from edge.peripherals.scanning import ScanDesk
from edge.screens.paint import sentence_of
from edge.services import catalogue, documents, printing, selling, shifts
from edge.services.selling import Ordered
from edge.settings import Settings
from ui.formats import LANGUAGES

BREAD, UNKNOWN = "8801007000015", "4006381333931"
GOODS = (("BREAD", "Bread", "식빵", "面包", 4_500), ("ZERO", "Mystery", "수수께끼", "谜", 0))
SCRATCH = {"unknown_scan"}  # what head office is told of; not the books
A_YEAR_S = 365 * 86_400

Told = tuple[str, str]


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    """A box with Kim's shift over 50,000 and a loaf in the basket."""
    box = Box(
        Settings(
            edge_id="maru-1",
            location_id="maru",
            location_name={"en": "Maru"},
            company_name="Maru",
            data_dir=tmp_path / "box",
            broker_url="mqtt://127.0.0.1:1",
            hub_url="http://127.0.0.1:1",
            language="en",
            clock_url=f"file:{tmp_path / 'offset'}",
        )
    )
    products: list[dict[str, Any]] = [
        {"sku": sku, "names": {"en": en, "ko": ko, "zh": zh}, "tax_group": "A", "tax_rate_bp": 1000,
         "gtins": [BREAD] if sku == "BREAD" else []}
        for sku, en, ko, zh, _ in GOODS
    ]  # fmt: skip
    prices = [{"sku": it[0], "currency": "KRW", "amount_minor": it[4]} for it in GOODS]
    for feed, values in (("catalogue", products), ("prices", prices)):
        operations = tuple(Operation(key=it["sku"], version=1, value=it) for it in values)
        assert catalogue.apply(
            box.database, Ops(feed=feed, after=0, through=1, operations=operations)
        )
    shifts.open_shift(box.shop, "Kim", 50_000)
    selling.add_scan(box.shop, read_code(BREAD, ""))
    yield box
    box.stop()


@pytest.fixture
def api(box: Box) -> TestClient:
    return TestClient(box.app())


def everything(box: Box) -> dict[str, list[Any]]:
    """Every row of every table that the shop's books are made of."""
    with box.shop.read() as reader:
        names = reader.sql("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        tables = sorted({name for (name,) in names} - SCRATCH)
        return {
            name: reader.sql(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in tables
        }


def refused(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body


def on_screen(box: Box) -> dict[str, Told]:
    """The notice on the counter, in every language."""
    notice = box.screens.desk.state.notice
    assert notice is not None
    assert notice.now is not None
    return {
        language: (sentence_of(box.screens.pages, language)(notice.what),
                   sentence_of(box.screens.pages, language)(notice.now))
        for language in LANGUAGES
    }  # fmt: skip


def scanned(box: Box, data: str, symbology: str = "]Q1") -> Told:
    """What the box tells by itself after the scanner has read this."""
    ScanDesk(box.screens.desk.scanned, box.notices).take(
        ScanRead(symbology, data, is_terminated=True, monotonic_s=0.0)
    )
    newest = box.notices.newest
    assert newest is not None
    return newest.message, newest.what_now


def receipt_qr(box: Box) -> str:
    """The code on the newest receipt."""
    job = printing.recent(box.shop)[0]
    waiting = printing.oldest_waiting(box.shop)
    assert waiting is not None
    assert waiting.job_id == job.job_id
    return next(
        it.data for it in documents.from_text(waiting.document).elements if hasattr(it, "data")
    )


def test_an_unknown_code_is_told_through_every_door(box: Box, api: TestClient) -> None:
    before = everything(box)
    message = f"The code {UNKNOWN} is not in the catalogue."
    what_now = "Set the goods aside and tell head office the code; the basket is unchanged."
    assert scanned(box, UNKNOWN, "]E0") == (message, what_now)
    assert refused(api.post("/api/scans", json={"data": UNKNOWN}), 409) == {
        "key": "goods.unknown_code", "message": message, "what_now": what_now, "fields": {"code": UNKNOWN},
    }  # fmt: skip
    box.screens.desk.press("Enter", UNKNOWN)
    assert on_screen(box) == {
        "en": (message, what_now),
        "ko": (
            f"코드 {UNKNOWN}은(는) 상품 목록에 없습니다.",
            "상품을 따로 두고 본사에 코드를 알려 주세요. 장바구니는 그대로입니다.",
        ),
        "zh": (f"商品目录中没有编码 {UNKNOWN}。", "请将商品放一边并把编码告知总部，本单没有变化。"),
    }
    assert everything(box) == before


def test_a_price_of_zero_is_told_through_every_door(box: Box, api: TestClient) -> None:
    before = everything(box)
    message = "The price of Mystery (ZERO) is zero and it is not marked as free."
    what_now = "Ask head office to set the price or to mark it as free; the basket is unchanged."
    assert scanned(box, "ZERO") == (message, what_now)
    body = {
        "key": "goods.price_is_zero", "message": message, "what_now": what_now,
        "fields": {"name": "Mystery", "sku": "ZERO"},
    }  # fmt: skip
    assert refused(api.post("/api/basket/lines", json={"sku": "ZERO"}), 409) == body
    whole = {"lines": [{"sku": "BREAD"}, {"sku": "ZERO"}], "tendered_minor": 10_000}
    assert refused(api.post("/api/sales", json=whole), 409) == body
    box.screens.desk.press("Enter", "ZERO")
    assert on_screen(box)["en"] == (message, what_now)
    assert everything(box) == before


@pytest.mark.parametrize(("pieces", "left"), [(3, 2), (2, 1)])
def test_a_refund_above_what_was_paid_is_refused_whole(
    box: Box, api: TestClient, pieces: int, left: int
) -> None:
    """Counted over every return of the receipt, by its code as by the sale's own number."""
    sale = selling.sell(box.shop, [Ordered("BREAD", 2)])
    wanted = {"sale_id": sale.sale_id, "reason": "stale", "tender": "cash"}
    for _ in range(2 - left):
        one = wanted | {"lines": [{"line": 1, "quantity": 1}]}
        assert api.post("/api/returns", json=one).status_code == 201
    before = everything(box)
    more = wanted | {"lines": [{"line": 1, "quantity": pieces}]}
    assert refused(api.post("/api/returns", json=more), 409) == {
        "key": "return.above_paid",
        "message": f"Line 1: {pieces} were to come back, but only {left} of 2 sold are left to return.",
        "what_now": "Return at most what is left; earlier returns of this receipt are counted.",
        "fields": {"line": 1, "wanted": pieces, "left": left, "sold": 2},
    }
    assert everything(box) == before


def test_a_tampered_receipt_is_told_through_every_door_and_the_drawer_stays_shut(
    box: Box, api: TestClient
) -> None:
    selling.sell(box.shop, [Ordered("BREAD")], 5_000)
    code = receipt_qr(box)
    tampered = code[:200] + ("A" if code[200] != "A" else "B") + code[201:]
    before = everything(box)
    message = "The receipt's code was changed after it was printed: its signature does not fit."
    what_now = "Do not give money back; keep the receipt and tell the manager."
    body = {"key": "receipt.forged", "message": message, "what_now": what_now, "fields": {}}
    asked = {"receipt_qr": tampered}
    assert refused(api.post("/api/returns/look-up", json=asked), 409) == body
    taken = asked | {"lines": [{"line": 1, "quantity": 1}], "reason": "x", "tender": "cash"}
    assert refused(api.post("/api/returns", json=taken), 409) == body
    assert scanned(box, tampered) == (message, what_now)
    box.screens.desk.press("F7", "")
    box.screens.desk.press("Enter", tampered)
    assert on_screen(box) == {
        "en": (message, what_now),
        "ko": (
            "영수증 코드가 출력된 뒤에 바뀌었습니다. 서명이 맞지 않습니다.",
            "돈을 돌려주지 말고, 영수증을 보관하고 점장에게 알리세요.",
        ),
        "zh": ("小票编码在打印后被改动，签名不符。", "请勿退款；保留小票并告知店长。"),
    }
    assert everything(box) == before


def test_a_second_cashier_is_refused_and_the_first_ones_drawer_is_as_it_was(
    box: Box, api: TestClient
) -> None:
    before = everything(box)
    assert refused(
        api.post("/api/shifts", json={"cashier": "Lee", "float_minor": 30_000}), 409
    ) == {
        "key": "shift.drawer_taken",
        "message": "The drawer belongs to Kim, whose shift 1 is open; Lee cannot share it.",
        "what_now": "Let Kim count the cash and close the shift first.",
        "fields": {"cashier": "Kim", "number": 1, "newcomer": "Lee"},
    }
    assert everything(box) == before


def test_of_two_cashiers_at_the_same_moment_one_gets_the_drawer(box: Box) -> None:
    selling.void_basket(box.shop)
    shifts.close(box.shop, 50_000)
    names, told = ("Lee", "Park"), {}
    ready = threading.Barrier(len(names))

    def open_it(name: str) -> None:
        ready.wait()
        try:
            shifts.open_shift(box.shop, name, 0)
        except DrawerTaken as error:
            told[name] = error.message

    hands = [threading.Thread(target=open_it, args=(name,)) for name in names]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    open_now = shifts.current(box.shop)
    assert open_now is not None
    [loser] = told
    winner = next(name for name in names if name != loser)
    assert (open_now.cashier, open_now.number) == (winner, 2)
    assert told[loser] == (
        f"The drawer belongs to {winner}, whose shift 2 is open; {loser} cannot share it."
    )


@pytest.fixture
def full_disk(box: Box) -> Iterator[Callable[[], None]]:
    """SQLite's own limit stands for the disk, used up to its last page; the reserve is gone. Gives the room back."""
    database = box.database
    database.reserve.release()

    def limit(pages: int) -> None:
        with database.write() as unit:
            unit.sql(f"PRAGMA max_page_count = {pages}")

    with database.write() as unit:
        unit.sql("CREATE TABLE filler (id INTEGER PRIMARY KEY, text TEXT)")
        limit_now = unit.sql("PRAGMA page_count").fetchone()[0]
    limit(limit_now)
    with pytest.raises(Exception, match="The box's disk is full"), database.write() as unit:
        unit.sql("INSERT INTO filler (text) VALUES (zeroblob(100000))")
    yield lambda: limit(1_000_000)
    limit(1_000_000)


def test_a_full_disk_takes_no_sale_and_says_so_through_every_door(
    box: Box, api: TestClient, full_disk: Callable[[], None]
) -> None:
    while True:  # what still fits into pages that are there is sold
        answer = api.post("/api/sales", json={"lines": [{"sku": "BREAD"}]})
        if answer.status_code != 201:
            break
    before = everything(box)
    message = "The box's disk is full: nothing was saved."
    what_now = (
        "Do not hand over goods or money for this step. "
        "Call the person who looks after the box to free space."
    )
    body = {"key": "box.disk_full", "message": message, "what_now": what_now, "fields": {}}
    assert refused(answer, 507) == body
    assert refused(api.post("/api/sales", json={"lines": [{"sku": "BREAD"}]}), 507) == body
    box.screens.desk.press("F8", "")
    assert on_screen(box) == {
        "en": (message, what_now),
        "ko": (
            "박스의 디스크가 가득 차서 저장하지 못했습니다.",
            "이 건의 상품이나 돈을 건네지 마세요. 담당자를 불러 공간을 비우세요.",
        ),
        "zh": (
            "收银机磁盘已满，未保存任何内容。",
            "请勿交付商品或款项，请联系负责人清理空间。",
        ),
    }
    assert everything(box) == before
    full_disk()
    numbers = [row["receipt_number"] for row in api.get("/api/sales?limit=1000").json()]
    sold = api.post("/api/sales", json={"lines": [{"sku": "BREAD"}]}).json()
    assert sold["receipt_number"] == max(numbers, default=0) + 1


def test_a_clock_set_back_a_year_is_told_and_the_books_go_on(
    box: Box, api: TestClient, tmp_path: Path
) -> None:
    first = api.post("/api/sales", json={"lines": [{"sku": "BREAD"}]}).json()
    last = datetime.fromisoformat(first["occurred_at"])
    (tmp_path / "offset").write_text(str(-A_YEAR_S))
    now = box.shop.clock.now()
    problem = next(it for it in box.problems() if it.key == "checks.clock_skew.back")
    assert problem in {
        Problem(
            "checks.clock_skew.back",
            "bad",
            f"The clock says {at:%Y-%m-%d %H:%M} UTC, but the last sale was at {last:%Y-%m-%d %H:%M}.",
            "Sell on, nothing is lost; set the box's clock right, or its receipts carry a wrong time.",
        )
        for at in (now, box.shop.clock.now())  # a minute may end in between
    }
    second = api.post("/api/sales", json={"lines": [{"sku": "BREAD"}]}).json()
    assert second["receipt_number"] == first["receipt_number"] + 1
    assert second["business_date"] == first["business_date"]
    assert second["occurred_at"][:4] == f"{now:%Y}"
    assert parse_stamp(second["hlc"]) > parse_stamp(first["hlc"])
    newest = [row["sale_id"] for row in api.get("/api/sales?limit=2").json()]
    assert newest == [second["sale_id"], first["sale_id"]]
