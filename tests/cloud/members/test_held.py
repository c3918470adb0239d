"""What head office says of a cut goes by what its boxes may still hold, not by what it has decided since."""

import pytest

from cloud.feeds import cursors
from cloud.feeds import repository as feeds
from cloud.ingest.tables import Edge
from cloud.members import coupons, programme
from contract.topics import shard_of
from tests.cloud.members.conftest import PROGRAMME

SHOPS = ("maru-office", "maru-hillside")


@pytest.fixture
def boxes(members):
    """Every box has pulled what there is, until `hear` is called again."""

    def hear(*location_ids: str) -> None:
        with members.database.write() as session:
            after = feeds.head(session, "offers").version
            for location_id in location_ids:
                cursors.note(session, f"{location_id}-1", "offers", after)

    with members.database.write() as session:
        for location_id in SHOPS:
            edge_id = f"{location_id}-1"
            session.add(
                Edge(
                    edge_id=edge_id,
                    shard=shard_of(edge_id),
                    location_id=location_id,
                    last_seen=members.clock.now(),
                )
            )
    hear(*SHOPS)
    return hear


def decide(members, allowance: int, limit: int) -> None:
    own = {"allowance": allowance, "coupon_offline_limit": limit}
    programme.publish(members, PROGRAMME.model_copy(update=own))


def most(members) -> tuple[int, int]:
    with members.database.read() as session:
        return programme.most_held(session)


def test_a_lower_limit_counts_once_every_box_has_heard_of_it(members, boxes) -> None:
    decide(members, 5_000, 3)
    boxes(*SHOPS)
    decide(members, 100, 0)
    assert (most(members), coupons.most_lost(members)) == ((5_000, 3), 6)
    boxes("maru-office")
    assert (most(members), coupons.most_lost(members)) == ((5_000, 3), 6)
    boxes("maru-hillside")
    assert (most(members), coupons.most_lost(members)) == ((100, 0), 0)


def test_a_higher_limit_counts_at_once(members, boxes) -> None:
    """Some box may have heard of it and not said so yet; each limit counts by itself."""
    decide(members, 5_000, 0)
    assert (most(members), coupons.most_lost(members)) == ((5_000, 1), 2)


def test_of_several_that_came_since_the_highest_counts(members, boxes) -> None:
    decide(members, 7_000, 0)
    decide(members, 200, 0)
    assert most(members) == (7_000, 1)


def test_a_box_whose_card_was_restored_may_hold_what_it_held_then(members, boxes) -> None:
    decide(members, 100, 0)
    boxes(*SHOPS)
    with members.database.write() as session:
        cursors.note(session, "maru-office-1", "offers", 0)
    assert most(members) == (1_000, 1)
