"""Answers to pulls, as a box would read them."""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlmodel import col, select

from cloud import identity
from cloud.catalogue import service
from cloud.catalogue.checking import CatalogueChange
from cloud.db import Database
from cloud.feeds import cursors, repository
from cloud.feeds import service as feeds_module
from cloud.feeds.service import FeedService
from cloud.feeds.snapshots import KEPT, Snapshots
from cloud.feeds.tables import FeedOperation
from cloud.ingest.admission import Admitted
from cloud.ingest.inbox import Inbox
from cloud.ingest.pressure import Allowance
from cloud.ingest.tables import Edge
from contract import topics
from contract.envelope import to_json
from contract.feeds import SHARED_FEEDS, Head, Ops, Pull, canonical, decompress, digests
from contract.topics import SHARDS

ALL = frozenset(range(SHARDS))
BOX = "maru-office-1"


@pytest.fixture
def snapshots(database: Database, tmp_path: Path, clock) -> Snapshots:
    key = identity.load(tmp_path / "hub.key")
    return Snapshots(database, tmp_path / "snapshots", key, clock)


@pytest.fixture
def feeds(database: Database, snapshots: Snapshots, clock) -> Iterator[FeedService]:
    service_ = FeedService(database, snapshots, clock)
    yield service_
    service_.close()


@pytest.fixture
def price(database: Database) -> Callable[..., None]:
    def price(amounts: dict[str, int], removed: tuple[str, ...] = ()) -> None:
        prices = [{"sku": k, "currency": "KRW", "amount_minor": v} for k, v in amounts.items()]
        service.apply(
            database, CatalogueChange.model_validate({"prices": prices, "removed": list(removed)})
        )

    return price


def body(sku: str, amount_minor: int) -> dict[str, Any]:
    return {"sku": sku, "currency": "KRW", "amount_minor": amount_minor, "is_free": False}


def ops(payload: bytes | str | None) -> Ops:
    assert isinstance(payload, bytes)
    return Ops.model_validate_json(decompress(payload))


def said(answer: Ops) -> list[tuple[str, int, Any]]:
    return [(o.key, o.version, o.value) for o in answer.operations]


def tombstones(database: Database) -> list[tuple[str, int]]:
    query = select(FeedOperation.key, FeedOperation.version)
    with database.read() as session:
        return list(session.exec(query.where(col(FeedOperation.body).is_(None))).all())


def test_an_empty_feed_has_nothing_to_say(feeds) -> None:
    assert ops(feeds.answer(BOX, Pull(feed="prices", after=0))) == Ops(
        feed="prices", after=0, through=0
    )


def test_a_pull_gets_what_is_behind_its_cursor(feeds, price) -> None:
    price({"A": 100, "B": 200})
    price({"A": 150})
    answer = ops(feeds.answer(BOX, Pull(feed="prices", after=1)))
    assert said(answer) == [("B", 2, body("B", 200)), ("A", 3, body("A", 150))]
    assert (answer.through, answer.has_more) == (3, False)


def test_a_tombstone_travels_but_not_to_a_box_with_nothing(feeds, price) -> None:
    price({"A": 100, "B": 200})
    price({}, removed=("A",))
    assert said(ops(feeds.answer(BOX, Pull(feed="prices", after=2)))) == [("A", 3, None)]
    fresh = ops(feeds.answer(BOX, Pull(feed="prices", after=0)))
    assert (said(fresh), fresh.through) == ([("B", 2, body("B", 200))], 3)


def test_a_tombstone_goes_when_who_lacks_it_gets_a_snapshot(feeds, price, database, mocker) -> None:
    for module in (feeds_module, service):
        mocker.patch.object(module, "SNAPSHOT_ABOVE", 3)
    price({"A": 100, "B": 200, "C": 300})
    price({}, removed=("A",))
    price({"B": 250})
    price({"B": 260})
    price({}, removed=("never-there",))
    assert tombstones(database) == [("A", 4)], "a cursor at 3 is answered with operations"
    assert said(ops(feeds.answer(BOX, Pull(feed="prices", after=3)))) == [
        ("A", 4, None),
        ("B", 6, body("B", 260)),
    ]
    price({}, removed=("C",))
    assert tombstones(database) == [("C", 7)], "a cursor at 3 gets a snapshot, one at 4 has seen it"
    assert feeds.answer(BOX, Pull(feed="prices", after=3)) is None
    assert said(ops(feeds.answer(BOX, Pull(feed="prices", after=4)))) == [
        ("B", 6, body("B", 260)),
        ("C", 7, None),
    ]


def test_a_small_answer_is_cut_and_the_rest_asked_for_again(feeds, price) -> None:
    chance = random.Random(1)
    amounts = {f"{chance.getrandbits(64):016x}": chance.randrange(1, 10**9) for _ in range(400)}
    price(amounts)
    after, seen, answers = 0, {}, 0
    while True:
        payload = feeds.answer(BOX, Pull(feed="prices", after=after, max_bytes=2_000))
        assert len(payload) <= 2_000
        answer = ops(payload)
        seen |= {o.key: o.value["amount_minor"] for o in answer.operations if o.value}
        after, answers = answer.through, answers + 1
        if not answer.has_more:
            break
    assert (seen, after) == (amounts, 400)
    assert answers > 3


def test_a_thousand_changed_prices_fit_into_a_few_kilobytes(feeds, price) -> None:
    price({f"8801234{n:06d}": 1_000 + n for n in range(1_000)})
    price({f"8801234{n:06d}": 2_000 + 7 * n for n in range(1_000)})
    assert len(feeds.answer(BOX, Pull(feed="prices", after=1_000))) < 16_000


def test_an_unknown_feed_of_a_newer_box_is_answered_with_nothing(feeds) -> None:
    assert ops(feeds.answer(BOX, Pull(feed="weather", after=4))) == Ops(
        feed="weather", after=4, through=4
    )


def until_built(feeds: FeedService) -> list[tuple[str, Ops]]:
    feeds._builder.submit(int).result(20)  # one thread: what was asked before is done
    feeds._look_at_s = float("inf")
    return [(topic, ops(payload)) for topic, payload, _ in feeds.due(ALL)]


def test_a_box_far_behind_gets_a_signed_snapshot(feeds, price, snapshots, mocker) -> None:
    mocker.patch.object(feeds_module, "SNAPSHOT_ABOVE", 10)
    price({f"S{n:02d}": 100 + n for n in range(20)})
    assert feeds.answer(BOX, Pull(feed="prices", after=0)) is None
    [(topic, answer)] = until_built(feeds)
    assert topic == topics.down(BOX, topics.Down.OPS)
    assert answer.reset is not None
    assert (answer.through, answer.has_more, answer.reset.version) == (20, False, 20)
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(snapshots._identity.public_key))
    key.verify(bytes.fromhex(answer.reset.signature), answer.reset.signed_text())
    assert ops(feeds.answer("maru-hillside-1", Pull(feed="prices", after=3))).reset == answer.reset


def test_what_changed_since_the_snapshot_follows_as_operations(feeds, price, mocker) -> None:
    mocker.patch.object(feeds_module, "SNAPSHOT_ABOVE", 10)
    price({f"S{n:02d}": 100 + n for n in range(20)})
    feeds.answer(BOX, Pull(feed="prices", after=0))
    until_built(feeds)
    price({"S03": 7})
    answer = ops(feeds.answer(BOX, Pull(feed="prices", after=0)))
    assert (answer.through, answer.has_more) == (20, True)
    assert said(ops(feeds.answer(BOX, Pull(feed="prices", after=20)))) == [
        ("S03", 21, body("S03", 7))
    ]


def test_a_box_ahead_of_a_restored_hub_gets_a_snapshot(feeds, price) -> None:
    price({"A": 100})
    assert feeds.answer(BOX, Pull(feed="prices", after=99)) is None
    [(_, answer)] = until_built(feeds)
    assert answer.reset is not None
    assert answer.reset.version == 1


def test_a_snapshot_that_cannot_be_built_is_asked_for_again(
    feeds, price, snapshots, mocker, caplog
) -> None:
    price({"A": 100})
    mocker.patch.object(snapshots, "build", side_effect=OSError("disk full"))
    assert feeds.answer(BOX, Pull(feed="prices", after=99)) is None
    assert until_built(feeds) == []
    assert "The prices snapshot was not built: boxes ask again." in caplog.text
    mocker.stopall()
    assert feeds.answer(BOX, Pull(feed="prices", after=99)) is None
    assert len(until_built(feeds)) == 1


def test_old_snapshots_are_kept_a_while_and_then_go(snapshots, price, tmp_path: Path) -> None:
    files = []
    for number in range(1, KEPT + 2):
        price({"A": number})
        files.append(Path(snapshots.build("prices").path).name)
    assert sorted(p.name for p in (tmp_path / "snapshots").iterdir()) == sorted(files[1:])
    assert snapshots.path_of(files[0]) is None
    assert snapshots.path_of("../hub.key") is None


def digest_of(rows: list[tuple[str, int, dict[str, Any]]]) -> str:
    return "".join(digests([(key, version, canonical(value)) for key, version, value in rows]))


def test_an_equal_digest_repairs_nothing(feeds, price) -> None:
    price({"A": 100, "B": 200})
    own = digest_of([("A", 1, body("A", 100)), ("B", 2, body("B", 200))])
    answer = ops(feeds.answer(BOX, Pull(feed="prices", after=2, digest=own)))
    assert (answer.repaired_buckets, answer.operations, answer.has_more) == ((), (), False)


def test_a_different_digest_gets_the_whole_of_its_buckets(feeds, price) -> None:
    price({f"S{n}": n + 1 for n in range(50)})
    held = [(f"S{n}", n + 1, body(f"S{n}", n + 1)) for n in range(50)]
    held[7] = ("S7", 8, body("S7", 99_999))
    answer = ops(feeds.answer(BOX, Pull(feed="prices", after=50, digest=digest_of(held))))
    assert answer.repaired_buckets is not None
    assert len(answer.repaired_buckets) == 1
    assert ("S7", 8, body("S7", 8)) in said(answer)
    assert (answer.through, answer.has_more) == (50, False)


def test_a_repair_that_does_not_fit_says_that_there_is_more(feeds, price) -> None:
    chance = random.Random(2)
    amounts = {f"{chance.getrandbits(64):016x}": chance.randrange(1, 10**9) for _ in range(200)}
    price(amounts)
    nothing = digest_of([])
    payload = feeds.answer(BOX, Pull(feed="prices", after=200, digest=nothing, max_bytes=1_000))
    answer = ops(payload)
    assert len(payload) <= 1_000
    assert answer.has_more
    assert answer.repaired_buckets


def test_a_digest_of_another_length_is_refused(feeds, price) -> None:
    price({"A": 1})
    with pytest.raises(ValueError, match=r"^Expected 8192 hex digits, got 3\.$"):
        feeds.answer(BOX, Pull(feed="prices", after=1, digest="abc"))


def test_heads_are_announced_once_and_again_when_they_move(
    database, feeds, price, box, clock
) -> None:
    Inbox(database, clock).commit([Admitted(box.edge_id, box.hello())], Allowance(8, 0))
    topic = topics.down(box.edge_id, topics.Down.HEAD)
    assert feeds.due(ALL) == [(topic, to_json(Head(feeds=dict.fromkeys(SHARED_FEEDS, 0))), True)]
    clock.jump(1)
    assert feeds.due(ALL) == []
    price({"A": 1})
    feeds.look_now()
    one = Head(feeds=dict.fromkeys(SHARED_FEEDS, 0) | {"prices": 1})
    assert feeds.due(ALL) == [(topic, to_json(one), True)]


def test_one_shops_feed_is_for_its_own_boxes(feeds, database, clock) -> None:
    orders = "orders@office"
    with database.write() as session:
        for edge_id, location_id in ((BOX, "office"), ("maru-hill-1", "hillside")):
            session.add(
                Edge(
                    edge_id=edge_id,
                    shard=topics.shard_of(edge_id),
                    location_id=location_id,
                    last_seen=clock.now(),
                )
            )
        repository.write_operations(session, orders, {"1": canonical({"n": 1})})
    assert said(ops(feeds.answer(BOX, Pull(feed=orders, after=0)))) == [("1", 1, {"n": 1})]
    theirs = ops(feeds.answer("maru-hill-1", Pull(feed=orders, after=0)))
    assert theirs == Ops(feed=orders, after=0, through=0)
    unknown = ops(feeds.answer(BOX, Pull(feed="secrets@office", after=0)))
    assert unknown == Ops(feed="secrets@office", after=0, through=0)
    assert json.loads(feeds.head(BOX))["feeds"][orders] == 1
    assert orders not in json.loads(feeds.head("maru-hill-1"))["feeds"]


def test_a_moved_head_is_told_to_those_whom_it_concerns(feeds, database, clock) -> None:
    test_one_shops_feed_is_for_its_own_boxes(feeds, database, clock)
    assert len(feeds.due(ALL)) == 2
    with database.write() as session:
        repository.write_operations(session, "orders@hillside", {"7": canonical({"n": 7})})
    feeds.look_now()
    ((topic, payload, is_retained),) = feeds.due(ALL)
    assert (topic, is_retained) == (topics.down("maru-hill-1", topics.Down.HEAD), True)
    assert json.loads(payload)["feeds"]["orders@hillside"] == 1


def test_a_pull_says_what_the_box_has_for_certain(feeds, database, clock) -> None:
    """Also less than before: its card may have been restored. Only of feeds that a bound is stated of."""
    with database.write() as session:
        edge = Edge(edge_id=BOX, shard=1, location_id="maru-office", last_seen=clock.now())
        session.add(edge)
        repository.write_operations(session, "offers", {"a": "{}", "b": "{}", "c": "{}"})
    told = []
    for after in (0, 3, 2):
        feeds.answer(BOX, Pull(feed="offers", after=after))
        feeds.answer(BOX, Pull(feed="catalogue", after=0))
        with database.read() as session:
            told.append(cursors.of_shop(session, "maru-office", "offers"))
            assert cursors.of_shop(session, "maru-office", "catalogue") == [0]
    assert told == [[0], [3], [2]]
    with database.read() as session:
        assert cursors.is_told(session, "maru-office", "offers", 2)
        assert not cursors.is_told(session, "maru-office", "offers", 3)
        assert cursors.is_told(session, "a shop without a box", "offers", 3)
