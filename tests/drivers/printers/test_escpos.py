import threading
from collections.abc import Callable
from typing import Any

import pytest

from drivers.errors import Refused, Timeout, Unavailable, UnknownOutcome
from drivers.events import PrinterStatus, PrintProof, Reason
from drivers.interfaces import PrintDocument, TextLine
from drivers.printers.escpos import drawer_pulse
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


# -- in the middle -----------------------------------------------------------------------------


@pytest.mark.parametrize("model", ALL)
@pytest.mark.parametrize("rows", [1, 29, 30, 250, 599])
def test_paper_out_in_the_middle_prints_exactly_once(at_counter: Put, model: str, rows: int):
    """Stops wherever the paper ends, goes on from there when a person has loaded the next roll."""
    counter = at_counter(model)
    counter.unit.leave_paper(rows)
    counter.time.after(120.0, counter.unit.load_paper)
    start_s = counter.time.now_s

    proof = counter.driver.print_bytes(counter.receipt(), "A001", 600.0)

    assert proof.is_printed
    assert counter.time.now_s - start_s >= 120.0
    assert counter.printed_lines() == LINES
    assert counter.sim.received.count(b"Line 1\n") == 1


@pytest.mark.parametrize("model", ALL)
def test_a_long_job_waits_in_a_full_buffer(at_counter: Put, model: str):
    counter = at_counter(model)
    counter.unit.leave_paper(300)
    counter.time.after(60.0, counter.unit.load_paper)

    assert counter.driver.print_bytes(counter.receipt(1000), "A001", 600.0).is_printed
    assert counter.printed_lines() == [f"Line {number}" for number in range(1, 1001)]


def test_questions_stuck_behind_a_long_job_do_not_make_it_unknown(at_counter: Put):
    """The kernel took the whole job, the printer's buffer is full: it has said why, and cannot be asked."""
    counter = at_counter()
    counter.behind_a_socket()
    counter.unit.leave_paper(300)
    said = []
    counter.time.after(60.0, lambda: said.append(counter.driver._conversation.status.reasons))
    counter.time.after(120.0, counter.unit.load_paper)

    assert counter.driver.print_bytes(counter.receipt(1000), "A001", 600.0) == PROVED
    assert said == [{Reason.PAPER_OUT}]
    assert counter.printed_lines() == [f"Line {number}" for number in range(1, 1001)]


def test_status_of_a_printer_with_a_full_buffer_is_what_it_told(at_counter: Put):
    counter = at_counter()
    counter.behind_a_socket()
    counter.unit.leave_paper(300)
    with pytest.raises(UnknownOutcome):
        counter.driver.print_bytes(counter.receipt(1000), "A001", 5.0)

    assert counter.driver.status().reasons == {Reason.PAPER_OUT}
    with pytest.raises(Refused) as caught:
        counter.driver.print_bytes(counter.receipt(), "A002", 5.0)
    assert caught.value.fields == {"reason": "paper_out"}


def test_paper_out_until_the_deadline_is_unknown_and_the_rest_still_comes_once(at_counter: Put):
    counter = at_counter()
    counter.unit.leave_paper(100)

    with pytest.raises(UnknownOutcome) as caught:
        counter.driver.print_bytes(counter.receipt(), "A001", 30.0)
    assert str(caught.value) == (
        "The outcome of A001 is not known: sent whole, no proof, paper_out."
    )

    counter.unit.load_paper()
    counter.run(5)
    assert counter.printed_lines() == LINES


def test_the_next_job_after_a_cut_off_picture_is_whole(at_counter: Put):
    """The line breaks inside a picture; what the printer still expects of it is filled before the next receipt."""
    counter = at_counter()
    picture = b"\x1dv0\x00\x48\x00\x38\x00" + b"\xaa" * 4032
    counter.sim.intake_bytes_per_s = 1000.0
    counter.time.after(1.5, counter.host.unplug)
    with pytest.raises(UnknownOutcome) as caught:
        counter.driver.print_bytes(picture, "A001", 30.0)
    assert str(caught.value) == "The outcome of A001 is not known: No such device."

    counter.sim.intake_bytes_per_s = None
    counter.host.replug()
    counter.driver.open()

    assert counter.driver.print_bytes(counter.receipt(), "A002", 30.0) == PROVED
    assert counter.printed_lines() == ["[picture]", *LINES]


@pytest.mark.parametrize("model", ALL)
def test_cover_opened_in_the_middle(at_counter: Put, model: str):
    counter = at_counter(model)
    counter.time.after(0.06, lambda: open_cover(counter))
    counter.time.after(40.0, lambda: setattr(counter.unit, "is_cover_open", False))

    assert counter.driver.print_bytes(counter.receipt(100), "A001", 600.0).is_printed
    assert counter.printed_lines() == [f"Line {number}" for number in range(1, 101)]


def test_cutter_jam_cleared_by_hand(at_counter: Put):
    counter = at_counter()
    counter.unit.will_jam = True
    counter.time.after(30.0, lambda: setattr(counter.unit, "is_cutter_jammed", False))

    assert counter.driver.print_bytes(counter.receipt(), "A001", 600.0) == PROVED
    assert len(counter.sim.paper.receipts()) == 1


def test_hot_head_cools(at_counter: Put):
    counter = at_counter()
    counter.time.after(0.06, lambda: heat_head(counter))
    counter.time.after(60.0, lambda: setattr(counter.unit, "is_head_hot", False))

    assert counter.driver.print_bytes(counter.receipt(100), "A001", 600.0) == PROVED


@pytest.mark.parametrize("after_s", [0.01, 0.06, 0.11])
@pytest.mark.parametrize("model", ALL)
def test_power_lost_in_the_middle_is_unknown_and_never_printed_twice(
    at_counter: Put, model: str, after_s: float
):
    counter = at_counter(model)
    counter.time.after(after_s, counter.sim.power_off)
    counter.time.after(3.0, counter.sim.power_on)

    with pytest.raises(UnknownOutcome) as caught:
        counter.driver.print_bytes(counter.receipt(300), "A001", 600.0)
    assert caught.value.fields["reference"] == "A001"

    counter.run(5)
    counter.driver.open()
    counter.run(5)
    lines = counter.printed_lines()
    assert len(lines) == len(set(lines)) < 300
    assert counter.driver.print_bytes(counter.receipt(1, "Next"), "A002", 30.0).is_printed
    assert counter.printed_lines().count("Next 1") == 1


def test_a_printer_that_is_ready_but_owes_the_proof_is_not_waited_for_until_the_deadline(
    at_counter: Put,
):
    """A serial line stays when the power goes: only the missing proof tells."""
    counter = at_counter("bixolon-srp-350-serial")
    counter.time.after(0.01, counter.sim.power_off)
    counter.time.after(2.0, counter.sim.power_on)
    start_s = counter.time.now_s

    with pytest.raises(UnknownOutcome) as caught:
        counter.driver.print_bytes(counter.receipt(), "A001", 3600.0)

    assert str(caught.value) == (
        "The outcome of A001 is not known: sent whole, no proof, printer ready."
    )
    assert counter.time.now_s - start_s < 40.0


def test_a_printer_that_falls_silent_is_not_waited_for_until_the_deadline(at_counter: Put):
    counter = at_counter("bixolon-srp-350-serial")
    counter.time.after(0.01, counter.sim.power_off)
    start_s = counter.time.now_s

    with pytest.raises(UnknownOutcome):
        counter.driver.print_bytes(counter.receipt(), "A001", 3600.0)

    assert counter.time.now_s - start_s < 20.0


def test_a_printer_that_forgot_its_buffer_is_not_waited_for(at_counter: Put):
    """Somebody cleared it (DLE DC4 8): the answer is heard though the paper is still out."""
    counter = at_counter()
    counter.unit.leave_paper(100)
    counter.time.after(
        5.0, lambda: counter.sim.take(bytes.fromhex("10 14 08 01 03 14 01 06 02 08"))
    )
    start_s = counter.time.now_s

    with pytest.raises(UnknownOutcome):
        counter.driver.print_bytes(counter.receipt(), "A001", 3600.0)

    assert counter.time.now_s - start_s < 10.0


def test_an_answer_from_the_buffer_is_proof_only_once_the_printer_runs_on(at_counter: Put):
    counter = at_counter("gprinter-gp-l80250")
    counter.unit.leave_paper(100)
    counter.time.after(1.0, lambda: counter.sim.make_noise(b"\0"))  # as if taken, not printed
    counter.time.after(30.0, counter.unit.load_paper)
    start_s = counter.time.now_s

    assert counter.driver.print_bytes(counter.receipt(), "A001", 600.0).is_printed
    assert counter.time.now_s - start_s >= 30.0


def test_unplugged_in_the_middle_is_unknown(at_counter: Put):
    counter = at_counter()
    counter.time.after(0.06, counter.host.unplug)

    with pytest.raises(UnknownOutcome) as caught:
        counter.driver.print_bytes(counter.receipt(300), "A001", 30.0)

    assert str(caught.value) == "The outcome of A001 is not known: No such device."


def test_a_late_answer_to_an_earlier_question_proves_nothing(at_counter: Put):
    """GS r answers carry no name: the second job waits for the second one."""
    counter = at_counter("gprinter-gp-l80250")
    counter.unit.leave_paper(100)
    with pytest.raises(UnknownOutcome):
        counter.driver.print_bytes(counter.receipt(), "A001", 10.0)
    counter.unit.load_paper()

    assert counter.driver.print_bytes(counter.receipt(20, "Next"), "A002", 30.0).is_printed
    assert counter.printed_lines()[-1] == "Next 20"


# -- status ------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ALL)
def test_status_says_what_is_wrong(at_counter: Put, model: str):
    counter = at_counter(model)
    assert counter.driver.status() == PrinterStatus(drawer_pin_high=False)

    open_cover(counter)
    counter.unit.leave_paper(10)

    assert counter.driver.status() == PrinterStatus(
        frozenset({Reason.COVER_OPEN}), is_paper_low=True, drawer_pin_high=False
    )


def test_status_through_noise(at_counter: Put):
    counter = at_counter()
    counter.sim.is_asb_first = True
    counter.sim.make_noise(bytes.fromhex("FF 80 00 37 41 18 00"))

    assert counter.driver.status() == PrinterStatus(drawer_pin_high=False)
    assert counter.driver._conversation.strays > 0


@pytest.mark.parametrize("model", ALL)
def test_changes_are_reported(at_counter: Put, model: str):
    counter = at_counter(model)
    counter.driver.wait_for_status(1.0)
    assert counter.driver.wait_for_status(10.0) is None

    counter.time.after(3.0, lambda: open_cover(counter))
    start_s = counter.time.now_s
    assert counter.driver.wait_for_status(10.0) == PrinterStatus(
        frozenset({Reason.COVER_OPEN}), drawer_pin_high=False
    )
    assert counter.time.now_s - start_s < 4.0


def test_every_waiting_thread_is_told(at_counter: Put):
    counter = at_counter()
    counter.driver.wait_for_status(0.0)
    open_cover(counter)
    assert counter.driver.wait_for_status(1.0) is not None
    told = []

    other = threading.Thread(target=lambda: told.append(counter.driver.wait_for_status(1.0)))
    other.start()
    other.join()

    assert told == [counter.driver.status()]


def test_status_while_a_job_goes_out_is_the_last_one_known(at_counter: Put):
    """A question in the middle of a picture would be printed, or worse."""
    counter = at_counter()
    sent = len(counter.sim.received)
    said = []
    with counter.driver._writing:
        other = threading.Thread(target=lambda: said.append(counter.driver.status()))
        other.start()
        other.join()

    assert said == [PrinterStatus(drawer_pin_high=False)]
    assert len(counter.sim.received) == sent


# -- drawer ------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ALL)
def test_pulse_opens_the_drawer_and_its_pin_tells(at_counter: Put, model: str):
    counter = at_counter(model)
    counter.driver.wait_for_status(1.0)

    counter.driver.pulse_drawer()

    assert counter.driver.wait_for_status(5.0) == PrinterStatus(drawer_pin_high=True)
    assert counter.unit.drawer.kicks == 1


def test_a_pulse_that_would_wait_in_the_buffer_is_refused(at_counter: Put):
    """Else the drawer springs open when somebody changes the paper an hour later."""
    counter = at_counter("gprinter-gp-l80250")
    take_paper(counter)

    with pytest.raises(Refused) as caught:
        counter.driver.pulse_drawer()

    assert str(caught.value) == "A person must act first: paper_out."
    counter.unit.load_paper()
    counter.run(5)
    assert counter.unit.drawer.kicks == 0


def test_a_real_time_pulse_needs_no_paper(at_counter: Put):
    counter = at_counter()
    take_paper(counter)

    counter.driver.pulse_drawer()

    assert counter.unit.drawer.kicks == 1


@pytest.mark.parametrize(
    ("profile", "pulse"),
    [
        (EscposProfile(), "1b 70 00 32 fa"),
        (EscposProfile(drawer_pin=1, drawer_on_ms=200), "1b 70 01 64 fa"),
        (EscposProfile(drawer_command="dle_dc4"), "10 14 01 00 01"),
        (EscposProfile(drawer_command="dle_dc4", drawer_pin=1), "10 14 01 01 01"),
    ],
)
def test_pulse_bytes(profile: EscposProfile, pulse: str):
    assert drawer_pulse(profile).hex(" ") == pulse
