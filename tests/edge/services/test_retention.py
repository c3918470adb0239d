from collections.abc import Callable
from typing import Any

import pytest

from edge.db import outbox
from edge.domain.basket import EnteredCode
from edge.domain.errors import UnknownCode
from edge.services import handover, jobs, ordering, printing, selling, stock
from edge.services.handover import ByPerson
from edge.services.jobs import Picked
from edge.services.retention import forget_old
from edge.services.selling import Ordered
from edge.services.shop import Shop
from edge.services.stock import Move
from tests.edge.services.test_jobs import JOB, OTHER, changed, told
from tests.edge.services.test_ordering import Hub, way

Rows = Callable[[Shop, str], list[tuple[Any, ...]]]


def sell_and_print(shop: Shop) -> str:
    sale = selling.sell(shop, [Ordered("BREAD")])
    for job in printing.unfinished(shop):
        printing.advance(shop, job.job_id, "SENDING")
        printing.advance(shop, job.job_id, "PRINTED")
    return sale.sale_id


def acknowledge_all(shop: Shop) -> None:
    with shop.write() as work:
        head = outbox.ensure_epoch(work.unit)
        outbox.store_acked(work.unit, head.epoch, head.high)


def test_what_is_old_and_done_is_forgotten_and_the_sale_stays(
    shop: Shop, clock: Any, rows: Rows
) -> None:
    old = sell_and_print(shop)
    selling.add_scan(shop, EnteredCode("MILK"))
    selling.void_basket(shop)
    acknowledge_all(shop)
    clock.jump(days=36)
    sell_and_print(shop)
    assert (
        forget_old(shop) == 4
    )  # a print job, a basket, and two of three old facts: the last one acknowledged stays
    assert rows(shop, "SELECT count(*) FROM print_job") == [(1,)]
    assert rows(shop, "SELECT count(*) FROM basket") == [(0,)]
    assert rows(shop, "SELECT seq FROM outbox") == [(3,), (4,)]
    assert rows(shop, "SELECT count(*) FROM sale") == [(2,)]
    copy = printing.copy_of_subject(shop, old)
    assert (copy.kind, copy.state, "재발행 COPY" in copy.document) == ("sale", "QUEUED", True)


def test_what_is_not_told_or_not_printed_or_new_is_kept(shop: Shop, clock: Any, rows: Rows) -> None:
    selling.sell(shop, [Ordered("BREAD")])
    clock.jump(days=36)
    sell_and_print(shop)
    selling.add_scan(shop, EnteredCode("MILK"))
    clock.jump(days=34)
    assert forget_old(shop) == 0
    assert rows(shop, "SELECT count(*) FROM outbox") == [(3,)]
    assert rows(shop, "SELECT count(*) FROM print_job") == [(2,)]
    assert rows(shop, "SELECT state FROM basket") == [("open",)]


def test_a_job_stays_as_long_as_a_copy_of_it_does(shop: Shop, clock: Any, rows: Rows) -> None:
    old = sell_and_print(shop)
    clock.jump(days=36)
    printing.copy_of_subject(shop, old)
    sell_and_print(shop)
    assert forget_old(shop) == 0
    clock.jump(days=36)
    sell_and_print(shop)
    assert forget_old(shop) == 3
    assert rows(shop, "SELECT count(*) FROM print_job") == [(1,)]


def test_the_newest_print_job_keeps_its_number_from_being_given_again(
    shop: Shop, clock: Any, rows: Rows
) -> None:
    """The number is what the printer proves a job by: an answer to an old one must prove nothing new."""
    sell_and_print(shop)
    sell_and_print(shop)
    clock.jump(days=36)
    forget_old(shop)
    assert rows(shop, "SELECT job_id FROM print_job") == [(2,)]
    sell_and_print(shop)
    assert rows(shop, "SELECT job_id FROM print_job") == [(2,), (3,)]


def test_a_code_that_nobody_knew_is_forgotten_too(shop: Shop, clock: Any, rows: Rows) -> None:
    """It may be a member's card or a ticket: whatever a customer held under the scanner."""
    for code in ("OLD", "NEW"):
        clock.jump(days=20)
        with pytest.raises(UnknownCode):
            selling.add_scan(shop, EnteredCode(code))
    clock.jump(days=20)
    assert forget_old(shop) == 1
    assert rows(shop, "SELECT code FROM unknown_scan") == [("NEW",)]


def closed(shop: Shop, name: str, job_id: str) -> None:
    told(shop, changed(job_id=job_id, number=name))
    jobs.pick(shop, job_id, [Picked(1, 2)])
    jobs.ready(shop, job_id, "Fridge")
    handover.hand_over(shop, ByPerson(job_id, reference="receipt"))


def test_orders_that_are_over_are_forgotten_with_their_goods_and_those_that_wait_stay(
    shop: Shop, clock: Any, rows: Rows
) -> None:
    stock.move(shop, "opening", [Move("CAKE", 4)])
    closed(shop, "H7K2", JOB)
    told(shop, changed(job_id=OTHER, number="B2"))
    acknowledge_all(shop)
    clock.jump(days=36)
    sell_and_print(shop)
    forget_old(shop)
    assert rows(shop, "SELECT job_id, state FROM shop_job") == [(OTHER, "accepted")]
    assert rows(shop, "SELECT job_id FROM job_handed") == []
    assert stock.level(shop, "CAKE") == 2


def test_an_order_that_was_forgotten_is_not_begun_again_by_its_feed(
    shop: Shop, clock: Any, rows: Rows
) -> None:
    stock.move(shop, "opening", [Move("CAKE", 4)])
    closed(shop, "H7K2", JOB)
    clock.jump(days=36)
    forget_old(shop)
    with shop.write() as work:
        jobs.follow(work, None)
    assert rows(shop, "SELECT count(*) FROM shop_job") == [(0,)]


def test_an_order_of_this_counter_is_forgotten_once_its_basket_is_over(
    shop: Shop, clock: Any, rows: Rows
) -> None:
    asked = Hub(way("a", 2))
    selling.add_scan(shop, EnteredCode("CAKE"))
    (offer,) = ordering.offers(shop, asked).offers
    ordering.hold(shop, asked, offer)
    selling.suspend(shop)
    clock.jump(days=36)
    forget_old(shop)
    assert rows(shop, "SELECT number FROM counter_order") == [("H7K2",)]
    selling.resume(shop, rows(shop, "SELECT basket_id FROM basket")[0][0])
    selling.void_basket(shop)
    forget_old(shop)
    assert rows(shop, "SELECT number FROM counter_order") == []
