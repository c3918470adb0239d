"""Goods back at the counter: the receipt opens its return, and never more money goes than came."""

from typing import Any

import pytest

from drivers.interfaces import QrSymbol
from edge.domain.errors import ReceiptForged
from edge.services import documents, printing

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
