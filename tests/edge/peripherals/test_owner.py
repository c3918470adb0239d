"""The life of a peripheral: opened, ready, lost, opened again."""

from collections import deque

import pytest

from drivers.errors import Garbled, Refused, Timeout, Unavailable
from edge.peripherals.conditions import State
from edge.peripherals.owner import STRIKES, Owner, Readiness

GONE = Unavailable(address="/dev/x", detail="unplugged")


class FakeDriver:
    def __init__(self) -> None:
        self.openings = deque()
        self.calls = []

    def open(self):
        self.calls.append("open")
        answer = self.openings.popleft() if self.openings else None
        if answer:
            raise answer

    def close(self):
        self.calls.append("close")


class FakeWork:
    def __init__(self) -> None:
        self.script = deque()

    def opened(self):
        return Readiness()

    def once(self):
        answer = self.script.popleft() if self.script else Readiness()
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def driver():
    return FakeDriver()


@pytest.fixture
def work():
    return FakeWork()


@pytest.fixture
def changed():
    return []


@pytest.fixture
def owner(driver, work, clock, changed):
    owner = Owner("scanner", "scanner", driver, work, clock, lambda low, high: (low + high) / 2)
    owner.on_change(lambda: changed.append(owner.condition.state))
    return owner


def test_is_present_opening_and_ready(owner, changed):
    assert owner.condition.state is State.ABSENT
    assert owner.step() == 0.0
    assert changed == [State.PRESENT, State.OPENING, State.READY]


def test_tries_again_later_and_later(owner, driver, clock):
    driver.openings.extend([GONE] * 7)
    waits = []
    for _ in range(7):
        owner.step()
        waits.append(owner.step())
        clock.pass_s(waits[-1])
    assert [round(wait, 3) for wait in waits] == [0.5, 1.0, 2.0, 5.0, 10.0, 10.0, 10.0]
    assert driver.calls.count("open") == 7
    owner.step()
    assert owner.condition.state is State.READY


def test_a_short_loss_is_not_called_absent_until_it_fails_to_come_back(
    owner, driver, work, clock, changed
):
    owner.step()
    changed.clear()
    work.script.append(GONE)
    owner.step()
    assert owner.condition.state is State.OPENING
    driver.openings.append(GONE)
    clock.pass_s(0.5)
    owner.step()
    assert owner.condition.state is State.ABSENT
    assert owner.condition.detail == "Cannot reach /dev/x: unplugged."
    clock.pass_s(1.0)
    owner.step()
    assert changed == [
        State.OPENING,
        State.ABSENT,
        State.PRESENT,
        State.OPENING,
        State.READY,
    ]


def test_back_off_begins_anew_after_success(owner, driver, work, clock):
    driver.openings.extend([GONE] * 4)
    for _ in range(5):
        owner.step()
        clock.pass_s(10)
    assert owner.condition.state is State.READY
    work.script.append(GONE)
    owner.step()
    assert round(owner.step(), 3) == 0.5


def test_reasons_make_it_not_ready_and_ready_again(owner, work, clock):
    work.script.extend([Readiness(("paper_out",)), Readiness(is_paper_low=True)])
    owner.step()
    assert (owner.condition.state, owner.condition.reasons) == (State.NOT_READY, ("paper_out",))
    since = clock.now()
    clock.pass_s(60)
    owner.step()
    assert (owner.condition.state, owner.condition.is_paper_low) == (State.READY, True)
    assert (owner.condition.since - since).total_seconds() == 60


def test_refused_is_not_ready(owner, work):
    work.script.append(Refused(reason="cover_open"))
    owner.step()
    assert (owner.condition.state, owner.condition.reasons) == (State.NOT_READY, ("cover_open",))


@pytest.mark.parametrize(
    "error", [Timeout(address="x", deadline_s=1), Garbled(expected="a", got="b")]
)
def test_silence_and_nonsense_are_borne_a_few_times(owner, driver, work, error):
    owner.step()
    work.script.extend([error] * (STRIKES - 1))
    for _ in range(STRIKES - 1):
        owner.step()
    assert "close" not in driver.calls
    work.script.append(error)
    owner.step()
    assert (owner.condition.state, driver.calls[-1]) == (State.OPENING, "close")


def test_a_good_answer_clears_the_strikes(owner, driver, work):
    silent = Timeout(address="x", deadline_s=1)
    owner.step()
    for _ in range(5):
        work.script.extend([silent, silent, Readiness()])
        for _ in range(3):
            owner.step()
    assert driver.calls == ["open"]
    assert owner.condition.state is State.READY


def test_a_defect_in_a_driver_does_not_end_its_thread(owner, driver, clock, caplog):
    driver.openings.append(ZeroDivisionError("oops"))
    owner.step()
    assert owner.condition.detail == "ZeroDivisionError: oops"
    clock.pass_s(1)
    owner.step()
    assert owner.condition.state is State.READY


def test_busy_only_while_it_is_ready(owner, work):
    owner.busy(is_busy=True)
    assert owner.condition.state is State.ABSENT
    owner.step()
    owner.busy(is_busy=True)
    assert owner.condition.state is State.BUSY
    owner.step()
    assert owner.condition.state is State.BUSY
    owner.busy(is_busy=False)
    assert owner.condition.state is State.READY


def test_the_owner_closes_what_it_opened(owner, driver):
    import threading

    stopping = threading.Event()
    stopping.set()
    owner.step()
    owner.run(stopping)
    assert driver.calls == ["open", "close"]
