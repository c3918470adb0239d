from contract.health import Health
from contract.topics import Up, up
from edge.uplink.telemetry import APART_S, EVERY_S, JITTER_S, SHED_BELOW_BYTES, Telemetry


class Wire:
    def __init__(self) -> None:
        self.sent = []

    def send(self, outgoing):
        self.sent.append(outgoing)
        return True


def telemetry(clock, wire, free_bytes=10**12):
    def collect():
        return Health(
            at=clock.now(), boot="b", uptime_s=1, disk_free_bytes=free_bytes, waiting_facts=0
        )

    return Telemetry(wire, "maru-1", collect, clock, lambda low, high: high)


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


def test_is_the_first_to_go_when_the_disk_is_short(clock):
    wire = Wire()
    health = telemetry(clock, wire, SHED_BELOW_BYTES - 1)
    health.step()
    assert (wire.sent, health.shed) == ([], 1)


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
