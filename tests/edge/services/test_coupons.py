"""Coupons at a box: once, or as often as this shop may, and what two cut-off shops can both take."""

from collections.abc import Callable
from typing import Any

import pytest

from edge.domain.basket import EnteredCode
from edge.domain.errors import HubRefused, ShopError
from edge.domain.member_errors import (
    CouponBasketTooSmall,
    CouponNeedsHub,
    CouponNotYet,
    CouponOver,
    CouponSpent,
    CouponUnknown,
)
from edge.services import members, selling, shifts
from edge.services.selling import BasketView
from edge.services.shop import Shop
from tests.edge.membership import (
    CUT_OFF,
    KEY,
    PROGRAMME,
    Hub,
    all_heard,
    coupon_of,
    give_coupon,
    join,
    open_,
)

Rows = Callable[[Shop, str], list[tuple[Any, ...]]]
Scan = Callable[..., BasketView]
HERE, HILLSIDE = "maru-office-tower", "maru-hillside"


def test_cut_off_a_coupons_own_shop_takes_it_and_once(chain: Shop, scan: Scan, rows: Rows) -> None:
    coupon = coupon_of(HERE)
    give_coupon(chain, coupon, chain.clock.now())
    scan("BREAD")
    hub = CUT_OFF
    view = open_(members.tender_coupon(chain, hub, coupon))
    assert (view.due_minor, view.basket.tenders[0].kind) == (2_500, "coupon")
    with pytest.raises(CouponSpent):
        members.tender_coupon(chain, hub, coupon)
    selling.tender_cash(chain, 2_500)
    scan("BREAD")
    with pytest.raises(CouponSpent) as caught:
        members.tender_coupon(chain, hub, coupon)
    assert caught.value.message == "The coupon has been used already."
    assert rows(chain, "SELECT is_foreign, state FROM coupon_use") == [(0, "sold")]


def test_cut_off_a_shop_takes_coupons_of_others_only_up_to_the_limit(
    chain: Shop, scan: Scan
) -> None:
    first, second = coupon_of(HILLSIDE, 0), coupon_of(HILLSIDE, 1)
    for coupon in (first, second):
        give_coupon(chain, coupon, chain.clock.now())
    scan("CAKE")
    members.tender_coupon(chain, CUT_OFF, first)
    with pytest.raises(CouponNeedsHub) as caught:
        members.tender_coupon(chain, CUT_OFF, second)
    assert caught.value.message == (
        "Whether the coupon was used in another shop cannot be known here now: the hub must be asked."
    )
    selling.tender_cash(chain, 40_000)
    scan("CAKE")
    with pytest.raises(CouponNeedsHub):
        members.tender_coupon(chain, CUT_OFF, second)
    all_heard(chain)
    assert open_(members.tender_coupon(chain, CUT_OFF, second)).basket.member_minor == 2_000


def test_a_coupon_used_in_two_cut_off_shops_is_the_bound_and_no_more(
    make_shop: Callable[..., Shop],
) -> None:
    """Three shops, one coupon each of limit 1: its own shop and two others, the bound of (3 - 1) x 1 twice."""
    taken = []
    coupon = coupon_of(HERE)
    for location in PROGRAMME.shops:
        shop = make_shop(location, location_id=location, edge_id=f"{location}-1")
        shifts.open_shift(shop, "Kim", 50_000)
        join(shop, KEY)
        give_coupon(shop, coupon, shop.clock.now())
        for _ in range(3):
            selling.add_scan(shop, EnteredCode("CAKE"))
            try:
                members.tender_coupon(shop, CUT_OFF, coupon)
                selling.tender_cash(shop, 40_000)
                taken.append(location)
            except CouponSpent:
                selling.void_basket(shop)
    assert taken == list(PROGRAMME.shops)


def test_with_the_line_up_the_hub_says_whether_another_shops_coupon_is_good(
    chain: Shop, scan: Scan, rows: Rows
) -> None:
    coupon = coupon_of(HILLSIDE)
    give_coupon(chain, coupon, chain.clock.now())
    basket_id = scan("BREAD").basket.basket_id
    no = HubRefused("coupon.spent", "The coupon has been used already.", {})
    with pytest.raises(HubRefused):
        members.tender_coupon(chain, Hub({"members.coupon": no}), coupon)
    hub = Hub({"members.coupon": {}})
    open_(members.tender_coupon(chain, hub, coupon))
    assert hub.asked[0][1]["reference"] == basket_id
    assert rows(chain, "SELECT is_foreign FROM coupon_use") == [(0,)]


def test_a_lent_coupon_needs_the_hubs_word_in_its_own_shop_too(chain: Shop, scan: Scan) -> None:
    coupon = coupon_of(HERE)
    give_coupon(chain, coupon, chain.clock.now(), is_lent=True)
    scan("BREAD")
    with pytest.raises(CouponNeedsHub):
        members.tender_coupon(chain, CUT_OFF, coupon)
    open_(members.tender_coupon(chain, Hub({"members.coupon": {}}), coupon))


def test_a_coupon_for_many_is_good_as_often_as_this_shop_may(chain: Shop, scan: Scan) -> None:
    coupon = coupon_of(HILLSIDE)
    give_coupon(
        chain, coupon, chain.clock.now(), is_single=False, amount_minor=0, percent_bp=1_000,
        escrow={HERE: 2},
    )  # fmt: skip
    for _ in range(2):
        scan("BREAD")
        assert open_(members.tender_coupon(chain, CUT_OFF, coupon)).due_minor == 4_050
        selling.tender_cash(chain, 5_000)
    scan("BREAD")
    with pytest.raises(CouponNeedsHub):
        members.tender_coupon(chain, CUT_OFF, coupon)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"is_spent": True}, CouponSpent, "The coupon has been used already."),
        (
            {"least_basket_minor": 10_000},
            CouponBasketTooSmall,
            "The coupon needs a basket of at least 10,000 KRW; this one comes to 4,500 KRW.",
        ),
    ],
)
def test_a_coupon_that_does_not_fit_is_refused_in_words(
    chain: Shop, scan: Scan, changes: dict[str, Any], error: type[ShopError], message: str
) -> None:
    coupon = coupon_of(HERE)
    give_coupon(chain, coupon, chain.clock.now(), **changes)
    scan("BREAD")
    with pytest.raises(error) as caught:
        members.tender_coupon(chain, CUT_OFF, coupon)
    assert caught.value.message == message


def test_a_coupon_has_its_days(chain: Shop, scan: Scan) -> None:
    coupon = coupon_of(HERE)
    give_coupon(chain, coupon, chain.clock.now())
    chain.clock.jump(days=-2)  # type: ignore[attr-defined]
    scan("BREAD")
    with pytest.raises(CouponNotYet) as early:
        members.tender_coupon(chain, CUT_OFF, coupon)
    assert early.value.message == "The coupon is good from 2026-11-22 12:00 on."
    chain.clock.jump(days=40)  # type: ignore[attr-defined]
    with pytest.raises(CouponOver) as late:
        members.tender_coupon(chain, CUT_OFF, coupon)
    assert late.value.message == "The coupon was good until 2026-12-23 12:00."


@pytest.mark.parametrize("shown", ["TWC1.AAAAAAAAAAAAAAAA", "TWC1.", "TWC1.lower"])
def test_a_coupon_that_is_none_is_refused(chain: Shop, scan: Scan, shown: str) -> None:
    scan("BREAD")
    with pytest.raises(CouponUnknown) as caught:
        members.tender_coupon(chain, CUT_OFF, shown)
    assert caught.value.message == (
        "This is no coupon of this chain, or head office has not sent it to this box yet."
    )
