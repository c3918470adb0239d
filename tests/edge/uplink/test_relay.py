"""The relay over a real outbox, against the real receiver, over a line that the test holds."""

import threading
from dataclasses import dataclass, field

import pytest

from contract.capabilities import Capabilities
from contract.envelope import GENESIS, MAX_BATCH_BYTES, Ack, Batch, Hello, chain, to_json
from contract.sales import ShiftOpened
from contract.stream import ACK_TIMEOUT_S, Receiver, Stand
from contract.topics import Up, up
from edge.db import outbox
from edge.services import shifts
from edge.uplink.outbox_stream import OutboxStream
from edge.uplink.pressure import Asked
from edge.uplink.relay import BUSY_WAIT_S, IDLE_WAIT_S, LINGER_S, STORE_EVERY_S, About, Relay
from edge.uplink.wire import Outgoing

CAN = Capabilities(verbs=frozenset({"print_test"}), feeds=frozenset({"prices"}))
ABOUT = About("maru-1", "maru", "boot-1", "0.1.0", "ab" * 32, {"ko": "마루"}, lambda: CAN)


@dataclass
class Hub:
    """The wire and the hub behind it: takes batches into a stand, answers when asked to."""

    is_up: bool = True
    sent: list[Outgoing] = field(default_factory=list)
    stands: dict[str, Stand] = field(default_factory=dict)
    stored: list[tuple[str, str]] = field(default_factory=list)

    def send(self, outgoing: Outgoing) -> bool:
        if self.is_up:
            self.sent.append(outgoing)
        return self.is_up

    def answers(self) -> list[bytes]:
        """Works off what came; the acks to be delivered, in order."""
        acks = []
        for outgoing in self.sent:
            if outgoing.topic == up("maru-1", Up.HELLO):
                hello = Hello.model_validate_json(outgoing.payload)
                stand = self.stands.get(hello.epoch, Stand())
                acks.append(Receiver().greet(stand, hello.epoch, hello.nonce))
            elif outgoing.topic == up("maru-1", Up.FACTS):
                acks.append(self._take(Batch.model_validate_json(outgoing.payload)))
        self.sent.clear()
        return [to_json(ack).encode() for ack in acks]

    def _take(self, batch: Batch) -> Ack:
        reception = Receiver().receive(self.stands.get(batch.epoch, Stand()), batch)
        self.stands[batch.epoch] = reception.stand
        self.stored += [(fact.uid, fact.body) for fact in reception.accepted]
        return reception.ack(batch.epoch)


@pytest.fixture
def hub():
    return Hub()


@pytest.fixture
def relay(shop, clock, watchers, hub):
    return Relay(hub, OutboxStream.open(shop.database), ABOUT, clock, watchers)


def log_facts(shop, count: int) -> None:
    for number in range(count):
        with shop.write() as work:
            work.log(
                ShiftOpened(
                    **work.header("2026-11-23"),
                    shift_id=work.new_id(),
                    number=number,
                    cashier="Kim",
                    currency="KRW",
                    float_minor=0,
                )
            )


def drain(relay, hub) -> None:
    for _ in range(50):
        relay.step()
        answers = hub.answers()
        if not answers:
            return
        for answer in answers:
            relay.take_ack(answer)


def bodies(shop) -> list[tuple[str, str]]:
    with shop.read() as reader:
        return reader.sql("SELECT uid, body FROM outbox ORDER BY seq").fetchall()


def test_everything_arrives_once_in_order(shop, relay, hub):
    log_facts(shop, 450)
    relay.connected()
    drain(relay, hub)
    assert hub.stored == bodies(shop)
    truth = relay.truth
    assert (truth.high, truth.acked, truth.waiting, truth.is_online) == (450, 450, 0, True)
    assert truth.chain == hub.stands[truth.epoch].chain


@pytest.mark.parametrize("body", ["가" * 1_000, '"' * 1_500 + "\\" * 1_500])
def test_a_batch_holds_what_fits_as_it_travels_and_not_as_it_is_counted_in_letters(
    shop, relay, hub, body
):
    with shop.write() as work:
        outbox.append_bodies(work.unit, [(work.new_id(), body) for _ in range(200)])
    relay.connected()
    relay.step()
    for payload in hub.answers():
        relay.take_ack(payload)
    relay.step()
    sizes = [len(outgoing.payload.encode()) for outgoing in hub.sent]
    assert MAX_BATCH_BYTES - 6_100 < sizes[0] < MAX_BATCH_BYTES + 200
    assert max(sizes) < MAX_BATCH_BYTES + 200


def test_a_fact_larger_than_a_batch_goes_alone(shop, relay, hub):
    with shop.write() as work:
        sizes = (10, 2 * MAX_BATCH_BYTES, 10)
        outbox.append_bodies(work.unit, [(work.new_id(), "x" * size) for size in sizes])
    relay.connected()
    drain(relay, hub)
    assert [len(body) for _, body in hub.stored] == list(sizes)


def test_what_the_hub_asks_for_is_told_with_its_time(shop, relay, hub, clock):
    assert relay.asked == Asked()
    log_facts(shop, 1)
    relay.connected()
    relay.step()
    [greeting] = hub.answers()
    relay.take_ack(greeting)
    clock.pass_s(5)
    relay.step()
    assert relay.asked == Asked(8, 0, clock.monotonic())
    late = Ack.model_validate_json(greeting).model_copy(update={"window": 1, "hello": 5})
    relay.take_ack(to_json(late).encode())
    relay.step()
    assert relay.asked.window == 8


def test_hello_says_who_and_how_far(shop, relay, hub, clock):
    log_facts(shop, 3)
    relay.connected()
    relay.step()
    hello = Hello.model_validate_json(hub.sent[0].payload)
    truth = relay.truth
    assert (hello.boot, hello.high, hello.acked, hello.chain, hello.software) == (
        "boot-1",
        3,
        0,
        truth.chain,
        "0.1.0",
    )
    assert (hello.public_key, hello.location_id, hello.location_name, hello.clock.wall) == (
        "ab" * 32,
        "maru",
        {"ko": "마루"},
        clock.now(),
    )
    assert hello.capabilities == ("verb:print_test", "feed:prices")


def test_nothing_is_acknowledged_but_by_the_hub(shop, relay, hub):
    log_facts(shop, 5)
    relay.connected()
    relay.step()
    for answer in hub.answers():
        relay.take_ack(answer)
    relay.step()
    assert (relay.truth.acked, relay.truth.waiting) == (0, 5)
    assert len(hub.sent) == 1


def test_a_line_that_refuses_loses_nothing(shop, relay, hub, clock):
    log_facts(shop, 5)
    relay.connected()
    relay.step()
    for answer in hub.answers():
        relay.take_ack(answer)
    hub.is_up = False
    relay.step()
    hub.is_up = True
    clock.pass_s(ACK_TIMEOUT_S + 0.1)
    drain(relay, hub)
    assert hub.stored == bodies(shop)


def test_a_lost_batch_is_sent_again_and_stored_once(shop, relay, hub, clock):
    log_facts(shop, 600)
    relay.connected()
    relay.step()
    relay.take_ack(hub.answers()[0])
    relay.step()
    del hub.sent[1]
    drain(relay, hub)
    clock.pass_s(ACK_TIMEOUT_S * 2)
    drain(relay, hub)
    assert hub.stored == bodies(shop)


def test_a_commit_wakes_the_relay_at_once(shop, relay, hub, watchers):
    from edge import changes

    watchers.on(changes.OUTBOX, relay.wake)
    relay.connected()
    drain(relay, hub)
    relay._woken.clear()
    shifts.open_shift(shop, "Kim", 0)
    assert relay._woken.is_set()


def test_the_acknowledged_is_stored_lazily_and_survives(shop, relay, hub, clock, watchers):
    log_facts(shop, 5)
    relay.connected()
    drain(relay, hub)
    assert OutboxStream.open(shop.database).acked == 0
    clock.pass_s(STORE_EVERY_S)
    assert relay.step() == IDLE_WAIT_S
    assert OutboxStream.open(shop.database).acked == 5
    again = Relay(hub, OutboxStream.open(shop.database), ABOUT, clock, watchers)
    again.connected()
    drain(again, hub)
    assert len(hub.stored) == 5


def test_stops_with_what_is_acknowledged_on_the_disk(shop, relay, hub):
    log_facts(shop, 2)
    relay.connected()
    drain(relay, hub)
    stopping = threading.Event()
    stopping.set()
    relay.run(stopping)
    assert OutboxStream.open(shop.database).acked == 2


class OneTurn:
    """The event that ends the thread, set after one turn; keeps what was waited for in that turn."""

    def __init__(self) -> None:
        self.waited_s: list[float] = []
        self._turns = iter((False, True))

    def is_set(self) -> bool:
        return next(self._turns)

    def wait(self, timeout_s: float) -> None:
        self.waited_s.append(timeout_s)


def test_a_new_fact_lingers_once_the_hub_has_all_and_an_answer_never_does(shop, relay, hub):
    log_facts(shop, 1)
    relay.connected()
    greeting = OneTurn()
    relay.run(greeting)
    drain(relay, hub)
    at_rest, under_way = OneTurn(), OneTurn()
    relay.wake()  # before the ack is on the disk: sales may follow each other closely
    relay.run(at_rest)
    log_facts(shop, 1)
    relay.wake()
    relay.run(under_way)
    assert (greeting.waited_s, at_rest.waited_s, under_way.waited_s) == ([], [LINGER_S], [])


def test_a_hub_restored_from_a_backup_gets_everything_again(shop, relay, hub):
    log_facts(shop, 30)
    relay.connected()
    drain(relay, hub)
    epoch = relay.truth.epoch
    older = GENESIS
    for uid, body in bodies(shop)[:10]:
        older = chain(older, uid, body)
    hub.stands[epoch], hub.stored = Stand(10, older), hub.stored[:10]
    relay.disconnected()
    relay.connected()
    drain(relay, hub)
    assert hub.stored == bodies(shop)
    assert relay.truth.forks == 0


def test_a_disk_that_went_back_in_time_starts_a_new_epoch_and_logs_again(shop, relay, hub):
    log_facts(shop, 3)
    relay.connected()
    drain(relay, hub)
    old = relay.truth.epoch
    hub.stands[old] = Stand(9, "f" * 32)
    relay.disconnected()
    relay.connected()
    drain(relay, hub)
    truth = relay.truth
    assert (truth.epoch != old, truth.forks, truth.waiting) == (True, 1, 0)
    with shop.read() as reader:
        assert outbox.closed_epochs(reader) == [old]
    assert hub.stands[truth.epoch].high == truth.high


@pytest.mark.parametrize("payload", [b"", b"{}", b"\xff\xfe", b"[1]", b'{"epoch":1}'])
def test_an_ack_that_is_none_is_refused_and_counted(shop, relay, hub, payload):
    log_facts(shop, 1)
    relay.connected()
    relay.take_ack(payload)
    drain(relay, hub)
    assert (relay.refused, relay.truth.waiting) == (1, 0)


def test_a_broker_without_a_hub_is_no_line(relay, hub):
    relay.connected()
    drain(relay, hub)
    relay.hub_is(online=False, is_fresh=False)
    relay.step()
    assert relay.truth.is_online is False


def test_a_fresh_hub_is_greeted_without_waiting(relay, hub):
    relay.connected()
    relay.step()
    hub.sent.clear()
    relay.hub_is(online=True, is_fresh=True)
    relay.step()
    assert [outgoing.topic for outgoing in hub.sent] == [up("maru-1", Up.HELLO)]


def test_looks_often_only_while_something_is_under_way(shop, relay, hub, clock):
    relay.connected()
    assert relay.step() == BUSY_WAIT_S
    drain(relay, hub)
    assert relay.step() == IDLE_WAIT_S
