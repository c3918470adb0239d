"""The hub as a process on a real mosquitto: killed in mid-stream, given nonsense, looked at over HTTP."""

import json
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from contract import topics
from contract.envelope import Ack, State, to_json
from contract.feeds import Ops, Price, Pull, decompress
from contract.stream import SayHello, Sender

pytestmark = [pytest.mark.requires("mosquitto"), pytest.mark.timeout(120)]
DEADLINE_S = 40.0
MOSQUITTO = """
listener {port} 127.0.0.1
allow_anonymous true
persistence false
set_tcp_nodelay true
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(look: Callable[[], Any], deadline_s: float = DEADLINE_S) -> Any:
    """What `look` finds as soon as it finds something; other processes decide when."""
    give_up_at = time.monotonic() + deadline_s
    while time.monotonic() < give_up_at:
        found = look()
        if found:
            return found
        select.select([], [], [], 0.05)
    raise TimeoutError("What was waited for did not come.")


class Mosquitto:
    """Keeps nothing: what it forgets when it is killed must come again from the boxes."""

    def __init__(self, path: str, folder: Path) -> None:
        self.port = free_port()
        config = folder / "mosquitto.conf"
        config.write_text(MOSQUITTO.format(port=self.port))
        self.command = [path, "-c", str(config)]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)


@pytest.fixture
def mosquitto(tmp_path: Path, program: Callable[[str], str]) -> Iterator[Mosquitto]:
    mosquitto = Mosquitto(program("mosquitto"), tmp_path)
    yield mosquitto
    mosquitto.kill()


@pytest.fixture
def broker(mosquitto: Mosquitto) -> int:
    return mosquitto.port


class HubProcess:
    """Started, killed and started again over the same data."""

    def __init__(self, folder: Path, broker_port: int, database_url: str) -> None:
        self.port = free_port()
        self.settings = folder / "hub.toml"
        self.settings.write_text(
            f'company = "maru"\ncompany_name = "Maru"\ndata_dir = "hub"\nport = {self.port}\n'
            f'broker_url = "mqtt://127.0.0.1:{broker_port}"\ndatabase_url = "{database_url}"\n'
        )
        self.log = (folder / "hub.log").open("ab")
        self.process: subprocess.Popen[bytes] | None = None
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=20)

    def start(self) -> None:
        verb = "from cloud.verbs import hub; hub()"
        command = [sys.executable, "-c", verb, "run", "--settings", str(self.settings)]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)
        until(self.is_up)

    def is_up(self) -> bool:
        try:
            health = self.http.get("/health").json()
        except httpx.TransportError:
            return False
        return bool(health["broker"] and health["shards"])

    def end(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(20)

    def get(self, path: str) -> Any:
        answer = self.http.get(path)
        answer.raise_for_status()
        return answer.json()


@pytest.fixture
def hub(tmp_path: Path, broker: int, database_url: str) -> Iterator[HubProcess]:
    hub = HubProcess(tmp_path, broker, database_url)
    yield hub
    if hub.process is not None and hub.process.poll() is None:
        hub.end(signal.SIGKILL)
    hub.http.close()
    hub.log.close()


def without_delay(_client: Client, _data: object, connection: object) -> None:
    assert isinstance(connection, socket.socket)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Line:
    """A box's own end of the line: the contract's sender over paho, in the test's thread."""

    def __init__(self, box: Any, port: int) -> None:
        self.box = box
        self.heard: list[tuple[str, bytes]] = []
        self.sender = Sender(BoxLog(box), box.epoch, 0)
        self.client = Client(
            CallbackAPIVersion.VERSION2, box.edge_id, protocol=MQTTProtocolVersion.MQTTv5
        )
        self.client.on_connect = self._connected
        self.client.on_message = self._hear
        self.client.on_socket_open = without_delay
        self.client.connect("127.0.0.1", port)

    def _connected(self, *_: Any) -> None:
        self.client.subscribe(topics.every_down(self.box.edge_id), 1)
        self.sender.connected()

    def _hear(self, _client: Client, _userdata: Any, message: Any) -> None:
        if message.topic.endswith("/ack"):
            ack = Ack.model_validate_json(message.payload)
            self.sender.acknowledged(ack, time.monotonic())
        else:
            self.heard.append((message.topic, message.payload))

    def publish(self, channel: topics.Up, payload: str | bytes) -> None:
        self.client.publish(topics.up(self.box.edge_id, channel), payload, 1)

    def turn(self) -> None:
        self.client.loop(0.02)
        step = self.sender.poll(time.monotonic())
        if isinstance(step, SayHello):
            self.publish(topics.Up.HELLO, to_json(self.box.hello(nonce=step.nonce)))
        elif step is not None:
            self.publish(topics.Up.FACTS, step.batch.model_dump_json())

    def drive(self, is_done: Callable[[], Any]) -> Any:
        def look() -> Any:
            self.turn()
            return is_done()

        return until(look)


class BoxLog:
    first = 1

    def __init__(self, box: Any) -> None:
        self._box = box

    @property
    def high(self) -> int:
        return int(self._box.high)

    def chain_at(self, seq: int) -> str | None:
        return self._box.chains[seq] if seq <= self.high else None

    def read(self, first: int, max_facts: int, max_bytes: int) -> list[Any]:
        return list(self._box.facts[first - 1 : first - 1 + min(max_facts, 20)])


def facts_at(hub: HubProcess, box: Any) -> list[tuple[int, str, str]]:
    found = hub.get(f"/api/facts?edge_id={box.edge_id}&limit=10000")
    return [(fact["seq"], fact["uid"], fact["body"]) for fact in found]


def test_a_hub_killed_in_mid_stream_has_everything_once(hub, broker, box, bodies) -> None:
    for number in range(1, 1_001):
        box.log(bodies.sale(number))
    hub.start()
    line = Line(box, broker)
    for stand in (200, 500):
        line.drive(lambda: line.sender.acked >= stand)  # noqa: B023 - called before the next one
        acked = line.sender.acked
        hub.end(signal.SIGKILL)
        starter = threading.Thread(target=hub.start)
        starter.start()
        line.drive(lambda: not starter.is_alive())  # noqa: B023 - the same
        starter.join()
        assert line.sender.acked >= acked
    line.drive(lambda: line.sender.acked == 1_000)
    assert facts_at(hub, box) == [(seq, *fact) for seq, fact in enumerate(box.facts, 1)]
    until(lambda: len(hub.get("/api/sales?limit=5000")) == 1_000)
    assert hub.get("/api/stock") == [
        {"location_id": "maru-office", "sku": "SKU1", "quantity": -2_000, "moves": 1_000}
    ]
    [seen] = hub.get("/api/boxes")
    assert (seen["box_high"], seen["hub_high"], seen["lag"], seen["chain_equal"]) == (
        1_000,
        1_000,
        0,
        True,
    )
    assert (seen["online"], seen["hub_chain"], seen["quarantined"]) == (True, box.chains[-1], 0)


def test_a_broker_killed_in_mid_stream_loses_nothing(hub, mosquitto, box, bodies) -> None:
    for number in range(1, 601):
        box.log(bodies.sale(number))
    hub.start()
    line = Line(box, mosquitto.port)
    line.drive(lambda: line.sender.acked >= 200)
    mosquitto.kill()
    line.sender.disconnected()
    until(lambda: not hub.get("/health")["broker"])
    mosquitto.start()
    until(lambda: hub.get("/health")["broker"])
    line.client.reconnect()
    line.drive(lambda: line.sender.acked == 600)
    assert facts_at(hub, box) == [(seq, *fact) for seq, fact in enumerate(box.facts, 1)]
    until(lambda: len(hub.get("/api/sales?limit=5000")) == 600)


def test_nonsense_on_the_wire_is_kept_and_the_stream_goes_on(hub, broker, box, bodies) -> None:
    hub.start()
    line = Line(box, broker)
    line.drive(lambda: line.sender.is_greeted)
    line.publish(topics.Up.FACTS, b"{\xff")
    line.publish(topics.Up.HELLO, b"x" * 150_000)
    line.publish(topics.Up.FACTS, json.dumps({"v": 9}))
    box.log({"type": "from.the.future", "version": 4})
    box.log(bodies.sale(1))
    line.drive(lambda: line.sender.acked == 2)
    until(lambda: len(hub.get("/api/sales")) == 1)
    kept = {(row["key"], row["detail"], row["count"]) for row in hub.get("/api/quarantine")}
    assert kept == {
        ("wire.malformed", "Invalid JSON: key must be a string at line 1 column 2", 1),
        ("wire.oversized", "Expected at most 100000 bytes, got 150000.", 1),
        ("wire.malformed", "v: Input should be 1", 1),
        (
            "wire.unknown_fact",
            "Expected a fact that this hub knows, got 'from.the.future' version 4.",
            1,
        ),
    }
    assert facts_at(hub, box) == [(seq, *fact) for seq, fact in enumerate(box.facts, 1)]
    alarms = {
        alarm["key"]: alarm["count"] for alarm in hub.get(f"/api/boxes/{box.edge_id}")["alarms"]
    }
    assert alarms == {"wire.malformed": 2, "wire.oversized": 1, "wire.unknown_fact": 1}


def test_prices_come_down_and_the_snapshot_by_ranges(hub, broker, box) -> None:
    hub.start()
    line = Line(box, broker)
    line.drive(lambda: line.sender.is_greeted)
    prices = [Price(sku=f"S{n:05d}", currency="KRW", amount_minor=100 + n) for n in range(6_000)]
    hub.http.put(
        "/api/prices", json={"prices": [p.model_dump() for p in prices]}
    ).raise_for_status()
    ops_topic = topics.down(box.edge_id, topics.Down.OPS)
    head = topics.down(box.edge_id, topics.Down.HEAD)
    line.drive(
        lambda: 6_000 in [json.loads(p)["feeds"]["prices"] for t, p in line.heard if t == head]
    )
    line.publish(topics.Up.PULL, to_json(Pull(feed="prices", after=0)))
    payload = line.drive(lambda: next((p for t, p in line.heard if t == ops_topic), None))
    reference = Ops.model_validate_json(decompress(payload)).reset
    assert reference is not None
    whole = hub.http.get(reference.path)
    part = hub.http.get(reference.path, headers={"Range": "bytes=100-299"})
    assert (whole.status_code, len(whole.content)) == (200, reference.size_bytes)
    assert (part.status_code, part.content) == (206, whole.content[100:300])
    assert part.headers["content-range"] == f"bytes 100-299/{reference.size_bytes}"
    assert whole.headers["etag"] == f'"{Path(reference.path).name}"'
    assert hub.http.get("/snapshots/none.zlib").status_code == 404
    assert len(hub.get("/.well-known/twinstore")["public_key"]) == 64


def test_a_hub_that_stops_says_so_and_its_heir_says_otherwise(hub, broker, box) -> None:
    said: list[dict[str, Any]] = []
    watcher = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    watcher.on_message = lambda _c, _u, m: said.append(json.loads(m.payload))

    def listen(*_: object) -> None:
        watcher.subscribe(topics.HUB_STATE, 1)

    watcher.on_connect = listen
    watcher.connect("127.0.0.1", broker)

    def last_said() -> tuple[bool, str] | None:
        watcher.loop(0.02)
        return (said[-1]["online"], said[-1]["boot"]) if said else None

    hub.start()
    boot = hub.get("/health")["boot"]
    until(lambda: last_said() == (True, boot))
    hub.end(signal.SIGTERM)
    until(lambda: last_said() == (False, boot))
    hub.start()
    until(lambda: last_said() == (True, hub.get("/health")["boot"]))


def test_a_box_whose_line_is_cut_shows_as_offline(hub, broker, box) -> None:
    hub.start()
    line = Line(box, broker)
    line.client.disconnect()
    will = to_json(State(online=False, boot="boot-1"))
    line.client.will_set(topics.up(box.edge_id, topics.Up.STATE), will, 1, retain=True)
    line.client.connect("127.0.0.1", broker)
    line.drive(lambda: line.sender.is_greeted)
    until(lambda: hub.get("/api/boxes")[0]["presence"] == "online")
    connection = line.client.socket()
    assert isinstance(connection, socket.socket)
    connection.shutdown(socket.SHUT_RDWR)
    until(lambda: hub.get("/api/boxes")[0]["presence"] == "offline")
    assert hub.get("/api/boxes")[0]["last_seen"] is not None
