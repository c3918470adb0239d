from collections.abc import Callable
from typing import Any

import pytest

from contract.sales import SaleCompleted
from edge.domain.basket import Discount, EnteredCode
from edge.domain.errors import (
    BasketIsOpen,
    DiskFull,
    GoodsExpired,
    Malformed,
    NoBasket,
    NoPrice,
    NoShift,
    NotFound,
    NothingToSell,
    PriceIsZero,
    ReceiptScanned,
    ShopError,
    UnknownCode,
    WalletScanned,
)
from edge.services import selling, shifts, stock
from edge.services.selling import BasketView, Ordered
from edge.services.shop import Shop

Facts = Callable[[Shop], list[dict[str, Any]]]
Rows = Callable[[Shop, str], list[tuple[Any, ...]]]
Scan = Callable[..., BasketView]


def lines(view: BasketView | None) -> list[tuple[str, int, int]]:
    assert view is not None
    return [
        (line.line.article.sku, line.line.quantity, line.amount_minor) for line in view.priced.lines
    ]


def paid(shop: Shop, tendered_minor: int) -> SaleCompleted:
    result = selling.tender_cash(shop, tendered_minor)
    assert isinstance(result, SaleCompleted)
    return result


def test_a_scan_adds_a_line_with_its_name_and_price(scan: Scan) -> None:
    view = scan("8801234500012")
    [line] = view.priced.lines
    assert (line.line.article.name, line.line.article.gtin) == ("우유 식빵", "08801234500012")
    assert (view.priced.total_minor, view.due_minor, view.priced.tax_minor) == (4_500, 4_500, 409)


@pytest.mark.parametrize("code", ["08801234500029", "8801234500029", "50123452", "MILK"])
def test_goods_are_found_by_any_of_their_codes(scan: Scan, code: str) -> None:
    assert lines(scan(code)) == [("MILK", 1, 2_800)]


def test_what_is_on_the_screen_is_on_the_disk(
    scan: Scan, shop: Shop, make_shop: Callable[..., Shop]
) -> None:
    scan("BREAD", "MILK")
    selling.discount_basket(shop, Discount(percent_bp=500))
    expected = selling.current(shop)
    assert selling.current(make_shop()) == expected


def test_a_cash_sale_is_one_transaction_of_everything(
    scan: Scan, shop: Shop, facts: Facts, rows: Rows
) -> None:
    scan("BREAD", "BREAD", "MILK")
    sale = paid(shop, 20_000)
    assert (sale.total_minor, sale.receipt_number, sale.cashier) == (11_800, 1, "Kim")
    assert [tender.model_dump(exclude_defaults=True) for tender in sale.tenders] == [
        {"kind": "cash", "amount_minor": 11_800, "tendered_minor": 20_000, "change_minor": 8_200}
    ]
    assert selling.current(shop) is None
    assert facts(shop)[-1] == sale.model_dump(mode="json")
    assert rows(shop, "SELECT sku, quantity, cause, cause_id FROM stock_move") == [
        ("BREAD", -2, "sale", sale.sale_id),
        ("MILK", -1, "sale", sale.sale_id),
    ]
    assert rows(shop, "SELECT kind, subject_id, state FROM print_job") == [
        ("sale", sale.sale_id, "QUEUED")
    ]
    assert rows(shop, "SELECT cause FROM drawer_opening") == [("sale",)]
    assert rows(shop, "SELECT sum(amount_minor), sum(tax_minor) FROM sale_line") == [(11_800, 818)]
    assert rows(shop, "SELECT tax_group, gross_minor, tax_minor FROM sale_tax") == [
        ("free", 2_800, 0),
        ("standard", 9_000, 818),
    ]


def test_receipt_numbers_have_no_gaps_whatever_is_given_up_between(scan: Scan, shop: Shop) -> None:
    numbers = []
    for _ in range(3):
        scan("MILK")
        selling.void_basket(shop)
        scan("BREAD")
        with pytest.raises(ShopError):
            selling.tender_cash(shop, 0)
        numbers.append(paid(shop, 5_000).receipt_number)
    assert numbers == [1, 2, 3]


def test_cash_is_rounded_to_the_smallest_coin_as_its_own_amount(scan: Scan, shop: Shop) -> None:
    scan("CAKE")
    sale = paid(shop, 40_000)
    assert (sale.total_minor, sale.rounding_minor) == (33_333, -3)
    assert (sale.tenders[0].amount_minor, sale.tenders[0].change_minor) == (33_330, 6_670)


def test_cash_in_two_parts(scan: Scan, shop: Shop) -> None:
    scan("BREAD")
    part = selling.tender_cash(shop, 3_000)
    assert isinstance(part, BasketView)
    assert part.due_minor == 1_500
    sale = paid(shop, 2_000)
    assert [(tender.amount_minor, tender.change_minor) for tender in sale.tenders] == [
        (3_000, 0),
        (1_500, 500),
    ]


def test_goods_that_head_office_gives_away_cost_nothing(scan: Scan, shop: Shop) -> None:
    scan("GIFT")
    assert paid(shop, 0).total_minor == 0


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        ("4006381333931", UnknownCode, "The code 4006381333931 is not in the catalogue."),
        (
            "ZERO",
            PriceIsZero,
            "The price of 값 없는 빵 (ZERO) is zero and it is not marked as free.",
        ),
        ("NOPRICE", NoPrice, "새 빵 (NOPRICE) has no price in KRW."),
        ("TW1:AAAA", ReceiptScanned, "That is the code of a receipt, not of goods."),
    ],
)
def test_what_cannot_be_sold_is_refused_and_the_basket_stays(
    scan: Scan, shop: Shop, facts: Facts, code: str, kind: type[ShopError], message: str
) -> None:
    before = scan("BREAD")
    logged = facts(shop)
    with pytest.raises(kind) as caught:
        scan(code)
    assert caught.value.message == message
    assert selling.current(shop) == before
    assert facts(shop) == logged
    with pytest.raises(kind):
        selling.sell(shop, [Ordered("BREAD"), Ordered(code)])
    assert facts(shop) == logged


@pytest.mark.parametrize(
    "code",
    ["134567890123456789", "2812345678901234", "300123456789012345678901", "6212345678901234567"],
)
def test_a_wallet_s_payment_code_shown_too_early_is_not_kept(
    scan: Scan, shop: Shop, rows: Rows, code: str
) -> None:
    with pytest.raises(WalletScanned) as refused:
        scan(code)
    assert refused.value.message.startswith("That is the payment code of ")
    assert code not in f"{refused.value.message} {refused.value.fields}"
    assert rows(shop, "SELECT count(*) FROM unknown_scan") == [(0,)]


def test_an_unknown_code_is_counted_for_head_office(scan: Scan, shop: Shop, rows: Rows) -> None:
    for _ in range(2):
        with pytest.raises(UnknownCode) as caught:
            scan("4006381333931")
        assert caught.value.what_now == (
            "Set the goods aside and tell head office the code; the basket is unchanged."
        )
    assert rows(shop, "SELECT code, count FROM unknown_scan") == [("4006381333931", 2)]
    assert selling.current(shop) is None


def test_expired_goods_cannot_be_rung_up(shop: Shop) -> None:
    today = selling.add_scan(shop, EnteredCode("CAKE", lot="L1", expiry="2026-11-23"))
    with pytest.raises(GoodsExpired) as caught:
        selling.add_scan(shop, EnteredCode("CAKE", lot="L0", expiry="2026-11-22"))
    assert caught.value.message == "딸기 케이크 expired on 2026-11-22; today is 2026-11-23."
    assert selling.current(shop) == today


def test_nothing_is_sold_without_a_shift(closed_shop: Shop) -> None:
    with pytest.raises(NoShift) as caught:
        selling.add_scan(closed_shop, EnteredCode("BREAD"))
    assert caught.value.message == "No shift is open."
    with pytest.raises(NoShift):
        selling.sell(closed_shop, [Ordered("BREAD")])


def test_there_is_nothing_to_pay_without_goods(scan: Scan, shop: Shop) -> None:
    with pytest.raises(NoBasket):
        selling.tender_cash(shop, 1_000)
    scan("BREAD")
    selling.void_line(shop, 1)
    with pytest.raises(NothingToSell):
        selling.tender_cash(shop, 1_000)
    with pytest.raises(NothingToSell):
        selling.sell(shop, [])


def test_a_void_basket_is_told_to_head_office_and_sells_nothing(
    scan: Scan, shop: Shop, facts: Facts, rows: Rows
) -> None:
    scan("BREAD", "MILK")
    selling.void_basket(shop)
    assert selling.current(shop) is None
    told = facts(shop)[-1]
    assert (told["type"], told["line_count"], told["total_minor"]) == ("basket.voided", 2, 7_300)
    assert rows(shop, "SELECT count(*) FROM sale") == [(0,)]


def test_a_basket_is_put_aside_for_the_next_customer_and_comes_back_whole(
    scan: Scan, shop: Shop
) -> None:
    first = scan("BREAD", "MILK")
    selling.suspend(shop)
    assert selling.current(shop) is None
    scan("CAKE")
    with pytest.raises(BasketIsOpen) as caught:
        selling.resume(shop, first.basket.basket_id)
    assert caught.value.message == "Another basket is open with 1 lines."
    paid(shop, 40_000)
    [waiting] = selling.suspended(shop)
    assert waiting.basket == first.basket
    assert selling.resume(shop, first.basket.basket_id) == first
    assert selling.suspended(shop) == []
    selling.suspend(shop)
    with pytest.raises(NotFound) as missing:
        selling.resume(shop, "nope")
    assert missing.value.message == "There is no suspended basket nope here."


def test_an_emptied_basket_makes_room_for_a_suspended_one(scan: Scan, shop: Shop) -> None:
    first = scan("BREAD")
    selling.suspend(shop)
    scan("CAKE")
    selling.void_line(shop, 1)
    assert selling.resume(shop, first.basket.basket_id) == first


def test_a_whole_sale_leaves_the_basket_on_the_screen_alone(scan: Scan, shop: Shop) -> None:
    before = scan("MILK")
    sale = selling.sell(shop, [Ordered("BREAD", 2), Ordered("8801234500036")], 50_000)
    assert (sale.total_minor, sale.rounding_minor, sale.tenders[0].change_minor) == (
        42_333,
        -3,
        7_670,
    )
    assert selling.current(shop) == before
    assert stock.level(shop, "BREAD") == -2


def test_a_whole_sale_wants_enough_money(shop: Shop, rows: Rows) -> None:
    with pytest.raises(Malformed) as caught:
        selling.sell(shop, [Ordered("BREAD")], 4_000)
    assert caught.value.message == "Expected at least 4,500 KRW in cash, got 4,000 KRW."
    assert rows(shop, "SELECT count(*) FROM sale") == [(0,)]


def test_yuan_have_two_digits_and_no_rounding(make_shop: Callable[..., Shop]) -> None:
    shop = make_shop("yuan", currency="CNY", language="zh", cash_rounding_minor=0)
    shifts.open_shift(shop, "Li", 10_000)
    sale = selling.sell(shop, [Ordered("BREAD"), Ordered("MILK")], 4_000)
    assert (sale.currency, sale.total_minor, sale.tenders[0].change_minor) == ("CNY", 3_849, 151)
    assert [line.name for line in sale.lines] == ["牛奶面包", "우유"]


def sell_on_and_on(shop: Shop, receipts: list[int]) -> None:
    receipts.extend(selling.sell(shop, [Ordered("BREAD")]).receipt_number for _ in range(10_000))


def test_a_full_disk_sells_nothing_and_says_so(
    scan: Scan, shop: Shop, rows: Rows, facts: Facts
) -> None:
    before = scan("BREAD")
    logged = facts(shop)
    database = shop.database
    database.reserve.release()
    with database.write() as work:
        pages = work.sql("PRAGMA page_count").fetchone()[0]
        work.sql(f"PRAGMA max_page_count = {pages}")
    receipts: list[int] = []
    with pytest.raises(DiskFull) as caught:
        sell_on_and_on(shop, receipts)
    completed = len(receipts)
    assert caught.value.message == "The box's disk is full: nothing was saved."
    assert rows(shop, "SELECT count(*) FROM sale") == [(completed,)]
    assert rows(shop, "SELECT count(*) FROM sale_line") == [(completed,)]
    assert len(facts(shop)) == len(logged) + completed
    assert selling.current(shop) == before
    with database.write() as work:
        work.sql("PRAGMA max_page_count = 1000000")
    assert selling.sell(shop, [Ordered("BREAD")]).receipt_number == completed + 1
