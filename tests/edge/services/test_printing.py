from collections.abc import Callable
from typing import Any

import pytest

from drivers.interfaces import Feed, PrintDocument, QrSymbol, Rule, TextLine
from edge.domain.errors import BadTransition, DiskFailed, NotFound
from edge.services import documents, drawers, printing, selling
from edge.services.selling import BasketView, Ordered
from edge.services.shop import Shop

Facts = Callable[[Shop], list[dict[str, Any]]]
Rows = Callable[[Shop, str], list[tuple[Any, ...]]]


@pytest.fixture
def job_id(shop: Shop) -> int:
    selling.sell(shop, [Ordered("BREAD")], 5_000)
    job = printing.oldest_waiting(shop)
    assert job is not None
    return job.job_id


def lines(document: str) -> list[str]:
    return [
        element.left
        for element in documents.from_text(document).elements
        if isinstance(element, TextLine)
    ]


def test_a_document_comes_back_from_its_text() -> None:
    document = PrintDocument(
        "zh",
        (
            TextLine("牛奶面包", "¥23.50", "center", is_bold=True, scale=2),
            Rule(),
            QrSymbol("TW1:AB"),
            Feed(2),
        ),
        is_cut=False,
    )
    assert documents.from_text(documents.to_text(document)) == document


def test_a_job_walks_from_the_queue_to_the_paper(shop: Shop, job_id: int) -> None:
    sending = printing.advance(shop, job_id, "SENDING", process_id="A001")
    assert (sending.state, sending.process_id, sending.document != "") == ("SENDING", "A001", True)
    assert printing.advance(shop, job_id, "SENT").process_id == "A001"
    assert printing.advance(shop, job_id, "PRINTED").state == "PRINTED"
    assert printing.oldest_waiting(shop) is None
    assert printing.unfinished(shop) == []


def test_a_sale_that_was_rolled_back_has_no_receipt(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise DiskFailed(detail="torn")

    monkeypatch.setattr(drawers, "request", fail)  # after the receipt was queued
    with pytest.raises(DiskFailed):
        selling.sell(shop, [Ordered("BREAD")])
    assert printing.oldest_waiting(shop) is None


def test_what_was_sent_is_kept_as_it_was_sent(shop: Shop, job_id: int, rows: Rows) -> None:
    waiting = printing.oldest_waiting(shop)
    assert rows(shop, "SELECT document FROM print_job") == [("",)]
    printing.advance(shop, job_id, "SENDING")
    assert waiting is not None
    assert rows(shop, "SELECT document FROM print_job") == [(waiting.document,)]


@pytest.mark.parametrize("state", ["QUEUED", "SENDING", "SENT", "HELD", "UNKNOWN", "FAILED"])
def test_what_is_printed_never_prints_again(shop: Shop, job_id: int, state: str) -> None:
    printing.advance(shop, job_id, "SENDING")
    printing.advance(shop, job_id, "PRINTED")
    with pytest.raises(BadTransition) as caught:
        printing.advance(shop, job_id, state)
    assert caught.value.message == f"Print job {job_id} is PRINTED and cannot become {state}."


def test_a_job_with_unknown_outcome_goes_back_into_no_queue(shop: Shop, job_id: int) -> None:
    printing.advance(shop, job_id, "SENDING")
    printing.advance(shop, job_id, "UNKNOWN", reason="silent")
    for state in ("QUEUED", "SENDING", "HELD"):
        with pytest.raises(BadTransition):
            printing.advance(shop, job_id, state)
    assert printing.oldest_waiting(shop) is None
    assert printing.confirm_printed(shop, job_id).state == "PRINTED"


def test_after_a_crash_what_was_under_way_is_unknown_and_the_rest_still_waits(
    shop: Shop, job_id: int, make_shop: Callable[..., Shop]
) -> None:
    printing.advance(shop, job_id, "SENDING", process_id="A001")
    selling.sell(shop, [Ordered("MILK")])
    restarted = make_shop()
    assert [(job.job_id, job.state, job.reason) for job in printing.recover(restarted)] == [
        (job_id, "UNKNOWN", "restarted")
    ]
    assert [job.state for job in printing.unfinished(restarted)] == ["UNKNOWN", "QUEUED"]
    waiting = printing.oldest_waiting(restarted)
    assert waiting is not None
    assert waiting.state == "QUEUED"


def test_a_held_job_keeps_its_place(shop: Shop, job_id: int) -> None:
    selling.sell(shop, [Ordered("MILK")])
    printing.advance(shop, job_id, "HELD", reason="paper_out")
    waiting = printing.oldest_waiting(shop)
    assert waiting is not None
    assert (waiting.job_id, waiting.state, waiting.reason) == (job_id, "HELD", "paper_out")


def test_a_reprint_says_copy_and_a_copy_of_it_says_so_once(
    shop: Shop, job_id: int, rows: Rows
) -> None:
    [(subject_id,)] = rows(shop, "SELECT sale_id FROM sale")
    printing.advance(shop, job_id, "SENDING")
    printing.advance(shop, job_id, "PRINTED")
    copy = printing.copy_of_subject(shop, subject_id)
    assert (copy.copy_of, copy.state) == (job_id, "QUEUED")
    assert [line for line in lines(copy.document) if "COPY" in line] == [
        "재발행 COPY",
        "재발행 COPY",
    ]
    again = printing.copy(shop, copy.job_id)
    assert (again.copy_of, again.document) == (job_id, copy.document)
    original = printing.oldest_waiting(shop)
    assert original is not None
    assert original.job_id == copy.job_id


def test_an_unknown_job_is_printed_again_only_as_a_copy(shop: Shop, job_id: int) -> None:
    printing.advance(shop, job_id, "SENDING")
    printing.advance(shop, job_id, "UNKNOWN")
    copy = printing.copy(shop, job_id)
    assert [(job.job_id, job.state) for job in printing.recent(shop)] == [
        (copy.job_id, "QUEUED"),
        (job_id, "FAILED"),
    ]
    assert "재발행 COPY" in lines(copy.document)


def test_what_a_person_has_to_decide_is_listed_oldest_first(shop: Shop, job_id: int) -> None:
    later = selling.sell(shop, [Ordered("MILK")])
    assert printing.undecided(shop) == []
    for doubtful in (job_id + 1, job_id):
        printing.advance(shop, doubtful, "SENDING")
        printing.advance(shop, doubtful, "UNKNOWN")
    assert printing.undecided(shop) == [
        (job_id, "sale", False, later.receipt_number - 1),
        (job_id + 1, "sale", False, later.receipt_number),
    ]
    printing.confirm_printed(shop, job_id)
    copy = printing.copy(shop, job_id + 1)
    assert printing.undecided(shop) == []
    printing.advance(shop, copy.job_id, "SENDING")
    printing.advance(shop, copy.job_id, "UNKNOWN")
    assert printing.undecided(shop) == [(copy.job_id, "sale", True, later.receipt_number)]


def test_a_copy_of_nothing(shop: Shop) -> None:
    with pytest.raises(NotFound):
        printing.copy(shop, 99)
    with pytest.raises(NotFound) as caught:
        printing.copy_of_subject(shop, "nope")
    assert caught.value.message == "There is no sale nope here."


def test_a_drawer_that_was_kicked_is_on_record_with_its_proof(shop: Shop, facts: Facts) -> None:
    drawers.open_without_sale(shop)
    [opening_id] = drawers.requested(shop)
    drawers.report(shop, opening_id, is_proved=True)
    told = facts(shop)[-1]
    assert (told["type"], told["cause"], told["is_proved"], told["cashier"]) == (
        "drawer.opened", "no_sale", True, "Kim",
    )  # fmt: skip
    assert drawers.requested(shop) == []
    with pytest.raises(NotFound):
        drawers.report(shop, opening_id, is_proved=True)


def test_a_drawer_does_not_open_after_a_restart_with_nobody_there(
    scan: Callable[..., BasketView], shop: Shop, make_shop: Callable[..., Shop], facts: Facts
) -> None:
    selling.sell(shop, [Ordered("BREAD")])
    logged = facts(shop)
    restarted = make_shop()
    assert drawers.recover(restarted) == 1
    assert drawers.requested(restarted) == []
    assert facts(restarted) == logged


def test_the_next_job_is_found_without_a_look_at_those_that_are_printed(shop) -> None:
    """Of a busy till's 35 days there are ten thousand of them; the index holds only what is not finished."""
    with shop.read() as reader:
        plan = reader.sql("EXPLAIN QUERY PLAN " + printing._OLDEST_WAITING).fetchall()
    assert [row[3] for row in plan] == ["SCAN print_job USING INDEX print_job_unfinished"]
