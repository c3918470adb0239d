"""The hub's wire against a broker that refuses, or that does not speak MQTT."""

import select
import socket
from collections.abc import Iterator

import pytest

from cloud.clock import SystemClock
from cloud.ingest.mqtt import MqttWire
from contract.broker import Broker

CONNACK = bytes([0x20, 0x03, 0x00, 0x00, 0x00])
SUBACK_REFUSED = bytes([0x90, 0x04, 0x00, 0x01, 0x00, 0x87])
PUBACK_REFUSED = bytes([0x40, 0x04, 0x00, 0x02, 0x87, 0x00])
NONSENSE = [
    pytest.param(bytes([0x20, 0x00]), id="empty CONNACK"),
    pytest.param(CONNACK + bytes([0x00, 0x00]), id="reserved packet type"),
    pytest.param(
        CONNACK + bytes([0x30, 0x04, 0x00, 0x01, 0xFF, 0x00]), id="topic that is not UTF-8"
    ),
    pytest.param(CONNACK + bytes([0x32, 0x02, 0x00, 0xFF]), id="topic longer than the packet"),
    pytest.param(
        CONNACK + bytes([0x30, 0x05, 0x00, 0x01, 0x61, 0x01, 0xFE]), id="unknown property"
    ),
    pytest.param(CONNACK + bytes([0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]), id="length of five bytes"),
    pytest.param(CONNACK + bytes([0x90, 0x02, 0x00, 0x01]), id="short SUBACK"),
]
TURNS = 400


class Far:
    """A broker of one connection at a time, which says what it is told to say."""

    def __init__(self) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        self._door.settimeout(10)
        self.url = f"mqtt://127.0.0.1:{self._door.getsockname()[1]}"
        self.accepted: list[socket.socket] = []

    @property
    def is_called(self) -> bool:
        return bool(select.select([self._door], [], [], 0)[0])

    def answer(self, said: bytes) -> None:
        wire, _ = self._door.accept()
        self.accepted.append(wire)
        wire.settimeout(10)
        assert wire.recv(4096)[:1] == b"\x10"  # CONNECT
        wire.sendall(said)

    def close(self) -> None:
        for wire in [self._door, *self.accepted]:
            wire.close()


@pytest.fixture
def far() -> Iterator[Far]:
    far = Far()
    yield far
    far.close()


@pytest.fixture
def wire(far: Far) -> Iterator[MqttWire]:
    wire = MqttWire(Broker.of(far.url), "w1", "boot", SystemClock())
    yield wire
    wire.close()


def turn_until(wire: MqttWire, caplog: pytest.LogCaptureFixture, words: str) -> None:
    for _ in range(TURNS):
        if words in caplog.text:
            return
        wire.receive(10, 0.02)
    pytest.fail(f"Expected {words!r} in the log, got {caplog.text!r}.")


@pytest.mark.parametrize("said", NONSENSE)
def test_a_broker_that_talks_nonsense_is_left_and_called_again(
    wire: MqttWire, far: Far, said: bytes
) -> None:
    for _ in range(2):
        for _ in range(TURNS):
            if far.is_called:
                break
            wire.receive(10, 0.02)
        far.answer(said)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (SUBACK_REFUSED, "lets the hub not listen (Not authorized)"),
        (PUBACK_REFUSED, "lets the hub not speak (Not authorized)"),
    ],
    ids=["subscribe", "publish"],
)
def test_a_refusal_of_the_broker_is_said_with_what_to_do(
    wire: MqttWire, far: Far, caplog: pytest.LogCaptureFixture, said: bytes, words: str
) -> None:
    wire.receive(1, 0.02)
    far.answer(CONNACK)
    while not wire.is_connected:
        wire.receive(1, 0.02)
    far.accepted[0].sendall(said)
    turn_until(wire, caplog, words)
    assert "Allow the hub's user to" in caplog.text
