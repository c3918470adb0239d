"""Pulls, heads, snapshots and repairs, over the box's real catalogue."""

import sqlite3
from collections import deque
from contextlib import closing
from zoneinfo import ZoneInfo

import pytest

from contract.envelope import to_json
from contract.feeds import Head, Operation, Ops, Pull, SnapshotReference, canonical, compress
from contract.topics import Up, up
from edge.services import catalogue
from edge.uplink.feed_replica import BoxReplica
from edge.uplink.feeds import (
    LOOK_EVERY_S,
    PULL_TIMEOUT_S,
    RETRY_FIRST_S,
    Feeds,
    in_words,
    seconds_until_night,
)
from edge.uplink.snapshots import CorruptSnapshotError

SEOUL = ZoneInfo("Asia/Seoul")
REFERENCE = SnapshotReference(
    feed="prices", version=9, path="/s", size_bytes=1, sha256="00", signature="00"
)


class Wire:
    def __init__(self) -> None:
        self.sent = []

    def send(self, outgoing):
        self.sent.append(outgoing)
        return True

    def pulls(self) -> list[Pull]:
        pulls = [Pull.model_validate_json(it.payload) for it in self.sent]
        assert {it.topic for it in self.sent} <= {up("maru-1", Up.PULL)}
        self.sent.clear()
        return pulls


@pytest.fixture
def wire():
    return Wire()


@pytest.fixture
def staged(tmp_path):
    """A verified snapshot of one price, as the fetcher would leave it."""

    def make() -> object:
        path = tmp_path / "prices.sqlite3"
        database = sqlite3.connect(path)
        database.execute("CREATE TABLE row (key TEXT, version INTEGER, body TEXT)")
        database.execute("INSERT INTO row VALUES (?, ?, ?)", ("A1", 9, canonical(price(900))))
        database.commit()
        database.close()
        return path

    return make


@pytest.fixture
def source():
    """What fetching a snapshot gives, in order: a path, or an error."""
    return deque()


@pytest.fixture
def feeds(shop, wire, clock, watchers, source):
    def fetch(reference):
        answer = source.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer

    feeds = Feeds(
        wire=wire,
        replica=BoxReplica(shop, catalogue.STORES),
        names=tuple(catalogue.STORES),
        fetch_snapshot=fetch,
        edge_id="maru-1",
        zone=SEOUL,
        clock=clock,
        changes=watchers,
        uniform=lambda low, high: high,
    )
    feeds.connected()
    return feeds


def price(amount_minor: int) -> dict:
    return {"sku": "A1", "currency": "KRW", "amount_minor": amount_minor}


def ops(after=0, through=1, amount_minor=100, **more) -> bytes:
    operation = Operation(key="A1", version=through, value=price(amount_minor))
    operations = more.pop("operations", (operation,))
    return compress(Ops(feed="prices", after=after, through=through, operations=operations, **more))


def amount(shop) -> int | None:
    with shop.read() as reader:
        row = reader.sql("SELECT amount_minor FROM price").fetchone()
    return row and row[0]


def cursor(shop, feed="prices") -> int:
    return catalogue.cursors(shop.database)[feed]


def test_pulls_every_feed_when_connected(feeds, wire):
    assert feeds.step() == PULL_TIMEOUT_S
    assert [(pull.feed, pull.after, pull.digest) for pull in wire.pulls()] == [
        ("catalogue", 0, None),
        ("prices", 0, None),
    ]
    assert feeds.step() == PULL_TIMEOUT_S
    assert wire.pulls() == []


def test_operations_and_cursor_are_kept_together(feeds, wire, shop):
    feeds.step()
    feeds.take_ops(ops())
    assert (amount(shop), cursor(shop)) == (100, 1)


def test_more_is_pulled_at_once_and_acknowledges_the_last(feeds, wire):
    feeds.step()
    wire.pulls()
    feeds.take_ops(ops(has_more=True))
    assert feeds.step() == PULL_TIMEOUT_S
    assert [(pull.feed, pull.after) for pull in wire.pulls()] == [("prices", 1)]


def test_an_unanswered_pull_is_repeated(feeds, wire, clock):
    feeds.step()
    wire.pulls()
    clock.pass_s(PULL_TIMEOUT_S)
    feeds.step()
    assert [pull.feed for pull in wire.pulls()] == ["catalogue", "prices"]


def test_a_late_or_repeated_answer_changes_nothing(feeds, wire, shop):
    feeds.step()
    feeds.take_ops(ops())
    feeds.take_ops(ops(amount_minor=555))
    assert (amount(shop), feeds.counters["unasked"]) == (100, 1)
    feeds.ask("prices")
    feeds.step()
    feeds.take_ops(ops(amount_minor=555))
    assert (amount(shop), feeds.counters["stale"]) == (100, 1)


def acknowledge(feeds, wire) -> None:
    """The pull by which the hub hears that prices were applied, and its answer."""
    wire.pulls()
    feeds.step()
    assert [(pull.feed, pull.after) for pull in wire.pulls()] == [("prices", 1)]
    feeds.take_ops(compress(Ops(feed="prices", after=1, through=1)))


def test_what_was_applied_is_acknowledged_at_once_and_once(feeds, wire):
    feeds.step()
    feeds.take_ops(ops())
    feeds.take_ops(compress(Ops(feed="catalogue", after=0, through=0)))
    acknowledge(feeds, wire)
    feeds.step()
    assert wire.pulls() == []


def test_a_head_is_only_a_reason_to_pull(feeds, wire, clock):
    feeds.step()
    feeds.take_ops(ops())
    feeds.take_ops(compress(Ops(feed="catalogue", after=0, through=0)))
    acknowledge(feeds, wire)
    feeds.take_head(to_json(Head(feeds={"prices": 1, "catalogue": 0, "members": 9})).encode())
    assert feeds.step() > PULL_TIMEOUT_S
    assert wire.pulls() == []
    feeds.take_head(to_json(Head(feeds={"prices": 2})).encode())
    feeds.step()
    assert [(pull.feed, pull.after) for pull in wire.pulls()] == [("prices", 1)]


def test_looks_again_without_any_hint(feeds, wire, clock):
    feeds.step()
    feeds.take_ops(ops())
    feeds.take_ops(compress(Ops(feed="catalogue", after=0, through=0)))
    wire.pulls()
    clock.pass_s(LOOK_EVERY_S)
    feeds.step()
    assert len(wire.pulls()) == 2


def test_nothing_is_pulled_while_the_line_is_down(feeds, wire):
    feeds.disconnected()
    assert feeds.step() == LOOK_EVERY_S
    assert wire.pulls() == []


def test_a_snapshot_replaces_the_feed_and_what_follows_is_pulled(feeds, wire, shop, source, staged):
    source.append(staged())
    feeds.step()
    wire.pulls()
    feeds.take_ops(ops(through=9, operations=(), reset=REFERENCE))
    assert (amount(shop), cursor(shop), feeds.counters["snapshots"]) == (900, 9, 1)
    feeds.step()
    assert [(pull.feed, pull.after) for pull in wire.pulls()] == [("prices", 9)]


def test_a_corrupt_snapshot_is_refused_in_words_and_retried(
    feeds, wire, shop, source, staged, clock
):
    feeds.step()
    feeds.take_ops(ops(amount_minor=100))
    source.extend([CorruptSnapshotError("prices", 9, "its signature is not the hub's"), staged()])
    feeds.ask("prices")
    feeds.step()
    wire.pulls()
    feeds.take_ops(ops(after=1, through=9, operations=(), reset=REFERENCE))
    assert (amount(shop), cursor(shop)) == (100, 1)
    assert feeds.troubles == {
        "prices": "The prices snapshot 9 is damaged and was not used: its signature is not the hub's. "
        "The shop sells on from the one before; it is fetched again later."
    }
    clock.pass_s(1.9)
    feeds.step()
    assert [pull.feed for pull in wire.pulls()] == []
    clock.pass_s(0.1)
    feeds.step()
    assert [pull.feed for pull in wire.pulls()] == ["prices"]
    feeds.take_ops(ops(after=1, through=9, operations=(), reset=REFERENCE))
    assert (amount(shop), feeds.troubles) == (900, {})


def test_retries_wait_longer_each_time(feeds, wire, source, clock):
    waits = []
    feeds.step()
    wire.pulls()
    for _ in range(9):
        source.append(CorruptSnapshotError("prices", 9, "x"))
        feeds.take_ops(ops(through=9, operations=(), reset=REFERENCE))
        started = clock.monotonic()
        while not any(pull.feed == "prices" for pull in wire.pulls()):
            clock.pass_s(1)
            feeds.step()
        waits.append(clock.monotonic() - started)
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300]


def test_signed_rows_that_do_not_fit_are_refused_in_words_and_retried_later(
    feeds, wire, shop, clock, source, staged
):
    path = staged()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE row SET body = '{}'")
    source.append(path)
    feeds.step()
    wire.pulls()
    feeds.take_ops(ops(through=9, operations=(), reset=REFERENCE))
    assert feeds.troubles == {
        "prices": "The hub's prices were refused: expected rows that fit the box's tables, got "
        "NOT NULL constraint failed: price.sku. The shop sells on from what it had."
    }
    assert cursor(shop) == 0
    feeds.step()
    assert wire.pulls() == []
    clock.pass_s(RETRY_FIRST_S)
    feeds.step()
    assert [pull.feed for pull in wire.pulls()] == ["prices"]


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"no zlib",
        compress(Head(feeds={})),
        compress(Ops(feed="prices", after=0, through=1))[:-3],
        b"\x78\x9c" + b"\xff" * 60,
    ],
)
def test_malformed_answers_are_refused_counted_and_asked_again(feeds, wire, shop, clock, payload):
    feeds.step()
    wire.pulls()
    feeds.take_ops(payload)
    assert (feeds.counters["refused_ops"], cursor(shop)) == (1, 0)
    clock.pass_s(PULL_TIMEOUT_S)
    feeds.step()
    assert "prices" in [pull.feed for pull in wire.pulls()]


def test_a_price_that_is_none_leaves_the_old_prices_and_says_so(feeds, wire, shop):
    feeds.step()
    feeds.take_ops(ops())
    feeds.ask("prices")
    feeds.step()
    good = Operation(key="A1", version=2, value=price(200))
    bad = Operation(key="A2", version=3, value={"sku": "A2", "currency": "KRW", "amount_minor": -5})
    feeds.take_ops(ops(after=1, through=3, operations=(good, bad)))
    assert (amount(shop), cursor(shop)) == (100, 1)
    assert feeds.troubles["prices"].startswith("The hub's prices were refused: amount_minor: ")
    assert feeds.troubles["prices"].endswith("The shop sells on from what it had.")


@pytest.mark.parametrize("payload", [b"", b"[]", b"\xff", b'{"feeds":{"prices":"x"}}'])
def test_a_malformed_head_is_refused(feeds, payload):
    feeds.take_head(payload)
    assert feeds.counters["refused_head"] == 1


def test_digests_are_compared_in_the_night_and_repaired(feeds, wire, shop, clock):
    feeds.step()
    feeds.take_ops(ops())
    feeds.take_ops(compress(Ops(feed="catalogue", after=0, through=0)))
    wire.pulls()
    clock.pass_s(seconds_until_night(clock.now().astimezone(SEOUL)) + 2 * 3600)
    feeds.step()
    night = {pull.feed: pull for pull in wire.pulls()}
    held = BoxReplica(shop, catalogue.STORES)
    assert night["prices"].digest == held.digest("prices") != held.digest("catalogue")
    from contract.feeds import bucket_of

    repair = Operation(key="A1", version=1, value=price(101))
    bucket = bucket_of("A1")
    feeds.take_ops(
        ops(after=1, through=1, operations=(repair,), repaired_buckets=(bucket,), has_more=True)
    )
    assert (amount(shop), feeds.counters["repaired_buckets"]) == (101, 1)
    feeds.step()
    assert [pull.digest is not None for pull in wire.pulls()] == [True]
    feeds.take_ops(ops(after=1, through=1, operations=(), repaired_buckets=()))
    clock.pass_s(LOOK_EVERY_S)
    feeds.step()
    assert {pull.feed: pull.digest for pull in wire.pulls()}["prices"] is None


def test_a_person_can_ask_for_the_repair_now(feeds, wire):
    feeds.step()
    wire.pulls()
    feeds.repair("prices")
    feeds.step()
    assert [(pull.feed, pull.digest is not None) for pull in wire.pulls()] == [("prices", True)]


def test_the_night_is_the_shops_own(clock):
    local = clock.now().astimezone(SEOUL)
    assert (local.hour, seconds_until_night(local)) == (12, 15 * 3600)
    assert seconds_until_night(local.replace(hour=3)) == 24 * 3600


def test_in_words_of_a_snapshot_is_its_own():
    error = CorruptSnapshotError("prices", 3, "x")
    assert in_words("prices", error) == str(error)
