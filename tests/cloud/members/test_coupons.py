"""Coupons: one basket at a time has one; used twice in two cut-off shops both sales stand, and the loss is counted."""

from datetime import timedelta

import pytest
from sqlmodel import select

from cloud.errors import CouponNotNowError, CouponSpentError, CouponUnknownError, ProgrammeError
from cloud.feeds import repository as feeds
from cloud.ingest.tables import Alarm
from cloud.members import coupons
from cloud.sales.tables import Sale
from contract.members import Coupon, CouponClaim, coupon_hash, coupon_key


@pytest.fixture
def coupon(clock) -> Coupon:
    return Coupon(
        amount_minor=5_000,
        currency="KRW",
        valid_from=clock.now(),
        valid_until=clock.now() + timedelta(days=30),
    )


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
    with pytest.raises(CouponSpentError):
        coupons.claim(members, "maru-hillside", other)
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
