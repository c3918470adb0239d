"""The drawer: opened for what was committed, reported with its sensor's word, never late."""

from collections import deque

import pytest

from drivers.errors import Refused, Timeout, Unavailable
from drivers.events import Reason
from edge.domain.errors import DiskFull
from edge.peripherals.conditions import State
from edge.peripherals.drawer import LINGER_S, OPEN_TOO_LONG_S, DrawerKeeper
from edge.peripherals.resolver import recover
from edge.services import drawers


class FakeDrawer:
    def __init__(self) -> None:
        self.kicks = deque()
        self.is_open = False
        self.kicked = 0

    def open(self):
        pass

    def kick(self, deadline_s):
        self.kicked += 1
        answer = self.kicks.popleft() if self.kicks else True
        if isinstance(answer, Exception):
            raise answer
        return answer

    def is_drawer_open(self):
        if isinstance(self.is_open, Exception):
            raise self.is_open
        return self.is_open


@pytest.fixture
def drawer():
    return FakeDrawer()


@pytest.fixture
def keeper(shop, drawer, clock):
    return DrawerKeeper(shop, drawer, "drawer", clock, lambda: None)


@pytest.mark.parametrize(
    ("answer", "is_proved"),
    [
        (True, True),
        (False, False),
        (Refused(reason=Reason.DRAWER_OPEN), True),
        (Refused(reason=Reason.PAPER_OUT), False),
        (Unavailable(address="printer", detail="off"), False),
        (Timeout(address="printer", deadline_s=1), False),
    ],
)
def test_every_kick_is_reported_once_with_its_proof(shop, keeper, drawer, facts, answer, is_proved):
    drawer.kicks.append(answer)
    drawers.open_without_sale(shop)
    keeper.step()
    keeper.step()
    assert drawer.kicked == 1
    opened = facts(shop, "drawer.opened")
    assert [(it["cause"], it["is_proved"], it["cashier"]) for it in opened] == [
        ("no_sale", is_proved, "Kim")
    ]


def test_on_a_full_disk_it_opens_once_and_is_reported_later(shop, keeper, drawer, facts, mocker):
    drawers.open_without_sale(shop)
    full = mocker.patch.object(drawers, "report", side_effect=DiskFull)
    for _ in range(3):
        with pytest.raises(DiskFull):
            keeper.step()
    mocker.stop(full)
    drawer.kicks.append(False)
    keeper.step()
    assert drawer.kicked == 1
    assert [it["is_proved"] for it in facts(shop, "drawer.opened")] == [True]


def test_after_a_crash_the_drawer_does_not_open_late(shop, reopen, drawer, clock):
    drawers.open_without_sale(shop)
    again = reopen()
    recover(again)
    DrawerKeeper(again, drawer, "drawer", clock, lambda: None).step()
    assert drawer.kicked == 0


def test_left_open_is_said_after_a_minute(keeper, drawer, clock):
    keeper.step()
    assert keeper.condition.state is State.READY
    drawer.is_open = True
    keeper.step()
    clock.pass_s(OPEN_TOO_LONG_S - 1)
    keeper.step()
    assert keeper.condition.state is State.READY
    clock.pass_s(1)
    keeper.step()
    assert keeper.condition.advice.what == "The cash drawer has stood open for a while."
    drawer.is_open = False
    keeper.step()
    assert keeper.condition.state is State.READY


def test_without_its_printer_the_drawer_is_absent(keeper, drawer):
    drawer.is_open = Unavailable(address="printer", detail="off")
    keeper.step()
    assert keeper.condition.state is State.ABSENT
    assert keeper.condition.advice.what_now == "Open it with its key, and switch the printer on."


def test_with_its_printer_back_the_drawer_can_be_opened_again_though_it_stands_open(keeper, drawer):
    drawer.is_open = Unavailable(address="printer", detail="off")
    keeper.step()
    drawer.is_open = True
    keeper.step()
    assert (keeper.condition.state, keeper.condition.advice) == (State.READY, None)


class Stopping:
    """An event that says what it was waited on for, and what had been written down by then."""

    def __init__(self, shop, facts, drawer):
        self.seen = []
        self._look = lambda: (drawer.kicked, len(facts(shop, "drawer.opened")))
        self._turns = iter((False, True))

    def is_set(self):
        return next(self._turns)

    def wait(self, seconds):
        self.seen.append((seconds, *self._look()))


def test_the_drawer_opens_at_once_and_its_note_lets_the_receipt_go_first(
    shop, keeper, drawer, facts
):
    drawers.open_without_sale(shop)
    stopping = Stopping(shop, facts, drawer)
    keeper.wake()
    keeper.run(stopping)
    assert stopping.seen == [(LINGER_S, 1, 0)]
    assert len(facts(shop, "drawer.opened")) == 1
