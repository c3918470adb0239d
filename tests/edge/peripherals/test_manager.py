"""Threads that outlive a defect."""

import threading

import pytest

from edge.peripherals import manager
from edge.peripherals.manager import Manager


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
