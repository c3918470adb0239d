from collections.abc import Callable
from typing import Any

import pytest

from drivers.errors import Refused, Timeout, Unavailable, UnknownOutcome
from drivers.events import PrintProof, Reason
from drivers.interfaces import PrintDocument, TextLine
from drivers.printers.profile import EscposProfile
from hardware_sim.faults import Late, Lossy, SingleBytes
from hardware_sim.printers.models import models

Put = Callable[..., Any]
LINES = [f"Line {number}" for number in range(1, 21)]
ALL = sorted(models())
PROVED = PrintProof(is_printed=True, witness="process_id")


# -- opening -----------------------------------------------------------------------------------


def test_opening_asks_initialises_and_subscribes(at_counter: Put):
    counter = at_counter()

    sent = bytes(counter.sim.received)
    assert sent.startswith(bytes.fromhex("10 04 01 10 04 02 10 04 03 10 04 04"))
    assert sent.endswith(b"\x1b@\x1da\x0f")
    assert counter.printed_lines() == []


def test_opening_a_printer_that_is_off_is_a_timeout(at_counter: Put):
    counter = at_counter("bixolon-srp-350-serial")
    counter.sim.power_off()

    with pytest.raises(Timeout) as caught:
        counter.driver.open()

    assert str(caught.value) == "No answer from sim://printer within 1 s."
    assert counter.driver.health().is_open is False


def test_opening_a_printer_without_paper_works_and_says_so(at_counter: Put):
    counter = at_counter()
    counter.unit.leave_paper(0)

    counter.driver.open()

    assert counter.driver.status().reasons == {Reason.PAPER_OUT}


def test_verbs_of_a_closed_printer_are_unavailable(at_counter: Put):
    counter = at_counter()
    counter.driver.close()

    with pytest.raises(Unavailable) as caught:
        counter.driver.print_bytes(b"x", "A001", 5.0)
    assert str(caught.value) == "Cannot reach epson-tm-t88v: it is not open."
    with pytest.raises(Unavailable):
        counter.driver.status()


# -- printing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ALL)
def test_prints_once_and_proves_it(at_counter: Put, model: str):
    counter = at_counter(model)

    proof = counter.driver.print_bytes(counter.receipt(), "A001", 30.0)

    witness = "process_id" if models()[model].has_process_id else "buffer"
    assert proof == PrintProof(is_printed=True, witness=witness)
    assert counter.printed_lines() == LINES
    assert counter.driver.health().counters["ReceiptJobPrintedCount"] == 1


def test_a_model_without_any_witness_claims_nothing(at_counter: Put):
    counter = at_counter()
    counter.driver._model = EscposProfile(witness="none")

    assert counter.driver.print_bytes(counter.receipt(), "A001", 5.0) == PrintProof(
        is_printed=False, witness="none"
    )


@pytest.mark.parametrize("process_id", ["", "A1", "A0001", "가나다라", "A\x001 "])
def test_process_id_must_be_four_printable_characters(at_counter: Put, process_id: str):
    counter = at_counter()
    sent = len(counter.sim.received)

    with pytest.raises(ValueError) as caught:
        counter.driver.print_bytes(b"x", process_id, 5.0)

    assert str(caught.value) == f"Expected 4 printable ASCII characters, got {process_id!r}."
    assert len(counter.sim.received) == sent


def test_the_proof_of_another_job_is_no_proof(at_counter: Put):
    counter = at_counter()
    counter.driver.print_bytes(counter.receipt(), "A001", 30.0)
    counter.time.after(0.01, counter.sim.power_off)

    with pytest.raises(UnknownOutcome):
        counter.driver.print_bytes(counter.receipt(), "A002", 30.0)


@pytest.mark.parametrize("model", ALL)
def test_one_byte_at_a_time(at_counter: Put, model: str):
    counter = at_counter(model)
    counter.spoil(SingleBytes)
    counter.sim.is_asb_first = True

    assert counter.driver.print_bytes(counter.receipt(), "A001", 30.0).is_printed
    assert counter.printed_lines() == LINES


@pytest.mark.parametrize("model", ALL)
def test_late_answers(at_counter: Put, model: str):
    counter = at_counter(model)
    counter.spoil(lambda it: Late(it, 0.7))

    assert counter.driver.print_bytes(counter.receipt(), "A001", 30.0).is_printed
    assert counter.printed_lines() == LINES


@pytest.mark.parametrize("seed", range(5))
def test_a_line_that_loses_bytes_never_prints_twice(at_counter: Put, seed: int):
    """Of a lost answer comes Refused before the first byte or UnknownOutcome after it, and no second copy."""
    counter = at_counter()
    counter.spoil(lambda it: Lossy(it, 0.2, seed))
    outcomes = []
    for number in range(10):
        try:
            counter.driver.open()
            counter.driver.print_bytes(counter.receipt(1, f"J{number}"), f"J{number:03}", 60.0)
            outcomes.append("printed")
        except (Refused, Timeout):
            outcomes.append("not sent")
        except UnknownOutcome:
            outcomes.append("unknown")
    counter.run(5)

    lines = counter.printed_lines()
    assert len(lines) == len(set(lines))
    expected = {f"J{n} 1" for n, outcome in enumerate(outcomes) if outcome == "printed"}
    assert expected <= set(lines)
    unsent = {f"J{n} 1" for n, outcome in enumerate(outcomes) if outcome == "not sent"}
    assert not unsent & set(lines)


def test_a_slow_reader_gets_every_byte_once(at_counter: Put):
    counter = at_counter()
    counter.sim.intake_bytes_per_s = 960.0  # a line of 9600 baud

    assert counter.driver.print_bytes(counter.receipt(200), "A001", 60.0) == PROVED
    assert counter.printed_lines() == [f"Line {number}" for number in range(1, 201)]


def test_xoff_holds_the_writer(at_counter: Put):
    counter = at_counter("bixolon-srp-350-serial")
    counter.sim.make_noise(b"\x13")
    counter.time.after(5.0, lambda: counter.sim.make_noise(b"\x11"))
    start_s = counter.time.now_s

    assert counter.driver.print_bytes(counter.receipt(), "A001", 30.0).is_printed
    assert counter.time.now_s - start_s >= 5.0


def test_xoff_for_ever_ends_at_the_deadline(at_counter: Put):
    counter = at_counter("bixolon-srp-350-serial")
    counter.sim.make_noise(b"\x13")

    with pytest.raises(UnknownOutcome) as caught:
        counter.driver.print_bytes(b"x", "A001", 30.0)

    assert str(caught.value) == (
        "The outcome of A001 is not known: 0 of 9 bytes taken, printer ready."
    )
    assert counter.printed_lines() == []


def test_a_picture_cannot_open_the_drawer(at_counter: Put):
    counter = at_counter()
    names = [f"삼각김밥 참치마요 {number}" for number in range(60)]
    document = PrintDocument("ko", tuple(TextLine(name, is_bold=True) for name in names))

    counter.driver.print_bytes(counter.driver.encode(document), "A001", 60.0)

    assert counter.unit.drawer.kicks == 0
    assert counter.driver._conversation.strays == 0


# -- before the first byte ---------------------------------------------------------------------


def open_cover(counter: Any) -> None:
    counter.unit.is_cover_open = True


def take_paper(counter: Any) -> None:
    counter.unit.leave_paper(0)


def jam_cutter(counter: Any) -> None:
    counter.unit.is_cutter_jammed = True


def heat_head(counter: Any) -> None:
    counter.unit.is_head_hot = True


def break_it(counter: Any) -> None:
    counter.unit.is_broken = True


@pytest.mark.parametrize("model", ALL)
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (open_cover, Reason.COVER_OPEN),
        (take_paper, Reason.PAPER_OUT),
        (jam_cutter, Reason.CUTTER_JAMMED),
        (heat_head, Reason.HEAD_HOT),
        (break_it, Reason.UNRECOVERABLE),
    ],
)
def test_refuses_before_the_first_byte(
    at_counter: Put, model: str, fault: Callable[..., None], reason: Reason
):
    counter = at_counter(model)
    fault(counter)

    with pytest.raises(Refused) as caught:
        counter.driver.print_bytes(counter.receipt(), "A001", 30.0)

    assert caught.value.fields == {"reason": reason.value}
    assert str(caught.value) == f"A person must act first: {reason.value}."
    assert b"Line" not in counter.sim.received
    assert counter.driver.health().counters["PrinterFaultCount"] == 1


ASKED = bytes.fromhex("10 04 01 10 04 02 10 04 03 10 04 04")


def asked_for_a_receipt(counter: Any, pause_s: float) -> int:
    """How often the printer is asked for its status by a job `pause_s` after somebody else has asked."""
    counter.driver.status()
    heard = len(counter.sim.received)
    counter.time.sleep(pause_s)
    counter.driver.print_bytes(counter.receipt(), "A001", 30.0)
    before_the_job, _, _ = bytes(counter.sim.received[heard:]).partition(b"Line 1")
    return before_the_job.count(ASKED)


def test_the_drawers_question_a_moment_ago_serves_the_receipt_too(at_counter: Put):
    assert asked_for_a_receipt(at_counter(), 0.01) == 0


def test_an_older_answer_is_not_trusted(at_counter: Put):
    assert asked_for_a_receipt(at_counter(), 0.03) == 1


def test_a_printer_that_does_not_tell_changes_by_itself_is_always_asked(at_counter: Put):
    assert asked_for_a_receipt(at_counter("clone-58mm"), 0.01) == 1


def test_a_cover_opened_after_the_drawers_question_is_heard(at_counter: Put):
    counter = at_counter()
    counter.driver.status()
    counter.unit.is_cover_open = True
    counter.run(0.01)
    with pytest.raises(Refused) as caught:
        counter.driver.print_bytes(counter.receipt(), "A001", 30.0)
    assert caught.value.fields == {"reason": "cover_open"}


def test_refuses_a_silent_printer(at_counter: Put):
    counter = at_counter("bixolon-srp-350-serial")
    counter.sim.power_off()

    with pytest.raises(Refused) as caught:
        counter.driver.print_bytes(counter.receipt(), "A001", 30.0)

    assert str(caught.value) == "A person must act first: silent."
    counter.sim.power_on()
    counter.run(5)
    assert counter.printed_lines() == []


def test_a_printer_unplugged_before_the_job_is_unavailable(at_counter: Put):
    counter = at_counter()
    counter.host.unplug()

    with pytest.raises(Unavailable) as caught:
        counter.driver.print_bytes(counter.receipt(), "A001", 30.0)

    assert str(caught.value) == "Cannot reach sim://printer: No such device."
