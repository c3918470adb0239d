"""The whole line over a real broker, with the real receiver at the other end."""

import logging
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from contract.capabilities import Capabilities, spoken
from contract.commands import Command
from contract.envelope import Batch, Hello, State, make_uid, to_json
from contract.feeds import SHARED_FEEDS, SHOP_FEEDS, Head, Operation, Ops, Pull, compress
from contract.health import Health
from contract.sales import ShiftOpened
from contract.stream import Receiver, Stand
from contract.topics import HUB_STATE, Down, Up, down, every_up, parse, shard_of
from edge import changes
from edge.clock import SystemClock
from edge.domain.errors import DiskFull
from edge.services import catalogue
from edge.services.shop import open_shop
from edge.settings import PeripheralSettings
from edge.uplink.outbox_stream import OutboxStream
from edge.uplink.pressure import Strain, strain
from edge.uplink.uplink import Uplink

EDGE = "maru-1"
WAIT_S = 45.0  # within the time limit of a test: a busy machine is not what is tried here

pytestmark = pytest.mark.requires("mosquitto")

PRICE = Operation(key="A1", version=4, value={"sku": "A1", "currency": "KRW", "amount_minor": 900})


def prices_after(after: int) -> Ops:
    """Known before anybody listens: a box that had been told "nothing new" would ask again in ten minutes."""
    fresh = (PRICE,) if after < PRICE.version else ()
    return Ops(feed="prices", after=after, through=max(after, PRICE.version), operations=fresh)


class Hub:
    """A hub of thirty lines: the real receiver behind an independent client."""

    def __init__(self, port: int) -> None:
        self.stands: dict[str, Stand] = {}
        self.stored: list[tuple[str, str]] = []
        self.allowed = (8, 0)
        self.batches: list[int] = []
        self.hellos: queue.Queue[Hello] = queue.Queue()
        self.pulls: queue.Queue[Pull] = queue.Queue()
        self.healths: queue.Queue[Health] = queue.Queue()
        self.client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = self._connected
        self.client.on_message = self._heard
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def _connected(self, client: Client, *_: object) -> None:
        client.subscribe(every_up(shard_of(EDGE)), 1)
        client.publish(HUB_STATE, to_json(State(online=True, boot=make_uid(1, bytes))), 1, True)

    def _heard(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        channel = parse(message.topic).channel
        if channel is Up.HELLO:
            hello = Hello.model_validate_json(message.payload)
            self.hellos.put(hello)
            stand = self.stands.get(hello.epoch, Stand())
            answer = Receiver().greet(stand, hello.epoch, hello.nonce, *self.allowed)
            self.say(Down.ACK, to_json(answer))
        elif channel is Up.FACTS:
            batch = Batch.model_validate_json(message.payload)
            reception = Receiver().receive(self.stands.get(batch.epoch, Stand()), batch)
            self.stands[batch.epoch] = reception.stand
            self.stored += [(fact.uid, fact.body) for fact in reception.accepted]
            self.batches.append(len(batch.facts))
            self.say(Down.ACK, to_json(reception.ack(batch.epoch, *self.allowed)))
        elif channel is Up.PULL:
            pull = Pull.model_validate_json(message.payload)
            self.pulls.put(pull)
            if pull.feed == "prices":
                self.say(Down.OPS, compress(prices_after(pull.after)))
        elif channel is Up.HEALTH:
            self.healths.put(Health.model_validate_json(message.payload))

    def say(self, channel: Down, payload: str | bytes) -> None:
        self.client.publish(down(EDGE, channel), payload, 1)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def hub(broker) -> Iterator[Hub]:
    hub = Hub(broker.port)
    yield hub
    hub.close()


@pytest.fixture
def real_shop(shop, settings, broker):
    """The same shop on the machine's clock, at the broker of this test."""
    printer = PeripheralSettings(
        kind="receipt_printer", driver="escpos", url="tcp://127.0.0.1:9100"
    )
    found = settings.model_copy(
        update={"broker_url": broker.url, "peripherals": {"printer": printer}}
    )
    return open_shop(found, shop.database, SystemClock(), shop.key)


@pytest.fixture
def changed(watchers) -> threading.Condition:
    condition = threading.Condition()

    def notify() -> None:
        with condition:
            condition.notify_all()

    for topic in changes.TOPICS:
        watchers.on(topic, notify)
    return condition


@pytest.fixture
def until(changed):
    def until(is_so) -> None:
        with changed:
            assert changed.wait_for(is_so, WAIT_S)

    return until


@dataclass
class Disk:
    free_bytes: int = 10**12


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def uplink(real_shop, watchers, disk) -> Iterator[Uplink]:
    clock = real_shop.clock

    def collect() -> Health:
        return Health(
            at=clock.now(),
            boot="b",
            uptime_s=1,
            disk_free_bytes=disk.free_bytes,
            waiting_facts=0,
        )

    uplink = Uplink(real_shop, watchers, "boot-1", "0.1.0", collect)
    uplink.start()
    yield uplink
    uplink.stop()


def log_facts(shop, count: int) -> None:
    with shop.write() as work:
        header = work.header("2026-11-23")
        work.log(
            *(
                ShiftOpened(
                    **header,
                    shift_id=work.new_id(),
                    number=number,
                    cashier="Kim",
                    currency="KRW",
                    float_minor=0,
                )
                for number in range(count)
            )
        )


def bodies(shop) -> list[tuple[str, str]]:
    with shop.read() as reader:
        return reader.sql("SELECT uid, body FROM outbox ORDER BY seq").fetchall()


def has_acked(uplink: Uplink, count: int) -> bool:
    return uplink.truth.acked == count


def print_test(number: int) -> Command:
    uid = make_uid(number, lambda count: b"\1" * count)
    return Command(id=uid, verb="print_test", not_after=datetime(2099, 1, 1, tzinfo=UTC))


def test_facts_health_and_pulls_go_up_and_prices_come_down(uplink, hub, real_shop, until):
    log_facts(real_shop, 1_000)
    until(lambda: uplink.truth.is_online and uplink.truth.acked == 1_000)
    assert hub.stored == bodies(real_shop)
    until(lambda: catalogue.cursors(real_shop.database)["prices"] == 4)
    assert hub.healths.get(timeout=WAIT_S).boot == "b"


def test_the_hello_says_what_this_box_can_do(uplink, hub):
    said = Capabilities.of(hub.hellos.get(timeout=WAIT_S).capabilities)
    assert said == Capabilities(
        verbs=frozenset({"print_test", "resync_feed"}),
        feeds=frozenset({*SHARED_FEEDS, *SHOP_FEEDS}),
        peripherals=frozenset({"receipt_printer:escpos"}),
        messages=spoken(),
    )


def test_a_warning_of_any_part_of_the_box_goes_up_with_its_health(
    uplink, hub, watchers, until, mocker
):
    mocker.patch("edge.uplink.telemetry.APART_S", 0.0)
    until(lambda: uplink.truth.is_online)
    logging.getLogger("edge.peripherals.manager").warning("%s was not found", "printer")
    watchers.bump(changes.PERIPHERALS)
    while not (log := hub.healths.get(timeout=WAIT_S).log):
        pass
    assert [(it.place, it.level, it.text, it.count) for it in log] == [
        ("edge.peripherals.manager", "warning", "… was not found", 1)
    ]


@pytest.mark.parametrize("by", ["hub", "disk"])
def test_facts_are_never_shed_whatever_else_is(uplink, hub, real_shop, disk, until, by):
    if by == "disk":
        disk.free_bytes = 0
    until(lambda: uplink.truth.is_online)
    if by == "hub":
        hub.allowed = (1, 20)
    for total in (60, 120, 180):
        log_facts(real_shop, 60)
        until(partial(has_acked, uplink, total))
    assert hub.stored == bodies(real_shop)
    assert sum(hub.batches) == 180
    assert max(hub.batches[1:]) <= (25 if by == "hub" else 60)
    expected = Strain.SHORT if by == "hub" else Strain.DIRE
    now_s = real_shop.clock.monotonic()
    assert strain(uplink.relay.asked, now_s, disk.free_bytes) is expected


def test_a_broker_killed_in_the_middle_loses_and_doubles_nothing(
    uplink, hub, broker, real_shop, until
):
    until(lambda: uplink.truth.is_online)
    for _ in range(3):
        log_facts(real_shop, 300)
        broker.kill()
        until(lambda: not uplink.truth.is_online)
        log_facts(real_shop, 300)
        broker.start()
        until(lambda: uplink.truth.is_online)
    until(lambda: uplink.truth.waiting == 0 and uplink.truth.high == 1_800)
    assert hub.stored == bodies(real_shop)


def test_a_head_makes_it_pull_and_a_command_is_answered_as_a_fact(uplink, hub, real_shop, until):
    until(lambda: uplink.truth.is_online)
    while hub.pulls.get(timeout=WAIT_S).feed != "prices":
        pass
    hub.say(Down.HEAD, to_json(Head(feeds={"prices": 9})))
    while hub.pulls.get(timeout=WAIT_S).feed != "prices":
        pass
    hub.say(Down.COMMAND, to_json(print_test(5)))
    until(lambda: uplink.truth.acked == 1)
    assert '"type":"command.finished"' in hub.stored[0][1]


@pytest.mark.parametrize("channel", list(Down))
def test_nonsense_from_the_hub_is_counted_and_the_facts_flow_on(
    uplink, hub, real_shop, until, channel
):
    until(lambda: uplink.truth.is_online)
    for payload in (b"", b"\xff\x00", b"[" * 5_000, b"null", b'{"epoch":0}'):
        hub.say(channel, payload)
    log_facts(real_shop, 5)
    until(lambda: uplink.truth.acked == 5)
    refused = {
        Down.ACK: lambda: uplink.relay.refused,
        Down.OPS: lambda: uplink.feeds.counters["refused_ops"],
        Down.HEAD: lambda: uplink.feeds.counters["refused_head"],
        Down.COMMAND: lambda: uplink.commands.counters["refused"],
        Down.ANSWER: lambda: uplink.asking.counters["refused"],
    }[channel]
    # What is asked for last is worked on last: its answer says that everything before was looked at.
    hub.say(Down.COMMAND, to_json(print_test(5)))
    until(lambda: uplink.truth.acked == 6)
    assert refused() == 5


def test_a_hub_that_goes_is_no_line(uplink, hub, until):
    until(lambda: uplink.truth.is_online)
    hub.client.publish(HUB_STATE, to_json(State(online=False, boot="x")), 1, True)
    until(lambda: not uplink.truth.is_online)
    hub.client.publish(HUB_STATE, b"nonsense", 1)
    hub.client.publish(HUB_STATE, to_json(State(online=True, boot="y")), 1, True)
    until(lambda: uplink.truth.is_online)
    assert uplink.counters["refused_hub_state"] == 1


@pytest.mark.parametrize(
    "error", [DiskFull(), LookupError("a defect")], ids=["full disk", "defect"]
)
def test_facts_go_up_after_the_relay_met_a_full_disk_or_a_defect(
    uplink, hub, real_shop, until, mocker, error
):
    mocker.patch("edge.uplink.uplink.AFTER_BROKEN_S", 0.0)
    stored = mocker.patch.object(
        OutboxStream, "store_acked", autospec=True, side_effect=[error, None, None, None]
    )
    mocker.patch("edge.uplink.relay.STORE_EVERY_S", 0.0)
    log_facts(real_shop, 10)
    until(lambda: stored.call_count > 0)
    log_facts(real_shop, 10)
    until(lambda: uplink.truth.acked == 20)
    assert hub.stored == bodies(real_shop)
