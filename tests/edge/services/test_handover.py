"""Goods leave only against a proof, once, and only here; every refusal is in words and changes nothing."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from contract import handover as codes
from edge.domain.basket import Article, BasketLine
from edge.domain.errors import ShopError
from edge.domain.order_errors import (
    HandoverCodeOld,
    HandoverForged,
    HandoverOtherShop,
    HandoverUnreadable,
    NoSuchOrder,
    NotReadyYet,
    OrderCancelled,
    OrderDeclined,
    OrderHandedOver,
    OrderNotPaid,
    PastUseBy,
)
from edge.services import handover, jobs, lots, stock
from edge.services.handover import ByPerson
from edge.services.jobs import Picked
from edge.services.shop import Shop
from edge.services.stock import Move
from tests.edge.conftest import NOON
from tests.edge.services.test_jobs import FRESH, JOB, JOB_OF, SECRET, changed, told

HERE, THERE = "maru-office-tower", "maru-hillside"


def shown(
    *, secret: str = SECRET, number: str = "H7K2", location_id: str = HERE, age_s: int = 0
) -> str:
    return codes.code(secret, number, location_id, codes.step_at(NOON - timedelta(seconds=age_s)))


PAPER = codes.code(SECRET, "H7K2", HERE, codes.PAPER)


@pytest.fixture
def stocked(shop: Shop) -> Shop:
    stock.move(shop, "opening", [Move("CAKE", 3, "L3", FRESH)])
    return shop


@pytest.fixture
def ready_shop(stocked: Shop) -> Shop:
    told(stocked, JOB_OF)
    jobs.pick(stocked, JOB, [Picked(1, 2)])
    jobs.ready(stocked, JOB, "Fridge 2")
    return stocked


Books = Callable[[], list[Any]]


@pytest.fixture
def books(stocked: Shop, facts: Callable[[Shop], Any], rows: Callable[..., Any]) -> Books:
    """Everything that a refusal must leave as it was."""
    tables = ("shop_job", "set_aside", "job_handed", "stock_move")
    return lambda: [facts(stocked), *(rows(stocked, f"SELECT * FROM {it}") for it in tables)]


@pytest.mark.parametrize(
    ("code", "proof"),
    [
        (shown(), {"kind": "code", "step": codes.step_at(NOON), "reference": ""}),
        (shown(age_s=120), {"kind": "code", "step": codes.step_at(NOON) - 4, "reference": ""}),
        (PAPER, {"kind": "paper", "step": 0, "reference": ""}),
    ],
)
def test_the_goods_leave_against_the_code(
    ready_shop: Shop, code: str, proof: dict[str, Any], facts: Callable[[Shop], Any], rows: Any
) -> None:
    handover.hand_over(ready_shop, code)
    fact = facts(ready_shop)[-1]
    goods = {"line": 1, "sku": "CAKE", "quantity": 2, "lot": "L3", "expiry": FRESH}
    told_of = {"type", "revision", "handed", "proof", "is_partial", "cashier"}
    assert {k: v for k, v in fact.items() if k in told_of} == {
        "type": "job.handed_over",
        "revision": 1,
        "handed": [goods],
        "proof": proof,
        "is_partial": False,
        "cashier": "Kim",
    }
    query = "SELECT sku, quantity, lot, expiry, cause, cause_id FROM stock_move ORDER BY move_id"
    assert rows(ready_shop, query)[-1] == ("CAKE", -2, "L3", FRESH, "job", JOB)
    assert stock.level(ready_shop, "CAKE") == 1
    with ready_shop.read() as reader:
        assert sum(lot.quantity for lot in lots.lots(reader, "CAKE")) == 1


REFUSED = [
    (shown(age_s=181), HandoverCodeOld, "The code of order H7K2 is an old one."),
    (shown(age_s=-181), HandoverCodeOld, "The code of order H7K2 is an old one."),
    (
        shown(location_id=THERE),
        HandoverOtherShop,
        "Order H7K2 is to be collected at maru-hillside, not here.",
    ),
    (
        shown(secret="aa" * 32),
        HandoverForged,
        "The code of order H7K2 is not the one that was given to the customer.",
    ),
    (shown(number="NONE1"), NoSuchOrder, "This shop has no order NONE1."),
    (
        "8801234500036",
        HandoverUnreadable,
        "That is no code by which an order is handed over.",
    ),
]


@pytest.mark.parametrize(("code", "error", "message"), REFUSED, ids=lambda it: str(it)[:30])
def test_a_code_that_is_not_good_is_refused_in_words_and_nothing_changes(
    ready_shop: Shop, books: Books, code: str, error: type[ShopError], message: str
) -> None:
    before = books()
    with pytest.raises(error) as refused:
        handover.hand_over(ready_shop, code)
    assert refused.value.message == message
    with pytest.raises(error):
        handover.look_up(ready_shop, code)
    assert books() == before


def test_a_job_without_a_secret_is_never_handed_over_against_a_code(ready_shop: Shop) -> None:
    told(ready_shop, changed(revision=2, secret=""))
    with pytest.raises(HandoverForged):
        handover.hand_over(ready_shop, shown(secret=""))


STATES: tuple[tuple[str, type[ShopError]], ...] = (
    ("accepted", NotReadyYet),
    ("picked", NotReadyYet),
    ("handed_over", OrderHandedOver),
    ("cancelled", OrderCancelled),
    ("declined", OrderDeclined),
)


def bring_to(shop: Shop, state: str) -> None:
    told(shop, JOB_OF)
    if state == "declined":
        jobs.decline(shop, JOB, "damaged")
    if state in ("picked", "handed_over"):
        jobs.pick(shop, JOB, [Picked(1, 2)])
    if state == "handed_over":
        jobs.ready(shop, JOB, "Fridge")
        handover.hand_over(shop, PAPER)
    if state == "cancelled":
        told(shop, changed(revision=2, state="cancelled"))


@pytest.mark.parametrize(
    ("state", "error", "proof"),
    [(*it, proof) for it, proof in itertools.product(STATES, (PAPER, ByPerson(JOB)))],
)
def test_what_is_not_ready_is_not_handed_over_whoever_asks(
    stocked: Shop, books: Books, state: str, error: type[ShopError], proof: str | ByPerson
) -> None:
    bring_to(stocked, state)
    before = books()
    with pytest.raises(error):
        handover.hand_over(stocked, proof)
    assert books() == before


def test_what_is_not_paid_is_not_handed_over(stocked: Shop, books: Books) -> None:
    told(stocked, changed(due_minor=66_666))
    jobs.pick(stocked, JOB, [Picked(1, 2)])
    jobs.ready(stocked, JOB, "Fridge")
    before = books()
    with pytest.raises(OrderNotPaid) as refused:
        handover.hand_over(stocked, PAPER)
    assert refused.value.message == "Order H7K2 is not paid: 66,666 KRW is due."
    assert books() == before


def test_what_lay_ready_beyond_its_use_by_date_is_not_handed_over(
    ready_shop: Shop, clock: Any, books: Books
) -> None:
    """The receipt's code never grows old; the cake does."""
    before = books()
    clock.wall += timedelta(days=30)
    with pytest.raises(PastUseBy) as refused:
        handover.hand_over(ready_shop, PAPER)
    assert refused.value.message == (
        f"CAKE of order H7K2 was good until {FRESH}. It is not handed over."
    )
    assert books() == before


def test_a_desk_may_look_at_an_order_before_it_is_ready(stocked: Shop) -> None:
    told(stocked, JOB_OF)
    assert handover.look_up(stocked, PAPER).job.state == "accepted"


def test_a_part_may_be_handed_over_and_the_rest_later(
    ready_shop: Shop, facts: Callable[[Shop], Any]
) -> None:
    handover.hand_over(ready_shop, PAPER, {1: 1})
    assert facts(ready_shop)[-1]["is_partial"] is True
    assert stock.level(ready_shop, "CAKE") == 2
    handover.hand_over(ready_shop, PAPER)
    assert facts(ready_shop)[-1]["is_partial"] is False
    assert stock.level(ready_shop, "CAKE") == 1
    with pytest.raises(OrderHandedOver):
        handover.hand_over(ready_shop, PAPER)


def test_a_cancellation_between_two_parts_gives_back_only_the_rest(
    ready_shop: Shop, facts: Callable[[Shop], Any]
) -> None:
    handover.hand_over(ready_shop, PAPER, {1: 1})
    told(ready_shop, changed(revision=2, state="cancelled"))
    fact = facts(ready_shop)[-1]
    assert (fact["type"], [it["quantity"] for it in fact["released"]]) == ("job.cancelled", [1])
    assert stock.level(ready_shop, "CAKE") == 2


@pytest.mark.parametrize(
    ("kind", "who"),
    [
        ("pickup", "staff"),
        ("transfer", "transfer"),
        ("delivery", "courier"),
        ("shipping", "courier"),
    ],
)
def test_the_job_says_who_takes_the_goods_away(
    stocked: Shop, facts: Callable[[Shop], Any], kind: str, who: str
) -> None:
    """A transfer is never booked as handed to a customer, nor the other way round."""
    told(stocked, changed(kind=kind, to_location_id=THERE, secret="", customer=""))
    jobs.pick(stocked, JOB, [Picked(1, 2)])
    jobs.ready(stocked, JOB, "Back door")
    handover.hand_over(stocked, ByPerson(JOB, "van 3"))
    proof = {"kind": who, "step": 0, "reference": "van 3"}
    assert facts(stocked)[-1]["proof"] == proof


def test_a_failed_attempt_leaves_the_goods_here(
    ready_shop: Shop, facts: Callable[[Shop], Any]
) -> None:
    handover.attempt_failed(ready_shop, JOB, "nobody_there", "rang twice")
    fact = facts(ready_shop)[-1]
    assert (fact["type"], fact["reason"], fact["detail"]) == (
        "job.attempt_failed", "nobody_there", "rang twice",
    )  # fmt: skip
    assert jobs.get(ready_shop, JOB).job.state == "ready"
    handover.hand_over(ready_shop, PAPER)
    with pytest.raises(OrderHandedOver):
        handover.attempt_failed(ready_shop, JOB, "nobody_there")


def test_a_line_of_an_order_is_never_one_more_piece_of_the_line_before() -> None:
    article = Article("CAKE", "Cake", 1, "A", 0)
    line = BasketLine(1, article, order_id="o")
    assert line.order_id == "o"
