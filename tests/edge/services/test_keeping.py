"""Goods that came from another shop for an order are kept for it until they are picked."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from contract.feeds import Operation, Ops
from contract.lots import Lot
from contract.orders import ShopJob
from edge.domain.errors import SetAsideGoodsSold
from edge.domain.order import Goods
from edge.services import feed_stores, feeds, jobs, lots, receiving, rights, selling, stock
from edge.services.jobs import Picked
from edge.services.receiving import Came
from edge.services.shop import Shop
from edge.services.stock import Move
from tests.edge.services.test_jobs import CAKE, FRESH, JOB, OTHER, changed, told

SENT = "01890000-0000-7000-8000-000000000077"
ARRIVALS = "arrivals@maru-office-tower"
COMING = changed(from_job_id=SENT)
CAME = Goods(1, "CAKE", 2, "K1", FRESH)


def announced(shop: Shop, pieces: int = 2) -> None:
    value = {
        "arrival_id": SENT, "source": "transfer", "source_id": SENT, "from": "maru-hillside", "number": "H7K2",
        "due": "2026-11-23", "lines": [{"sku": "CAKE", "quantity": pieces}],
    }  # fmt: skip
    operation = Operation(key=SENT, version=1, value=value)
    ops = Ops(feed=ARRIVALS, after=0, through=1, operations=(operation,))
    with shop.write() as work:
        feeds.apply(work.unit, feed_stores.stores_of("maru-office-tower")[ARRIVALS], ops)


def arrive(shop: Shop, pieces: int = 2, damaged: int = 0) -> None:
    came = Came("CAKE", pieces, damaged, lot="K1", expiry=FRESH)
    receiving.receive(shop, SENT, [came], over="accept")


@pytest.fixture
def waiting(shop: Shop) -> Shop:
    """An order of two cakes that are on their way from another shop; one cake lies here for anybody."""
    stock.move(shop, "opening", [Move("CAKE", 1, "L1", FRESH)])
    announced(shop)
    told(shop, COMING)
    return shop


def free(shop: Shop) -> list[Lot]:
    with shop.read() as reader:
        return lots.lots(reader, "CAKE")


def kept(shop: Shop, job_id: str = JOB) -> tuple[Goods, ...]:
    return jobs.get(shop, job_id).job.kept


def test_what_came_for_an_order_is_kept_for_it_and_not_on_the_shelf(waiting: Shop) -> None:
    assert (kept(waiting), free(waiting)) == ((), [Lot("L1", FRESH, 1)])
    arrive(waiting)
    assert (kept(waiting), free(waiting)) == ((CAME,), [Lot("L1", FRESH, 1)])
    assert jobs.get(waiting, JOB).job.state == "accepted"
    (proposal,) = jobs.proposals(waiting, JOB)
    assert (proposal.take, proposal.missing) == ((CAME,), 0)


def test_another_order_is_not_promised_what_is_kept(waiting: Shop) -> None:
    arrive(waiting)
    told(waiting, changed(job_id=OTHER, number="B2"))
    assert jobs.get(waiting, OTHER).job.state == "declined"


def test_what_is_on_its_way_is_no_reason_to_call_a_sale_of_other_goods_an_override(
    waiting: Shop,
) -> None:
    account = rights.accounts(waiting)["CAKE"]
    assert (account.on_hand, account.set_aside, account.promised) == (1, 0, 0)


def test_a_walk_in_is_sold_what_is_on_the_shelf_and_the_kept_goods_stay(waiting: Shop) -> None:
    arrive(waiting)
    sold = sell(waiting)
    assert [line["lots"] for line in sold["lines"]] == [
        [{"lot": "L1", "expiry": FRESH, "quantity": 1}]
    ]
    assert (kept(waiting), free(waiting)) == ((CAME,), [])


def test_a_customer_who_holds_kept_goods_gets_them_and_the_counter_hears_whose_they_were(
    waiting: Shop, facts: Callable[[Shop], list[dict[str, Any]]]
) -> None:
    heard: list[str] = []
    shop = replace(waiting, tell=lambda error: heard.append(error.message))
    arrive(shop)
    sell(shop)
    assert heard == []
    sell(shop)
    assert heard == [SetAsideGoodsSold(name="딸기 케이크", quantity=1).message]
    over = [fact for fact in facts(shop) if fact["type"] == "stock.overridden"]
    assert [(it["kind"], it["on_hand"], it["set_aside"]) for it in over] == [("set_aside", 2, 2)]


def sell(shop: Shop) -> dict[str, Any]:
    done = selling.sell(shop, [selling.Ordered("CAKE")], 100_000)
    return done.model_dump(mode="json")


def test_picking_takes_what_is_kept_and_each_piece_once(waiting: Shop) -> None:
    arrive(waiting)
    jobs.pick(waiting, JOB, [Picked(1, 1)])
    job = jobs.get(waiting, JOB).job
    one = CAME._replace(quantity=1)
    assert (job.aside, job.kept, free(waiting)) == ((one,), (one,), [Lot("L1", FRESH, 1)])
    jobs.pick(waiting, JOB, [Picked(1, 1)])
    assert (jobs.get(waiting, JOB).job.aside, kept(waiting)) == ((CAME,), ())
    assert free(waiting) == [Lot("L1", FRESH, 1)]


def test_what_another_lot_was_picked_for_is_anybodys_again_when_the_order_is_ready(
    waiting: Shop,
) -> None:
    arrive(waiting)
    jobs.pick(waiting, JOB, [Picked(1, 1, "CAKE", "L1", FRESH), Picked(1, 1)])
    jobs.ready(waiting, JOB, "Fridge")
    assert (kept(waiting), free(waiting)) == ((), [Lot("K1", FRESH, 1)])


@pytest.mark.parametrize("end", ["cancelled", "declined"])
def test_an_order_that_comes_to_nothing_gives_back_what_was_kept(waiting: Shop, end: str) -> None:
    arrive(waiting)
    if end == "declined":
        jobs.decline(waiting, JOB, "damaged")
    else:
        told(waiting, COMING.model_copy(update={"revision": 2, "state": "cancelled"}))
    assert kept(waiting) == ()
    assert free(waiting) == [Lot("K1", FRESH, 2), Lot("L1", FRESH, 1)]


@pytest.mark.parametrize(("pieces", "damaged", "keeps"), [(1, 0, 1), (2, 1, 1), (5, 0, 2)])
def test_short_damaged_or_over_only_what_is_good_and_was_ordered_is_kept(
    waiting: Shop, pieces: int, damaged: int, keeps: int
) -> None:
    arrive(waiting, pieces, damaged)
    assert kept(waiting) == (CAME._replace(quantity=keeps),)


def test_the_rest_that_comes_later_is_kept_too(waiting: Shop) -> None:
    arrive(waiting, 1)
    jobs.pick(waiting, JOB, [Picked(1, 1)])
    arrive(waiting, 1)
    assert kept(waiting) == (CAME._replace(quantity=1),)


def test_goods_that_were_in_before_the_order_was_heard_of_are_kept_as_far_as_they_are_there(
    shop: Shop,
) -> None:
    announced(shop)
    arrive(shop)
    sell(shop)
    told(shop, COMING)
    assert kept(shop) == (CAME._replace(quantity=1),)


def test_lines_that_change_keep_what_they_still_want(waiting: Shop) -> None:
    arrive(waiting)
    fewer: ShopJob = COMING.model_copy(
        update={"revision": 2, "lines": (CAKE.model_copy(update={"quantity": 1}),)}
    )
    told(waiting, fewer)
    assert kept(waiting) == (CAME._replace(quantity=1),)
