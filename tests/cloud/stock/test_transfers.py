"""Goods between two shops: whatever is sent, lost, found or broken on the way, every piece is somebody's."""

import uuid
from collections import Counter
from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.books.costs import TRANSFER_ENDED, Costing, Moved
from cloud.books.journal import Occasion, balances
from cloud.feeds import repository as feeds
from cloud.stock.tables import GoodsReceipt, StockEntry
from cloud.stock.transfers import REASONS, Transfer, transfers

NOW = datetime(2026, 11, 28, 3, tzinfo=UTC)
JOB = "018f2f4e-0009-7abc-8def-0123456789ab"
FROM, TO = "maru-hillside", "maru-office-tower"
SKUS = ("CAKE", "BREAD")


class Van(NamedTuple):
    """One transfer: what was handed over, and the receivings of it: (sku, received, damaged). Then it is ended."""

    sent: tuple[tuple[str, int], ...]
    came: tuple[tuple[str, int, int], ...]


@st.composite
def vans(draw: st.DrawFn) -> Van:
    pieces = st.integers(0, 6)
    sent = draw(
        st.lists(st.tuples(st.sampled_from(SKUS), st.integers(1, 6)), min_size=1, max_size=3)
    )
    came = draw(st.lists(st.tuples(st.sampled_from(SKUS), pieces, pieces), max_size=4))
    return Van(tuple(sent), tuple((sku, n, min(n, broken)) for sku, n, broken in came))


def entry(number: int, reason: str, location_id: str, sku: str, quantity: int, job: str) -> StockEntry:  # fmt: skip
    return StockEntry(
        uid=f"{job}-{number:03}", number=1, edge_id="e", location_id=location_id, sku=sku,
        quantity=quantity, reason=reason, reference=job, occurred_at=NOW,
    )  # fmt: skip


def entries_of(van: Van, job: str) -> list[StockEntry]:
    moves = [("transferred_out", FROM, sku, -n) for sku, n in van.sent]
    for sku, n, broken in van.came:
        moves += [("transferred_in", TO, sku, n), ("damaged", TO, sku, -broken)]
    return [entry(at, *move, job) for at, move in enumerate(moves) if move[3]]


def receipt(job: str, rest: str) -> GoodsReceipt:
    return GoodsReceipt(
        uid=f"{job}-end", edge_id="e", location_id=TO, receiving_id="r", arrival_id=job,
        source="transfer", source_id=job, outcome="short", rest=rest, cashier="", occurred_at=NOW,
    )  # fmt: skip


@settings(deadline=None)  # a busy machine is no fault of the books
@given(vans(), st.booleans())
def test_every_piece_is_somebodys(van: Van, is_ended: bool) -> None:
    """Sent = received + on its way + lost less found; what is damaged is among the received and its sender's."""
    rest = [receipt("J", "lost" if is_ended else "awaited")]
    (it,) = transfers(entries_of(van, "J"), rest)
    for sku in SKUS:
        sent = sum(n for of, n in van.sent if of == sku)
        came = sum(n for of, n, _ in van.came if of == sku)
        broken = sum(n for of, _, n in van.came if of == sku)
        on_its_way, borne = it.in_transit.get(sku, 0), it.borne_by_sender.get(sku, 0)
        assert sent == came + on_its_way + borne - broken
        assert (on_its_way == 0) or not is_ended


@settings(deadline=None)  # a busy machine is no fault of the books
@given(st.lists(vans(), min_size=1, max_size=4))
def test_nothing_stays_in_transit_in_the_books_and_the_sender_bears_it_all(trips: list[Van]) -> None:  # fmt: skip
    """Inventory of both shops + the sender's shrinkage = what was there; the receiver loses nothing, ever."""
    day = Occasion("2026-11-28", FROM, "KRW", "u")
    moves = [
        Moved(day, sku, 100, "opening", cost) for sku, cost in zip(SKUS, (703, 91), strict=True)
    ]
    for number, van in enumerate(trips):
        job = f"J{number}"
        for it in entries_of(van, job):
            occasion = day._replace(location_id=it.location_id)
            moves.append(Moved(occasion, it.sku, it.quantity, it.reason, None, job))
        moves.append(Moved(day._replace(location_id=TO), "", 0, TRANSFER_ENDED, None, job))
    costing = Costing({})
    sums = {account: n for (account, _), n in balances(costing.entries(moves)).items()}
    assert "Assets:Inventory:In-Transit" not in sums
    assert "Expenses:Shrinkage:Maru-office-tower" not in sums
    opening = sums.pop("Equity:Opening-Inventory:Maru-hillside")
    assert sum(sums.values()) == -opening == 100 * (703 + 91)
    worth = Counter[str]()
    for held in costing.worth():
        worth[held.location_id] += held.worth_minor
    assert worth[TO] == sums.get("Assets:Inventory:Maru-office-tower", 0)


@pytest.mark.parametrize(
    ("came", "rest", "state", "borne"),
    [
        (((5, 0),), "none", "full", {}),
        (((3, 0),), "awaited", "in_transit", {}),
        (((3, 0),), "lost", "short", {"CAKE": 2}),
        (((3, 0), (2, 0)), "none", "full", {}),
        (((6, 0),), "none", "over", {"CAKE": -1}),
        (((5, 2),), "none", "full", {"CAKE": 2}),
        (((4, 1),), "lost", "short", {"CAKE": 2}),
    ],
)
def test_who_bears_what(
    came: tuple[tuple[int, int], ...], rest: str, state: str, borne: dict[str, int]
) -> None:
    van = Van((("CAKE", 5),), tuple(("CAKE", n, broken) for n, broken in came))
    (it,) = transfers(entries_of(van, "J"), [receipt("J", rest)])
    assert (it.state, it.borne_by_sender) == (state, borne)


def test_goods_that_came_before_their_sender_was_heard_are_seen() -> None:
    (it,) = transfers([entry(1, "transferred_in", TO, "CAKE", 2, "J")], [])
    assert (it.sender, it.state, it.in_transit) == ("", "in_transit", {"CAKE": -2})
    assert REASONS == ("transferred_out", "transferred_in", "damaged")
    assert Transfer("J", NOW).state == "in_transit"


def test_a_transfer_is_followed_over_http_and_its_end_takes_it_off_the_list(
    hub, client, heard, bodies, fact
) -> None:
    feed = f"arrivals@{bodies.common['location_id']}"
    with hub.database.write() as session:
        feeds.write_operations(session, feed, {JOB: '{"arrival_id":"x"}'})
    handed = fact(
        "job.handed_over", job_id=JOB, order_id=str(uuid.UUID(int=1)), revision=1,
        proof={"kind": "transfer"}, is_partial=False,
        handed=[{"line": 1, "sku": "CAKE", "lot": "A", "expiry": "2026-11-25", "quantity": 5}],
    )  # fmt: skip
    came = fact(
        "goods.received", receiving_id=str(uuid.UUID(int=2)), arrival_id=JOB,
        source="transfer", source_id=JOB, outcome="short", rest="awaited",
        lines=[{"sku": "CAKE", "expected": 5, "received": 2}],
    )  # fmt: skip
    heard(handed, came)
    (on_its_way,) = client.get("/api/stock/transfers").json()
    assert (on_its_way["state"], on_its_way["in_transit"]) == ("in_transit", {"CAKE": 3})
    heard(
        came | {"receiving_id": str(uuid.UUID(int=3)), "rest": "lost",
                "lines": [{"sku": "CAKE", "expected": 3, "received": 1, "damaged": 1}]},
    )  # fmt: skip
    (ended,) = client.get("/api/stock/transfers").json()
    here = bodies.common["location_id"]
    assert ended == {
        "transfer_id": JOB,
        "from": here,
        "to": here,
        "state": "short",
        "sent": {"CAKE": 5},
        "received": {"CAKE": 3},
        "damaged": {"CAKE": 1},
        "in_transit": {},
        "borne_by_sender": {"CAKE": 3},
    }
    with hub.database.read() as session:
        assert [row.body for row in feeds.operations_after(session, feed, -1, 10)] == [None]
    assert client.get("/api/stock/transfers", params={"location_id": "nowhere"}).json() == []
