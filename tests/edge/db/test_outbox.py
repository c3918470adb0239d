import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.envelope import GENESIS, Ack, Fact, chain, make_uid
from contract.stream import Log, SayHello, SendBatch, Sender, Verdict
from edge.db import outbox
from edge.db.outbox import OutboxLog
from edge.db.unit_of_work import Database

DAY_MS = 24 * 3600 * 1000
NOW_MS = 1_795_400_000_000


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "box.sqlite3")
    yield database
    database.close()


def log_bodies(database: Database, *bodies: str, unix_ms: int = NOW_MS) -> list[str]:
    with database.write() as work:
        return outbox.append_bodies(
            work, [(make_uid(unix_ms, os.urandom), body) for body in bodies]
        )


def log_and_fail(database: Database) -> None:
    with database.write() as work:
        outbox.append_bodies(work, [(make_uid(NOW_MS, os.urandom), "lost")])
        raise RuntimeError


def head(database: Database) -> outbox.Head:
    with database.read() as reader:
        found = outbox.head(reader)
    assert found is not None
    return found


def all_of(log: Log) -> list[Fact]:
    return list(log.read(1, 10_000, 10**9))


def test_facts_are_numbered_without_gaps_and_tied_by_the_chain(database: Database) -> None:
    uids = [*log_bodies(database, "a", "b"), *log_bodies(database, "c")]
    stand = head(database)
    log = OutboxLog(database, stand.epoch)
    assert all_of(log) == [Fact(uid, body) for uid, body in zip(uids, "abc", strict=True)]
    links = [GENESIS]
    for uid, body in zip(uids, "abc", strict=True):
        links.append(chain(links[-1], uid, body))
    assert [log.chain_at(seq) for seq in range(5)] == [*links, None]
    assert (log.first, log.high, stand.high, stand.chain, stand.waiting) == (1, 3, 3, links[3], 3)


def test_a_transaction_that_fails_logs_nothing_and_leaves_no_gap(database: Database) -> None:
    log_bodies(database, "a")
    with pytest.raises(RuntimeError):
        log_and_fail(database)
    log_bodies(database, "b")
    assert [fact.body for fact in all_of(OutboxLog(database, head(database).epoch))] == ["a", "b"]


def test_a_stream_before_its_first_fact(database: Database) -> None:
    with database.write() as work:
        stand = outbox.ensure_epoch(work)
        assert outbox.ensure_epoch(work) == stand
    log = OutboxLog(database, stand.epoch)
    assert (log.first, log.high, log.chain_at(0), all_of(log)) == (1, 0, GENESIS, [])


def test_reading_stops_at_the_bytes_asked_for_but_gives_at_least_one(database: Database) -> None:
    log_bodies(database, "x" * 1000, "y" * 1000, "빵" * 1000)
    log = OutboxLog(database, head(database).epoch)
    assert [len(fact.body) for fact in log.read(1, 10, 2_100)] == [1000, 1000]
    assert [len(fact.body) for fact in log.read(2, 10, 2_100)] == [1000]
    assert [len(fact.body) for fact in log.read(1, 2, 10**6)] == [1000, 1000]
    assert [len(fact.body) for fact in log.read(3, 10, 1)] == [1000]
    assert list(log.read(4, 10, 10**6)) == []


def test_the_senders_core_reads_it_to_the_end(database: Database) -> None:
    log_bodies(database, *(json.dumps({"n": n}) for n in range(450)))
    stand = head(database)
    log = OutboxLog(database, stand.epoch)
    sender = Sender(log, stand.epoch, stand.acked)
    sender.connected()
    hello = sender.poll(0.0)
    assert isinstance(hello, SayHello)
    assert sender.acknowledged(
        Ack(epoch=stand.epoch, high=0, chain=GENESIS, hello=hello.nonce), 0.0
    ) is (Verdict.UNCHANGED)
    sent = []
    while isinstance(order := sender.poll(0.0), SendBatch):
        sent.append((order.batch.first, len(order.batch.facts)))
    assert sent == [(1, 200), (201, 200), (401, 50)]
    done = Ack(epoch=stand.epoch, high=450, chain=stand.chain)
    assert sender.acknowledged(done, 0.0) is Verdict.ADVANCED


def test_what_is_acknowledged_is_stored(database: Database) -> None:
    log_bodies(database, "a", "b", "c")
    epoch = head(database).epoch
    with database.write() as work:
        outbox.store_acked(work, epoch, 2)
    assert (head(database).acked, head(database).waiting) == (2, 1)


def test_a_fork_starts_an_epoch_that_logs_again_what_may_be_missing(database: Database) -> None:
    uids = log_bodies(database, "a", "b", "c")
    old = head(database)
    with database.write() as work:
        new = outbox.start_epoch(work, relog_after=1)
    assert (new.high, new.acked, new.epoch == old.epoch) == (2, 0, False)
    assert all_of(OutboxLog(database, new.epoch)) == [Fact(uids[1], "b"), Fact(uids[2], "c")]
    assert len(all_of(OutboxLog(database, old.epoch))) == 3
    with database.read() as reader:
        assert outbox.closed_epochs(reader) == [old.epoch]
    assert head(database).chain == chain(chain(GENESIS, uids[1], "b"), uids[2], "c")


def test_only_what_is_acknowledged_and_old_is_pruned_and_its_last_fact_stays(
    database: Database,
) -> None:
    log_bodies(database, "a", "b", "c", unix_ms=NOW_MS - 36 * DAY_MS)
    log_bodies(database, "d", "e", unix_ms=NOW_MS - 34 * DAY_MS)
    epoch = head(database).epoch
    log = OutboxLog(database, epoch)
    with database.write() as work:
        assert outbox.prune(work, NOW_MS) == 0  # nothing is acknowledged
        outbox.store_acked(work, epoch, 3)
        assert outbox.prune(work, NOW_MS) == 2
    assert (log.first, log.high, log.chain_at(2)) == (3, 5, None)
    assert log.chain_at(3) is not None  # the next batch is tied to it
    with database.write() as work:
        outbox.store_acked(work, epoch, 5)
        assert outbox.prune(work, NOW_MS) == 1
        assert outbox.prune(work, NOW_MS + 100 * DAY_MS) == 1
    assert (log.first, log.high, [fact.body for fact in all_of(log)]) == (5, 5, ["e"])


def test_a_closed_epoch_is_pruned_whole(database: Database) -> None:
    log_bodies(database, "a", unix_ms=NOW_MS - 40 * DAY_MS)
    old = head(database)
    with database.write() as work:
        outbox.start_epoch(work, relog_after=1)
    log_bodies(database, "b")
    with database.write() as work:
        assert outbox.prune(work, NOW_MS) == 1
    assert all_of(OutboxLog(database, old.epoch)) == []


def test_the_clocks_floor_is_the_newest_facts_time(database: Database) -> None:
    with database.write() as work:
        assert outbox.last_ms(work) == 0
    log_bodies(database, "a", unix_ms=NOW_MS)
    with database.read() as reader:
        assert outbox.last_ms(reader) == NOW_MS
