"""Paper at the counter: its state in words, a copy, and a person's word where the printer has none."""

from dataclasses import replace
from typing import Any

import pytest

from edge.domain.returns import Wanted
from edge.screens import Screens
from edge.screens.parts import Question, Words
from edge.services import printing, returns, selling, shifts

BREAD, CAKE = "8801007000015", "8801007000022"
LANGUAGES = ("en", "ko", "zh")


def test_the_last_receipt_is_printed_again_as_a_copy(till: Any) -> None:
    till.scan(BREAD)
    till.press("F8")
    till.press("Shift+F7")
    assert till.notice()[0] == "A copy is printing; it says COPY."
    copies = [job for job in printing.recent(till.box.shop) if job.copy_of]
    assert len(copies) == 1


def copied(till: Any) -> list[str]:
    return [job.subject_id for job in printing.recent(till.box.shop) if job.copy_of]


def test_the_last_receipt_is_known_after_a_restart_and_of_sales_made_elsewhere(till: Any) -> None:
    selling.sell(till.box.shop, [selling.Ordered("CAKE")])
    last = selling.sell(till.box.shop, [selling.Ordered("BREAD")])
    again = replace(till, screens=Screens(till.box))
    assert again.stage == "empty"
    again.press("Shift+F7")
    assert again.notice()[0] == "A copy is printing; it says COPY."
    assert copied(till) == [last.sale_id]


def test_after_a_return_its_receipt_is_the_last_one(till: Any) -> None:
    shop = till.box.shop
    sale = selling.sell(shop, [selling.Ordered("BREAD")])
    receipt = returns.Receipt(sale_id=sale.sale_id)
    back = returns.take_back(shop, receipt, [Wanted(1, 1)], "torn", "cash")
    till.press("Shift+F7")
    assert copied(till) == [back.return_id]


def test_before_the_first_sale_there_is_no_receipt_to_print_again(till: Any) -> None:
    till.press("Shift+F7")
    assert (till.screen.notice, copied(till)) == (None, [])


def jobs(till: Any) -> list[tuple[int, str, int | None]]:
    """Every print job, oldest first: its number, its state, and the job that it is a copy of."""
    found = printing.recent(till.box.shop)
    return [(job.job_id, job.state, job.copy_of) for job in reversed(found)]


def doubt(till: Any, *job_ids: int) -> None:
    """The line to the printer broke in the middle of these jobs."""
    for job_id in job_ids:
        printing.advance(till.box.shop, job_id, "SENDING", process_id="0001")
        printing.advance(till.box.shop, job_id, "UNKNOWN", reason="the line broke")


@pytest.fixture
def doubtful(till: Any) -> Any:
    """Two sales whose receipts may or may not have come out."""
    for code in (BREAD, CAKE):
        till.scan(code)
        till.press("F8")
    doubt(till, 1, 2)
    return till


@pytest.mark.parametrize(
    ("states", "words", "now"),
    [
        ((), "Receipt waiting to print", ""),
        (("SENDING",), "Receipt printing", ""),
        (("SENDING", "SENT"), "Receipt printing", ""),
        (("SENDING", "SENT", "PRINTED"), "Receipt printed", ""),
        (
            ("HELD",),
            "The receipt has not been printed.",
            "Put the printer right as it says below and it prints by itself. The sale is saved.",
        ),
        (
            ("FAILED",),
            "The receipt cannot be printed.",
            "The sale is saved. When the printer works again, ⇧F7 prints a copy.",
        ),
        # Asked with its keys in the strip: said once.
        (("SENDING", "UNKNOWN"), "Receipt in doubt", ""),
    ],
)
def test_the_receipts_state_is_in_words_with_what_to_do(
    till: Any, states: tuple[str, ...], words: str, now: str
) -> None:
    till.scan(BREAD)
    till.press("F8")
    for state in states:
        printing.advance(till.box.shop, 1, state)
    shown = till.screen.stage.done.print_state
    assert (till.says(shown.what), till.says(shown.now)) == (words, now)


def test_a_doubtful_receipt_is_asked_about_the_oldest_first(doubtful: Any) -> None:
    assert doubtful.screen.strip.question == Question(
        1, Words("counter.paper.sale", (("number", 1),)), more=1
    )
    assert [doubtful.says(doubtful.screen.strip.question.what, it) for it in LANGUAGES] == [
        "The receipt of sale 1 may or may not have been printed.",
        "판매 1의 영수증이 출력되었는지 알 수 없습니다.",
        "无法确定销售 1 的小票是否已打印。",
    ]


def test_who_saw_the_paper_says_so_and_nothing_is_printed(doubtful: Any) -> None:
    doubtful.press("seen:1")
    assert jobs(doubtful) == [(1, "PRINTED", None), (2, "UNKNOWN", None)]
    assert doubtful.notice() == ("Noted: the paper is there.", "")
    assert doubtful.screen.strip.question.job_id == 2
    assert doubtful.stage == "done"


def test_where_the_paper_is_missing_a_copy_is_printed_that_says_so(doubtful: Any) -> None:
    doubtful.press("copy:1")
    assert jobs(doubtful) == [(1, "FAILED", None), (2, "UNKNOWN", None), (3, "QUEUED", 1)]
    assert "COPY" in (printing.recent(doubtful.box.shop)[0].document)
    assert doubtful.notice() == ("A copy is printing; it says COPY.", "")


def test_a_copy_may_be_doubtful_too(doubtful: Any) -> None:
    doubtful.press("copy:1")
    doubtful.press("seen:2")
    doubt(doubtful, 3)
    question = doubtful.screen.strip.question
    assert (question.job_id, doubtful.says(question.what)) == (
        3,
        "The copy of 1 may or may not have been printed.",
    )


@pytest.mark.parametrize("key", ["seen:1", "copy:1"])
def test_what_somebody_else_has_answered_is_not_answered_again(doubtful: Any, key: str) -> None:
    """Two pages show one counter: the second press must not be taken for an answer to the next question."""
    doubtful.press("seen:1")
    before = jobs(doubtful)
    doubtful.press(key)
    assert jobs(doubtful)[:2] == before
    assert jobs(doubtful)[1] == (2, "UNKNOWN", None)


@pytest.mark.parametrize("key", ["Shift+F2", "Shift+F4", "seen:", "copy:x"])
def test_a_key_that_names_no_paper_answers_nothing(doubtful: Any, key: str) -> None:
    """A page that is behind sends the bare key: what it asked about is not known."""
    before = jobs(doubtful)
    doubtful.press(key)
    assert jobs(doubtful) == before


@pytest.mark.parametrize("key", ["seen:1", "copy:1"])
def test_without_a_question_there_is_no_answer(till: Any, key: str) -> None:
    till.scan(BREAD)
    till.press("F8")
    till.press(key)
    assert jobs(till) == [(1, "QUEUED", None)]
    assert till.screen.strip.question is None


def test_the_question_is_answered_with_a_basket_open_and_leaves_it_alone(doubtful: Any) -> None:
    doubtful.scan(BREAD)
    before = doubtful.screen.stage.basket
    doubtful.press("seen:1")
    assert doubtful.stage == "selling"
    assert doubtful.screen.stage.basket == before


def test_after_a_restart_the_question_is_asked_before_the_next_shift(doubtful: Any) -> None:
    again = replace(doubtful, screens=Screens(doubtful.box))
    shifts.close(doubtful.box.shop, 100_000)
    assert again.stage == "opening"
    again.press("seen:1")
    again.press("seen:2")
    assert again.screen.strip.question is None
    assert jobs(again)[:2] == [(1, "PRINTED", None), (2, "PRINTED", None)]


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (("F10", "F4"), "The X report of shift 1 may or may not have been printed."),
        (("F10", "F10"), "The Z report of shift 1 may or may not have been printed."),
    ],
)
def test_a_report_is_asked_about_by_its_shift(till: Any, keys: tuple[str, ...], words: str) -> None:
    for key in keys:
        till.press(key)
    if till.stage == "counting":
        till.press("Enter", "100000")
    doubt(till, 1)
    assert till.says(till.screen.strip.question.what) == words


def test_a_returns_receipt_is_asked_about_as_one(till: Any) -> None:
    shop = till.box.shop
    sale = selling.sell(shop, [selling.Ordered("BREAD")])
    returns.take_back(shop, returns.Receipt(sale_id=sale.sale_id), [Wanted(1, 1)], "torn", "cash")
    doubt(till, 2)
    assert till.says(till.screen.strip.question.what) == (
        "The receipt of return 2 may or may not have been printed."
    )
