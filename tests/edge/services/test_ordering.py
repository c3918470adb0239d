"""Ordering for a customer at the counter: asked, held, paid as usual, and on the receipt."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from contract.sales import SaleCompleted
from drivers.interfaces import QrSymbol, TextLine
from edge.domain.basket import EnteredCode
from edge.domain.errors import HubUnreachable, NothingToSell, UnknownCode
from edge.domain.order_errors import DueUnclear, OfferGone, OrderedAlready
from edge.services import documents, handover, hub, jobs, ordering, printing, selling, stock
from edge.services.jobs import Picked
from edge.services.ordering import Choice, Offer
from edge.services.shop import Shop
from edge.services.stock import Move
from tests.edge.conftest import NOON
from tests.edge.services.test_jobs import JOB, ORDER, changed, told

PAPER = "TWH1.H7K2.maru-hillside.0.ABCDEFGHIJKL"


def way(name: str, hours: int, fee_minor: int = 0, sure_bp: int = 9000, **more: Any) -> Any:
    return {
        "offer_id": name,
        "kind": "pickup",
        "location_id": "maru-hillside",
        "location_name": "힐사이드점",
        "window": {
            "start": (NOON + timedelta(hours=hours - 1)).isoformat(),
            "end": (NOON + timedelta(hours=hours)).isoformat(),
        },
        "cutoff": (NOON + timedelta(minutes=30)).isoformat(),
        "fee_minor": fee_minor,
        "confidence_bp": sure_bp,
        "samples": 40,
        "data_age_s": 30,
        "plan_b": {"kind": "refund"},
        "expires_at": (NOON + timedelta(minutes=5)).isoformat(),
        **more,
    }


class Hub:
    """Answers like the hub, and keeps what it was asked."""

    def __init__(self, *ways: Any) -> None:
        self.ways = ways
        self.asked: list[tuple[str, Any, str]] = []

    def __call__(
        self, verb: str, arguments: Mapping[str, Any], *, ask_id: str, timeout_s: float
    ) -> dict[str, Any]:
        del timeout_s
        self.asked.append((verb, dict(arguments), ask_id))
        if verb == "orders.quote":
            return {"offers": list(self.ways)}
        hold_until = (NOON + timedelta(minutes=15)).isoformat()
        return {
            "order_id": ORDER, "number": "H7K2", "hold_until": hold_until, "paper_code": PAPER,
        }  # fmt: skip


@pytest.fixture
def basket(shop: Shop) -> Shop:
    selling.add_scan(shop, EnteredCode("CAKE"), 2)
    selling.add_scan(shop, EnteredCode("MILK"))
    return shop


LINES = [{"sku": "CAKE", "quantity": 2}, {"sku": "MILK", "quantity": 1}]


def test_the_soonest_the_cheapest_and_the_surest_stand_first_and_say_so(basket: Shop) -> None:
    ways = (
        way("late", 9),
        way("soon", 1, fee_minor=3_000),
        way("sure", 8, fee_minor=500, sure_bp=9_900),
        way("cheap", 5),
    )
    asked = Hub(*ways)
    found = ordering.offers(basket, asked).offers
    assert [(one.offer_id, one.best) for one in found] == [
        ("soon", ("soonest",)),
        ("cheap", ("cheapest",)),
        ("sure", ("surest",)),
        ("late", ()),
    ]
    verb, arguments, _ = asked.asked[0]
    assert (verb, arguments) == ("orders.quote", {"lines": LINES, "near": "", "language": "ko"})


def test_what_this_box_cannot_read_or_what_has_expired_is_not_offered(basket: Shop) -> None:
    expired = way("old", 2, expires_at=NOON.isoformat())
    answers = Hub({"offer_id": "new", "kind": "drone"}, expired, way("a", 1))
    found = ordering.offers(basket, answers).offers
    assert [one.offer_id for one in found] == ["a"]


def test_without_a_line_to_the_hub_nothing_is_offered_and_the_basket_stays(basket: Shop) -> None:
    with pytest.raises(HubUnreachable):
        ordering.offers(basket, hub.nobody)
    view = selling.current(basket)
    assert view is not None
    assert [line.order_id for line in view.basket.lines] == ["", ""]


def test_an_empty_basket_orders_nothing(shop: Shop) -> None:
    with pytest.raises(NothingToSell):
        ordering.offers(shop, Hub())


def held(shop: Shop, **more: Any) -> tuple[Hub, Offer]:
    asked = Hub(way("a", 2, **more))
    (offer,) = ordering.offers(shop, asked).offers
    ordering.hold(shop, asked, offer, Choice("Jiyoon", "door 3"))
    return asked, offer


def test_what_is_held_belongs_to_the_order_and_is_paid_as_usual(
    basket: Shop, facts: Callable[[Shop], list[dict[str, Any]]]
) -> None:
    stock.move(basket, "opening", [Move("CAKE", 2), Move("MILK", 1)])
    asked, offer = held(basket)
    assert asked.asked[1] == (
        "orders.hold",
        {"offer_id": "a", "lines": LINES, "customer": "Jiyoon", "member_id": "", "note": "door 3",
         "language": "ko"},
        offer.hold_id,
    )  # fmt: skip
    sale = selling.tender_cash(basket, 69_470)
    assert isinstance(sale, SaleCompleted)
    assert [line["order_id"] for line in facts(basket)[-1]["lines"]] == [ORDER, ORDER]
    assert [stock.level(basket, sku) for sku in ("CAKE", "MILK")] == [2, 1]


def test_the_receipt_says_where_and_until_when_and_has_the_code(basket: Shop) -> None:
    held(basket)
    selling.tender_cash(basket, 100_000)
    job = printing.oldest_waiting(basket)
    assert job is not None
    elements = documents.from_text(job.document).elements
    texts = [element.left for element in elements if isinstance(element, TextLine)]
    symbols = [element.data for element in elements if isinstance(element, QrSymbol)]
    at = texts.index("픽업 주문 H7K2")
    assert texts[at : at + 4] == [
        "픽업 주문 H7K2",
        "힐사이드점에서 수령",
        "2026-11-23 14:00 KST까지",
        "수령 시 이 코드를 보여 주세요",
    ]
    assert texts.count("  주문 상품") == 2
    assert symbols[0] == PAPER
    assert len(symbols) == 2


def test_lines_of_an_order_cannot_be_changed_and_new_goods_are_lines_of_their_own(
    basket: Shop,
) -> None:
    held(basket)
    for change in (selling.void_line, lambda shop, line: selling.set_quantity(shop, line, 3)):
        with pytest.raises(OrderedAlready, match="Line 2 belongs to an order already"):
            change(basket, 2)
    view = selling.add_scan(basket, EnteredCode("MILK"))
    assert [(it.article.sku, it.order_id) for it in view.basket.lines] == [
        ("CAKE", ORDER), ("MILK", ORDER), ("MILK", ""),
    ]  # fmt: skip


def test_a_basket_is_ordered_once(basket: Shop) -> None:
    asked, offer = held(basket)
    another = offer.model_copy(update={"hold_id": "01890000-0000-7000-8000-0000000000ff"})
    with pytest.raises(OrderedAlready):
        ordering.hold(basket, asked, another)


def test_a_basket_that_changed_while_the_hub_was_asked_is_not_ordered(basket: Shop) -> None:
    answers = Hub(way("a", 2))
    (offer,) = ordering.offers(basket, answers).offers

    def meanwhile(verb: str, arguments: Mapping[str, Any], **rest: Any) -> dict[str, Any]:
        selling.add_scan(basket, EnteredCode("BREAD"))
        return answers(verb, arguments, **rest)

    with pytest.raises(OfferGone):
        ordering.hold(basket, meanwhile, offer)
    view = selling.current(basket)
    assert view is not None
    assert {line.order_id for line in view.basket.lines} == {""}


def test_a_fee_is_a_line_of_its_own_where_the_catalogue_has_an_article_for_it(
    basket: Shop,
) -> None:
    asked = Hub(way("a", 2, fee_minor=3_000, fee_sku="GIFT"))
    (offer,) = ordering.offers(basket, asked).offers
    view = ordering.hold(basket, asked, offer).view
    fee = view.basket.lines[-1]
    assert (fee.article.sku, fee.article.unit_price_minor, fee.order_id) == ("GIFT", 3_000, ORDER)


def test_a_fee_that_no_article_stands_for_is_not_taken(basket: Shop) -> None:
    asked = Hub(way("a", 2, fee_minor=3_000))
    (offer,) = ordering.offers(basket, asked).offers
    with pytest.raises(UnknownCode):
        ordering.hold(basket, asked, offer)
    view = selling.current(basket)
    assert view is not None
    assert {line.order_id for line in view.basket.lines} == {""}


def test_a_release_that_the_hub_does_not_hear_is_no_error(shop: Shop) -> None:
    asked = Hub()
    ordering.release(shop, asked, [ORDER])
    ordering.release(shop, hub.nobody, [ORDER])
    assert [(verb, arguments) for verb, arguments, _ in asked.asked] == [
        ("orders.release", {"order_id": ORDER})
    ]


@pytest.fixture
def unpaid(shop: Shop) -> Shop:
    """An order of two cakes, ready, for which 60,000 are due."""
    stock.move(shop, "opening", [Move("CAKE", 3)])
    line = jobs_line(33_333)
    told(shop, changed(due_minor=60_000, lines=(line,)))
    jobs.pick(shop, JOB, [Picked(1, 2)])
    jobs.ready(shop, JOB, "Fridge")
    return shop


def jobs_line(price_minor: int) -> Any:
    return changed().lines[0].model_copy(update={"unit_price_minor": price_minor})


def test_what_is_due_is_paid_like_any_basket_and_then_the_goods_leave_once(unpaid: Shop) -> None:
    view = ordering.take_due(unpaid, JOB)
    assert (view.due_minor, [line.order_id for line in view.basket.lines]) == (60_000, [ORDER])
    selling.tender_cash(unpaid, 60_000)
    assert jobs.get(unpaid, JOB).due_minor == 0
    handover.hand_over(unpaid, handover.ByPerson(JOB))
    assert stock.level(unpaid, "CAKE") == 1


def test_more_due_than_the_goods_cost_is_not_taken(unpaid: Shop) -> None:
    told(unpaid, changed(revision=2, due_minor=70_000, lines=(jobs_line(33_333),)))
    with pytest.raises(DueUnclear) as refused:
        ordering.take_due(unpaid, JOB)
    assert refused.value.message == (
        "70,000 KRW is due for order H7K2, but its goods cost 66,666 KRW."
    )
