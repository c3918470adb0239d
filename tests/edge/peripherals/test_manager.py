"""Threads that outlive a defect."""

import threading

import pytest

from drivers.errors import Unavailable
from edge.peripherals import manager
from edge.peripherals.conditions import State
from edge.peripherals.manager import Manager
from edge.settings import PeripheralSettings


def test_a_thread_that_met_a_defect_begins_again(
    shop, watchers, notices, mocker, caplog: pytest.LogCaptureFixture
):
    mocker.patch.object(manager, "AFTER_DEFECT_S", 0.0)
    made = Manager(shop, watchers, notices, lambda _: None)
    begun, is_second = [], threading.Event()

    def target(stopping: threading.Event) -> None:
        begun.append(threading.current_thread().name)
        if len(begun) == 1:
            raise LookupError("a defect")
        is_second.set()
        stopping.wait()

    made._run("printer spooler", target)
    made._threads[0].start()
    assert is_second.wait(10)
    assert made.stop(10)
    assert begun == ["printer spooler"] * 2
    assert "The thread of printer spooler met a defect and begins again" in caplog.text


class FakeDrawer:
    """Hangs on a printer that is there or not."""

    is_printer_there = False

    def is_drawer_open(self):
        if not self.is_printer_there:
            raise Unavailable(address="printer", detail="off")
        return False


def test_a_printer_that_comes_back_brings_its_drawer_with_it(
    shop, settings, watchers, notices, mocker
):
    printer = PeripheralSettings(kind="receipt_printer", driver="escpos", url="tcp://printer:9100")
    hung = PeripheralSettings(kind="cash_drawer", driver="printer_kick", url="via:printer")
    settings.peripherals.update({"drawer": hung, "printer": printer})
    drawer = FakeDrawer()
    made = Manager(shop, watchers, notices, lambda _: None)
    made.bind(lambda it, _: drawer if it is hung else mocker.Mock(), lambda _: lambda: None)
    keeper, owner = made._owners["drawer"], made._owners["printer"]
    keeper.step()
    assert keeper.condition.state is State.ABSENT
    assert not keeper._woken.is_set()
    owner._become(State.READY)
    assert keeper._woken.is_set()
    drawer.is_printer_there = True
    keeper._woken.clear()
    keeper.step()
    owner.busy(is_busy=True)
    assert keeper.condition.state is State.READY
    assert not keeper._woken.is_set()  # a job is no news to a drawer that is well
