"""Whatever comes of an announced transfer, in however many vans: the box's shelf, facts and list agree to the piece."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.feeds import Operation, Ops
from edge.domain.errors import MoreThanAnnounced, NotFound
from edge.services import feed_stores, feeds, receiving, stock
from edge.services.receiving import Came
from edge.services.shop import Shop

FEED = "arrivals@maru-office-tower"
SKUS = ("CAKE", "BREAD")
pieces = st.integers(0, 5)
vans = st.lists(
    st.tuples(
        st.lists(st.tuples(st.sampled_from(SKUS), pieces, pieces), min_size=1, max_size=3),
        st.sampled_from(["refuse", "accept"]),
        st.sampled_from(["awaited", "awaited", "lost"]),
    ),
    max_size=4,
)


def announce(shop: Shop, sent: dict[str, int]) -> str:
    with shop.write() as work:
        after = feeds.cursor(work.unit, FEED)
        key = f"T{after}"
        value: dict[str, Any] = {
            "arrival_id": key, "source": "transfer", "source_id": key, "from": "hillside", "due": "",
            "lines": [{"sku": sku, "quantity": n} for sku, n in sent.items()],
        }  # fmt: skip
        operation = Operation(key=key, version=after + 1, value=value)
        ops = Ops(feed=FEED, after=after, through=after + 1, operations=(operation,))
        feeds.apply(work.unit, feed_stores.stores_of("maru-office-tower")[FEED], ops)
    return key


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None
)
@given(st.dictionaries(st.sampled_from(SKUS), st.integers(1, 8), min_size=1), vans)
def test_every_piece_of_a_transfer_is_here_damaged_still_to_come_or_lost(
    shop: Shop, facts: Any, sent: dict[str, int], vans: Any
) -> None:
    transfer = announce(shop, sent)
    before = {sku: stock.level(shop, sku) for sku in SKUS}
    came, broken, is_ended = dict.fromkeys(SKUS, 0), dict.fromkeys(SKUS, 0), False
    for lines, over, rest in vans:
        taken = [Came(sku, n, min(n, bad)) for sku, n, bad in lines]
        if not any(line.received for line in taken) and rest != "lost":
            continue
        too_many = any(
            came[sku] + sum(it.received for it in taken if it.sku == sku) > sent.get(sku, 0)
            for sku in SKUS
        )
        try:
            fact = receiving.receive(shop, transfer, taken, over, rest)
        except NotFound:
            assert is_ended
            continue
        except MoreThanAnnounced:
            assert too_many
            assert over == "refuse"
            continue
        assert not is_ended
        assert not too_many or fact.outcome == "over"
        assert facts(shop)[-1]["receiving_id"] == str(fact.receiving_id)
        for line in fact.lines:
            came[line.sku] += line.received
            broken[line.sku] += line.damaged
        is_ended = fact.rest == "lost"
    for sku in SKUS:
        assert stock.level(shop, sku) - before[sku] == came[sku] - broken[sku]
    waits = {it.arrival_id: it.left for it in receiving.arrivals(shop)}.get(transfer, {})
    missing = {sku: n - came[sku] for sku, n in sent.items() if n > came[sku]}
    assert waits == ({} if is_ended else missing)
