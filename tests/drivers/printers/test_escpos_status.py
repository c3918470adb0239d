import threading
from collections.abc import Callable
from typing import Any

import pytest

from drivers.errors import Refused
from drivers.events import PrinterStatus, Reason
from drivers.printers.escpos import drawer_pulse
from drivers.printers.profile import EscposProfile
from hardware_sim.printers.models import models

Put = Callable[..., Any]
ALL = sorted(models())


def open_cover(counter: Any) -> None:
    counter.unit.is_cover_open = True


def take_paper(counter: Any) -> None:
    counter.unit.leave_paper(0)


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
