"""Coupons: one basket at a time has one; used twice in two cut-off shops both sales stand, and the loss is counted."""

from datetime import timedelta

import pytest
from sqlmodel import select

from cloud.errors import (
    CouponHeldError,
    CouponNotNowError,
    CouponShopAwayError,
    CouponShopNotToldError,
    CouponSpentError,
    CouponUnknownError,
    ProgrammeError,
)
from cloud.feeds import cursors
from cloud.feeds import repository as feeds
from cloud.ingest.tables import Alarm, Edge
from cloud.members import asks, coupons
from cloud.questions import Asker
from cloud.sales.tables import Sale
from contract.members import Coupon, CouponClaim, coupon_hash, coupon_key, owner_shop
from contract.topics import shard_of


@pytest.fixture
def coupon(clock) -> Coupon:
    return Coupon(
        amount_minor=5_000,
        currency="KRW",
        valid_from=clock.now(),
        valid_until=clock.now() + timedelta(days=30),
    )


@pytest.fixture
def hear(members):
    """A box of the shop is heard now, and has pulled all of its feed but the last `behind` operations."""

    def hear(location_id: str, behind: int = 0) -> None:
        edge_id = f"{location_id}-1"
        with members.database.write() as session:
            session.merge(
                Edge(
                    edge_id=edge_id,
                    shard=shard_of(edge_id),
                    location_id=location_id,
                    last_seen=members.clock.now(),
                )
            )
            after = feeds.head(session, "offers").version - behind
            cursors.note(session, edge_id, "offers", after)

    return hear


@pytest.fixture
def of_office(members, coupon, hear) -> CouponClaim:
    """A coupon whose own shop is maru-office; both shops are in touch, and hillside wants it."""
    codes = coupons.make(members, coupon, 20)
    for shop in ("maru-office", "maru-hillside"):
        hear(shop)
    hashes = [coupon_hash(code) for code in codes]
    own = [it for it in hashes if owner_shop(it, ("maru-office", "maru-hillside")) == "maru-office"]
    return CouponClaim(hashed=own[0], reference="basket-1")


def test_a_coupon_of_another_shop_is_lent_once_that_shop_knows(members, of_office, hear) -> None:
    with pytest.raises(CouponShopNotToldError) as refusal:
        coupons.claim(members, "maru-hillside", of_office)
    assert refusal.value.message == (
        "The coupon belongs to maru-office, which has not answered yet. Nothing was taken."
    )
    assert in_feed(members, of_office.hashed).is_lent
    hear("maru-office", behind=1)
    with pytest.raises(CouponShopNotToldError):
        coupons.claim(members, "maru-hillside", of_office)
    hear("maru-office")
    assert coupons.claim(members, "maru-hillside", of_office).hashed == of_office.hashed


def test_a_coupons_own_shop_has_it_without_being_told(members, of_office) -> None:
    assert coupons.claim(members, "maru-office", of_office).hashed == of_office.hashed
    assert not in_feed(members, of_office.hashed).is_lent


@pytest.mark.parametrize(("silent_s", "is_refused"), [(114, False), (115, True)])
def test_while_its_own_shop_is_out_of_touch_a_coupon_is_refused(
    members, of_office, hear, silent_s, is_refused
) -> None:
    """The lease less its margin for the clocks: as long as a box's goods are promised."""
    with pytest.raises(CouponShopNotToldError):
        coupons.claim(members, "maru-hillside", of_office)
    hear("maru-office")
    members.clock.jump(silent_s)
    if not is_refused:
        coupons.claim(members, "maru-hillside", of_office)
        return
    with pytest.raises(CouponShopAwayError) as refusal:
        coupons.claim(members, "maru-hillside", of_office)
    assert refusal.value.as_dict() == {
        "key": "members.coupon_shop_away",
        "message": (
            "The coupon may be in use at maru-office, which was last heard at 2026-11-23T03:00+00:00: "
            "it is good once, and is not given out until that shop is heard again."
        ),
        "what_now": "Take the sale without it; the coupon stays good and can be used another day.",
        "fields": {"location_id": "maru-office", "since": "2026-11-23T03:00+00:00"},
    }


def test_who_was_given_it_and_is_cut_off_may_have_sold_it(members, of_office, hear) -> None:
    """Its half hour is over, and still nobody else has it before that shop is heard."""
    with pytest.raises(CouponShopNotToldError):
        coupons.claim(members, "maru-hillside", of_office)
    hear("maru-office")
    coupons.claim(members, "maru-hillside", of_office)
    members.clock.jump(1_801)
    hear("maru-office")
    other = of_office.model_copy(update={"reference": "basket-2"})
    with pytest.raises(CouponShopAwayError) as refusal:
        coupons.claim(members, "maru-office", other)
    assert refusal.value.fields["location_id"] == "maru-hillside"
    with members.database.write() as session:
        session.get(Edge, "maru-hillside-1").box_high = 3
    hear_again = members.clock.now()
    with members.database.write() as session:
        session.get(Edge, "maru-hillside-1").last_seen = hear_again
    with pytest.raises(CouponShopAwayError):
        coupons.claim(members, "maru-office", other)
    with members.database.write() as session:
        session.get(Edge, "maru-hillside-1").box_high = 0
    assert coupons.claim(members, "maru-office", other).hashed == of_office.hashed


def test_a_box_that_asks_waits_for_the_other_shop(members, of_office, hear) -> None:
    waited = []

    def pause(seconds: float) -> None:
        waited.append(seconds)
        members.clock.jump(seconds)
        if len(waited) == 3:
            hear("maru-office")

    ask = asks.verbs(members, pause)["members.coupon"]
    asker = Asker("maru-hillside-1", "maru-hillside", "ask-1")
    assert ask(asker, of_office.model_dump())["hashed"] == of_office.hashed
    assert len(waited) == 3


def test_it_does_not_wait_for_ever(members, of_office) -> None:
    ask = asks.verbs(members, members.clock.jump)["members.coupon"]
    with pytest.raises(CouponShopNotToldError):
        ask(Asker("maru-hillside-1", "maru-hillside", "ask-1"), of_office.model_dump())
    assert 1.9 < members.clock.seconds - 1_000 < 2.2


def tenders(hashed: str) -> list[dict[str, object]]:
    paid = {"kind": "coupon", "amount_minor": 5_000, "tendered_minor": 5_000}
    rest = {"kind": "cash", "amount_minor": 6_000, "tendered_minor": 6_000}
    return [{**paid, "payment_id": hashed}, rest]


def in_feed(members, hashed: str) -> Coupon:
    with members.database.read() as session:
        rows = {key: body for key, _, body in feeds.live_rows(session, "offers")}
    return Coupon.model_validate_json(rows[coupon_key(hashed)])


def test_the_boxes_know_a_coupon_by_its_hash_and_never_by_its_code(members, coupon) -> None:
    [code] = coupons.make(members, coupon)
    assert in_feed(members, coupon_hash(code)) == coupon
    with members.database.read() as session:
        assert not any(code in body for _, _, body in feeds.live_rows(session, "offers"))


def test_a_coupon_is_given_to_one_basket_at_a_time(members, coupon) -> None:
    [code] = coupons.make(members, coupon)
    mine = CouponClaim(hashed=coupon_hash(code), reference="basket-1")
    other = CouponClaim(hashed=coupon_hash(code), reference="basket-2")
    assert coupons.claim(members, "maru-office", mine) == coupons.claim(
        members, "maru-office", mine
    )
    with pytest.raises(CouponHeldError) as refusal:
        coupons.claim(members, "maru-hillside", other)
    assert refusal.value.message == (
        "The coupon lies in a basket at maru-office until 2026-11-23T03:30+00:00: it is good once."
    )
    members.clock.jump(1_801)
    coupons.claim(members, "maru-hillside", other)


def test_a_used_coupon_is_refused_everywhere_that_hears(members, chain, coupon, minji) -> None:
    [code] = coupons.make(members, coupon)
    hashed = coupon_hash(code)
    chain.sale(minji, 60, tenders=tenders(hashed))
    chain.arrive()
    assert in_feed(members, hashed).is_spent
    with pytest.raises(CouponSpentError) as refusal:
        coupons.claim(members, "maru-hillside", CouponClaim(hashed=hashed, reference="basket-2"))
    assert refusal.value.message == (
        "The coupon was used at maru-office, 2026-11-23T04:00+00:00: it is good once."
    )


def test_used_twice_in_two_cut_off_shops_both_sales_stand(members, chain, coupon, minji) -> None:
    [code] = coupons.make(members, coupon)
    hashed = coupon_hash(code)
    for shop in chain.boxes:
        chain.sale(minji, 60, shop, tenders=tenders(hashed))
    chain.arrive("maru-hillside")
    chain.arrive("maru-office")
    with members.database.read() as session:
        assert len(session.exec(select(Sale)).all()) == 2
        [lost] = coupons.losses(session)
        alarms = {row.key: row.detail for row in session.exec(select(Alarm))}
    assert (lost.amount_minor, lost.location_id) == (5_000, "maru-hillside")
    assert alarms == {
        "members.coupon_twice": (
            f"Expected coupon {hashed[:8]} once, got it at maru-office and maru-hillside: 5000 KRW lost."
        )
    }
    assert coupons.most_lost(members) == 2


def test_a_coupon_that_is_none_and_one_out_of_its_time_are_refused(members, coupon) -> None:
    with pytest.raises(CouponUnknownError):
        coupons.claim(members, "maru-office", CouponClaim(hashed="0" * 64, reference="basket-1"))
    [code] = coupons.make(members, coupon)
    members.clock.jump(31 * 86_400)
    late = CouponClaim(hashed=coupon_hash(code), reference="basket-1")
    with pytest.raises(CouponNotNowError):
        coupons.claim(members, "maru-office", late)


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"currency": "CNY"}, "expected a coupon in KRW, got CNY"),
        ({"percent_bp": 1_000}, "expected an amount or a share, got both or none"),
        ({"amount_minor": 0}, "expected an amount or a share, got both or none"),
    ],
)
def test_a_coupon_that_makes_no_sense_is_not_made(members, coupon, change, detail) -> None:
    with pytest.raises(ProgrammeError) as refusal:
        coupons.make(members, coupon.model_copy(update=change))
    assert refusal.value.fields == {"detail": detail}
