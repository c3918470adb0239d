"""What points, coupons and stored value paid: given back as that, counted as that, and said on the receipt."""

from collections.abc import Callable
from typing import Any

import pytest

from contract.members import MemberSeen
from contract.sales import SaleCompleted
from drivers.interfaces import QrSymbol, TextLine
from edge.domain.errors import (
    UnknownCode,
)
from edge.domain.member import Member
from edge.domain.member_errors import (
    MemberCodeNeeded,
)
from edge.domain.returns import Wanted
from edge.services import documents, giving_back, members, printing, returns, selling, shifts
from edge.services.retention import forget_old
from edge.services.returns import Receipt
from edge.services.selling import BasketView
from edge.services.shop import Shop
from tests.edge.membership import (
    CUT_OFF,
    MEMBER,
    Hub,
    all_heard,
    allow,
    attach,
    coupon_of,
    give_coupon,
    sold,
)

Facts = Callable[[Shop], list[dict[str, Any]]]
Rows = Callable[[Shop, str], list[tuple[Any, ...]]]
Scan = Callable[..., BasketView]
HERE, HILLSIDE = "maru-office-tower", "maru-hillside"


# What comes back


def paid_with_points(shop: Shop, scan: Scan, *codes: str) -> SaleCompleted:
    attach(shop)
    scan(*codes)
    members.tender_points(shop, CUT_OFF)
    return sold(selling.tender_cash(shop, 50_000))


def test_what_points_paid_goes_back_as_points_and_never_as_cash(
    chain: Shop, scan: Scan, facts: Facts
) -> None:
    sale = paid_with_points(chain, scan, "BREAD", "BREAD", "MILK")  # 11,800 of which 1,000 points
    back = [
        returns.take_back(chain, Receipt(sale_id=sale.sale_id), [wanted], "customer", "cash")
        for wanted in (Wanted(1, 1), Wanted(2, 1), Wanted(1, 1))
    ]
    given = [[(it.kind, it.amount_minor) for it in one.tenders] for one in back]
    assert given == [
        [("points", 381), ("cash", 4_120)],
        [("points", 238), ("cash", 2_560)],
        [("points", 381), ("cash", 4_120)],
    ]
    assert [one.total_minor + one.rounding_minor for one in back] == [
        sum(amount for _, amount in one) for one in given
    ]
    assert facts(chain)[-1]["tenders"][0]["kind"] == "points"


def test_a_sale_without_money_in_it_gives_none_back(chain: Shop, scan: Scan, rows: Rows) -> None:
    allow(chain, 9_000)
    attach(chain, balance=9_000, allowance=9_000)
    scan("MILK")
    sale = sold(members.tender_points(chain, CUT_OFF))
    before = rows(chain, "SELECT count(*) FROM drawer_opening")
    back = returns.take_back(
        chain, Receipt(sale_id=sale.sale_id), [Wanted(1, 1)], "customer", "cash"
    )
    assert [(it.kind, it.amount_minor) for it in back.tenders] == [("points", 2_800)]
    assert rows(chain, "SELECT count(*) FROM drawer_opening") == before


def test_a_receipt_of_another_shop_says_what_its_points_paid(
    chain: Shop, scan: Scan, make_shop: Callable[..., Shop]
) -> None:
    paid_with_points(chain, scan, "BREAD", "BREAD", "MILK")
    job = printing.oldest_waiting(chain)
    assert job is not None
    [symbol] = [e for e in documents.from_text(job.document).elements if isinstance(e, QrSymbol)]
    other = make_shop("hillside", edge_id="maru-hillside-1", receipt_keys=(chain.key.public,))
    shifts.open_shift(other, "Lee", 50_000)
    back = returns.take_back(
        other, Receipt(code=symbol.data), [Wanted(1, 2), Wanted(2, 1)], "customer", "cash"
    )
    assert [(it.kind, it.amount_minor) for it in back.tenders] == [
        ("points", 1_000),
        ("cash", 10_800),
    ]


# Takings and paper


def test_points_and_coupons_are_takings_of_their_own_and_never_cash(
    chain: Shop, scan: Scan
) -> None:
    sale = paid_with_points(chain, scan, "BREAD")
    coupon = coupon_of(HERE)
    give_coupon(chain, coupon, chain.clock.now())
    scan("BREAD")
    members.tender_coupon(chain, CUT_OFF, coupon)
    selling.tender_cash(chain, 2_500)
    returns.take_back(chain, Receipt(sale_id=sale.sale_id), [Wanted(1, 1)], "customer", "cash")
    z = shifts.close(chain, 50_000 + 2_500)
    assert [(it.kind, it.count, it.amount_minor) for it in z.tenders] == [
        ("cash", 2, 6_000),
        ("coupon", 1, 2_000),
        ("points", 1, 1_000),
    ]
    assert [(it.kind, it.amount_minor) for it in z.refunds] == [("cash", 3_500), ("points", 1_000)]
    assert (z.expected_cash_minor, z.variance_minor) == (52_500, 0)


def test_a_receipt_says_what_was_earned_and_what_was_known_before(chain: Shop, scan: Scan) -> None:
    paid_with_points(chain, scan, "BREAD")
    job = printing.oldest_waiting(chain)
    assert job is not None
    texts = [
        (element.left, element.right)
        for element in documents.from_text(job.document).elements
        if isinstance(element, TextLine)
    ]
    assert ("포인트", "1,000") in texts
    at = texts.index(("회원", "골드"))
    assert texts[at : at + 3] == [
        ("회원", "골드"),
        ("적립 포인트", "+105"),
        ("2026-11-23 12:00 KST 기준 포인트", "1,500"),
    ]
    assert MEMBER not in job.document


def test_a_members_receipt_is_the_same_from_its_rows(chain: Shop, scan: Scan) -> None:
    paid_with_points(chain, scan, "BREAD")
    job = printing.oldest_waiting(chain)
    assert job is not None
    assert printing.newest_receipt(chain) == documents.from_text(job.document)


# By number


NUMBER = "0123456782"


def test_by_number_points_are_added_and_none_are_spent(chain: Shop, scan: Scan) -> None:
    members.attach_number(chain, CUT_OFF, NUMBER)
    scan("BREAD")
    with pytest.raises(MemberCodeNeeded):
        members.tender_stored_value(chain, Hub({"members.spend": {}}))
    with pytest.raises(MemberCodeNeeded) as caught:
        members.tender_points(chain, Hub({"members.spend": {}}))
    assert caught.value.message == (
        "Only the member's number was typed: points are added for it, and none can be spent."
    )
    sale = sold(selling.tender_cash(chain, 5_000))
    assert (sale.member_id, sale.points_earned) == (NUMBER, 45)


def test_with_the_line_up_the_hub_says_whose_number_it_is(chain: Shop) -> None:
    seen = MemberSeen(
        member_id=MEMBER, number=NUMBER, tier=1, tier_name="Gold", balance=9, available=9,
        stored_minor=0, currency="KRW",
    )  # fmt: skip
    hub = Hub({"members.look": seen.model_dump(mode="json")})
    assert members.attach_number(chain, hub, NUMBER).basket.member == Member(MEMBER, 1)


def test_a_number_is_not_kept_among_unknown_codes(chain: Shop, scan: Scan, rows: Rows) -> None:
    with pytest.raises(UnknownCode):
        scan(NUMBER)
    assert rows(chain, "SELECT code FROM unknown_scan") == []


def test_what_the_hub_knows_of_is_forgotten_and_coupons_are_not(
    chain: Shop, scan: Scan, rows: Rows
) -> None:
    coupon = coupon_of(HERE)
    give_coupon(chain, coupon, chain.clock.now())
    attach(chain)
    scan("BREAD")
    members.tender_points(chain, CUT_OFF)
    members.tender_coupon(chain, CUT_OFF, coupon)
    selling.tender_cash(chain, 5_000)
    chain.clock.jump(days=36)  # type: ignore[attr-defined]
    forget_old(chain)
    assert rows(chain, "SELECT state FROM points_use") == [("sold",)]
    all_heard(chain)
    forget_old(chain)
    assert rows(chain, "SELECT state FROM points_use") == []
    assert rows(chain, "SELECT state FROM coupon_use") == [("sold",)]


def test_where_nothing_waits_the_hub_is_not_asked(chain: Shop, scan: Scan) -> None:
    hub = Hub({"members.give_back": {}, "members.spend": {}})
    assert (giving_back.give_back(chain, hub), hub.asked) == (0, [])
    attach(chain)
    scan("BREAD")
    members.tender_points(chain, hub, 500)
    selling.void_basket(chain)
    assert giving_back.give_back(chain, hub) == 1
