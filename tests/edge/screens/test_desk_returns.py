"""Goods back at the counter: the receipt opens its return, and never more money goes than came."""

from typing import Any

import pytest

from contract.order_returns import ReturnableGoods, ReturnCode, WishedReturn, issue
from drivers.interfaces import QrSymbol
from edge.domain.errors import ReceiptForged
from edge.services import documents, printing
from tests.edge.conftest import NOON
from tests.edge.membership import KEY, join, put
from tests.edge.services.test_jobs import ORDER

BREAD, CAKE = "8801007000015", "8801007000022"


def receipt_code(till: Any) -> str:
    """The signed code of the first receipt, read off its print job."""
    job = printing.oldest_waiting(till.box.shop)
    assert job is not None
    elements = documents.from_text(job.document).elements
    return next(element.data for element in elements if isinstance(element, QrSymbol))


def test_scanning_a_receipt_opens_its_return(till: Any) -> None:
    till.press("Enter", f"2*{BREAD}")
    till.scan(CAKE)
    till.press("F8")
    till.scan(receipt_code(till))
    back = till.screen.stage.back
    assert till.stage == "returning"
    assert [(line.line, line.name, line.left, line.chosen) for line in back.lines] == [
        (1, "소금빵", 2, 0),
        (2, "딸기 케이크", 1, 0),
    ]
    till.press("Enter", "1")
    assert till.screen.side.due_minor == 3_200
    till.press("F8", "stale")
    done = till.screen.stage.done
    assert (till.stage, done.kind, done.total_minor) == ("done", "return", 3_200)


def test_a_line_counts_up_to_what_is_left_and_then_to_none(till: Any) -> None:
    till.press("Enter", f"2*{BREAD}")
    till.press("F8")
    till.scan(receipt_code(till))
    chosen = []
    for _ in range(3):
        till.press("line:1")
        chosen.append(till.screen.stage.back.lines[0].chosen)
    assert chosen == [1, 2, 0]
    till.press("F6")
    assert till.screen.side.due_minor == 6_400


def test_what_came_back_before_cannot_come_back_again(till: Any) -> None:
    till.scan(BREAD)
    till.press("F8")
    code = receipt_code(till)
    till.scan(code)
    till.press("F6")
    till.press("F8")
    till.scan(code)
    assert till.screen.stage.back.lines[0].left == 0
    till.press("line:1")
    assert till.screen.stage.keys[-2].is_enabled is False


def test_a_changed_receipt_gives_no_money(till: Any) -> None:
    till.scan(BREAD)
    till.press("F8")
    code = receipt_code(till)
    # Not the last character: it may hold bits that mean nothing, and a changed one is then no code at all.
    changed = code[:40] + ("A" if code[40] != "A" else "B") + code[41:]
    with pytest.raises(ReceiptForged):
        till.scan(changed)
    till.press("F7")
    till.press("Enter", changed)
    assert till.notice() == (
        "The receipt's code was changed after it was printed: its signature does not fit.",
        "Do not give money back; keep the receipt and tell the manager.",
    )


def cakes(*, back: int = 0) -> ReturnableGoods:
    return ReturnableGoods(
        line=1,
        sku="CAKE",
        names={"ko": "딸기 케이크"},
        quantity=2,
        returned=back,
        unit_price_minor=30_000,
    )


def phone_code(till: Any, *, back: int = 0) -> str:
    at = int(till.box.shop.clock.now().timestamp())
    code = ReturnCode(ORDER, "H7K2", "KRW", at, "2999-12-31", (cakes(back=back),))
    return issue(code, KEY.kid, KEY.sign)


def announce(till: Any) -> None:
    wish = WishedReturn(
        order_id=ORDER, number="H7K2", line=1, sku="CAKE", names={"ko": "딸기 케이크"}, quantity=2,
        reason="damaged", location_id="maru-office-tower", asked_at=NOON, currency="KRW", goods=(cakes(),),
    )  # fmt: skip
    put(till.box.shop, "returns@maru-office-tower", **{f"{ORDER}:1": wish})


def test_what_was_announced_is_taken_back_with_the_keyboard_alone(till: Any) -> None:
    join(till.box.shop, KEY)
    announce(till)
    till.press("F7")
    [row] = till.screen.stage.back.awaited
    assert (row.number, dict(row.names)[""], row.others) == ("H7K2", "딸기 케이크", 0)
    till.press("Enter", "1")
    assert till.screen.stage.back.order == "H7K2"
    till.press("Escape")
    assert till.screen.stage.back.order == ""
    till.press("Enter", "1")
    till.press("Enter", "1")
    till.press("Enter", "1")
    till.press("F4")
    [line] = till.screen.stage.back.lines
    assert (line.chosen, line.is_unfit, till.screen.side.due_minor) == (2, True, 60_000)
    till.press("F8")
    assert till.notice()[0].startswith("Taken back from order H7K2: ₩60,000")
    till.press("F7", "h7k2")
    assert till.notice()[0] == "All of order H7K2 has come back already."


def test_the_phones_code_opens_the_order_whatever_is_on_the_screen(till: Any) -> None:
    join(till.box.shop, KEY)
    till.scan(BREAD)
    till.scan(phone_code(till, back=1))
    assert (till.stage, till.screen.stage.back.lines[0].left) == ("returning", 1)
    till.press("F6")
    till.press("F8", "dented")
    assert till.stage == "selling"
    till.press("Enter", phone_code(till))
    assert till.screen.stage.back.lines[0].left == 1


def test_a_number_that_nobody_knows_is_said_in_words(till: Any) -> None:
    till.press("F7", "NOBODY")
    assert till.notice()[0] == (
        "This shop does not know order NOBODY, and nobody has announced that it comes back."
    )
