"""Members at a box, mostly with the line down: what is refused, what is spent, what can be spent twice."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from edge.domain.errors import (
    HubRefused,
    HubSilent,
    HubUnreachable,
    MemberScanned,
    ShopError,
    UnknownCode,
)
from edge.domain.member import Member
from edge.domain.member_errors import (
    MemberCodeForged,
    MemberCodeFromFuture,
    MemberCodeOld,
    MemberCodeRevoked,
    MemberCodeUnknownKey,
    MemberCodeUnreadable,
    MemberHasPaid,
    NoMember,
    NoProgramme,
    PointsAboveDue,
    TooManyPoints,
)
from edge.domain.tender import Tender
from edge.services import members, selling
from edge.services.selling import BasketView
from edge.services.shop import Shop
from tests.edge.membership import (
    CUT_OFF,
    KEY,
    MEMBER,
    NO_POINTS,
    OTHER,
    SILENT,
    Hub,
    HubKey,
    all_heard,
    allow,
    attach,
    code,
    open_,
    revoke,
    sold,
)

Facts = Callable[[Shop], list[dict[str, Any]]]
Rows = Callable[[Shop, str], list[tuple[Any, ...]]]
Scan = Callable[..., BasketView]

HERE, HILLSIDE = "maru-office-tower", "maru-hillside"


def refused(shop: Shop, shown: str) -> ShopError:
    with pytest.raises(ShopError) as caught:
        members.attach(shop, shown)
    return caught.value


# Whose the basket is


def test_a_code_opens_a_basket_for_its_member(chain: Shop) -> None:
    assert attach(chain).basket.member == Member(
        MEMBER, 1, 1_500, 1_000, "2026-11-23T03:00:00+00:00"
    )
    assert selling.current(chain) is not None


def test_a_member_comes_to_the_goods_that_were_scanned_before(chain: Shop, scan: Scan) -> None:
    scan("BREAD", "MILK")
    view = attach(chain)
    assert (view.priced.total_minor, len(view.basket.lines)) == (7_300, 2)


@pytest.mark.parametrize(
    ("shown", "error", "message"),
    [
        (
            lambda shop: KEY.code(shop.clock.now() - timedelta(days=1)),
            MemberCodeOld,
            "The member code is old: it was made at 2026-11-22 03:00:00 UTC and is good for 90 seconds.",
        ),
        (
            lambda shop: KEY.code(shop.clock.now() + timedelta(hours=1)),
            MemberCodeFromFuture,
            (
                "The member code was made at 2026-11-23 04:00:00 UTC, but here it is 2026-11-23 03:00:00 UTC: "
                "one of the clocks is wrong."
            ),
        ),
        (
            lambda shop: _changed(KEY.code(shop.clock.now())),
            MemberCodeForged,
            "The member code was changed after it was made: its signature does not fit.",
        ),
        (
            lambda shop: HubKey(2).code(shop.clock.now()),
            MemberCodeUnknownKey,
            f"The member code was signed by the key {HubKey(2).kid}, which is none of this chain's.",
        ),
        (
            lambda shop: KEY.code(shop.clock.now(), credential=9),
            MemberCodeRevoked,
            "This member code is no longer good: the phone was reported lost or the membership has ended.",
        ),
        (
            lambda _: "TWM1.WHAT",
            MemberCodeUnreadable,
            "Expected the code of a member, got 9 characters.",
        ),
    ],
)
def test_a_bad_code_is_refused_in_words(
    chain: Shop, shown: Callable[[Shop], str], error: type[ShopError], message: str
) -> None:
    revoke(chain, 9)
    caught = refused(chain, shown(chain))
    assert (type(caught), caught.message) == (error, message)
    assert selling.current(chain) is None


def _changed(shown: str) -> str:
    """One more point in the balance, under the signature of before."""
    at = 50
    return shown[:at] + ("A" if shown[at] != "A" else "B") + shown[at + 1 :]


def test_a_code_is_good_for_its_neighbours_in_the_status_list(chain: Shop) -> None:
    revoke(chain, 6, 8)
    assert attach(chain).basket.member is not None


def test_the_key_of_a_receipt_printer_signs_no_members(shop: Shop) -> None:
    """A box's key is in the same feed."""
    from contract.members import MembersKey, key_entry
    from tests.edge.membership import put

    class BoxKey(MembersKey):
        use: str = "receipts"  # type: ignore[assignment]

    put(shop, "keys", **{key_entry(KEY.kid): BoxKey(public_key=KEY.public)})
    assert isinstance(refused(shop, code(shop)), MemberCodeUnknownKey)


def test_a_member_code_is_never_goods_and_never_kept(chain: Shop, scan: Scan, rows: Rows) -> None:
    for shown in (code(chain), "TWC1.AAAAAAAAAAAAAAAA"):
        with pytest.raises(MemberScanned):
            scan(shown)
    with pytest.raises(UnknownCode):
        scan("WHAT")
    assert rows(chain, "SELECT code FROM unknown_scan") == [("WHAT",)]


# What is earned


def test_earning_needs_no_line_and_has_no_limit(chain: Shop, scan: Scan, rows: Rows) -> None:
    attach(chain)
    scan("CAKE", "BREAD")
    sale = sold(selling.tender_cash(chain, 40_000))
    assert (sale.member_id, sale.points_earned) == (MEMBER, 1_000 + 135)  # 3 % of each line
    assert rows(chain, "SELECT member_id, points_earned FROM sale") == [(MEMBER, 1_135)]
    assert rows(chain, "SELECT * FROM member_visit") == [
        (
            sale.sale_id,
            MEMBER,
            "골드",
            1_500,
            "2026-11-23T03:00:00+00:00",
            "2026-11-23T03:00:00+00:00",
        )
    ]


def test_the_next_customer_is_nobody(chain: Shop, scan: Scan) -> None:
    attach(chain)
    scan("BREAD")
    selling.tender_cash(chain, 5_000)
    scan("MILK")
    sale = sold(selling.tender_cash(chain, 5_000))
    assert (sale.member_id, sale.points_earned) == ("", 0)


def test_what_points_and_coupons_pay_earns_nothing(chain: Shop, scan: Scan) -> None:
    attach(chain)
    scan("BREAD")
    members.tender_points(chain, CUT_OFF, 500)
    assert sold(selling.tender_cash(chain, 5_000)).points_earned == 120  # of 4,000


def test_without_rules_the_sale_is_still_the_members(shop: Shop, scan: Scan) -> None:
    from contract.members import MembersKey, key_entry
    from tests.edge.membership import put

    put(shop, "keys", **{key_entry(KEY.kid): MembersKey(public_key=KEY.public)})
    attach(shop)
    scan("BREAD")
    with pytest.raises(NoProgramme):
        members.tender_points(shop, CUT_OFF)
    sale = sold(selling.tender_cash(shop, 5_000))
    assert (sale.member_id, sale.points_earned) == (MEMBER, 0)


# What is spent with the line down


def test_points_pay_within_the_allowance_and_cash_pays_the_rest(
    chain: Shop, scan: Scan, facts: Facts
) -> None:
    attach(chain)
    scan("BREAD")
    view = open_(members.tender_points(chain, CUT_OFF))
    assert view.basket.tenders == (Tender("points", 1_000, 1_000),)
    assert view.due_minor == 3_500
    sale = sold(selling.tender_cash(chain, 3_500))
    assert [(it.kind, it.amount_minor, it.payment_id) for it in sale.tenders] == [
        ("points", 1_000, ""),
        ("cash", 3_500, ""),
    ]
    assert facts(chain)[-1]["tenders"][0]["kind"] == "points"


def test_the_allowance_is_one_account_over_baskets_and_codes(chain: Shop, scan: Scan) -> None:
    for _ in range(2):
        attach(chain)
        scan("BREAD")
        members.tender_points(chain, CUT_OFF, 400)
        selling.tender_cash(chain, 5_000)
        chain.clock.pass_s(3_600)  # type: ignore[attr-defined]
    attach(chain)
    scan("BREAD")
    with pytest.raises(TooManyPoints) as caught:
        members.tender_points(chain, CUT_OFF, 201)
    assert caught.value.message == "At most 200 points can be spent here now, got 201."
    assert open_(members.tender_points(chain, CUT_OFF)).basket.member_minor == 200


def test_another_member_has_an_account_of_their_own(chain: Shop, scan: Scan) -> None:
    for member in (MEMBER, OTHER):
        attach(chain, member_id=member)
        scan("BREAD")
        assert open_(members.tender_points(chain, CUT_OFF)).basket.member_minor == 1_000
        selling.tender_cash(chain, 5_000)


def test_never_more_than_the_balance(chain: Shop, scan: Scan) -> None:
    attach(chain, balance=300)
    scan("BREAD")
    assert open_(members.tender_points(chain, CUT_OFF)).basket.member_minor == 300


def test_an_erased_member_whose_code_is_still_on_a_phone_spends_nothing(chain: Shop) -> None:
    """Erasure revokes every credential; the balance in the code does not matter."""
    revoke(chain, 7)
    assert isinstance(refused(chain, code(chain)), MemberCodeRevoked)


def test_the_account_opens_again_for_codes_made_after_the_hub_knew(chain: Shop, scan: Scan) -> None:
    attach(chain)
    scan("BREAD")
    members.tender_points(chain, CUT_OFF)
    selling.tender_cash(chain, 5_000)
    all_heard(chain)
    chain.clock.pass_s(60)  # type: ignore[attr-defined]
    attach(chain)  # may have been made before the hub knew: clocks differ
    scan("BREAD")
    with pytest.raises(TooManyPoints):
        members.tender_points(chain, CUT_OFF)
    chain.clock.pass_s(120)  # type: ignore[attr-defined]
    attach(chain, balance=500)
    assert open_(members.tender_points(chain, CUT_OFF)).basket.member_minor == 500


def test_a_code_of_before_is_not_good_for_a_second_allowance_once_the_hub_knows(
    chain: Shop, scan: Scan
) -> None:
    shown = code(chain, balance=1_000)
    members.attach(chain, shown)
    scan("BREAD")
    members.tender_points(chain, CUT_OFF)
    selling.tender_cash(chain, 5_000)
    all_heard(chain)
    members.attach(chain, shown)
    scan("BREAD")
    with pytest.raises(TooManyPoints) as caught:
        members.tender_points(chain, CUT_OFF, 1)
    assert caught.value.message == "At most 0 points can be spent here now, got 1."


def test_points_pay_at_most_what_is_due(chain: Shop, scan: Scan) -> None:
    allow(chain, 9_000)
    attach(chain, balance=9_000, allowance=9_000)
    scan("MILK")
    with pytest.raises(PointsAboveDue) as caught:
        members.tender_points(chain, CUT_OFF, 2_801)
    assert caught.value.message == "Points pay at most the 2,800 KRW that is due, got 2,801 KRW."
    sale = sold(members.tender_points(chain, CUT_OFF))
    assert (sale.points_earned, sale.tenders[0].amount_minor) == (0, 2_800)


def test_points_need_a_member(chain: Shop, scan: Scan) -> None:
    scan("BREAD")
    with pytest.raises(NoMember):
        members.tender_points(chain, CUT_OFF)


def test_a_basket_given_up_gives_its_points_up(chain: Shop, scan: Scan, rows: Rows) -> None:
    attach(chain)
    scan("BREAD")
    members.tender_points(chain, CUT_OFF)
    selling.void_basket(chain)
    assert rows(chain, "SELECT amount, state FROM points_use WHERE is_asked = 0") == [
        (1_000, "gone")
    ]
    attach(chain)
    scan("BREAD")
    assert open_(members.tender_points(chain, CUT_OFF)).basket.member_minor == 1_000


def test_taken_off_the_points_come_back_first_and_then_the_member_goes(
    chain: Shop, scan: Scan
) -> None:
    attach(chain)
    scan("BREAD")
    members.tender_points(chain, CUT_OFF)
    after = members.take_off(chain)
    assert (after.basket.tenders, after.basket.member and after.basket.member.member_id) == (
        (),
        MEMBER,
    )
    assert members.take_off(chain).basket.member is None


def test_another_member_does_not_come_to_a_basket_that_points_have_paid(
    chain: Shop, scan: Scan
) -> None:
    attach(chain)
    scan("BREAD")
    members.tender_points(chain, CUT_OFF, 700)
    caught = refused(chain, code(chain, member_id=OTHER))
    assert isinstance(caught, MemberHasPaid)
    assert caught.message == (
        "700 KRW of the basket is paid with what belongs to the member or a coupon."
    )
    with pytest.raises(MemberHasPaid):
        selling.void_line(chain, 1)


def test_a_lowered_allowance_holds_as_soon_as_the_box_has_heard_of_it(
    chain: Shop, scan: Scan
) -> None:
    """Also for a code that says more, and of a member who is in the basket already: head office counts on it."""
    view = attach(chain)
    assert view.basket.member is not None
    scan("BREAD")
    allow(chain, 300)
    offline = members.standing(chain, view.basket.member, is_online=False)
    assert (offline.points, offline.limit, offline.twice) == (300, "allowance", 0)
    with pytest.raises(TooManyPoints):
        members.tender_points(chain, CUT_OFF, 301)


def test_what_may_be_spent_is_said_with_its_bound(chain: Shop) -> None:
    view = attach(chain)
    assert view.basket.member is not None
    offline = members.standing(chain, view.basket.member, is_online=False)
    assert (offline.points, offline.limit, offline.twice) == (1_000, "allowance", 1_500)
    online = members.standing(chain, view.basket.member, is_online=True)
    assert (online.points, online.limit) == (1_500, "hub")


# What is spent with the hub's word


def test_with_the_line_up_the_hub_is_asked(chain: Shop, scan: Scan, rows: Rows) -> None:
    attach(chain)
    basket_id = scan("BREAD").basket.basket_id
    hub = Hub({"members.spend": {"left": 0}})
    view = open_(members.tender_points(chain, hub))
    [(verb, arguments, ask_id)] = hub.asked
    assert (verb, arguments) == (
        "members.spend",
        {
            "member_id": MEMBER,
            "what": "points",
            "amount": 1_500,
            "currency": "KRW",
            "reference": basket_id,
        },
    )
    assert view.basket.tenders == (Tender("points", 1_500, 1_500, payment_id=ask_id),)
    sale = sold(selling.tender_cash(chain, 5_000))
    assert rows(chain, "SELECT spend_id, is_asked, state, sale_id FROM points_use") == [
        (ask_id, 1, "sold", sale.sale_id)
    ]


def test_what_the_hub_refuses_is_not_taken_from_the_allowance(chain: Shop, scan: Scan) -> None:
    attach(chain)
    scan("BREAD")
    with pytest.raises(HubRefused) as caught:
        members.tender_points(chain, Hub({"members.spend": NO_POINTS}), 900)
    assert caught.value.message == "The member has 200 points."
    current = selling.current(chain)
    assert current is not None
    assert current.basket.tenders == ()


def test_a_silent_hub_leaves_the_allowance_and_hears_later_that_nothing_came_of_it(
    chain: Shop, scan: Scan, rows: Rows
) -> None:
    attach(chain)
    scan("BREAD")
    hub = Hub({"members.spend": SILENT})
    assert open_(members.tender_points(chain, hub, 800)).basket.member_minor == 800
    assert rows(chain, "SELECT is_asked, state FROM points_use ORDER BY spend_id") == [
        (1, "giving_back"),
        (0, "held"),
    ]
    back = Hub({"members.give_back": {}})
    assert members.give_back(chain, back) == 1
    assert [(verb, arguments) for verb, arguments, _ in back.asked] == [
        ("members.give_back", {"spend_id": hub.asked[0][2]})
    ]
    assert members.give_back(chain, back) == 0


def test_stored_value_is_never_taken_without_the_hubs_word(
    chain: Shop, scan: Scan, rows: Rows
) -> None:
    attach(chain)
    scan("BREAD")
    with pytest.raises(HubUnreachable):
        members.tender_stored_value(chain, CUT_OFF)
    with pytest.raises(HubSilent):
        members.tender_stored_value(chain, Hub({"members.spend": SILENT}))
    current = selling.current(chain)
    assert current is not None
    assert current.basket.tenders == ()
    assert rows(chain, "SELECT state FROM points_use ORDER BY spend_id") == [
        ("gone",),
        ("giving_back",),
    ]


def test_stored_value_pays_with_the_hubs_word(chain: Shop, scan: Scan) -> None:
    attach(chain)
    scan("BREAD")
    hub = Hub({"members.spend": {"left": 0}})
    sale = sold(members.tender_stored_value(chain, hub))
    assert [(it.kind, it.amount_minor, it.payment_id) for it in sale.tenders] == [
        ("stored_value", 4_500, hub.asked[0][2])
    ]
    assert sale.points_earned == 135


def test_what_was_asked_before_a_crash_is_given_back(chain: Shop, scan: Scan) -> None:
    attach(chain)
    scan("BREAD")

    class Crash(Exception):
        pass

    with pytest.raises(Crash):
        members.tender_stored_value(chain, Hub({"members.spend": Crash()}))
    back = Hub({"members.give_back": {}})
    assert members.give_back(chain, back) == 0  # somebody may still wait for it
    chain.clock.pass_s(61)  # type: ignore[attr-defined]
    assert members.give_back(chain, back) == 1


def test_a_voided_basket_gives_back_what_the_hub_holds(chain: Shop, scan: Scan) -> None:
    attach(chain)
    scan("BREAD")
    members.tender_stored_value(chain, Hub({"members.spend": {"left": 0}}), 1_000)
    selling.void_basket(chain)
    back = Hub({"members.give_back": {}})
    assert members.give_back(chain, back) == 1
