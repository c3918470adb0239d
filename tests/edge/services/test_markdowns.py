"""Markdown towards use-by: which goods, from which hour, shown as a discount with its reason."""

from collections.abc import Callable

import pytest

from contract.feeds import Operation, Ops
from contract.sales import SaleCompleted
from edge.domain.basket import NO_DISCOUNT, Discount, EnteredCode
from edge.services import feed_stores, feeds, receipts, selling, stock
from edge.services.shop import Shop
from edge.services.stock import Move

TODAY, TOMORROW = "2026-11-23", "2026-11-24"  # it is noon in Seoul
CAKE = "8801234500036"
THIRTY = Discount(percent_bp=3000, reason="markdown")


@pytest.fixture
def offer(shop: Shop) -> Callable[..., None]:
    def offer(**rules: int) -> None:
        rows = tuple(
            Operation(key=f"markdown:{name.replace('any', '*')}", version=1,
                      value={"hours_left": hours, "percent_bp": 3000})
            for name, hours in rules.items()
        )  # fmt: skip
        with shop.write() as work:
            work.unit.sql("UPDATE product SET category = 'cake' WHERE sku = 'CAKE'")
            feeds.apply(
                work.unit,
                feed_stores.stores_of("maru-office-tower")["offers"],
                Ops(feed="offers", after=0, through=1, operations=rows),
            )

    return offer


def line(shop: Shop, expiry: str = "") -> Discount:
    return selling.add_scan(shop, EnteredCode(CAKE, "", expiry)).basket.lines[-1].discount


@pytest.mark.parametrize(
    ("hours", "expiry", "expected"),
    [
        (12, TODAY, THIRTY),
        (11, TODAY, NO_DISCOUNT),
        (36, TOMORROW, THIRTY),
        (35, TOMORROW, NO_DISCOUNT),
        (12, "", NO_DISCOUNT),
    ],
)
def test_a_markdown_begins_so_many_hours_before_the_use_by_date_is_over(
    hours: int, expiry: str, expected: Discount, shop: Shop, offer
) -> None:
    offer(any=hours)
    assert line(shop, expiry) == expected


def test_the_rule_of_the_category_goes_before_that_of_all(shop: Shop, offer) -> None:
    offer(any=100, cake=1)
    assert line(shop, TODAY) == NO_DISCOUNT


def test_without_a_scanned_date_every_piece_here_must_be_due(shop: Shop, offer) -> None:
    offer(any=12)
    stock.move(shop, "received", [Move("CAKE", 2, "A", TODAY)])
    assert line(shop) == THIRTY
    stock.move(shop, "received", [Move("CAKE", 2, "B", TOMORROW)])
    assert line(shop) == NO_DISCOUNT


def test_the_same_goods_again_are_one_more_piece_at_the_same_markdown(shop: Shop, offer) -> None:
    offer(any=12)
    line(shop, TODAY)
    view = selling.add_scan(shop, EnteredCode(CAKE, "", TODAY))
    assert [it.quantity for it in view.basket.lines] == [2]
    assert view.priced.total_minor == 66_666 - 20_000


def test_the_reason_is_in_the_sale_and_on_the_receipt(shop: Shop, offer, facts) -> None:
    offer(any=12)
    line(shop, TODAY)
    sale = selling.tender_cash(shop, 50_000)
    assert isinstance(sale, SaleCompleted)
    assert facts(shop)[-1]["lines"][0]["discount_reason"] == "markdown"
    paper = repr(receipts.sale_receipt(shop, sale))
    assert "  유통기한 임박 할인" in paper
    assert "-10,000" in paper
