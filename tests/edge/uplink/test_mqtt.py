"""The line against a real broker, and against one that talks nonsense."""

import queue
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from contract.broker import Broker as BrokerAddress
from contract.envelope import MAX_MESSAGE_BYTES, State
from contract.topics import HUB_STATE, Address, Down, Up, down, every_up, shard_of, up
from edge.clock import SystemClock
from edge.uplink.mqtt import SHORT_LIVED_LIMIT, Line, full_jitter_s
from edge.uplink.wire import Outgoing

EDGE = "maru-1"
WAIT_S = 10.0


@contextmanager
def running_line(url, ear, boot="boot-1") -> Iterator[Line]:
    line = Line(BrokerAddress.of(url), EDGE, boot, SystemClock(), ear, reconnect_limit_s=0.2)
    line.start()
    try:
        yield line
    finally:
        line.stop()


class Far:
    """The hub's side of the broker, by an independent client."""

    def __init__(self, port: int, *topics: str) -> None:
        self.heard: queue.Queue[tuple[str, bytes, bool]] = queue.Queue()
        self.client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        ready = threading.Event()
        self.client.on_message = self._keep
        self.client.on_subscribe = lambda *_: ready.set()
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self.client.subscribe([(topic, 1) for topic in topics])
        assert ready.wait(WAIT_S)

    def _keep(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self.heard.put((message.topic, bytes(message.payload), message.retain))

    def say(self, topic: str, payload: bytes | str, retain: bool = False) -> None:
        self.client.publish(topic, payload, 1, retain).wait_for_publish(WAIT_S)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def far(broker) -> Iterator[Far]:
    far = Far(broker.port, every_up(shard_of(EDGE)))
    yield far
    far.close()


def state_of(heard: tuple[str, bytes, bool]) -> State:
    topic, payload, _ = heard
    assert topic == up(EDGE, Up.STATE)
    return State.model_validate_json(payload)


@pytest.mark.requires("mosquitto")
class TestWithABroker:
    def test_says_it_is_online_and_says_goodbye(self, broker, ear, far):
        with running_line(broker.url, ear):
            first = state_of(far.heard.get(timeout=WAIT_S))
        last = state_of(far.heard.get(timeout=WAIT_S))
        assert (first.online, first.boot, last.online, last.boot) == (
            True,
            "boot-1",
            False,
            "boot-1",
        )

    def test_two_boxes_with_one_edge_id_are_an_alarm_and_the_will_speaks(self, broker, ear, far):
        with running_line(broker.url, ear) as line, running_line(broker.url, Quiet(), "boot-2"):
            lost = 0
            while lost <= SHORT_LIVED_LIMIT:
                lost += ear.connections.get(timeout=WAIT_S) is False
            assert line.status.alarm == "keeps_being_closed"
            assert line.status.detail == "another box may use this edge id"
        states = [state_of(far.heard.get(timeout=WAIT_S)) for _ in range(4)]
        assert State(online=False, boot="boot-1") in states

    def test_carries_both_ways(self, broker, ear, far):
        far.say(down(EDGE, Down.HEAD), b"listening", retain=True)
        with running_line(broker.url, ear) as line:
            assert ear.messages.get(timeout=WAIT_S) == (Address(EDGE, Down.HEAD), b"listening")
            assert line.send(Outgoing(up(EDGE, Up.FACTS), b"facts", 1))
            far.heard.get(timeout=WAIT_S)
            assert far.heard.get(timeout=WAIT_S) == (up(EDGE, Up.FACTS), b"facts", False)
            far.say(down(EDGE, Down.ACK), b"ack")
            assert ear.messages.get(timeout=WAIT_S) == (Address(EDGE, Down.ACK), b"ack")
            far.say(HUB_STATE, b"hub")
            assert ear.hub_states.get(timeout=WAIT_S) == b"hub"

    def test_refuses_oversized_and_malformed_messages_and_lives_on(self, broker, ear, far):
        far.say(down(EDGE, Down.HEAD), b"listening", retain=True)
        with running_line(broker.url, ear) as line:
            assert ear.messages.get(timeout=WAIT_S) == (Address(EDGE, Down.HEAD), b"listening")
            far.say(down(EDGE, Down.OPS), b"x" * (MAX_MESSAGE_BYTES + 1))
            far.say(down(EDGE, Down.OPS) + "s", b"no such channel")
            far.say(down(EDGE, Down.ACK), b"still there?")
            assert ear.messages.get(timeout=WAIT_S) == (Address(EDGE, Down.ACK), b"still there?")
            assert ear.messages.empty()
            assert (line.status.counters["oversized"], line.status.counters["malformed"]) == (1, 1)

    def test_comes_back_after_the_broker_was_killed(self, broker, ear):
        with running_line(broker.url, ear) as line:
            assert ear.connections.get(timeout=WAIT_S) is True
            broker.kill()
            assert ear.connections.get(timeout=WAIT_S) is False
            assert line.send(Outgoing(up(EDGE, Up.FACTS), b"lost", 1)) is False
            broker.start()
            assert ear.connections.get(timeout=WAIT_S) is True
            assert line.status.is_online

    def test_nothing_of_an_earlier_connection_is_sent_again(self, broker, ear):
        with running_line(broker.url, ear) as line:
            assert ear.connections.get(timeout=WAIT_S) is True
            broker.kill()
            line.send(Outgoing(up(EDGE, Up.FACTS), b"old", 1))
            assert ear.connections.get(timeout=WAIT_S) is False
            broker.start()
            far = Far(broker.port, every_up(shard_of(EDGE)))
            assert ear.connections.get(timeout=WAIT_S) is True
            assert line.send(Outgoing(up(EDGE, Up.FACTS), b"new", 1))
            heard = []
            while not heard or heard[-1] != b"new":
                topic, payload, _ = far.heard.get(timeout=WAIT_S)
                if topic == up(EDGE, Up.FACTS):
                    heard.append(payload)
            far.close()
            assert heard == [b"new"]


class Quiet:
    """A listener for whom nothing matters."""

    def connected(self) -> None: ...
    def disconnected(self) -> None: ...
    def received(self, address: Address, payload: bytes) -> None: ...
    def hub_state(self, payload: bytes) -> None: ...


CONNACK = bytes([0x20, 0x03, 0x00, 0x00, 0x00])

NONSENSE = [
    pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", id="not MQTT at all"),
    pytest.param(CONNACK + bytes([0x00, 0x00]), id="reserved packet type"),
    pytest.param(CONNACK + bytes([0x32, 0x02, 0x00, 0xFF]), id="topic longer than the packet"),
    pytest.param(
        CONNACK + bytes([0x30, 0x04, 0x00, 0x01, 0xFF, 0x00]), id="topic that is not UTF-8"
    ),
    pytest.param(
        CONNACK + bytes([0x30, 0x05, 0x00, 0x01, 0x61, 0x01, 0xFE]), id="unknown property"
    ),
    pytest.param(CONNACK + bytes([0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]), id="length of five bytes"),
    pytest.param(bytes([0x20, 0x00]), id="empty CONNACK"),
    pytest.param(CONNACK + bytes([0x90, 0x02, 0x00, 0x01]), id="short SUBACK"),
]


@pytest.mark.parametrize("answer", NONSENSE)
def test_survives_a_broker_that_talks_nonsense(answer, ear):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(WAIT_S)
        with running_line(f"mqtt://127.0.0.1:{server.getsockname()[1]}", ear) as line:
            for _ in range(2):
                wire, _ = server.accept()
                with wire:
                    wire.recv(4096)
                    wire.sendall(answer)
                    wire.shutdown(socket.SHUT_WR)
            assert line._thread.is_alive()


def test_a_broker_that_says_taken_over_is_an_alarm(ear):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(WAIT_S)
        with running_line(f"mqtt://127.0.0.1:{server.getsockname()[1]}", ear) as line:
            wire, _ = server.accept()
            with wire:
                wire.recv(4096)
                wire.sendall(CONNACK + bytes([0xE0, 0x01, 0x8E]))
                assert ear.connections.get(timeout=WAIT_S) is True
                assert ear.connections.get(timeout=WAIT_S) is False
            assert (line.status.alarm, line.status.counters["taken_over"]) == ("taken_over", 1)


def test_a_puback_that_refuses_is_an_alarm(ear):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(WAIT_S)
        with running_line(f"mqtt://127.0.0.1:{server.getsockname()[1]}", ear) as line:
            wire, _ = server.accept()
            with wire:
                wire.recv(4096)
                # SUBSCRIBE takes packet id 1, the presence 2: quota exceeded (0x97), then a message to wait for.
                wire.sendall(CONNACK + bytes([0x40, 0x03, 0x00, 0x02, 0x97]))
                wire.sendall(publish_packet(HUB_STATE, b"{}"))
                assert ear.hub_states.get(timeout=WAIT_S) == b"{}"
                found = (line.status.alarm, line.status.detail)
            assert found == ("publish_refused", "Quota exceeded")


def publish_packet(topic: str, payload: bytes) -> bytes:
    """A QoS 0 PUBLISH without properties (MQTT 5.0, 3.3)."""
    body = len(topic).to_bytes(2, "big") + topic.encode() + b"\0" + payload
    return bytes([0x30, len(body)]) + body


@pytest.mark.parametrize(
    ("attempt", "longest"), [(0, 1.0), (1, 2.0), (5, 32.0), (6, 60.0), (1_000_000, 60.0)]
)
def test_waits_up_to_twice_as_long_each_time_and_never_past_the_limit(attempt, longest):
    assert full_jitter_s(attempt, 60.0, lambda low, high: high) == longest
    assert full_jitter_s(attempt, 60.0, lambda low, high: low) == 0.0
