"""The hub's wire over TLS, against a real broker with certificates made here."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from cloud.clock import SystemClock
from cloud.errors import EncryptionError
from cloud.ingest.admission import Packet
from cloud.ingest.mqtt import MqttWire
from contract import topics
from contract.broker import Broker

pytestmark = [
    pytest.mark.requires("mosquitto"),
    # paho leaves the socket of a handshake that failed to the collector.
    pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning"),
]
TURNS = 500
EDGE = "maru-office-1"
FACTS = topics.up(EDGE, topics.Up.FACTS)
CONNACK = bytes([0x20, 0x03, 0x00, 0x00, 0x00])
SHARDS = frozenset({topics.shard_of(EDGE)})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def start(tmp_path: Path, program, authority) -> Iterator[Callable[..., Broker]]:
    """Starts a broker with a certificate of the authority; `lines` are more of its configuration."""
    started: list[subprocess.Popen[str]] = []

    def start(*lines: str) -> Broker:
        own, port = authority.issue("broker"), free_port()
        files = [f"certfile {own}", f"keyfile {own.with_suffix('.key')}"]
        more = lines or ("allow_anonymous true",)
        # Started by root it stays root, or it could not read a test's files.
        words = [f"listener {port} 127.0.0.1", *files, *more, "user root", "log_dest stderr"]
        config = tmp_path / "mosquitto.conf"
        config.write_text("\n".join(words))
        process = subprocess.Popen(
            [program("mosquitto"), "-c", config], stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stderr is not None
        assert any(line.rstrip().endswith("running") for line in process.stderr)
        return Broker("127.0.0.1", port, is_encrypted=True, ca=authority.path)

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def wire_to() -> Iterator[Callable[[Broker], MqttWire]]:
    opened: list[MqttWire] = []

    def wire_to(broker: Broker) -> MqttWire:
        opened.append(MqttWire(broker, "w1", "boot", SystemClock()))
        return opened[-1]

    yield wire_to
    for wire in opened:
        wire.close()


def turn_until(wire: MqttWire, is_so: Callable[[], bool]) -> None:
    for _ in range(TURNS):
        if is_so():
            return
        wire.receive(10, 0.02)
    pytest.fail("What was waited for did not come.")


def hear(wire: MqttWire, count: int) -> list[Packet]:
    heard: list[Packet] = []
    for _ in range(TURNS):
        heard += wire.receive(count, 0.02)
        if len(heard) >= count:
            break
    return heard


def test_carries_both_ways(start, wire_to) -> None:
    wire = wire_to(start())
    wire.subscribe(SHARDS)
    turn_until(wire, lambda: wire.is_connected)
    wire.publish(FACTS, b"facts")
    assert hear(wire, 1) == [Packet(FACTS, b"facts")]


def test_what_comes_in_one_piece_is_read_at_once(wire_to, authority) -> None:
    """It lies decoded in the TLS layer, where select does not see it."""
    topic = FACTS.encode()
    publish = bytes([0x30, len(topic) + 4, 0, len(topic)]) + topic + b"\0"
    own = authority.issue("broker")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own, own.with_suffix(".key"))
    told = threading.Event()

    def answer() -> None:
        peer, _ = door.accept()
        with context.wrap_socket(peer, server_side=True) as connection:
            connection.recv(4096)
            connection.sendall(CONNACK + b"".join(publish + bytes([it]) for it in range(20)))
            told.wait(10)

    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=answer)
        thread.start()
        port = door.getsockname()[1]
        wire = wire_to(Broker("127.0.0.1", port, is_encrypted=True, ca=authority.path))
        heard = hear(wire, 20)
        told.set()
        thread.join()
    assert heard == [Packet(FACTS, bytes([it])) for it in range(20)]


def test_a_broker_of_another_authority_is_said_with_what_to_do(
    start, wire_to, other_authority, caplog
) -> None:
    broker = replace(start(), ca=other_authority.path, username="hub", password=SecretStr("sesame"))
    wire = wire_to(broker)
    turn_until(wire, lambda: "do not trust each other" in caplog.text)
    assert wire.is_connected is False
    [said] = {record.getMessage() for record in caplog.records}
    assert said.startswith(
        f"The broker 127.0.0.1:{broker.port} and the hub do not trust each other "
        "([SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
    )
    assert said.endswith(
        "boxes sell on, their facts wait there. Put the broker's certificate right, "
        "or broker_ca and broker_certificate in the hub's settings."
    )


def test_a_broker_that_wants_a_certificate_gets_the_hubs_own(start, wire_to, authority) -> None:
    own = authority.issue("hub")
    lines = f"cafile {authority.path}", "require_certificate true", "allow_anonymous true"
    wire = wire_to(replace(start(*lines), certificate=own, key=own.with_suffix(".key")))
    turn_until(wire, lambda: wire.is_connected)


def test_without_the_certificate_that_the_broker_wants_the_log_says_so(
    start, wire_to, authority, caplog
) -> None:
    wire = wire_to(start(f"cafile {authority.path}", "require_certificate true"))
    turn_until(wire, lambda: "TLSV13_ALERT_CERTIFICATE_REQUIRED" in caplog.text)
    assert wire.is_connected is False


def test_the_password_opens_the_line_and_is_in_no_log(start, wire_to, tmp_path, caplog) -> None:
    file = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", file, "hub", "sesame"], check=True)
    broker = start(f"password_file {file}", "allow_anonymous false")
    refused = wire_to(replace(broker, username="hub", password=SecretStr("other")))
    turn_until(refused, lambda: "The broker refuses the hub: Not authorized." in caplog.text)
    wire = wire_to(replace(broker, username="hub", password=SecretStr("sesame")))
    turn_until(wire, lambda: wire.is_connected)
    assert "sesame" not in caplog.text


def test_certificates_that_cannot_be_read_end_the_start_in_words(wire_to, tmp_path) -> None:
    broker = Broker("127.0.0.1", 1, is_encrypted=True, ca=tmp_path / "none.pem")
    with pytest.raises(EncryptionError) as refusal:
        wire_to(broker)
    assert refusal.value.message == (
        "The line to the broker cannot be encrypted: "
        f"[Errno 2] No such file or directory: '{tmp_path}/none.pem'. The hub does not start."
    )


def test_a_certificate_without_its_key_ends_the_start_in_words(wire_to, authority) -> None:
    own = authority.issue("hub")
    with pytest.raises(EncryptionError, match=r"cannot be encrypted: .*PEM"):
        wire_to(Broker("127.0.0.1", 1, is_encrypted=True, certificate=own))
