"""Feeds without tables of their own: operations, repairs, snapshots, and what follows from them."""

import json
import sqlite3
from pathlib import Path

import pytest

from contract import feeds as contract
from contract.feeds import Operation, Ops, canonical
from edge.domain.errors import Refused
from edge.services import feeds
from edge.services.feed_stores import stores_of
from edge.services.feeds import RowStore
from edge.services.shop import Shop, Work
from edge.uplink.feed_replica import BoxReplica

FEED = "orders@office"


class Followed:
    def __init__(self) -> None:
        self.keys: list[frozenset[str] | None] = []

    def __call__(self, work: Work, keys: frozenset[str] | None) -> None:
        self.keys.append(keys)
        if keys == {"bad"}:
            raise Refused


@pytest.fixture
def followed() -> Followed:
    return Followed()


@pytest.fixture
def replica(shop: Shop, followed: Followed) -> BoxReplica:
    return BoxReplica(shop, {FEED: RowStore(FEED, followed)})


def ops(after: int, through: int, **values: dict[str, int] | None) -> Ops:
    operations = (Operation(key=key, version=through, value=it) for key, it in values.items())
    return Ops(feed=FEED, after=after, through=through, operations=tuple(operations))


def held(shop: Shop) -> dict[str, dict[str, int]]:
    with shop.read() as reader:
        return feeds.values(reader, FEED)


def test_operations_are_kept_and_what_follows_hears_of_their_keys(shop, replica, followed) -> None:
    replica.apply(ops(0, 2, a={"n": 1}, b={"n": 2}))
    replica.apply(ops(2, 3, a=None, b={"n": 3}))
    replica.apply(ops(2, 9, a={"n": 9}))
    assert (held(shop), replica.cursor(FEED)) == ({"b": {"n": 3}}, 3)
    assert followed.keys == [{"a", "b"}, {"a", "b"}]
    with shop.read() as reader:
        assert feeds.value(reader, FEED, "b") == {"n": 3}
        assert feeds.value(reader, FEED, "a") is None
        assert feeds.values(reader, FEED, frozenset("a")) == {}


def test_rows_and_what_follows_from_them_are_one_transaction(shop, replica) -> None:
    with pytest.raises(Refused):
        replica.apply(ops(0, 1, bad={"n": 1}))
    assert (held(shop), replica.cursor(FEED)) == ({}, 0)


def test_a_snapshot_replaces_everything_and_both_ends_digest_alike(
    shop, replica, followed, tmp_path: Path
) -> None:
    replica.apply(ops(0, 1, old={"n": 1}))
    rows = [("a", 5, canonical({"n": 1})), ("b", 6, canonical({"n": 2}))]
    path = tmp_path / "snapshot"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE row (key TEXT PRIMARY KEY, version INTEGER, body TEXT)")
    connection.executemany("INSERT INTO row VALUES (?, ?, ?)", rows)
    connection.commit()
    connection.close()
    replica.load(FEED, 6, path)
    assert (held(shop), replica.cursor(FEED)) == ({"a": {"n": 1}, "b": {"n": 2}}, 6)
    assert followed.keys == [{"old"}, None]
    assert replica.digest(FEED) == "".join(contract.digests(rows))


def test_a_repair_replaces_whole_buckets(shop, replica) -> None:
    replica.apply(ops(0, 1, a={"n": 1}, b={"n": 2}))
    repair = ops(1, 1, b={"n": 5}).model_copy(
        update={"repaired_buckets": (contract.bucket_of("a"), contract.bucket_of("b"))}
    )
    replica.apply(repair)
    assert held(shop) == {"b": {"n": 5}}


def test_a_box_follows_what_is_everybodys_and_what_is_its_shops() -> None:
    assert list(stores_of("office")) == [
        "catalogue", "prices", "keys", "offers", "members",
        "orders@office", "rights@office", "arrivals@office", "returns@office",
    ]  # fmt: skip
    assert json.dumps([contract.shop_of(name) for name in stores_of("office")][-5:]) == (
        '["", "office", "office", "office", "office"]'
    )
