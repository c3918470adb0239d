"""Print jobs: each once, proved, held or unknown, and never a second time by itself."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from drivers.errors import Refused, Timeout, UnknownOutcome
from drivers.events import PrintProof, Reason
from edge.domain.errors import DiskFailed, DiskFull
from edge.peripherals.conditions import Condition, State
from edge.peripherals.resolver import recover
from edge.peripherals.spooler import DEADLINE_S, RETRY_S, Spooler, process_id
from edge.services import documents, printing, selling
from edge.services.selling import Ordered

PROVED = PrintProof(is_printed=True, witness="process_id")


@dataclass
class FakePrinter:
    """Answers each job from a script; remembers what was sent under which id."""

    script: deque = field(default_factory=deque)
    sent: list[tuple[str, float]] = field(default_factory=list)
    on_send: Callable[[], None] | None = None

    def encode(self, document):
        if document.language == "xx":
            raise ValueError("no font for xx")
        return repr(document.elements).encode()

    def print_bytes(self, payload, mark, deadline_s):
        if self.on_send:
            self.on_send()
        self.sent.append((mark, deadline_s))
        answer = self.script.popleft() if self.script else PROVED
        if isinstance(answer, Exception):
            raise answer
        return answer


class FakeOwner:
    def __init__(self, clock) -> None:
        self.condition = Condition("printer", "receipt_printer", State.READY, clock.now())
        self.busy_calls = []

    def become(self, state, *reasons):
        condition = self.condition
        self.condition = Condition("printer", condition.kind, state, condition.since, reasons)

    def busy(self, *, is_busy):
        self.busy_calls.append(is_busy)


@pytest.fixture
def printer():
    return FakePrinter()


@pytest.fixture
def owner(clock):
    return FakeOwner(clock)


@pytest.fixture
def spooler(shop, printer, owner, clock):
    return Spooler(shop, printer, owner, clock)


def sell(shop):
    return selling.sell(shop, [Ordered("A1")])


def states(shop):
    return [(job.state, job.reason) for job in reversed(printing.recent(shop))]


def test_a_sale_is_printed_once_and_proved(shop, spooler, printer, owner):
    sell(shop)
    assert spooler.step() is True
    assert spooler.step() is False
    assert printer.sent == [("0001", DEADLINE_S)]
    assert states(shop) == [("PRINTED", "")]
    assert owner.busy_calls == [True, False]


def test_the_intent_is_on_the_disk_before_the_first_byte(shop, spooler, printer):
    sell(shop)
    seen = []
    printer.on_send = lambda: seen.append(
        [(job.state, job.process_id) for job in printing.unfinished(shop)]
    )
    spooler.step()
    assert seen == [[("SENDING", "0001")]]


def test_a_model_without_proof_is_printed_and_says_so(shop, spooler, printer):
    printer.script.append(PrintProof(is_printed=False, witness="none"))
    sell(shop)
    spooler.step()
    assert states(shop) == [("PRINTED", "unproved")]


def test_refused_before_the_first_byte_is_held_and_printed_later(shop, spooler, printer, clock):
    printer.script.append(Refused(reason=Reason.PAPER_OUT))
    sell(shop)
    assert spooler.step() is False
    assert states(shop) == [("HELD", "paper_out")]
    assert spooler.step() is False
    assert len(printer.sent) == 1
    clock.pass_s(RETRY_S)
    assert spooler.step() is True
    assert states(shop) == [("PRINTED", "")]


def test_a_printer_that_changed_is_tried_at_once(shop, spooler, printer):
    printer.script.append(Timeout(address="printer", deadline_s=1))
    sell(shop)
    spooler.step()
    assert states(shop) == [("HELD", "timeout")]
    spooler.printer_changed()
    assert spooler.step() is True
    assert states(shop) == [("PRINTED", "")]


def test_the_proof_is_written_down_once_the_disk_has_room_again(shop, spooler, printer, mocker):
    sell(shop)
    full = mocker.patch.object(printing, "advance", side_effect=DiskFull)
    with pytest.raises(DiskFull):
        spooler.step()
    with pytest.raises(DiskFull):
        spooler.step()
    assert states(shop) == [("SENDING", "")]
    mocker.stop(full)
    assert spooler.step() is False
    assert (states(shop), len(printer.sent)) == ([("PRINTED", "")], 1)


def test_an_unknown_outcome_is_never_printed_again_by_itself(shop, spooler, printer, clock):
    printer.script.append(UnknownOutcome(reference="0001", detail="line lost"))
    sell(shop)
    sell(shop)
    assert spooler.step() is True
    assert spooler.step() is True
    clock.pass_s(3600)
    spooler.printer_changed()
    assert spooler.step() is False
    assert [mark for mark, _ in printer.sent] == ["0001", "0002"]
    assert states(shop) == [("UNKNOWN", "line lost"), ("PRINTED", "")]


def test_a_copy_of_an_unknown_job_says_copy(shop, spooler, printer):
    printer.script.append(UnknownOutcome(reference="0001", detail="line lost"))
    sell(shop)
    spooler.step()
    printing.copy(shop, 1)
    spooler.step()
    assert states(shop) == [("FAILED", "printed again as a copy"), ("PRINTED", "")]
    assert printing.recent(shop)[0].copy_of == 1
    assert "COPY" in printing.recent(shop)[0].document


def test_says_on_the_job_why_it_waits(shop, spooler, printer, owner):
    owner.become(State.NOT_READY, "cover_open")
    sell(shop)
    assert spooler.step() is False
    assert states(shop) == [("HELD", "cover_open")]
    assert printer.sent == []
    owner.become(State.READY)
    spooler.printer_changed()
    assert spooler.step() is True


def test_waits_in_the_queue_for_a_printer_that_is_not_there(shop, spooler, printer, owner):
    owner.become(State.ABSENT)
    sell(shop)
    assert spooler.step() is False
    assert (states(shop), printer.sent) == ([("QUEUED", "")], [])


def test_a_document_that_cannot_be_encoded_does_not_stop_the_next(shop, spooler, printer, mocker):
    sell(shop)
    sell(shop)
    mocker.patch.object(printer, "encode", side_effect=[ValueError("no font"), b"bytes"])
    assert spooler.step() is True
    assert spooler.step() is True
    assert states(shop) == [("FAILED", "no font"), ("PRINTED", "")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("QUEUED", ("QUEUED", "")),
        ("SENDING", ("UNKNOWN", "restarted")),
        ("SENT", ("UNKNOWN", "restarted")),
        ("HELD", ("HELD", "paper_out")),
        ("PRINTED", ("PRINTED", "")),
    ],
)
def test_killed_in_any_state_the_job_says_what_is_known(shop, reopen, before, after):
    sell(shop)
    path = {"SENT": ["SENDING", "SENT"], "PRINTED": ["SENDING", "PRINTED"], "QUEUED": []}
    for state in path.get(before, [before]):
        printing.advance(shop, 1, state, reason="paper_out" if state == "HELD" else "")
    again = reopen()
    recover(again)
    assert states(again) == [after]


def test_after_a_crash_the_unknown_receipt_is_not_printed_and_the_next_is(
    shop, reopen, printer, owner, clock
):
    sell(shop)
    printing.advance(shop, 1, "SENDING", process_id="0001")
    again = reopen()
    recover(again)
    sell(again)
    spooler = Spooler(again, printer, owner, clock)
    assert spooler.step() is True
    assert spooler.step() is False
    assert [mark for mark, _ in printer.sent] == ["0002"]


@pytest.fixture
def stopped():
    """The box stops as soon as the thread has begun."""
    stopping = threading.Event()
    stopping.set()
    return stopping


def test_it_begins_with_the_newest_receipt_in_the_printers_words_and_on_no_paper(
    shop, spooler, printer, stopped, mocker
):
    sell(shop)
    newest = documents.from_text(printing.oldest_waiting(shop).document)
    spooler.step()
    encode = mocker.spy(printer, "encode")
    spooler.run(stopped)
    encode.assert_called_once_with(newest)
    assert (len(printer.sent), states(shop)) == (1, [("PRINTED", "")])


def test_before_the_first_sale_there_is_nothing_to_begin_with(spooler, printer, stopped, mocker):
    encode = mocker.spy(printer, "encode")
    spooler.run(stopped)
    encode.assert_not_called()


def test_a_receipt_that_cannot_be_made_again_keeps_nobody_from_printing(
    shop, spooler, stopped, mocker, caplog
):
    sell(shop)
    mocker.patch.object(printing, "newest_receipt", side_effect=DiskFailed(detail="torn"))
    spooler.run(stopped)
    assert "The newest receipt could not be made again" in caplog.text
    assert spooler.step() is True
    assert states(shop) == [("PRINTED", "")]


def test_a_full_disk_prints_nothing_rather_than_twice(shop, spooler, printer, mocker):
    sell(shop)
    mocker.patch.object(printing, "begin", side_effect=DiskFull)
    assert spooler._step_or_wait() is False
    assert printer.sent == []


def test_process_ids_are_four_printable_characters_and_do_not_repeat_soon():
    marks = [process_id(job_id) for job_id in range(1, 3000)]
    assert len(set(marks)) == len(marks)
    assert all(len(mark) == 4 and mark.isascii() and mark.isprintable() for mark in marks)
