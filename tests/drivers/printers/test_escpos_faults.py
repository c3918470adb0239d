"""Jobs that meet paper, cover, knife, power and plug in the middle: printed once, or unknown and never again."""

from collections.abc import Callable
from typing import Any

import pytest

from drivers.errors import Refused, UnknownOutcome
from drivers.events import PrintProof, Reason
from hardware_sim.printers.models import models

Put = Callable[..., Any]
LINES = [f"Line {number}" for number in range(1, 21)]
ALL = sorted(models())
PROVED = PrintProof(is_printed=True, witness="process_id")


def open_cover(counter: Any) -> None:
    counter.unit.is_cover_open = True


def heat_head(counter: Any) -> None:
    counter.unit.is_head_hot = True


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
