"""Shards belong to one worker at a time, and move when it dies."""

from cloud.db import Database
from cloud.ingest.leases import LEASE_S, Leases, choose, fair_share
from contract.topics import SHARDS

ALL = frozenset(range(SHARDS))


def test_one_worker_takes_everything(database: Database, clock) -> None:
    assert Leases(database, clock, "a").renew() == ALL


def test_a_second_worker_gets_its_half_once_the_first_has_given_it_back(database, clock) -> None:
    first, second = Leases(database, clock, "a"), Leases(database, clock, "b")
    first.renew()
    assert second.renew() == frozenset()
    kept = first.renew()
    taken = second.renew()
    assert len(kept) == len(taken) == SHARDS // 2
    assert kept | taken == ALL


def test_shards_of_a_dead_worker_move_when_its_lease_runs_out(database, clock) -> None:
    Leases(database, clock, "dead").renew()
    heir = Leases(database, clock, "heir")
    assert heir.renew() == frozenset()
    clock.jump(LEASE_S + 0.1)
    assert heir.renew() == ALL


def test_a_worker_that_stops_gives_back_at_once(database, clock) -> None:
    leaving, staying = Leases(database, clock, "a"), Leases(database, clock, "b")
    leaving.renew()
    leaving.give_back()
    assert leaving.shards == frozenset()
    assert staying.renew() == ALL


def test_a_lease_is_renewed_in_time(database, clock) -> None:
    leases = Leases(database, clock, "a")
    assert leases.is_due()
    leases.renew()
    assert not leases.is_due()
    clock.jump(LEASE_S / 2)
    assert leases.is_due()


def test_shares_cover_every_shard() -> None:
    assert [fair_share(workers) for workers in (0, 1, 2, 3, 64, 100)] == [64, 64, 32, 22, 1, 1]
    assert choose([], "a", 3, 0.0) == {0, 1, 2}
