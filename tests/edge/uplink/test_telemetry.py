import logging

import pytest

from contract.health import Health
from contract.topics import Up, up
from edge.uplink.log_tail import LogTail
from edge.uplink.pressure import DIRE_BELOW_BYTES, LONG_PAUSE_MS, SHORT_BELOW_BYTES, Asked
from edge.uplink.telemetry import APART_S, EVERY_S, JITTER_S, Telemetry


class Wire:
    def __init__(self) -> None:
        self.sent = []
        self.is_up = True

    def send(self, outgoing):
        if self.is_up:
            self.sent.append(outgoing)
        return self.is_up

    @property
    def healths(self):
        return [Health.model_validate_json(outgoing.payload) for outgoing in self.sent]


class Pressed:
    """A box whose hub and disk can be made to press, minute by minute."""

    def __init__(self, clock, wire, tail) -> None:
        self.clock, self.wire, self.tail = clock, wire, tail
        self.pause_ms, self.free_bytes = 0, 10**12
        self.telemetry = Telemetry(
            wire,
            "maru-1",
            lambda: Health(
                at=clock.now(),
                boot="b",
                uptime_s=1,
                disk_free_bytes=self.free_bytes,
                waiting_facts=0,
            ),
            clock,
            lambda low, high: 0.0,
            lambda: Asked(1 if self.pause_ms else 8, self.pause_ms, clock.monotonic()),
            tail,
        )

    def minute(self) -> int:
        """Reports that were sent in the next minute."""
        before = len(self.wire.sent)
        self.telemetry.step()
        self.clock.pass_s(EVERY_S)
        return len(self.wire.sent) - before


@pytest.fixture
def tail(clock):
    tail = LogTail(clock)
    tail.listen()
    yield tail
    tail.close()


@pytest.fixture
def pressed(clock, tail):
    return Pressed(clock, Wire(), tail)


def warn() -> None:
    logging.getLogger("edge.test").warning("It happened to %s", "Kim")


def telemetry(clock, wire):
    def collect():
        return Health(at=clock.now(), boot="b", uptime_s=1, disk_free_bytes=10**12, waiting_facts=0)

    return Telemetry(wire, "maru-1", collect, clock, lambda low, high: high, Asked, LogTail(clock))


def test_goes_out_once_a_minute_with_jitter_at_qos_0(clock):
    wire = Wire()
    health = telemetry(clock, wire)
    assert health.step() == EVERY_S + JITTER_S
    clock.pass_s(EVERY_S)
    assert health.step() == JITTER_S
    clock.pass_s(JITTER_S)
    health.step()
    assert [(it.topic, it.qos, it.is_retained) for it in wire.sent] == [
        (up("maru-1", Up.HEALTH), 0, False)
    ] * 2
    assert Health.model_validate_json(wire.sent[0].payload).boot == "b"


def test_a_new_connection_is_told_at_once(clock):
    wire = Wire()
    health = telemetry(clock, wire)
    health.step()
    health.connected()
    health.step()
    assert len(wire.sent) == 2


def shed_by(pressed, how: str, *, dire: bool) -> None:
    if how == "hub":
        pressed.pause_ms = LONG_PAUSE_MS if dire else 1
    else:
        pressed.free_bytes = (DIRE_BELOW_BYTES if dire else SHORT_BELOW_BYTES) - 1


@pytest.mark.parametrize("how", ["hub", "disk"])
def test_under_pressure_one_report_says_so_and_then_only_news_goes(pressed, how):
    assert pressed.minute() == 1
    shed_by(pressed, how, dire=False)
    assert [pressed.minute() for _ in range(4)] == [1, 0, 0, 0]
    assert pressed.telemetry.left_out == 3
    warn()
    assert [pressed.minute(), pressed.minute()] == [1, 0]
    last = pressed.wire.healths[-1]
    assert (last.sheds, last.left_out) == (("telemetry",), 3)
    assert [(line.text, line.count) for line in last.log] == [("It happened to …", 1)]


@pytest.mark.parametrize("how", ["hub", "disk"])
def test_at_the_hardest_pressure_the_log_is_left_out_too(pressed, how):
    warn()
    shed_by(pressed, how, dire=True)
    assert pressed.minute() == 1
    warn()
    assert [pressed.minute(), pressed.minute()] == [0, 0]
    [said] = pressed.wire.healths
    assert (said.sheds, said.log) == (("telemetry", "log"), ())


def test_what_was_left_out_of_the_log_comes_when_it_is_over(pressed):
    pressed.pause_ms = LONG_PAUSE_MS
    warn()
    pressed.minute()
    warn()
    pressed.minute()
    pressed.pause_ms = 0
    assert pressed.minute() == 1
    last = pressed.wire.healths[-1]
    assert (last.sheds, last.left_out, [line.count for line in last.log]) == ((), 1, [2])


def test_a_report_that_the_line_did_not_take_was_not_said(pressed):
    pressed.pause_ms = 1
    pressed.wire.is_up = False
    assert pressed.minute() == 0
    pressed.wire.is_up = True
    assert [pressed.minute(), pressed.minute()] == [1, 0]


def test_a_change_is_told_soon_and_once_for_all_that_change_meanwhile(clock):
    wire = Wire()
    health = telemetry(clock, wire)
    health.step()
    assert (health.changed(), health.changed()) == (True, False)
    assert (health.step(), len(wire.sent)) == (APART_S, 1)
    clock.pass_s(APART_S)
    health.step()
    assert len(wire.sent) == 2


def test_after_a_quiet_while_a_change_is_told_at_once(clock):
    wire = Wire()
    health = telemetry(clock, wire)
    health.step()
    clock.pass_s(APART_S)
    health.changed()
    health.step()
    assert len(wire.sent) == 2
