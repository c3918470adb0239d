"""A member spends points, a coupon and stored value on an order online; each part goes back to where it came from."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from cloud.books.journal import balances
from cloud.books.repository import Days
from cloud.books.service import Books, entries
from cloud.errors import CouponHeldError, CouponShopNotToldError, CouponSpentError, NotEnoughError
from cloud.feeds import repository as feeds
from cloud.members import coupons, programme, spending
from cloud.members.spending import Place
from cloud.members.tables import CouponHold, CouponRow, CouponSpend, MemberAct
from cloud.orders.service import HOLD_LASTS
from cloud.orders.tables import CustomerOrder
from cloud.storefront import benefits
from contract.feeds import Pull
from contract.members import (
    Coupon,
    CouponClaim,
    MemberSpend,
    Programme,
    Tier,
    coupon_hash,
)
from tests.cloud.conftest import uid
from tests.cloud.storefront.conftest import SHOPS
from tests.cloud.storefront.test_coming_back import brought_back
from tests.cloud.storefront.test_paying import agree

PICKED = [{"line": 1, "sku": "B-009", "quantity": 1}]
RULES = Programme(
    currency="KRW",
    tiers=(
        Tier(name="member", names={"en": "Member"}, earn_bp=100),
        Tier(name="gold", names={"en": "Gold"}, threshold_minor=30_000, earn_bp=200),
    ),
)


def welcome(clock) -> Coupon:
    return Coupon(
        names={"en": "Welcome"},
        amount_minor=3_000,
        currency="KRW",
        least_basket_minor=10_000,
        valid_from=clock.now() - timedelta(days=1),
        valid_until=clock.now() + timedelta(days=30),
    )


@dataclass
class Luna:
    """A member with 4,000 points, 5,000 of stored value and a coupon of 3,000, signed in in the browser."""

    hub: Any
    name: str
    coupon: str

    @property
    def stand(self) -> Any:
        return self.hub.members.person(self.name).standing

    @property
    def has(self) -> tuple[int, int]:
        return self.stand.available, self.stand.stored_minor

    def spend(self, act_id: str, points: int) -> None:
        """At a till."""
        wanted = MemberSpend(member_id=self.name, what="points", amount=points, currency="KRW")
        spending.spend(self.hub.members, Place(act_id, "maru-office"), wanted)

    def claim(self) -> None:
        """At a till."""
        wanted = CouponClaim(hashed=self.coupon, reference="basket")
        coupons.claim(self.hub.members, "maru-office", wanted)

    @property
    def coupon_states(self) -> list[str]:
        """In each order that ever had it."""
        with self.hub.database.read() as session:
            rows = session.exec(select(CouponSpend).order_by(CouponSpend.order_id)).all()
        return [row.state for row in rows]


@pytest.fixture
def luna(hub, open_shops, client, clock) -> Luna:
    programme.publish(hub.members, RULES)
    client.post("/shop/me/join", data={"name": "Luna"})
    name = client.get("/shop/me").text.partition('<dd class="mono">')[2].partition("<")[0]
    spending.gift(hub.members, "gift", name, 4_000)
    spending.top_up(hub.members, "top-up", name, 5_000)
    [code] = coupons.make(hub.members, welcome(clock), 1, name)
    luna = Luna(hub, name, coupon_hash(code))
    lend(hub, luna)
    return luna


def lend(hub, luna: Luna) -> None:
    """Its own shop has heard that the coupon may be used online."""
    member_id = hub.members.person(luna.name).member.member_id
    wanted = CouponClaim(hashed=luna.coupon, reference=benefits.reference(member_id))
    with suppress(CouponShopNotToldError):
        coupons.claim(hub.members, "", wanted)
    with hub.database.read() as session:
        head = feeds.head(session, "offers").version
    with hub.database.write() as session:
        hold = session.get_one(CouponHold, (wanted.hashed, wanted.reference))
        hold.until = hub.clock.now()
    for edge_id in SHOPS:
        hub.feeds.answer(edge_id, Pull(feed="offers", after=head))


@pytest.fixture
def everything(luna) -> dict[str, str]:
    return {"coupon": luna.coupon, "points": "4000", "stored": "yes"}


@pytest.fixture
def bought(shopping, everything) -> str:
    """The page of an order of 38,000: coupon 3,000, points 4,000, stored value 5,000, Alipay 26,000."""
    shopping.fill()
    return shopping.say(shopping.take(shopping.form(**everything)))


def handed_over(shop, quantity: int = 1) -> None:
    goods = [{"line": 1, "sku": "B-009", "quantity": quantity}]
    shop.says("accepted")
    shop.says("picked", picked=goods)
    shop.says("ready")
    shop.says("handed_over", handed=goods, proof={"kind": "code", "step": 1})


def placed(hub) -> list[tuple[str, int]]:
    with hub.database.read() as session:
        return [(it.state, it.paid_minor) for it in session.exec(select(CustomerOrder)).all()]


def test_the_bill_is_seen_before_anything_is_held(shopping, luna, everything, client) -> None:
    shopping.fill()
    form = shopping.form(**everything)
    assert {name: form[name] for name in ("points", "stored_minor", "rest_minor")} == {
        "points": "4000",
        "stored_minor": "5000",
        "rest_minor": "26000",
    }
    assert luna.has == (4_000, 5_000)


def test_points_and_value_are_held_with_the_goods_and_spent_with_the_payment(
    shopping, shop, hub, bench, client, luna, everything, read
) -> None:
    shopping.fill()
    payment = shopping.take(shopping.form(**everything))
    assert luna.has == (0, 0)
    assert "₩ 26,000" in read(payment)
    path = shopping.say(payment)
    assert placed(hub) == [("placed", 38_000)]
    assert agree(hub, bench, client) == 26_000
    assert (luna.stand.balance, luna.stand.held) == (0, 0)
    text = read(path)
    for words in ("Coupon − ₩ 3,000", "4,000 points ₩ 4,000", "Alipay ₩ 26,000"):
        assert words in text


def test_what_nobody_pays_is_hers_again(shopping, hub, client, clock, luna, everything) -> None:
    shopping.fill()
    shopping.send(shopping.take(shopping.form(**everything)))
    clock.jump(HOLD_LASTS.total_seconds() + 1)
    hub.worker.keeper.step()
    assert luna.has == (0, 0)
    hub.paying.watch()  # the wallet's page is closed first: until then it may still be paid
    hub.paying.watch()
    assert luna.has == (4_000, 5_000)
    assert luna.coupon_states == ["free"]


def test_an_order_that_is_given_up_before_it_is_paid_gives_all_of_it_back(
    shopping, hub, client, luna, everything
) -> None:
    shopping.fill()
    payment = shopping.take(shopping.form(**everything))
    path = client.get(f"{payment}/back", follow_redirects=False).headers["location"]
    client.post(f"{path}/cancel")
    assert luna.has == (4_000, 5_000)
    luna.claim()


def test_another_basket_takes_them_along(shopping, luna, everything) -> None:
    """She goes back from the wallet and orders something else: the first order lets go of what it held."""
    shopping.fill()
    shopping.take(shopping.form(**everything))
    shopping.take(shopping.form(**everything))
    assert luna.has == (0, 0)


def test_an_order_that_needs_no_wallet_stands_at_once(shopping, shop, hub, client, luna) -> None:
    spending.gift(hub.members, "more", luna.name, 40_000)
    shopping.fill()
    path = shopping.take(shopping.form(points="38000"))
    assert path.startswith("/shop/o/")
    assert placed(hub) == [("placed", 38_000)]
    assert luna.has == (6_000, 5_000)
    client.post(f"{path}/cancel")
    shop.says("cancelled")
    assert luna.has == (44_000, 5_000)


def test_a_cancelled_order_goes_back_whole_to_where_it_came_from(
    shop, hub, bench, client, luna, bought, read
) -> None:
    client.post(f"{bought}/cancel")
    shop.says("cancelled")
    for _ in range(2):
        hub.paying.watch()
    assert luna.has == (4_000, 5_000)
    assert agree(hub, bench, client) == 0
    text = read(bought)
    assert "₩35,000 come back to you" in text
    assert "Back with you: 4,000 points, ₩5,000 of stored value, ₩26,000 to Alipay." in text
    assert "Your coupon is good again." in text
    lend(hub, luna)
    luna.claim()


def test_what_is_missing_goes_back_in_parts_and_the_coupon_stays_used(
    shopping, shop, hub, bench, client, luna, everything
) -> None:
    """Two cakes, one comes: half of everything, coupons first, and a compensation as stored value."""
    shopping.fill(quantity=2)
    shopping.say(shopping.take(shopping.form(**everything)))
    assert agree(hub, bench, client) == 64_000
    handed_over(shop)
    hub.orders_followed()
    hub.paying.watch()
    # 76,000 were paid with 12,000 of hers: of 38,000 the half, 6,000: the coupon's 3,000 and 3,000 points.
    assert luna.has == (3_000, 1_900)
    assert agree(hub, bench, client) == 32_000
    with pytest.raises(CouponSpentError):
        luna.claim()


def test_what_she_brings_back_to_a_shop_goes_back_to_where_it_came_from_once(
    shop, hub, bench, client, luna, bought
) -> None:
    """Two shops say that they have it: the second one's word moves nothing."""
    handed_over(shop)
    with hub.database.read() as session:
        order_id = session.exec(select(CustomerOrder.order_id)).one()
    for _ in range(2):
        brought_back(shop, order_id)
    assert luna.has == (4_000, 5_000)
    assert agree(hub, bench, client) == 0


def test_who_cancels_the_rest_gets_the_rest_and_keeps_what_she_was_handed(
    shopping, shop, hub, bench, client, luna, everything
) -> None:
    """Two cakes, one handed over, then cancelled: half of everything, and the coupon stays used."""
    shopping.fill(quantity=2)
    path = shopping.say(shopping.take(shopping.form(**everything)))
    two = [{"line": 1, "sku": "B-009", "quantity": 2}]
    shop.says("accepted")
    shop.says("picked", picked=two)
    shop.says("ready")
    shop.says("handed_over", handed=PICKED, is_partial=True, proof={"kind": "code", "step": 1})
    client.post(f"{path}/cancel")
    shop.says("cancelled")
    assert luna.has == (3_000, 0)
    assert agree(hub, bench, client) == 32_000
    assert luna.coupon_states == ["used"]
    assert "Liabilities:Orders-Undelivered" not in books(hub)
    assert "Bring something back" in client.get(path).text

    with hub.database.read() as session:
        order_id = session.exec(select(CustomerOrder.order_id)).one()
    for _ in range(2):
        brought_back(shop, order_id)
    assert luna.has == (4_000, 5_000)
    assert agree(hub, bench, client) == 0


def test_points_come_back_as_new_ones_even_where_hers_would_have_expired(
    shop, hub, client, clock, luna, bought
) -> None:
    dated = RULES.model_copy(update={"points_days": 30})
    programme.publish(hub.members, dated)
    clock.jump(timedelta(days=40).total_seconds())
    client.post(f"{bought}/cancel")
    shop.says("cancelled")
    hub.paying.watch()
    assert luna.stand.available == 4_000
    clock.jump(timedelta(days=29).total_seconds())
    assert luna.stand.available == 4_000
    clock.jump(timedelta(days=2).total_seconds())
    assert luna.stand.available == 0


def test_an_order_earns_on_what_neither_points_nor_a_coupon_paid(shop, hub, luna, bought) -> None:
    handed_over(shop)
    hub.count_points()
    assert luna.stand.available == 620  # 2 % of 38,000 - 7,000: the order itself made her gold


def test_an_order_counts_for_the_tier_and_comes_off_with_its_refund(
    shopping, shop, hub, client, luna, bought
) -> None:
    assert luna.stand.tier == 1
    client.post(f"{bought}/cancel")
    shop.says("cancelled")
    assert luna.stand.tier == 0


class TestTwice:
    """The same points, the same coupon, at a till and here, in two browsers, in a doubled form."""

    def test_points_that_an_order_holds_pay_nothing_at_a_till(
        self, shopping, luna, everything
    ) -> None:
        shopping.fill()
        shopping.take(shopping.form(**everything))
        with pytest.raises(NotEnoughError):
            luna.spend(uid(1), 1)

    def test_points_that_a_till_took_meanwhile_hold_no_goods(
        self, shopping, hub, client, luna, everything
    ) -> None:
        shopping.fill()
        form = shopping.form(**everything)
        luna.spend(uid(1), 4_000)
        answer = client.post("/shop/take", data=form)
        assert (answer.status_code, "Not that many any more" in answer.text) == (409, True)
        assert placed(hub) == []
        assert luna.has == (0, 5_000)

    def test_a_coupon_that_an_order_holds_is_refused_at_a_till(
        self, shopping, hub, clock, luna, everything
    ) -> None:
        shopping.fill()
        shopping.take(shopping.form(**everything))
        clock.jump(coupons.HOLD_FOR.total_seconds() + 1)  # the claim is over, the order is not
        wanted = CouponClaim(hashed=luna.coupon, reference="basket")
        with hub.database.read() as session, pytest.raises(CouponHeldError):
            coupons.refuse_spent(session, wanted, clock.now())

    def test_a_coupon_that_lies_in_a_basket_at_a_till_is_refused_here(
        self, shopping, hub, client, luna, everything
    ) -> None:
        shopping.fill()
        form = shopping.form(**everything)
        luna.claim()
        answer = client.post("/shop/take", data=form)
        assert (answer.status_code, "lies in another basket" in answer.text) == (409, True)
        assert placed(hub) == []
        assert luna.has == (4_000, 5_000)

    def test_two_browsers_of_one_member_use_a_coupon_once(
        self, shopping, hub, client, browser_of, luna, everything
    ) -> None:
        shopping.fill()
        other = type(shopping)(browser_of("en"))
        other.client.post("/shop/me/in", data={"number": luna.name, "name": "Luna"})
        other.fill("B-002", 10)
        forms = [shopping.form(coupon=luna.coupon), other.form(coupon=luna.coupon)]
        shopping.take(forms[0])
        answer = other.client.post("/shop/take", data=forms[1])
        assert (answer.status_code, "lies in another basket" in answer.text) == (409, True)

    def test_a_doubled_form_spends_once(self, shopping, hub, luna, everything) -> None:
        shopping.fill()
        form = shopping.form(**everything)
        assert shopping.take(form) == shopping.take(form)
        assert len(placed(hub)) == 1
        assert (luna.stand.balance, luna.stand.held) == (4_000, 4_000)

    def test_money_that_comes_after_it_was_given_up_takes_no_points(
        self, shopping, hub, bench, client, clock, luna, everything
    ) -> None:
        """Ordered again meanwhile: the first order has nothing of hers any more, and its money goes back."""
        shopping.fill()
        first = shopping.send(shopping.take(shopping.form(**everything)))
        second = shopping.take(shopping.form(**everything))
        shopping.press(first)
        clock.jump(6)
        hub.paying.watch()
        shopping.say(second)
        hub.paying.watch()
        assert agree(hub, bench, client) == 26_000
        assert luna.stand.balance == 0

    def test_a_coupon_whose_own_shop_has_not_heard_of_it_waits(
        self, hub, client, luna, clock
    ) -> None:
        [code] = coupons.make(hub.members, welcome(clock), 1, luna.name)
        with pytest.raises(CouponShopNotToldError):
            benefits.claim(hub.members, luna.name, coupon_hash(code), clock.jump)

    def test_a_coupon_whose_own_shop_is_cut_off_is_refused(
        self, shopping, client, clock, luna, everything
    ) -> None:
        shopping.fill()
        form = shopping.form(**everything)
        clock.jump(300)
        answer = client.post("/shop/take", data=form)
        assert (answer.status_code, "cannot be used right now" in answer.text) == (409, True)

    def test_somebody_elses_coupon_is_refused(self, shopping, hub, client, luna) -> None:
        mina = hub.members.join({"name": "Mina"}, {}).member.member_id
        with hub.database.read() as session:
            row = session.get_one(CouponRow, luna.coupon)
        row.member_id = mina
        with hub.database.write() as session:
            session.merge(row)
        shopping.fill()
        form = shopping.form() | {"coupon": luna.coupon, "rest_minor": "35000"}
        answer = client.post("/shop/take", data=form)
        assert (answer.status_code, "Not your coupon" in answer.text) == (404, True)


def test_an_erased_members_points_are_refused_in_words(
    shopping, hub, client, luna, everything
) -> None:
    shopping.fill()
    form = shopping.form(**everything)
    hub.members.erase(luna.name)
    answer = client.post("/shop/take", data=form)
    assert (answer.status_code, "The membership was given up" in answer.text) == (410, True)
    assert placed(hub) == []


def test_who_is_nobody_spends_nothing(shopping, client, hub, open_shops) -> None:
    shopping.fill()
    form = shopping.form() | {"points": "100", "rest_minor": "37900"}
    assert client.post("/shop/take", data=form).status_code == 403
    assert placed(hub) == []


def test_a_rest_that_is_not_the_shops_own_is_refused(shopping, client, hub, luna) -> None:
    shopping.fill()
    form = shopping.form(points="100") | {"rest_minor": "1"}
    answer = client.post("/shop/take", data=form)
    assert (answer.status_code, "The price has changed" in answer.text) == (409, True)
    assert luna.has == (4_000, 5_000)
    with hub.database.read() as session:
        assert [it.kind for it in session.exec(select(MemberAct)).all()] == ["gift", "top_up"]


def books(hub) -> dict[str, int]:
    """What every account comes to, without those of the goods' cost."""
    days = Days("2000-01-01", "2999-12-31")
    with hub.database.read() as session:
        found = entries(Books(session, hub.settings.zone, "KRW"), days)
    return {
        account: minor
        for (account, _), minor in balances(found).items()
        if not account.startswith(("Assets:Inventory", "Equity", "Expenses:Cost", "Liabilities:R"))
    }


BEFORE = {
    "Assets:Clearing:Top-Up": 5_000,
    "Expenses:Points-Given": 4_000,
    "Liabilities:Points": -4_000,
    "Liabilities:Stored-Value": -5_000,
}


def test_the_books_have_an_order_from_its_payment_to_its_return(
    shop, hub, client, luna, bought
) -> None:
    spent = {
        "Assets:Clearing:Top-Up": 5_000,
        "Assets:Clearing:Wallet:Alipay": 26_000,
        "Expenses:Coupons": 3_000,
        "Expenses:Points-Given": 4_000,
    }
    assert books(hub) == spent | {"Liabilities:Orders-Undelivered": -38_000}
    handed_over(shop)
    assert books(hub) == spent | {
        "Income:Sales:Maru-office": -34_545,
        "Liabilities:VAT:Standard": -3_455,
    }
    client.post(f"{bought}/return", data={"line": "1", "reason": "other", "to": "maru-office"})
    with hub.database.read() as session:
        order_id = session.exec(select(CustomerOrder.order_id)).one()
    client.post("/api/storefront/returns", json={"order_id": order_id, "line": 1})
    assert luna.has == (4_000, 5_000)
    assert luna.coupon_states == ["used"]
    assert books(hub) == BEFORE | {
        "Income:Returns:Maru-office": 34_545,
        "Income:Sales:Maru-office": -34_545,
    }


def test_a_cancelled_order_leaves_nothing_in_the_books(shop, hub, client, luna, bought) -> None:
    client.post(f"{bought}/cancel")
    shop.says("cancelled")
    assert books(hub) == BEFORE


def test_what_is_paid_in_the_last_moment_of_its_hold_is_paid_with_what_it_held(
    shopping, hub, bench, client, clock, luna, everything
) -> None:
    """The wallet has the money, and its word comes after the hold: until it is asked, nothing is let go."""
    shopping.fill()
    shopping.press(shopping.send(shopping.take(shopping.form(**everything))))
    clock.jump(HOLD_LASTS.total_seconds() + 1)
    hub.worker.keeper.step()
    with hub.database.write() as session:
        assert benefits.release_all(session, clock.now()) == 0
    hub.paying.watch()
    assert placed(hub) == [("placed", 38_000)]
    assert luna.stand.balance == 0
    assert agree(hub, bench, client) == 26_000


def test_the_same_share_put_back_again_changes_nothing(hub, clock, luna, bought) -> None:
    with hub.database.read() as session:
        spent = session.exec(select(MemberAct).where(MemberAct.unit == "points")).all()[-1]
    for _ in range(2):
        with hub.database.write() as session:
            spending.put_back(session, clock.now(), "back", spent.act_id, 100)
    assert luna.has == (100, 0)
