"""A cap that head office raises counts once every box of the shop has heard of it; a lower one at once."""

import pytest

from cloud.ingest.tables import Edge
from cloud.orders import shops
from contract.topics import shard_of


@pytest.fixture(autouse=True)
def _enough(chain) -> None:
    chain.stock("hillside", "CAKE", 10)


def account(chain, location_id: str = "hillside") -> tuple[int, int]:
    with chain.database.read() as session:
        [found] = shops.promisable(session, chain.clock.now(), location_id, ["CAKE"])
    return found["may_promise"], found["bound"]


def test_a_raised_cap_waits_for_the_boxs_pull(chain) -> None:
    """Until then the bound that the box states is that of the lower cap, and the hub keeps to it."""
    chain.allow("hillside", 2, sku="CAKE")
    assert account(chain) == (2, 2)
    chain.say("hillside", 5, sku="CAKE")
    assert account(chain) == (2, 2)
    chain.pull("hillside")
    assert account(chain) == (5, 5)


def test_a_lowered_cap_counts_at_once_and_what_was_never_heard_is_not_gone_back_to(chain) -> None:
    chain.allow("hillside", 5, sku="CAKE")
    chain.say("hillside", 1, sku="CAKE")
    assert account(chain)[0] == 1
    chain.say("hillside", 4, sku="CAKE")
    assert account(chain)[0] == 1
    chain.pull("hillside")
    assert account(chain)[0] == 4


def test_every_box_of_the_shop_must_have_heard(chain) -> None:
    chain.allow("hillside", 2, sku="CAKE")
    second = "maru-hillside-2"
    with chain.database.write() as session:
        session.add(
            Edge(
                edge_id=second,
                shard=shard_of(second),
                location_id="hillside",
                last_seen=chain.clock.now(),
            )
        )
    chain.say("hillside", 5, sku="CAKE")
    chain.pull("hillside")
    assert account(chain)[0] == 2
