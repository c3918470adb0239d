"""The line over TLS, against a real broker with certificates made here."""

import logging
import logging.handlers
import queue
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import SecretStr

from contract.broker import Broker as Address
from contract.health import Health
from contract.topics import HUB_STATE, Up, up
from edge.changes import Changes
from edge.clock import SystemClock
from edge.db import outbox
from edge.services import shifts
from edge.uplink.mqtt import Line
from edge.uplink.uplink import Uplink
from edge.uplink.wire import Outgoing

pytestmark = [
    pytest.mark.requires("mosquitto"),
    # paho leaves the socket of a handshake that failed to the collector.
    pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning"),
]
WAIT_S = 10.0
CONNACK = bytes([0x20, 0x03, 0x00, 0x00, 0x00])


@pytest.fixture
def start(make_broker, authority) -> Callable[..., Address]:
    """Starts a broker with a certificate of the authority; `lines` are more of its configuration."""

    def start(*lines: str) -> Address:
        own = authority.issue("broker")
        files = f"certfile {own}", f"keyfile {own.with_suffix('.key')}"
        broker = make_broker(*files, *(lines or ["allow_anonymous true"]))
        return replace(Address.of(broker.url.replace("mqtt:", "mqtts:")), ca=authority.path)

    return start


@pytest.fixture
def said() -> Iterator["queue.Queue[logging.LogRecord]"]:
    """What the line logs, to be waited for."""
    records: queue.Queue[logging.LogRecord] = queue.Queue()
    handler = logging.handlers.QueueHandler(records)
    log = logging.getLogger("edge.uplink.mqtt")
    log.addHandler(handler)
    yield records
    log.removeHandler(handler)


@contextmanager
def running_line(address: Address, ear) -> Iterator[Line]:
    line = Line(address, "maru-1", "boot-1", SystemClock(), ear, reconnect_limit_s=0.1)
    line.start()
    try:
        yield line
    finally:
        line.stop()


def alarm(said) -> str:
    while True:
        words = said.get(timeout=WAIT_S).getMessage()
        if words.startswith("Alarm"):
            return words


def test_carries_both_ways(start, ear):
    with running_line(start(), ear) as line:
        assert ear.connections.get(timeout=WAIT_S) is True
        assert line.send(Outgoing(HUB_STATE, b"to everybody", 1))
        assert ear.hub_states.get(timeout=WAIT_S) == b"to everybody"


def test_what_comes_in_one_piece_is_read_at_once(ear, authority):
    """It lies decoded in the TLS layer, where select does not see it."""
    topic = HUB_STATE.encode()
    publish = bytes([0x30, len(topic) + 4, 0, len(topic)]) + topic + b"\0"
    own = authority.issue("broker")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own, own.with_suffix(".key"))
    told = threading.Event()

    def answer() -> None:
        peer, _ = door.accept()
        with context.wrap_socket(peer, server_side=True) as wire:
            wire.recv(4096)
            wire.sendall(CONNACK + b"".join(publish + bytes([it]) for it in range(20)))
            told.wait(WAIT_S)

    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=answer)
        thread.start()
        address = Address("127.0.0.1", door.getsockname()[1], is_encrypted=True, ca=authority.path)
        with running_line(address, ear):
            heard = [ear.hub_states.get(timeout=WAIT_S) for _ in range(20)]
            told.set()
            thread.join()
    assert heard == [bytes([it]) for it in range(20)]


def test_a_broker_of_another_authority_is_an_alarm_and_gets_no_password(
    start, ear, said, other_authority
):
    address = replace(start(), ca=other_authority.path, username="till", password=SecretStr("pw"))
    with running_line(address, ear) as line:
        assert "certificate verify failed: unable to get local issuer certificate" in alarm(said)
        assert (line.status.alarm, line.status.is_online) == ("untrusted", False)
        assert line.send(Outgoing(up("maru-1", Up.FACTS), b"waits in the outbox", 1)) is False
    assert ear.connections.empty()


def test_a_broker_under_another_name_is_an_alarm(start, ear, said):
    with running_line(replace(start(), host="localhost"), ear):
        assert "Hostname mismatch, certificate is not valid for 'localhost'" in alarm(said)


def test_a_certificate_that_comes_later_is_taken_without_a_restart(start, ear, said, tmp_path):
    address = start()
    missing = tmp_path / "comes-later.pem"
    with running_line(replace(address, ca=missing), ear):
        assert alarm(said) == (
            f"Alarm on the line (untrusted): [Errno 2] No such file or directory: '{missing}'"
        )
        shutil.copy(address.ca, missing)
        assert ear.connections.get(timeout=WAIT_S) is True


def test_a_file_that_is_no_certificate_is_an_alarm(start, ear, said, tmp_path):
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("nonsense")
    with running_line(replace(start(), certificate=nonsense), ear):
        assert "PEM" in alarm(said)


def test_a_key_with_a_passphrase_asks_nobody(start, ear, said, authority):
    own = authority.issue("box")
    file = own.with_suffix(".key")
    key = load_pem_private_key(file.read_bytes(), None)
    locked = BestAvailableEncryption(b"passphrase")
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
    with running_line(replace(start(), certificate=own, key=file), ear):
        assert alarm(said).startswith("Alarm on the line (untrusted): ")


def test_a_broker_that_wants_a_certificate_gets_this_boxs_own(start, ear, authority):
    own = authority.issue("maru-1")
    address = start(f"cafile {authority.path}", "require_certificate true", "allow_anonymous true")
    with running_line(replace(address, certificate=own, key=own.with_suffix(".key")), ear):
        assert ear.connections.get(timeout=WAIT_S) is True


def test_without_the_certificate_that_the_broker_wants_the_line_says_so(
    start, ear, said, authority
):
    with running_line(
        start(f"cafile {authority.path}", "require_certificate true", "allow_anonymous true"), ear
    ) as line:
        assert "TLSV13_ALERT_CERTIFICATE_REQUIRED" in alarm(said)
        assert line.status.is_online is False


def test_the_password_opens_the_line_and_is_in_no_log(start, ear, said, tmp_path):
    file = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", file, "till", "sesame"], check=True)
    address = start(f"password_file {file}", "allow_anonymous false")
    with running_line(replace(address, username="till", password=SecretStr("no")), ear):
        assert alarm(said) == "Alarm on the line (connect_refused): Not authorized"
    with running_line(replace(address, username="till", password=SecretStr("sesame")), ear):
        assert ear.connections.get(timeout=WAIT_S) is True
    while not said.empty():
        assert "sesame" not in said.get().getMessage()


def health() -> Health:
    return Health(
        at=datetime.now(UTC), boot="b", uptime_s=1, disk_free_bytes=10**12, waiting_facts=0
    )


def test_a_box_that_trusts_the_wrong_authority_sells_on(start, said, shop, other_authority):
    broker = start()
    changes = {
        "broker_url": f"mqtts://127.0.0.1:{broker.port}",
        "broker_ca": other_authority.path,
    }
    shop = replace(shop, settings=shop.settings.model_copy(update=changes))
    uplink = Uplink(shop, Changes(), "boot-1", "0.1.0", health)
    uplink.start()
    assert "certificate verify failed" in alarm(said)
    shifts.open_shift(shop, "Kim", 0)
    uplink.stop()
    with shop.database.read() as reader:
        assert outbox.head(reader).waiting == 1
